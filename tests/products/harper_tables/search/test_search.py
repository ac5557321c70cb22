"""Reading records: by key, by value, by conditions; order, part and the refusals."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import store
from harbor.products.harper_tables.search import rules, service
from harbor.products.harper_tables.search.model import Node

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
NOW_MS = 1_779_710_400_000
RECORDS: list[dict[str, Any]] = [
    {"id": 7, "title": "Tides", "year": 1994, "author": {"name": "Ida", "tags": ["a", "b"]}},
    {"id": 8, "title": "Moss", "year": 2012, "price": 5},
    {"id": 9, "title": "moss", "year": "2012", "price": "5", "is_new": True},
    {"id": 10, "title": "Mosquito*", "year": 2012.5, "is_new": False},
    {"id": 11, "title": None, "price": None},
]


@pytest.fixture
async def press(instance: Instance) -> Instance:
    """An instance with a few articles."""
    await instance.table(records=RECORDS)
    return instance


async def ids(instance: Instance, operation: str = "search_by_conditions", **fields: Any) -> list[Any]:
    """The keys that a search finds."""
    found = await instance.do(operation, **ARTICLE, **fields, get_attributes=["id"])
    return [record["id"] for record in found]


def where(attribute: Any, comparator: str, value: object) -> dict[str, Any]:
    """A search of one condition."""
    return {"conditions": [{"attribute": attribute, "comparator": comparator, "value": value}]}


async def test_records_come_in_the_order_of_the_keys_that_were_asked_for(press: Instance) -> None:
    found = await press.do("search_by_hash", **ARTICLE, hash_values=[9, 99, 7], get_attributes=["title", "id", "none"])

    assert found == [{"title": "moss", "id": 9, "none": None}, {"title": "Tides", "id": 7, "none": None}]
    assert list(found[0]) == ["title", "id", "none"]


async def test_a_star_is_every_attribute_of_the_table(press: Instance) -> None:
    (found,) = await press.do("search_by_id", **ARTICLE, ids=[8], get_attributes=["*"])

    assert list(found.items()) == [
        ("id", 8),
        ("title", "Moss"),
        ("year", 2012),
        ("author", None),
        ("price", 5),
        ("is_new", None),
        ("__createdtime__", NOW_MS),
        ("__updatedtime__", NOW_MS),
    ]


async def test_properties_within_values_can_be_chosen(press: Instance) -> None:
    wanted = [{"name": "author", "select": ["name"]}]

    assert await press.do("search_by_id", **ARTICLE, ids=[7], get_attributes=wanted) == [{"author": {"name": "Ida"}}]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ids": [1]}, "'get_attributes' is required"),
        ({"ids": [1], "get_attributes": []}, "'get_attributes' must contain at least 1 item"),
        ({"ids": [1], "get_attributes": [True]}, "'get_attributes' must be strings or numbers"),
        ({"get_attributes": ["*"]}, "'ids' is required"),
        ({"hash_values": 7, "get_attributes": ["*"]}, "'hash_values' must be an array"),
        ({"ids": [1], "get_attributes": "*"}, "'get_attributes' must be an array"),
        ({"ids": [None], "get_attributes": ["*"]}, "Invalid primary key of null"),
    ],
)
async def test_a_search_by_key_that_cannot_be(one_engine: Instance, fields: dict[str, Any], sentence: str) -> None:
    await one_engine.table()

    assert await one_engine.refused("search_by_id", **ARTICLE, **fields) == (400, sentence)


async def test_two_faults_are_500_in_an_older_line(v4: Instance) -> None:
    asked: dict[str, Any] = {"schema": "press", "table": "article"}
    wanted = {"hash_values": [1], "get_attributes": "*"}

    assert await v4.refused("search_by_hash", **asked, hash_values=7, get_attributes=["*"]) == (
        500,
        "'hash_values' must be an array",
    )
    assert await v4.refused("search_by_hash", **asked, **wanted) == (500, "'get_attributes' must be an array")
    assert await v4.refused("search_by_hash", **asked, hash_values=[1]) == (400, "'get_attributes' is required")


@pytest.mark.parametrize("operation", ["search_by_id", "search_by_value", "search_by_conditions", "search"])
async def test_reading_what_is_not_there_is_404(one_engine: Instance, operation: str) -> None:
    asked: dict[str, Any] = {
        "ids": [1],
        "get_attributes": ["*"],
        "attribute": "id",
        "value": "*",
        "conditions": [{"attribute": "id", "value": 1}],
    }

    assert await one_engine.refused(operation, database="no", table="t", **asked) == (
        404,
        "database 'no' does not exist",
    )
    await one_engine.do("create_database", database="press")
    assert await one_engine.refused(operation, **ARTICLE, **asked) == (404, "Table 'press.article' does not exist")


STARS: list[tuple[object, list[int]]] = [
    ("*", [7, 8, 9, 10, 11]),
    ("%", [7, 8, 9, 10, 11]),
    ("Mo*", [10, 8]),
    ("*ss", [8, 9]),
    ("*os*", [8, 9, 10]),
    ("M*s", []),
    ("Moss", [8]),
    ("Mosquito**", [10]),
    ("none*", []),
    (None, [11]),
    (5, []),
]


async def test_stars_at_the_ends_of_a_value_stand_for_anything(press: Instance) -> None:
    for value, found in STARS:
        assert await ids(press, "search_by_value", attribute="title", value=value) == found, value


async def test_a_value_has_a_type(press: Instance) -> None:
    cases: list[tuple[object, list[int]]] = [(5, [8]), ("5", [9]), (None, [7, 10, 11]), (True, [])]
    for value, found in cases:
        assert await ids(press, "search_by_value", search_attribute="price", search_value=value) == found, value


async def test_an_unknown_attribute_is_named(press: Instance) -> None:
    assert await press.refused("search_by_value", **ARTICLE, attribute="no", value=1) == (400, "unknown attribute 'no'")
    conditions = [{"attribute": name, "value": 1} for name in ("a", "b", "year", "c")]
    assert await press.refused("search_by_conditions", **ARTICLE, conditions=conditions) == (
        400,
        "unknown attribute 'a, b and c'",
    )
    assert await press.refused(
        "search_by_conditions", **ARTICLE, **where("year", "gt", 1), sort={"attribute": "none"}
    ) == (404, "none is not a defined attribute")


COMPARISONS: list[tuple[object, str, object, list[int]]] = [
    ("year", "equals", 2012, [8]),
    ("year", "eq", "2012", [9]),
    ("year", "===", 2012.0, [8]),
    ("title", "equals", None, [11]),
    ("author", "equals", {"tags": ["a", "b"], "name": "Ida"}, [7]),
    ("author", "equals", {"tags": ["b", "a"], "name": "Ida"}, []),
    ("title", "not_equal", "Moss", [7, 9, 10, 11]),
    ("title", "!=", None, [7, 8, 9, 10]),
    ("title", "contains", "os", [8, 9, 10]),
    ("title", "ct", "OS", []),
    ("title", "starts_with", "Mos", [10, 8]),
    ("title", "startsWith", "", [10, 8, 7, 9]),
    ("title", "ends_with", "s", [7, 8, 9]),
    ("year", "greater_than", 1994, [8, 10, 9]),
    ("year", "ge", 1994, [7, 8, 10, 9]),
    ("year", "less_than", 2012.5, [7, 8]),
    ("year", "<=", 2012.5, [7, 8, 10]),
    ("year", "lt", "3", [7, 8, 10, 9]),
    ("year", "between", [1994, 2012], [7, 8]),
    ("year", "between", [2012, 1994], []),
    ("is_new", "less_than", True, [10]),
    ("is_new", "greater_than_equal", False, [10, 9]),
    ("is_new", "lt", 1, []),
    ("id", "in", [11, 7, 99], [7, 11]),
    ("year", "in", [2012, "2012"], [8, 9]),
    ("title", "in", [None, "Moss"], [8, 11]),
    ("title", "matches", "MOSS", [8, 9]),
    ("title", "matches_any", "tides moss", [7, 8, 9]),
    ("id", "starts_with", "7", []),
    ("id", "gt", 9, [10, 11]),
    ("id", "equals", None, []),
    (["author", "name"], "equals", "Ida", [7]),
    (["author", "tags"], "equals", ["a", "b"], [7]),
    (["author", "none"], "equals", None, [7, 8, 9, 10, 11]),
]


async def test_every_comparator(press: Instance) -> None:
    for attribute, comparator, value, found in COMPARISONS:
        got = await ids(press, **where(attribute, comparator, value))
        if comparator == "in":
            got.sort()
        assert got == found, (attribute, comparator, value)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "'conditions' is required"),
        ({"conditions": []}, "'conditions' must contain at least 1 items"),
        ({"conditions": {}}, "'conditions' must be an array"),
        ({"conditions": [5]}, "'conditions[0]' must be of type object"),
        ({**where("year", "equals", 1), "operator": "xor"}, "'operator' must be one of [and, or]"),
        ({**where("year", "equals", 1), "limit": 0}, "'limit' must be greater than or equal to 1"),
        ({**where("year", "equals", 1), "offset": -1}, "'offset' must be greater than or equal to 0"),
        ({**where("year", "equals", 1), "limit": "x"}, "'limit' must be a number"),
        ({**where("year", "equals", 1), "limit": 1.5}, "'limit' must be an integer"),
        (where("year", "between", [1]), "'conditions[0].value' must be an array of two texts or numbers"),
        (where("year", "between", [None, 1]), "'conditions[0].value' must be an array of two texts or numbers"),
        (where("year", "gt", None), "'conditions[0].value' must be one of [string, number]"),
        (where("year", "contains", [1]), "'conditions[0].value' must be one of [string, number]"),
        ({"conditions": [{"search_type": "equals", "search_value": 1}]}, "'conditions[0].attribute' is required"),
        ({"conditions": [{"attribute": "year"}]}, "'conditions[0].value' is required"),
        ({"conditions": [{"conditions": []}]}, "'conditions[0].conditions' must contain at least 1 items"),
        (
            {"conditions": [{"operator": "not", "conditions": [{"attribute": "a", "value": 1}]}]},
            "'conditions[0].operator' must be one of [and, or]",
        ),
        ({**where("year", "equals", 1), "sort": "year"}, "'sort.attribute' must be a string"),
    ],
)
async def test_a_search_that_cannot_be(one_engine: Instance, fields: dict[str, Any], sentence: str) -> None:
    await one_engine.table()

    assert await one_engine.refused("search_by_conditions", **ARTICLE, **fields) == (400, sentence)


async def test_an_unknown_comparator_is_named_with_those_there_are(one_engine: Instance) -> None:
    await one_engine.table()
    conditions = [{"search_attribute": "id", "search_type": "near", "search_value": 1}]

    status, sentence = await one_engine.refused("search_by_conditions", **ARTICLE, conditions=conditions)

    assert status == 400
    assert sentence.startswith("'conditions[0].search_type' must be one of [equals, not_equal, contains, starts_with")


async def test_the_documented_search(one_engine: Instance) -> None:
    await one_engine.table(
        records=[{"id": 7, "title": "Tides", "year": 1994}, {"id": 8, "title": "Moss", "year": 2012}]
    )

    found = await one_engine.do(
        "search_by_conditions",
        **ARTICLE,
        operator="or",
        limit=2,
        sort={"attribute": "year", "descending": True, "next": {"attribute": "title"}},
        get_attributes=["id", "title"],
        conditions=[
            {"attribute": "year", "comparator": "between", "value": [1990, 1999]},
            {
                "operator": "and",
                "conditions": [
                    {"attribute": "title", "comparator": "starts_with", "value": "M"},
                    {"attribute": "year", "comparator": "gt", "value": 2010},
                ],
            },
        ],
    )

    assert found == [{"id": 8, "title": "Moss"}, {"id": 7, "title": "Tides"}]


async def test_one_of_several_is_a_union_without_repetition(press: Instance) -> None:
    conditions = [{"attribute": "year", "comparator": "eq", "value": 2012}, {"attribute": "price", "value": 5}]
    conditions.append({"attribute": "title", "comparator": "starts_with", "value": "T"})

    assert await ids(press, conditions=conditions, operator="OR") == [8, 7]


async def test_all_of_several_narrow(press: Instance) -> None:
    conditions = [
        {"attribute": "title", "comparator": "starts_with", "value": "Mos"},
        {"attribute": "year", "comparator": "gt", "value": 2012},
    ]

    assert await ids(press, conditions=conditions) == [10]


ORDERS: list[tuple[dict[str, Any], list[int]]] = [
    ({"attribute": "title"}, [11, 10, 8, 7, 9]),
    ({"attribute": "title", "descending": True}, [9, 7, 8, 10, 11]),
    ({"attribute": "year"}, [11, 7, 8, 10, 9]),
    ({"attribute": "year", "descending": True}, [9, 10, 8, 7, 11]),
    ({"attribute": "id", "descending": True}, [11, 10, 9, 8, 7]),
    ({"attribute": "is_new"}, [7, 8, 11, 10, 9]),
    ({"attribute": "__updatedtime__"}, [7, 8, 9, 10, 11]),
    ({"attribute": "is_new", "descending": True, "next": {"attribute": "title"}}, [9, 10, 11, 8, 7]),
]
PARTS: list[dict[str, int]] = [{}, {"limit": 2}, {"limit": 2, "offset": 2}, {"offset": 4}, {"offset": 9}]


async def test_order_and_part(press: Instance) -> None:
    for sort, found in ORDERS:
        for part in PARTS:
            first = part.get("offset", 0)
            last = first + part["limit"] if "limit" in part else None
            got = await ids(press, "search_by_value", attribute="id", value="*", sort=sort, **part)
            assert got == found[first:last], (sort, part)


async def test_without_an_order_the_direction_can_be_turned(press: Instance) -> None:
    assert await ids(press, "search_by_value", attribute="id", value="*", reverse=True) == [11, 10, 9, 8, 7]
    assert await ids(press, **where("year", "gt", 0), reverse=True) == [9, 10, 8, 7]


async def test_times_can_be_searched(press: Instance, clock: ManualClock) -> None:
    clock.set(clock.now() + timedelta(milliseconds=1_500, microseconds=300))
    await press.do("update", **ARTICLE, records=[{"id": 9, "title": "later"}])

    assert await ids(press, **where("__updatedtime__", "gt", NOW_MS)) == [9]
    assert await ids(press, **where("__updatedtime__", "equals", NOW_MS + 1_500)) == [9]
    assert await ids(press, **where("__updatedtime__", "le", NOW_MS)) == [7, 8, 10, 11]
    assert await ids(press, **where("__createdtime__", "between", [NOW_MS, NOW_MS])) == [7, 8, 9, 10, 11]


async def test_long_texts_are_told_apart(instance: Instance) -> None:
    long = "x" * 200
    await instance.table(records=[{"id": each, "title": long + str(9 - each)} for each in range(10)])

    assert await ids(instance, **where("title", "equals", long + "3")) == [6]
    assert await ids(instance, **where("title", "gt", long + "7")) == [0, 1]
    assert await ids(instance, **where("title", "starts_with", long + "5")) == [4]
    every = {"attribute": "id", "value": "*", "limit": 3, "sort": {"attribute": "title", "descending": True}}
    assert await ids(instance, "search_by_value", **every) == [0, 1, 2]


async def test_many_records_are_read_part_after_part(instance: Instance) -> None:
    await instance.table(records=[{"id": each, "mod": each % 2, "same": "s"} for each in range(3_000)])

    assert len(await ids(instance, **where("mod", "equals", 1))) == 1_500
    assert await ids(instance, **where("same", "equals", "s"), limit=2, offset=2_900) == [2_900, 2_901]
    assert len(await ids(instance, **where("id", "in", list(range(0, 3_000, 3))))) == 1_000


async def test_another_account_sees_nothing_of_it(press: Instance) -> None:
    stranger = await press.house.organization("Other")

    def theirs(tx: Tx) -> Any:
        return store.table(tx, stranger.production.id, "press", "article"), store.databases(tx, stranger.production.id)

    assert await press.house.database.read(theirs) == (None, [])


async def test_a_part_may_be_as_large_as_a_number(press: Instance) -> None:
    every = {**ARTICLE, "attribute": "id", "value": "*", "get_attributes": ["id"]}

    assert len(await press.do("search_by_value", **every, limit=10**30)) == len(RECORDS)
    assert await press.do("search_by_value", **every, offset=10**30) == []


async def test_keys_that_come_again_do_not_make_an_answer_without_end(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1, "text": "x" * 1_000_000}])

    status, sentence = await one_engine.refused("search_by_id", **ARTICLE, ids=[1] * 100, get_attributes=["id"])

    assert (status, sentence[:40]) == (400, "The answer would hold more than 67108864")


async def test_one_of_many_values_is_found_by_its_kind(press: Instance) -> None:
    async def ids(attribute: str, *values: Any) -> list[Any]:
        condition = {"attribute": attribute, "comparator": "in", "value": list(values)}
        # The second way looks at each record, for no index answers both.
        either = [condition, {"attribute": "title", "comparator": "contains", "value": "#"}]
        plain = await press.do("search", **ARTICLE, conditions=[condition], get_attributes=["id"])
        each = await press.do("search", **ARTICLE, operator="or", conditions=either, get_attributes=["id"])
        assert [row["id"] for row in each] == sorted(row["id"] for row in plain)
        return [row["id"] for row in each]

    assert await ids("year", 2012.0, "1994") == [8]
    assert await ids("year", "2012", 1994) == [7, 9]
    assert await ids("is_new", None, True, 0) == [7, 8, 9, 11]
    assert await ids("author", {"tags": ["a", "b"], "name": "Ida"}) == [7]
    assert await ids("author", {"tags": ["b", "a"], "name": "Ida"}) == []


async def test_what_looks_long_at_a_record_does_not_keep_others_waiting(
    one_engine: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_engine.table(records=[{"id": 1, "text": "moss"}])
    begun_on: list[str] = []
    look = rules.matcher

    def noted(node: Node) -> rules.Matcher:
        begun_on.append(threading.current_thread().name)
        return look(node)

    monkeypatch.setattr(service, "matcher", noted)
    word = {"attribute": "text", "comparator": "matches", "value": "moss"}
    plain = {"attribute": "text", "comparator": "equals", "value": "moss"}
    for conditions in ([word], [{"conditions": [plain] * 20}], [plain]):
        assert len(await one_engine.do("search", **ARTICLE, conditions=conditions)) == 1

    assert [name == threading.main_thread().name for name in begun_on] == [False, False, True]


async def test_a_search_ends_when_it_takes_too_long(one_engine: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    await one_engine.table(records=[{"id": 1, "text": "moss"}])
    monkeypatch.setattr(service, "READ_THREAD_S_MAX", -1.0)
    word = {"attribute": "text", "comparator": "contains", "value": "moss"}

    status, sentence = await one_engine.refused("search", **ARTICLE, conditions=[word])

    assert (status, sentence[:29]) == (400, "The search takes longer than ")


async def test_nothing_is_among_no_values_in_whatever_order(press: Instance) -> None:
    none = {"attribute": "year", "comparator": "in", "value": []}

    for more in ({}, {"sort": {"attribute": "year"}}, {"sort": {"attribute": "id"}, "limit": 1}):
        assert await press.do("search", **ARTICLE, conditions=[none], **more) == []
