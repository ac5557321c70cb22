"""Defects of the original that are none here: each line of the contract's list is shown to be so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance

CONTRACT = Path(__file__).parents[4] / "docs" / "products" / "harper.md"
ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
LONG = "x" * 5_000
BIG = 9_007_199_254_740_993


async def ids(instance: Instance) -> list[Any]:
    """The keys of the table."""
    return [row["id"] for row in await instance.do("sql", sql="SELECT id FROM press.article ORDER BY id")]


async def attributes(instance: Instance) -> set[str]:
    """The attributes of the table, without the times."""
    described = await instance.do("describe_table", **ARTICLE)
    return {each["attribute"] for each in described["attributes"]} - {"__createdtime__", "__updatedtime__"}


async def found(instance: Instance, attribute: str, value: Any, comparator: str = "equals") -> list[Any]:
    """The keys of what a search by an index finds."""
    condition = {"attribute": attribute, "comparator": comparator, "value": value}
    return [row["id"] for row in await instance.do("search", **ARTICLE, conditions=[condition], get_attributes=["id"])]


async def a_null_id_deletes_nothing(instance: Instance) -> None:
    assert await instance.refused("delete", **ARTICLE, ids=[1, None]) == (400, "Invalid primary key of null")
    assert await instance.refused("delete", **ARTICLE, ids=[None]) == (400, "Invalid primary key of null")
    assert await ids(instance) == [1, 2]


async def what_was_not_there_is_skipped(instance: Instance) -> None:
    reply = await instance.do("delete", **ARTICLE, hash_values=[2, 99, 2, "1"])

    assert (reply["deleted_hashes"], reply["skipped_hashes"]) == ([2], [99, 2, "1"])
    assert reply["message"] == "1 of 4 records successfully deleted"


async def what_is_left_alone_adds_no_attribute(instance: Instance) -> None:
    records = [{"id": 1, "stranger": 1}, {"id": 3, "year": 1}, {"id": 3, "twin": 1}]

    reply = await instance.do("insert", **ARTICLE, records=records)

    assert (reply["inserted_hashes"], reply["skipped_hashes"], reply["new_attributes"]) == ([3], [1, 3], ["year"])
    assert await attributes(instance) == {"id", "title", "year"}


async def what_fails_half_way_changes_nothing(instance: Instance) -> None:
    log = await instance.do("read_audit_log", **ARTICLE)
    records = [{"id": 3, "year": 1}, {"id": 4, "a/b": 1}]
    unset = [{"id": 5, "year": 1}, {"id": 6, "__unset__": ["title"]}]

    assert (await instance.refused("insert", **ARTICLE, records=records))[0] == 400
    assert (await instance.refused("upsert", **ARTICLE, records=unset))[0] == 400
    assert await ids(instance) == [1, 2]
    assert await attributes(instance) == {"id", "title"}
    assert await instance.do("read_audit_log", **ARTICLE) == log


async def an_index_says_what_the_records_say(instance: Instance) -> None:
    await instance.do("update", **ARTICLE, records=[{"id": 1, "title": "Dunes"}])
    await instance.do("delete", **ARTICLE, ids=[2])
    await instance.do("insert", **ARTICLE, records=[{"id": 2, "title": "Tides"}])

    assert [await found(instance, "title", title) for title in ("Tides", "Dunes", "Moss")] == [[2], [1], []]


async def long_texts_and_large_integers_are_found(instance: Instance) -> None:
    await instance.do("insert", **ARTICLE, records=[{"id": 3, "title": LONG + "a", "n": BIG}, {"id": 4, "title": LONG}])

    assert await found(instance, "title", LONG + "a") == [3]
    assert await found(instance, "n", BIG) == [3]
    assert await found(instance, "n", BIG - 1) == []
    assert (await instance.do("search_by_id", **ARTICLE, ids=[3], get_attributes=["n"])) == [{"n": BIG}]


async def a_null_operand_is_the_callers_fault(instance: Instance) -> None:
    condition = {"attribute": "title", "comparator": "greater_than", "value": None}

    assert (await instance.refused("search_by_conditions", **ARTICLE, conditions=[condition]))[0] == 400


CLAIMS: Mapping[str, Callable[[Instance], Awaitable[None]]] = {
    "A null among the ids of `delete`": a_null_id_deletes_nothing,
    "Ids that were not there": what_was_not_there_is_skipped,
    "A record that `insert` leaves alone": what_is_left_alone_adds_no_attribute,
    "A request that fails half-way": what_fails_half_way_changes_nothing,
    "An index never hides": an_index_says_what_the_records_say,
    "Texts of any length": long_texts_and_large_integers_are_found,
    "A null as the operand": a_null_operand_is_the_callers_fault,
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.__name__)
async def test_what_the_contract_claims_is_so(instance: Instance, claim: Callable[[Instance], Awaitable[None]]) -> None:
    await instance.table(records=[{"id": 1, "title": "Tides"}, {"id": 2, "title": "Moss"}])

    await claim(instance)


def test_every_claim_of_the_contract_is_here() -> None:
    section = CONTRACT.read_text().partition("## What we do differently")[2].partition("\n## ")[0]
    claimed = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]

    assert len(claimed) == len(CLAIMS)
    assert all(any(line.startswith(begins) for line in claimed) for begins in CLAIMS)
