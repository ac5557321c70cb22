"""Reading replies: JSON out of bytes, and errors out of refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from harbor_sdk.core.request import NoReply, Reply
from harbor_sdk.errors import ConnectionError_, HarborError, error_class

# Longer than any message of the server, short enough for a log line. For pages of proxies that are not ours.
_FOREIGN_BODY_CHARS_MAX = 200


def read_object(reply: Reply) -> dict[str, Any]:
    """The JSON object of a reply. Raises `HarborError` with code `invalid_response` for anything else."""
    value = read_json(reply)
    if not isinstance(value, dict):
        raise invalid_response("The reply is not a JSON object.", reply)
    return value


def read_json(reply: Reply) -> Any:
    """The JSON value of a reply. Raises `HarborError` with code `invalid_response` when it holds none."""
    try:
        return json.loads(reply.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise invalid_response("The reply is not JSON.", reply) from error


def read_nothing(reply: Reply) -> None:
    """For replies without a body, such as 204."""


def invalid_response(message: str, reply: Reply | None = None) -> HarborError:
    """A reply that breaks the contract. Never repeated: the request may well have been carried out."""
    status = None if reply is None else reply.status
    request_id = None if reply is None else reply.request_id
    return HarborError("invalid_response", message, status, request_id)


def refusal(reply: Reply) -> HarborError:
    """The error that a reply without success stands for.

    An envelope speaks for itself. A reply without one (a proxy's page, a redirect) gets code `invalid_response`, and
    its class follows from the status.
    """
    envelope = _envelope(reply)
    retry_after_ms = _retry_after_ms(envelope, reply)
    if envelope is None:
        text = " ".join(reply.body.decode("utf-8", "replace").split())[:_FOREIGN_BODY_CHARS_MAX]
        message = f"HTTP {reply.status} without an error object" + (f": {text}" if text else ".")
        cls = error_class("", reply.status)
        return cls("invalid_response", message, reply.status, reply.request_id, retry_after_ms)
    code = str(envelope["code"])
    details = envelope.get("details")
    return error_class(code, reply.status)(
        code,
        str(envelope.get("message") or f"HTTP {reply.status}."),
        reply.status,
        _text(envelope.get("request_id")) or reply.request_id,
        retry_after_ms,
        param=_text(envelope.get("param")),
        details=[item for item in details if isinstance(item, dict)] if isinstance(details, list) else (),
        doc_url=_text(envelope.get("doc_url")),
    )


def absence(outcome: NoReply) -> HarborError:
    """The error that a missing reply stands for."""
    error = ConnectionError_(outcome.code, outcome.message)
    error.__cause__ = outcome.cause
    return error


def _envelope(reply: Reply) -> Mapping[str, Any] | None:
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) and isinstance(error.get("code"), str) else None


def _retry_after_ms(envelope: Mapping[str, Any] | None, reply: Reply) -> int | None:
    # The body is exact; the header, which also comes with 503, is rounded up to whole seconds.
    exact = None if envelope is None else envelope.get("retry_after_ms")
    if isinstance(exact, int) and not isinstance(exact, bool) and exact >= 0:
        return exact
    seconds = reply.headers.get("retry-after", "").strip()
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) <= 9 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
