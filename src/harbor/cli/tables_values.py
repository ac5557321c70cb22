"""Values of records between the wire and files: CBOR keeps dates, bytes and long integers, files are JSON or CSV.

What JSON and CSV print is what the server prints in these forms: docs/products/harper.md#forms. The library is imported
with the first value, so that `--help` stays quick.
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from harbor.cli.output import Failure


def to_cbor(value: object) -> bytes:
    """The bytes of a body."""
    import cbor2

    return cbor2.dumps(value)


def from_cbor(raw: bytes) -> Any:
    """The value of a reply. Raises `Failure` for bytes that are none."""
    import cbor2

    try:
        return cbor2.loads(raw)
    except (cbor2.CBORError, ValueError, EOFError, RecursionError):
        raise Failure(
            "The server's answer is not one of Harper's.",
            hint="Does --host name a Harbor server, without a path and with the right scheme?",
            code="invalid_response",
        ) from None


def json_line(value: object) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=printed)


def cell(value: object) -> str:
    """A value in CSV: texts as they are, nothing for null, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return printed(value) if isinstance(value, datetime | bytes) else json_line(value)


def printed(value: object) -> str:
    """The text of a date (ISO 8601) or of bytes (base64)."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(type(value))
