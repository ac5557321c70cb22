"""A log session: asked for with a token, opened once and within a minute by its address alone.

Source: docs/products/appharbor.md#log-sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

OPEN_WITHIN: Final = timedelta(minutes=1)
LIMIT_MAX: Final = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSession:
    """What an opened session shows."""

    account_id: str
    digest: str
    application_id: int
    tail: bool
    line_limit: int
    source_filter: str | None
    process_filter: str | None
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None
