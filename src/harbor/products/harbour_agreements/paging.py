"""Numbered pages: `size` and `page`, shown as items, total, page, size and pages.

Source: docs/products/harbour.md#pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harbor.kernel.http.pagestyles import Numbered
from harbor.kernel.http.request import Request
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbour_agreements.refusals import Problem, invalid

SIZE = 50
SIZE_MAX = 100
PAGE_MAX = 1_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Headed(Page[T]):
    """A page whose envelope carries more keys than usual."""

    head: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized(Numbered):
    """Harbour's pages. `page` past the end is an empty page."""

    def read(self, query: Sequence[tuple[str, str]]) -> PageRequest:
        """The page asked for. Raises `Invalid` with the code out_of_range or type."""
        values = dict(query)
        return PageRequest(
            limit=_whole(values.get("size"), "size", SIZE, self.size_max),
            number=_whole(values.get("page"), "page", 1, self.page_max),
        )

    def show(
        self, page: Page[Any], shown: list[Any], request: Request, asked: PageRequest, key: str | None
    ) -> dict[str, Any]:
        """The envelope, and what a headed page has besides."""
        assert page.total is not None, "a numbered page shows its total"
        pages = -(-page.total // asked.limit)
        body = self.envelope(shown, page.total, asked.number, asked.limit, pages, key)
        return {**body, **page.head} if isinstance(page, Headed) else body


def envelope(items: list[Any], total: int, number: int, size: int, pages: int, key: str | None) -> dict[str, Any]:
    """`{"items": […], "total": n, "page": p, "size": s, "pages": ceil(n / s)}`."""
    assert key is None, key
    return {"items": items, "total": total, "page": number, "size": size, "pages": pages}


PAGES = Sized(size=SIZE, size_max=SIZE_MAX, size_parameter="size", envelope=envelope, page_max=PAGE_MAX)


def _whole(text: str | None, name: str, default: int, high: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) <= 10):
        raise invalid(Problem(name, "type", f"{name} must be a whole number.", text[:100]))
    if not 1 <= int(text) <= high:
        raise invalid(Problem(name, "out_of_range", f"{name} must be between 1 and {high}.", text))
    return int(text)
