"""Pages: what part of a list is asked for, and the part that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """`limit` items after the item named `after` (cursor lists), or page `number` from 1 (numbered lists)."""

    limit: int
    after: str | None = None
    number: int = 1

    @property
    def offset(self) -> int:
        """How many items lie before a numbered page."""
        return (self.number - 1) * self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which time a list covers, in microseconds: from `since` (inclusive) until before `until`; and in which order."""

    since: int | None = None
    until: int | None = None
    ascending: bool = False

    @property
    def order(self) -> str:
        """The word for ORDER BY."""
        return "ASC" if self.ascending else "DESC"


ALWAYS = Span()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list; `more` when others follow, `total` only where the dialect shows it."""

    items: Sequence[T]
    more: bool = False
    total: int | None = None
