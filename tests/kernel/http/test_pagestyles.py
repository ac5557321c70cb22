"""The ways lists are paged: what is asked for, and how a page is shown."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kernel.http.requests import request

from harbor.kernel.errors import Invalid
from harbor.kernel.http.pagestyles import Cursor, Numbered
from harbor.kernel.pages import Page, PageRequest

CURSOR = Cursor(size=20, size_max=100)


def envelope(items: list[Any], total: int, number: int, size: int, pages: int, key: str | None) -> dict[str, Any]:
    return {"items": items, "total": total, "page": number, "size": size, "pages": pages, "key": key}


NUMBERED = Numbered(size=20, size_max=50, size_parameter="per_page", envelope=envelope)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ([], PageRequest(limit=20)),
        ([("limit", "1")], PageRequest(limit=1)),
        ([("limit", "100"), ("starting_after", "evt_1")], PageRequest(limit=100, after="evt_1")),
        ([("colour", "red"), ("colour", "blue")], PageRequest(limit=20)),
        ([("starting_after", "x" * 128)], PageRequest(limit=20, after="x" * 128)),
    ],
)
def test_a_cursor_page_is_asked_for_by_limit_and_the_last_item_seen(
    query: list[tuple[str, str]], page: PageRequest
) -> None:
    assert CURSOR.read(query) == page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ([("limit", "0")], "limit"),
        ([("limit", "101")], "limit"),
        ([("limit", "-1")], "limit"),
        ([("limit", "1.0")], "limit"),
        ([("limit", "")], "limit"),
        ([("limit", "٣")], "limit"),
        ([("limit", "1" * 5_000)], "limit"),
        ([("limit", "1"), ("limit", "1")], "limit"),
        ([("starting_after", "")], "starting_after"),
        ([("starting_after", "x" * 129)], "starting_after"),
        ([("starting_after", "a"), ("starting_after", "b")], "starting_after"),
    ],
)
def test_a_page_that_cannot_be_is_refused_by_the_parameters_name(query: list[tuple[str, str]], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        CURSOR.read(query)

    assert refused.value.field == field


def test_a_cursor_page_shows_whether_others_follow_and_where_it_ends() -> None:
    shown = [{"id": "b"}, {"id": "a"}]

    page = CURSOR.show(Page(("B", "A"), more=True), shown, request(), PageRequest(limit=2), None)

    assert page == {"data": shown, "has_more": True, "end_cursor": "a"}


def test_an_empty_page_has_no_cursor() -> None:
    assert CURSOR.show(Page(()), [], request(), PageRequest(limit=2), None) == {
        "data": [],
        "has_more": False,
        "end_cursor": None,
    }


def test_items_without_an_id_go_by_their_name() -> None:
    assert CURSOR.cursor(Page(("x",)), [{"name": "invoice.paid"}]) == "invoice.paid"


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ([], PageRequest(limit=20, number=1)),
        ([("page", "3"), ("per_page", "50")], PageRequest(limit=50, number=3)),
        ([("page", "1000000")], PageRequest(limit=20, number=1_000_000)),
    ],
)
def test_a_numbered_page_is_asked_for_by_number_and_size(query: list[tuple[str, str]], page: PageRequest) -> None:
    assert NUMBERED.read(query) == page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ([("page", "0")], "page"),
        ([("page", "1000001")], "page"),
        ([("per_page", "51")], "per_page"),
        ([("page", "x")], "page"),
    ],
)
def test_a_numbered_page_that_cannot_be_is_refused(query: list[tuple[str, str]], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        NUMBERED.read(query)

    assert refused.value.field == field


@pytest.mark.parametrize(("total", "pages"), [(0, 0), (1, 1), (20, 1), (21, 2)])
def test_a_numbered_page_counts_the_pages(total: int, pages: int) -> None:
    shown = NUMBERED.show(Page((), total=total), [], request(), PageRequest(limit=20, number=2), "things")

    assert shown == {"items": [], "total": total, "page": 2, "size": 20, "pages": pages, "key": "things"}
    assert NUMBERED.cursor(Page((), total=total), [{"id": 1}]) is None


def test_each_style_names_its_parameters() -> None:
    assert CURSOR.parameters == {"limit", "starting_after"}
    assert NUMBERED.parameters == {"page", "per_page"}
