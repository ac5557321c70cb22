"""The matrix of a role: what a ticked form makes of a permission."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.pages import matrix
from harbor.products.harper_tables.pages.matrix import Ticked

_THERE = {("data", "dog"): ["id", "name", "age"], ("data", "cat"): ["id"], ("press", "article"): ["id"]}


def known(database: str, table: str) -> Collection[str] | None:
    """What there is."""
    return _THERE.get((database, table))


def grants(*flags: str, attributes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The flags of a table."""
    named = {flag: flag in flags for flag in ("read", "insert", "update", "delete")}
    return {**named, "attribute_permissions": attributes or []}


def test_what_is_ticked_is_granted_and_what_is_not_shown_stays() -> None:
    before = {
        "press": {"tables": {"article": grants("read")}},
        "data": {"tables": {"cat": grants("read", "delete")}},
        "operations": ["read_only"],
    }
    ticked = Ticked(["dog"], {"read 0", "insert 0"}, opened={"0"}, limited=set())

    after = matrix.changed(before, "data", ticked, known)

    assert after == {**before, "data": {"tables": {"cat": grants("read", "delete"), "dog": grants("read", "insert")}}}


def test_attributes_are_listed_where_they_are_limited() -> None:
    ticked = Ticked(["cat", "dog"], {"read 1", "read 1 name", "update 1 age", "read 0 id"}, {"0", "1"}, {"1"})

    after = matrix.changed({}, "data", ticked, known)

    name = {"attribute_name": "name", "read": True, "insert": False, "update": False}
    age = {"attribute_name": "age", "read": False, "insert": False, "update": True}
    assert after == {"data": {"tables": {"dog": grants("read", attributes=[age, name])}}}
    (cat, dog) = matrix.lines(after, "data", [("cat", ["id"]), ("dog", ["id", "name", "age"])], 4)
    assert (cat.flags, dog.flags, dog.is_limited, dog.listed) == (frozenset(), frozenset({"read"}), True, 2)
    assert [each.flags for each in dog.attributes] == [frozenset(), {"read"}, {"update"}]


def test_a_list_of_nothing_is_refused_because_it_would_grant_everything() -> None:
    with pytest.raises(Invalid) as refused:
        matrix.changed({}, "data", Ticked(["dog"], {"read 0"}, {"0"}, {"0"}), known)

    assert refused.value.field == "limited"


def test_attributes_that_were_not_shown_stay_as_they_are() -> None:
    listed = [{"attribute_name": "name", "read": True, "insert": False, "update": False}]
    before = {"data": {"tables": {"dog": grants("read", attributes=listed)}}}

    (line,) = matrix.lines(before, "data", [("dog", ["id", "name", "age"])], 2)
    after = matrix.changed(before, "data", Ticked(["dog"], {"read 0", "insert 0"}, set(), set()), known)

    assert (line.is_open, line.listed) == (False, 1)
    assert after["data"]["tables"]["dog"] == grants("read", "insert", attributes=listed)


def test_what_is_gone_is_left_out_and_never_widens_what_is_granted() -> None:
    lost = [{"attribute_name": "wings", "read": True, "insert": False, "update": False}]
    before = {
        "lost": {"tables": {"table": grants("read")}},
        "data": {"tables": {"bird": grants("read"), "dog": grants("read", attributes=lost), "cat": grants("read")}},
    }

    assert matrix.gone(before, known) == ["lost.table", "data.bird"]
    assert matrix.pruned(before, known) == {"data": {"tables": {"cat": grants("read")}}}


def test_without_a_tick_a_table_is_not_named() -> None:
    before = {"data": {"tables": {"dog": grants("read")}}}

    assert matrix.changed(before, "data", Ticked(["dog"], set(), {"0"}, set()), known) == {}
