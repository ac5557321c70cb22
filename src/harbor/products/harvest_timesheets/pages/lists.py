"""Lists of things that can be archived: which part is shown, and the ways to the others."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.http.decode import Query
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.paging import Listed

SIZE: Final = 50
# All of what a person chooses from.
CHOICES_MAX: Final = 500
_PAGES_MAX = 100_000


class Shown(Query, kw_only=True):
    """Active things, or with `archived=1` the others; a part by its number."""

    archived: str = ""
    number: int = 1

    @property
    def page(self) -> PageRequest:
        """The part."""
        return PageRequest(limit=SIZE, number=min(max(1, self.number), _PAGES_MAX))


def around(query: Shown, found: Listed[Any]) -> dict[str, Any]:
    """What a list shows of itself."""
    return {
        "is_archived": bool(query.archived),
        "number": query.page.number,
        "has_more": found.more,
        "total": found.total,
    }


def money(units: int | None, places: int, currency: str) -> str | None:
    """`1,234.50 USD`, or None for what is not there."""
    if units is None:
        return None
    scale = 10**places
    whole, part = divmod(abs(units), scale)
    shown = f"{part:0{places}}"[:2] if part % (scale // 100) == 0 else f"{part:0{places}}".rstrip("0")
    return f"{'-' if units < 0 else ''}{whole:,}.{shown} {currency}"
