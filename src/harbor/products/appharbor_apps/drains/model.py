"""A log drain. Its token stands in every message that it gets. Source: docs/products/appharbor.md#drains."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from harbor.kernel.errors import Invalid

SCHEMES: Final = ("syslog", "syslog+tls", "http", "https")
DRAINS_MAX: Final = 20
URL_LENGTH_MAX: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """One drain."""

    account_id: str
    id: int
    application_id: int
    value: str = field(repr=False)
    token: str = field(repr=False)
    created_at: datetime


def check_value(value: str) -> str:
    """An address that lines can be sent to. Raises `Invalid`. Whether it may be called is looked at when it is."""
    text = value.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Invalid("value is not a URL.", field="value") from None
    is_short = len(text) <= URL_LENGTH_MAX and not any(ord(letter) <= 32 or ord(letter) == 127 for letter in text)
    if not is_short or parts.scheme not in SCHEMES or not parts.hostname or parts.fragment:
        raise Invalid(f"value must be a URL of {', '.join(SCHEMES)}.", field="value")
    if parts.scheme.startswith("syslog") and port is None:
        raise Invalid("value must name a port, like syslog://logs.example.com:514.", field="value")
    return text
