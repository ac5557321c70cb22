"""An event from outside: its type and its payload, kept as it was written."""

from __future__ import annotations

import msgspec

from harbor.kernel.bounds import EVENT_PAYLOAD_BYTES_MAX
from harbor.kernel.errors import Invalid, TooLarge

BATCH_ITEMS_MAX = 100


def check_payload(payload: msgspec.Raw, *, field: str = "payload") -> str:
    """The JSON text of a payload without insignificant blanks. Raises `Invalid` for no object, `TooLarge` above 256 KB."""
    raw = bytes(payload)
    if not raw.lstrip().startswith(b"{"):
        raise Invalid(f"{field} must be a JSON object.", field=field)
    text = msgspec.json.format(raw, indent=-1)
    if len(text) > EVENT_PAYLOAD_BYTES_MAX:
        raise TooLarge(
            f"{field} has {len(text)} bytes; at most {EVENT_PAYLOAD_BYTES_MAX} (256 KB) fit.",
            code="payload_too_large",
            field=field,
        )
    return text.decode()
