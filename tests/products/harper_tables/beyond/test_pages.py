"""Pages of a search: together they are the search, whatever is written meanwhile, and each costs the same."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from tests.products.harper_tables.conftest import Instance

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.search import pages
from harbor.products.harper_tables.search.model import Comparator, Condition, Query, SortKey

ARTICLE: dict[str, Any] = {"database": "press", "table": "article"}
ALL = [{"attribute": "id", "comparator": "ne", "value": "nothing"}]
VALUES = (None, True, False, 0, 3, 3.5, -7, "", "Moss", "moss", "Tides", "ü", "\U0001f33f", "x" * 200)


async def walked(instance: Instance, size: int, operation: str = "search", **fields: Any) -> list[Any]:
    """The records of all pages, one after the other."""
    found: list[Any] = []
    cursor = None
    while True:
        body = await instance.do(operation, **ARTICLE, **fields, page={"size": size, "cursor": cursor})
        assert len(body["records"]) <= size
        found += body["records"]
        cursor = body["next_cursor"]
        if cursor is None:
            return found


def searches(chance: random.Random) -> Mapping[str, Any]:
    """A search of some kind."""

    def condition() -> dict[str, Any]:
        attribute = chance.choice(("a", "b", "id", "__createdtime__"))
        if attribute == "__createdtime__":
            return {
                "attribute": attribute,
                "comparator": chance.choice(("gt", "le")),
                "value": chance.choice((0, 2e15)),
            }
        comparator = chance.choice(("eq", "ne", "gt", "le", "between", "in", "starts_with", "contains"))
        value: Any = chance.choice([each for each in VALUES if each is not None])
        if comparator in ("between", "in"):
            value = [chance.choice([each for each in VALUES if each is not None]) for _ in range(2)]
        elif comparator in ("starts_with", "contains"):
            value = chance.choice(("m", "T", "x", "o"))
        return {"attribute": attribute, "comparator": comparator, "value": value}

    fields: dict[str, Any] = {
        "conditions": [condition() for _ in range(chance.randint(1, 3))] if chance.random() < 0.8 else ALL,
        "operator": chance.choice(("and", "or")),
        "reverse": chance.random() < 0.3,
        "get_attributes": ["id"],
    }
    if chance.random() < 0.6:
        fields["sort"] = {
            "attribute": chance.choice(("a", "b", "id", "__updatedtime__")),
            "descending": chance.random() < 0.5,
        }
        if chance.random() < 0.4:
            fields["sort"]["next"] = {"attribute": chance.choice(("a", "b")), "descending": chance.random() < 0.5}
    return fields


async def test_all_pages_together_are_the_search(instance: Instance) -> None:
    chance = random.Random(7)
    records = [
        {"id": number, **{name: chance.choice(VALUES) for name in ("a", "b") if chance.random() < 0.8}}
        for number in range(40)
    ]
    await instance.table(records=records)
    for _ in range(60):
        fields = searches(chance)
        whole = await instance.do("search", **ARTICLE, **fields)

        paged = await walked(instance, chance.choice((1, 3, 7, 100)), **fields)

        if "sort" in fields:
            assert paged == whole, fields
        else:
            assert sorted(row["id"] for row in paged) == sorted(row["id"] for row in whole), fields
    by_value = {"attribute": "a", "value": "*os*", "get_attributes": ["id"]}
    assert len(await walked(instance, 2, "search_by_value", **by_value)) == len(
        await instance.do("search_by_value", **ARTICLE, **by_value)
    )


async def test_what_is_written_meanwhile_neither_repeats_nor_hides(instance: Instance) -> None:
    await instance.table(records=[{"id": number, "year": 2000 + number} for number in range(10, 40)])
    ways: list[dict[str, Any]] = [
        {"conditions": ALL},
        {"conditions": ALL, "sort": {"attribute": "year", "descending": True}},
        {"conditions": ALL, "sort": {"attribute": "year", "next": {"attribute": "id"}}},
    ]
    cursors = []
    seen: list[list[Any]] = []
    for way in ways:
        body = await instance.do("search", **ARTICLE, **way, page={"size": 10, "total": True})
        assert body["total"] == 30
        seen.append([row["id"] for row in body["records"]])
        cursors.append(body["next_cursor"])

    await instance.do("insert", **ARTICLE, records=[{"id": 1, "year": 1990}, {"id": 99, "year": 2099}])
    await instance.do("delete", **ARTICLE, ids=[seen[0][-1], seen[1][-1], seen[2][-1]])

    for way, cursor, before in zip(ways, cursors, seen, strict=True):
        while cursor is not None:
            body = await instance.do("search", **ARTICLE, **way, page={"size": 10, "cursor": cursor})
            before += [row["id"] for row in body["records"]]
            cursor = body["next_cursor"]
        assert len(before) == len(set(before))
        assert set(before) >= set(range(10, 40)) - {19, 30}, way


async def test_a_cursor_is_good_for_its_query_database_and_account_alone(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": number} for number in range(5)])
    await one_engine.table("author", records=[{"id": number} for number in range(5)])
    cursor = (await one_engine.do("search", **ARTICLE, conditions=ALL, page={"size": 2}))["next_cursor"]

    async def refused(page: Any, **fields: Any) -> tuple[int, str, str]:
        reply = await one_engine.ask("search", **{**ARTICLE, "conditions": ALL, **fields}, page=page)
        return reply.status, reply.json()["error"], reply.headers["harper-error-path"]

    other = (
        "'page.cursor' belongs to another query, database or table: send it with the conditions and the sort of the page "
        "before, or begin without a cursor."
    )
    none = "'page.cursor' is none that was given out here: send 'next_cursor' of the page before as it is."
    changed = [{"attribute": "id", "comparator": "gt", "value": 0}]
    assert await refused({"cursor": cursor}, conditions=changed) == (400, other, "$.page.cursor")
    assert await refused({"cursor": cursor}, table="author") == (400, other, "$.page.cursor")
    assert await refused({"cursor": cursor}, sort={"attribute": "id"}) == (400, other, "$.page.cursor")
    assert await refused({"cursor": cursor[:-4]}) == (400, none, "$.page.cursor")
    assert await refused({"cursor": "x"}) == (400, none, "$.page.cursor")
    foreign = await one_engine.house.organization("Other")
    theirs = await one_engine.house.write(
        foreign.production, lambda call: call.vault.seal(call.account_id, "harper.cursor", "[]")
    )
    assert await refused({"cursor": theirs}) == (400, none, "$.page.cursor")
    assert await refused({"size": 0, "total": 1}) == (
        400,
        "'page.size' must be greater than or equal to 1. 'page.total' must be a boolean",
        "$.page.size",
    )
    assert await refused({"size": 1}, limit=5) == (400, "'limit' and 'page' cannot both be given", "$.limit")
    # Another size, other attributes and the rights of now are no other query.
    body = await one_engine.do(
        "search_by_conditions", **ARTICLE, conditions=ALL, get_attributes=["id"], page={"size": 9, "cursor": cursor}
    )
    assert body == {"records": [{"id": 2}, {"id": 3}, {"id": 4}], "next_cursor": None}


async def test_who_asks_for_no_page_gets_none(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}])

    for page in (2, "next", None, [1]):
        assert isinstance(await one_engine.do("search", **ARTICLE, conditions=ALL, page=page), list)


async def test_the_tables_of_the_platform_have_no_pages_and_no_plans(one_engine: Instance) -> None:
    for more in ({"page": {"size": 1}}, {"explain": True}):
        status, sentence = await one_engine.refused(
            "search", database="system", table="hdb_user", conditions=[{"attribute": "username", "value": "x"}], **more
        )
        assert (status, sentence) == (400, f"'{next(iter(more))}' is not for tables of the database system")


async def test_a_page_as_csv_has_its_cursor_in_a_header(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}, {"id": 2}])

    body = {
        "operation": "search",
        **ARTICLE,
        "conditions": ALL,
        "get_attributes": ["id"],
        "page": {"size": 1, "total": True},
    }
    reply = await one_engine.client.request("POST", "/", body, headers={"Accept": "text/csv"})

    assert (reply.body, reply.headers["harper-total"]) == (b"id\n1\n", "2")
    assert reply.headers["harper-next-cursor"]


@dataclass(slots=True)
class Counted:
    """A transaction that counts the rows it reads."""

    tx: Tx
    rows_read: int = 0

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        """The rows, counted."""
        found = self.tx.rows(sql, **values)
        self.rows_read += len(found)
        return found

    def tuples(self, sql: str, /, **values: object) -> list[tuple[Any, ...]]:
        """The same as tuples."""
        found = self.tx.tuples(sql, **values)
        self.rows_read += len(found)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tx, name)


async def test_a_page_reads_as_many_rows_whatever_its_depth(instance: Instance) -> None:
    await instance.table(records=[{"id": number, "year": number % 50, "odd": number % 2} for number in range(1_500)])
    queries = [
        Query(),
        Query(where=Condition(("odd",), Comparator.EQUALS, 1)),
        Query(sort=(SortKey("year", is_descending=True),)),
        Query(sort=(SortKey("year"),)),
    ]

    def costs(call: Call, query: Query) -> list[int]:
        found = catalog.lookup(call, "press", "article")
        assert found is not None
        counted = Counted(call.tx)
        call.tx = cast(Tx, counted)
        read, cursor, before = [], None, 0
        while True:
            paged = pages.page(call, found, query, pages.PageAsked(size=100, cursor=cursor))
            read.append(counted.rows_read - before)
            before, cursor = counted.rows_read, paged.cursor
            if cursor is None:
                return read

    for query in queries:
        read = await instance.house.read(instance.organization.production, partial(costs, query=query))
        assert len(read) >= 8
        assert 100 <= min(read[:-1]) <= max(read[:-1]) <= 101, query


async def test_a_select_comes_in_pages_too(instance: Instance) -> None:
    await instance.table(records=[{"id": number, "year": number % 3, "title": f"t{number}"} for number in range(20)])
    sql = "SELECT id, UPPER(title) AS t FROM press.article WHERE LENGTH(title) > 2 AND id < 18 ORDER BY year DESC, id"
    sql = sql.replace("LENGTH", "LEN")

    rows: list[Any] = []
    cursor, totals = None, []
    while True:
        body = await instance.do("sql", sql=sql, page={"size": 3, "cursor": cursor, "total": True})
        rows += body["records"]
        totals.append(body["total"])
        cursor = body["next_cursor"]
        if cursor is None:
            break

    assert rows == await instance.do("sql", sql=sql)
    assert set(totals) == {8}
    first = await instance.do("sql", sql=sql, page={"size": 3})
    refused = await instance.refused("sql", sql=sql + " ", page={"cursor": first["next_cursor"]})
    assert refused[0] == 400
    for other in ("SELECT COUNT(*) FROM press.article", f"{sql} LIMIT 3", "DELETE FROM press.article"):
        status, sentence = await instance.refused("sql", sql=other, page={"size": 2})
        assert status == 400
        assert "'page' is for rows of one table" in sentence
    assert await instance.do("sql", sql="SELECT COUNT(*) AS n FROM press.article") == [{"n": 20}]
