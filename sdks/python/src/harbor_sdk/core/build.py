"""Building requests: paths, queries and bodies out of arguments, refused early where they can only be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import quote

from harbor_sdk.core.moments import show_moment
from harbor_sdk.core.request import Method, Query, Request
from harbor_sdk.errors import InvalidRequestError

_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


class Unset(Enum):
    """The mark of an argument that was not given, where None means null."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET


def get(path: str, **query: object) -> Request:
    """A GET with the query arguments that are not None."""
    return Request("GET", path, show_query(query))


def get_list(path: str, filters: Mapping[str, object], kind: type) -> Request:
    """A GET for a list. Raises TypeError for filters that `kind` (a TypedDict) does not have, or needs and misses."""
    required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]  # of every TypedDict
    known: frozenset[str] = required | kind.__optional_keys__  # type: ignore[attr-defined]
    if unknown := sorted(filters.keys() - known):
        raise TypeError(f"unexpected argument {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if missing := sorted(name for name in required if filters.get(name) is None):
        raise TypeError(f"missing argument {missing[0]!r}")
    return get(path, **filters)


def post(path: str, body: Mapping[str, object] | None = None, *, idempotency_key: str | None = None) -> Request:
    """A POST, without a body when `body` is None."""
    return send("POST", path, body, idempotency_key=idempotency_key)


def send(
    method: Method,
    path: str,
    body: Mapping[str, object] | None = None,
    *,
    idempotency_key: str | None = None,
    query: Query = (),
) -> Request:
    """A request that changes something. Raises `InvalidRequestError` for a body or key that cannot be sent."""
    if idempotency_key is not None and _IDEMPOTENCY_KEY.fullmatch(idempotency_key) is None:
        raise InvalidRequestError(
            "invalid_request", "idempotency_key must be 1 to 255 visible ASCII characters.", param="Idempotency-Key"
        )
    return Request(method, path, query, None if body is None else show_body(body), idempotency_key)


def segment(value: str, param: str) -> str:
    """One segment of a path, percent-encoded. An empty one, or dots, would lead to another route."""
    if not isinstance(value, str) or value in ("", ".", ".."):
        raise InvalidRequestError("invalid_request", f"{param} is empty or not an id.", param=param)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidRequestError("invalid_request", f"{param} is not valid Unicode.", param=param) from None


def show_query(arguments: Mapping[str, object]) -> Query:
    """Query pairs: None is left out, a sequence is repeated, booleans are `true` and `false`."""
    pairs: list[tuple[str, str]] = []
    for name, value in arguments.items():
        if value is None:
            continue
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        pairs.extend((name, _show_item(item, name)) for item in items)
    return tuple(pairs)


def given(**fields: object) -> dict[str, object]:
    """Body fields that were given: None is left out."""
    return {name: value for name, value in fields.items() if value is not None}


def changed(**fields: object) -> dict[str, object]:
    """Fields of a change: UNSET is left out, None is sent as null."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def show_body(body: Mapping[str, object]) -> bytes:
    """Compact JSON in UTF-8. Keys keep their spelling: payloads belong to the caller."""
    try:
        text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_show_value)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError("invalid_request", f"The body cannot be written as JSON: {error}") from error


def _show_item(value: object, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_moment(value, name) if isinstance(value, datetime) else str(value)


def _show_value(value: object) -> Any:
    if isinstance(value, datetime):
        return show_moment(value, "body")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (Sequence, frozenset, set)) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
