"""Moments as Harbour writes them: Unix milliseconds since 2.1; ISO text in receipts and in 2.0.

Source: docs/products/harbour.md#moments.
"""

from __future__ import annotations

from datetime import UTC, datetime

from harbor.kernel.clock import EPOCH, micros, moment
from harbor.products.harbour_agreements.refusals import Problem, invalid

EARLIEST = EPOCH
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def unix_ms(value: datetime) -> int:
    """Milliseconds since 1970, cut and not rounded."""
    return micros(value) // 1000


def from_ms(value: int) -> datetime:
    """The moment of so many milliseconds since 1970."""
    return moment(value * 1000)


def iso_text(value: datetime) -> str:
    """`2023-05-04T21:33:03.023949`: UTC, six digits, no offset, as receipts have it."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def iso_z(value: datetime) -> str:
    """`2023-05-04T18:33:00Z`: as the activity log has it."""
    return value.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def moment_of(value: int | str, path: str) -> datetime:
    """The moment a caller wrote as Unix milliseconds or as ISO text; text without an offset is UTC. Raises `Invalid`."""
    try:
        if isinstance(value, int) or value.strip().isdigit():
            found = from_ms(int(value))
        else:
            found = datetime.fromisoformat(value.strip())
            found = found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = f"{path} is Unix milliseconds or ISO text."
        raise invalid(Problem(path, "invalid_date_format", message, str(value)[:40])) from None
    if not EARLIEST <= found <= LATEST:
        raise invalid(Problem(path, "out_of_range", f"{path} lies outside 1970 to 2199.", str(value)[:40]))
    return found
