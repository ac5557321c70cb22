"""Hours as people type and read them: `1:30`, `1.5`, `1,5`; inside they are hundredths."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.time_entries.model import HOURS_E2_MAX

_CLOCK: Final = re.compile(r"([0-9]{0,3}):([0-5][0-9])")
_DECIMAL: Final = re.compile(r"[0-9]{0,3}[.,][0-9]{0,6}|[0-9]{1,3}")


def read(text: str, *, field: str = "hours") -> int | None:
    """Hundredths of an hour; None for an empty field. Raises `Invalid`."""
    text = text.strip()
    if not text:
        return None
    if found := _CLOCK.fullmatch(text):
        return (int(found[1] or 0) * 6_000 + int(found[2]) * 100 + 30) // 60
    if _DECIMAL.fullmatch(text) and text not in (".", ","):
        hours = Decimal(text.replace(",", "."))
        return min(int((hours * 100 + Decimal("0.5")) // 1), HOURS_E2_MAX + 1)
    raise Invalid(f"Hours are written as 1:30 or 1.5, not {text[:20]}.", field=field)


def word(hours_e2: int, time_format: str = "hours_minutes") -> str:
    """`1:30`, or `1.50` where the company counts in decimals."""
    if time_format == "decimal":
        return f"{hours_e2 // 100}.{hours_e2 % 100:02}"
    minutes = (hours_e2 * 60 + 50) // 100
    return f"{minutes // 60}:{minutes % 60:02}"
