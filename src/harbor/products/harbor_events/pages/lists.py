"""What the lists share: the words of their filters, and the links to the pages before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from harbor.kernel.http.decode import Query
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.products.harbor_events.wire import moment_us

T = TypeVar("T")
ASCENDING = "asc"


class Listed(Query, kw_only=True):
    """What every filter form sends. A field that was left empty is there and blank."""

    since: str = ""
    until: str = ""
    order: str = ""

    @property
    def span(self) -> Span:
        """The span of the list. Raises `Invalid` for what is no moment."""
        return Span(
            since=moment_or_none(self.since, "since"),
            until=moment_or_none(self.until, "until"),
            ascending=self.order == ASCENDING,
        )


@dataclass(frozen=True, slots=True)
class Pager:
    """Queries of the links to the next part of a list and back to its first; None where there is none."""

    next_href: str | None = None
    first_href: str | None = None


def moment_or_none(text: str, field: str) -> int | None:
    """A moment of a form in microseconds; without a zone it is UTC, and blank it is None. Raises `Invalid`."""
    return moment_us(text.strip(), field) if text.strip() else None


def words(text: str) -> list[str]:
    """The words of a field that takes several, parted by blanks or commas; none twice."""
    return unique(part for part in re.split(r"[\s,]+", text) if part)


def unique(several: Iterable[str]) -> list[str]:
    """The texts in their order, none twice."""
    return list(dict.fromkeys(several))


def pager(
    filters: Mapping[str, str], asked: PageRequest, page: Page[T], *, key: Callable[[T], str] = lambda item: _id(item)
) -> Pager:
    """The links around a page, with the filters it was asked for. `key` is the cursor that an item stands for."""
    kept = {name: value for name, value in filters.items() if value}
    after = {**kept, "starting_after": key(page.items[-1])} if page.more and page.items else None
    return Pager(
        next_href=f"?{urlencode(after)}" if after else None,
        first_href=f"?{urlencode(kept)}" if asked.after is not None else None,
    )


def _id(item: Any) -> str:
    return str(item.id)
