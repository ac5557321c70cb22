"""A catalogued event type: what it means, its schema, an example. Types need no entry to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.errors import Invalid

DESCRIPTION_LENGTH_MAX = 2_000
DOCUMENT_BYTES_MAX = 64 * 1024
TYPES_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One entry. `json_schema` and `example` are JSON text."""

    account_id: str
    workspace_id: str
    name: str
    description: str | None
    json_schema: str | None
    example: str | None
    created_at: datetime
    updated_at: datetime


def check_description(text: str | None) -> str | None:
    """At most 2,000 characters."""
    if text is not None and len(text) > DESCRIPTION_LENGTH_MAX:
        raise Invalid(
            f"description has {len(text)} characters; at most {DESCRIPTION_LENGTH_MAX} fit.", field="description"
        )
    return text


def check_document(text: str | None, field: str) -> str | None:
    """JSON text of at most 64 KiB."""
    if text is not None and len(text.encode()) > DOCUMENT_BYTES_MAX:
        raise Invalid(f"{field} has {len(text.encode())} bytes; at most {DOCUMENT_BYTES_MAX} fit.", field=field)
    return text
