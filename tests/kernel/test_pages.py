"""Pages and spans: which part of a list is meant."""

from __future__ import annotations

import pytest

from harbor.kernel.pages import ALWAYS, Page, PageRequest, Span


@pytest.mark.parametrize(("limit", "number", "offset"), [(20, 1, 0), (20, 2, 20), (1, 7, 6)])
def test_items_before_a_numbered_page(limit: int, number: int, offset: int) -> None:
    assert PageRequest(limit=limit, number=number).offset == offset


def test_lists_go_from_new_to_old_unless_asked_otherwise() -> None:
    assert Span().order == "DESC"
    assert Span(ascending=True).order == "ASC"
    assert Span(since=None, until=None, ascending=False) == ALWAYS


def test_a_page_is_the_last_one_unless_it_says_that_others_follow() -> None:
    page = Page((1, 2))

    assert not page.more
    assert page.total is None
