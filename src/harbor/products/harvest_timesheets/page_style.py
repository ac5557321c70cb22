"""Lists as Harvest pages them on the wire: numbered pages everywhere, and cursors where a list has them.

Source: docs/products/harvest.md#pages.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from harbor.kernel.bounds import PAGE_ITEMS_MAX
from harbor.kernel.errors import Invalid
from harbor.kernel.http.request import Request
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harvest_timesheets.paging import Listed, step_of
from harbor.products.harvest_timesheets.sentences import problem

PER_PAGE_MAX = PAGE_ITEMS_MAX
PAGE_MAX = 1_000_000
_ID_DIGITS_MAX = 18
_NOT_IN_LINKS = frozenset({"page", "per_page", "cursor", "ref", "access_token"})


class Pages:
    """How a list is asked for and shown. `per_page` is 1 to 2000 and 2000 by default; beyond the end a page is empty."""

    parameters = frozenset({"page", "per_page", "cursor"})

    def read(self, query: Sequence[tuple[str, str]]) -> PageRequest:
        """The page asked for; a cursor wins over a number. Raises `Invalid`."""
        values = {name: value for name, value in query if value.strip()}
        limit = _whole(values, "per_page", PER_PAGE_MAX, PER_PAGE_MAX)
        number = _whole(values, "page", 1, PAGE_MAX)
        after = _read_cursor(values["cursor"]) if "cursor" in values else None
        return PageRequest(limit=limit, after=after, number=number)

    def show(
        self, page: Page[Any], shown: list[Any], request: Request, asked: PageRequest, key: str | None
    ) -> dict[str, Any]:
        """The envelope: the items under their key, counts, numbers of pages, links."""
        assert isinstance(page, Listed), request.route_name
        assert key is not None, request.route_name
        assert page.total is not None, request.route_name
        pages = max(1, -(-page.total // asked.limit))
        step = step_of(asked) if page.has_cursors else None
        if step is None:
            number: int | None = asked.number
            has_next, has_previous = asked.number < pages, asked.number > 1
        else:
            number = 1 if not page.is_after_some else pages if not page.more else None
            has_next, has_previous = page.more, page.is_after_some
        links = _Links(request, asked, has_cursors=page.has_cursors)
        return {
            key: shown,
            "per_page": asked.limit,
            "total_pages": pages,
            "total_entries": page.total,
            "next_page": number + 1 if number is not None and number < pages else None,
            "previous_page": number - 1 if number is not None and number > 1 else None,
            "page": number,
            "links": {
                "first": links.number(1, "first"),
                "next": links.next(shown, asked.number + 1) if has_next else None,
                "previous": links.previous(shown, asked.number - 1) if has_previous else None,
                "last": links.number(pages, "last"),
            },
        }

    def cursor(self, page: Page[Any], shown: list[Any]) -> str | None:
        """None: these cursors never expire."""
        return None

    def documented_parameters(self) -> list[dict[str, Any]]:
        """The query parameters of every list, for the OpenAPI document."""
        size = {"type": "integer", "minimum": 1, "maximum": PER_PAGE_MAX, "default": PER_PAGE_MAX}
        number = {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 1}
        return [
            _query("page", "The number of the page, from 1.", number),
            _query("per_page", "How many items a page has at most.", size),
            _query("cursor", "Where to go on, from the links of a page; it wins over `page`.", {"type": "string"}),
        ]

    def documented_envelope(self, item: dict[str, Any], key: str | None) -> dict[str, Any]:
        """The schema of a page of items under their key."""
        assert key is not None, "each list has a key"
        count, place = {"type": "integer", "minimum": 0}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}
        address = {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}
        links = dict.fromkeys(("first", "next", "previous", "last"), address)
        properties = {
            key: {"type": "array", "items": item, "maxItems": PER_PAGE_MAX},
            **dict.fromkeys(("per_page", "total_pages", "total_entries"), count),
            **dict.fromkeys(("next_page", "previous_page", "page"), place),
            "links": {"type": "object", "properties": links, "required": [*links]},
        }
        return {"type": "object", "properties": properties, "required": [*properties]}


class _Links:
    """Absolute addresses of other parts of the same list: all filters kept, parameters sorted by name."""

    def __init__(self, request: Request, asked: PageRequest, *, has_cursors: bool) -> None:
        self._base = request.base_url + request.path
        self._kept = [pair for pair in request.query if pair[0] not in _NOT_IN_LINKS]
        self._per_page = asked.limit
        self._has_cursors = has_cursors

    def number(self, page: int, ref: str) -> str:
        return self._to(("page", str(page)), *([("ref", ref)] if self._has_cursors else []))

    def next(self, shown: list[Any], page: int) -> str | None:
        if not self._has_cursors:
            return self.number(page, "")
        return self._at({"after": {"id": shown[-1]["id"]}}, "next_cursor") if shown else None

    def previous(self, shown: list[Any], page: int) -> str | None:
        if not self._has_cursors:
            return self.number(page, "")
        return self._at({"before": {"id": shown[0]["id"]}}, "previous_cursor") if shown else None

    def _at(self, position: dict[str, Any], ref: str) -> str:
        text = json.dumps(position, separators=(",", ":"))
        return self._to(("cursor", urlsafe_b64encode(text.encode()).decode().rstrip("=")), ("ref", ref))

    def _to(self, *more: tuple[str, str]) -> str:
        return f"{self._base}?{urlencode(sorted([*self._kept, ('per_page', str(self._per_page)), *more]))}"


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _read_cursor(text: str) -> str:
    try:
        position = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        ((word, place),) = position.items()
        number = place["id"]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        raise Invalid("Cursor is not valid", field="cursor") from None
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 10**_ID_DIGITS_MAX
    if word not in ("after", "before") or not is_number:
        raise Invalid("Cursor is not valid", field="cursor")
    return f"{word}:{cast(int, number)}"


def _whole(values: dict[str, str], name: str, default: int, most: int) -> int:
    text = values.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS_MAX and 1 <= int(text) <= most):
        raise problem(name, f"must be between 1 and {most}")
    return int(text)
