"""A request's line in the request log. Bodies are kept of refused requests only, short and without secrets."""

from __future__ import annotations

import re
import time

from harbor.kernel.clock import Clock, micros
from harbor.kernel.http.request import Request
from harbor.kernel.requestlog.store import Entry

_BODY_LENGTH_MAX = 4_096
_PATH_LENGTH_MAX = 512
# Keys and signing secrets wherever they stand, texts under a telling name, and all of an object of headers: people put
# credentials for their own receivers there. What was cut off in the middle counts too.
_SECRETS = re.compile(
    r"""(hb_(?:test|live|admin)_)[0-9A-Za-z]+|(whsec_)[0-9A-Za-z+/=]+"""
    r"""|("(?:secret|password|token|authorization|api_key)"\s*:\s*")(?:[^"\\]|\\.)*"""
    r"""|(://)[^/\s"@]{1,512}@"""
    r"""|("headers"\s*:\s*\{)(?:[^"}]|"(?:[^"\\]|\\.)*(?:"|$))*""",
    re.IGNORECASE,
)


def entry_of(
    request: Request, status: int, body: bytes, clock: Clock, *, keeps_bodies: bool
) -> tuple[Entry | None, float]:
    """The log line of a request with a known caller, and the seconds it took."""
    seconds = time.perf_counter() - request.started
    principal = request.principal
    if principal is None or not principal.account_id:
        return None, seconds
    keeps = keeps_bodies and status >= 400
    entry = Entry(
        id=request.request_id,
        account_id=principal.account_id,
        workspace_id=request.workspace_id or principal.workspace_id,
        credential_id=principal.credential_id,
        method=request.method,
        path=_hidden(_printable(request.path)[:_PATH_LENGTH_MAX]),
        route=request.route_name,
        status=status,
        duration_us=int(seconds * 1e6),
        error_code=request.error_code,
        client=request.client,
        client_request_id=_client_id(request),
        request_body=redacted(request.body) if keeps and request.body else None,
        response_body=redacted(body) if keeps and body else None,
        created_at=micros(clock.now()),
    )
    return entry, seconds


def redacted(body: bytes) -> str:
    """The beginning of a body with secrets replaced."""
    text = _printable(body[:_BODY_LENGTH_MAX].decode("utf-8", "replace"))
    return _hidden(text)


def _hidden(text: str) -> str:
    # Each kind of secret is known by one of these; most paths have none of them.
    if "_" not in text and '"' not in text and "://" not in text:
        return text
    return _SECRETS.sub(lambda match: next(kept for kept in match.groups() if kept) + "[redacted]", text)


def _client_id(request: Request) -> str | None:
    given = request.header(b"x-request-id")
    return _hidden(given) if given is not None and re.fullmatch(r"[A-Za-z0-9_.:-]{1,128}", given) else None


def _printable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
