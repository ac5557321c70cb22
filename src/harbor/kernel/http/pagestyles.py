"""The ways lists are paged: after a cursor, or by page number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.errors import Invalid
from harbor.kernel.http.request import Request
from harbor.kernel.pages import Page, PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`limit` and a cursor parameter that takes the id of the last item seen; shown as data, has_more, end_cursor."""

    size: int
    size_max: int
    after: str = "starting_after"

    @property
    def parameters(self) -> frozenset[str]:
        """The query parameters it reads."""
        return frozenset({"limit", self.after})

    def read(self, query: Sequence[tuple[str, str]]) -> PageRequest:
        """The page asked for."""
        limit, after = self.size, None
        seen: set[str] = set()
        for name, value in query:
            if name not in ("limit", self.after):
                continue
            if name in seen:
                raise Invalid(f"{name} is given twice; once is possible.", field=name)
            seen.add(name)
            if name == "limit":
                limit = _whole(value, "limit", 1, self.size_max)
            elif not 1 <= len(value) <= 128:
                raise Invalid(f"{name} must be the end_cursor of the page before.", field=name)
            else:
                after = value
        return PageRequest(limit=limit, after=after)

    def show(
        self, page: Page[Any], shown: list[Any], request: Request, asked: PageRequest, key: str | None
    ) -> dict[str, Any]:
        """`{"data": […], "has_more": …, "end_cursor": …}`."""
        return {"data": shown, "has_more": page.more, "end_cursor": self.cursor(page, shown)}

    def cursor(self, page: Page[Any], shown: list[Any]) -> str | None:
        """The id of the last item; None for an empty page."""
        return shown[-1].get("id") or shown[-1].get("name") if shown else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """`page` and a size parameter; `envelope` makes the body of items, total, number, size and count of pages."""

    size: int
    size_max: int
    size_parameter: str
    envelope: Callable[[list[Any], int, int, int, int, str | None], dict[str, Any]]
    page_max: int = 1_000_000

    @property
    def parameters(self) -> frozenset[str]:
        """The query parameters it reads."""
        return frozenset({"page", self.size_parameter})

    def read(self, query: Sequence[tuple[str, str]]) -> PageRequest:
        """The page asked for."""
        values = dict(query)
        size = (
            _whole(values[self.size_parameter], self.size_parameter, 1, self.size_max)
            if self.size_parameter in values
            else self.size
        )
        number = _whole(values["page"], "page", 1, self.page_max) if "page" in values else 1
        return PageRequest(limit=size, number=number)

    def show(
        self, page: Page[Any], shown: list[Any], request: Request, asked: PageRequest, key: str | None
    ) -> dict[str, Any]:
        """The envelope of a numbered page. The page must know its total."""
        assert page.total is not None, "a numbered page shows its total"
        pages = -(-page.total // asked.limit)
        return self.envelope(shown, page.total, asked.number, asked.limit, pages, key)

    def cursor(self, page: Page[Any], shown: list[Any]) -> str | None:
        """Numbered pages have none."""
        return None


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and low <= int(text) <= high):
        raise Invalid(f"{name} must be between {low} and {high}.", field=name)
    return int(text)
