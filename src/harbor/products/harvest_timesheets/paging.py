"""Parts of lists: what a store finds of one, with the count of the whole, and where it lies. `page_style` shows them.

Clients walk by `page=next_page`, by `links.next`, or by cursor, and all three ways end. Source: docs/products/harvest.md#pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from harbor.kernel.errors import Invalid
from harbor.kernel.pages import Page, PageRequest

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Listed(Page[T], Generic[T]):
    """A part of a list with the count of the whole. `more` and `is_after_some` say what follows it and what went before.

    `has_cursors` is true for the lists whose links use cursors.
    """

    is_after_some: bool = False
    has_cursors: bool = False

    def of(self, items: Sequence[U]) -> Listed[U]:
        """The same part with other items: what is shown instead of what is stored."""
        return Listed(items, self.more, self.total, self.is_after_some, self.has_cursors)


@dataclass(frozen=True, slots=True)
class Step:
    """A cursor: the items after the one with this id, or those before it."""

    is_forward: bool
    id: int


def step_of(page: PageRequest) -> Step | None:
    """The cursor of a request, or None for one by number."""
    if page.after is None:
        return None
    word, _, number = page.after.partition(":")
    return Step(word == "after", int(number))


def without_cursor(page: PageRequest) -> PageRequest:
    """The request as a list without cursors reads it."""
    return replace(page, after=None)


def by_number(listed: Listed[T]) -> Listed[T]:
    """The same part, of a list whose links are numbers alone."""
    return replace(listed, has_cursors=False)


def part_of(items: Sequence[T], page: PageRequest, id_of: Callable[[T], int]) -> Listed[T]:
    """The part asked for of a short list that is in memory, with cursors."""
    step, total = step_of(page), len(items)
    if step is None:
        start = page.offset
    else:
        at = next((index for index, item in enumerate(items) if id_of(item) == step.id), None)
        if at is None:
            raise Invalid("Cursor is not valid", field="cursor")
        start = at + 1 if step.is_forward else max(0, at - page.limit)
        if not step.is_forward:
            return Listed(items[start:at], at < total, total, start > 0, has_cursors=True)
    return Listed(
        items[start : start + page.limit], start + page.limit < total, total, start > 0 and total > 0, has_cursors=True
    )
