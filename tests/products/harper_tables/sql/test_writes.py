"""INSERT, UPDATE and DELETE: the records, the answers, and the same audit as other writes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance

NOW_MS = 1_779_710_400_000
RECORDS: list[dict[str, Any]] = [
    {"id": 7, "title": "Tides", "year": 1994},
    {"id": 8, "title": "draft one", "year": 2012},
    {"id": 9, "title": "Draft two"},
]


@pytest.fixture
async def press(instance: Instance) -> Instance:
    """An instance with a few articles."""
    await instance.table(records=RECORDS)
    return instance


async def article(instance: Instance, key: Any) -> Any:
    """One record, as a search finds it; None if there is none."""
    found = await instance.do("search_by_id", database="press", table="article", ids=[key], get_attributes=["*"])
    return found[0] if found else None


async def test_an_insert_answers_without_time_and_new_attributes(press: Instance) -> None:
    sql = "INSERT INTO press.article (id, title, born, more) VALUES (1, UPPER('a'), CURRENT_TIMESTAMP, {\"x\": [1]}), (7, 'x', 0, NULL)"

    assert await press.do("sql", sql=sql) == {
        "message": "inserted 1 of 2 records",
        "inserted_hashes": [1],
        "skipped_hashes": [7],
    }
    found = await article(press, 1)
    assert (found["title"], found["born"], found["more"]) == ("A", NOW_MS, {"x": [1]})
    assert (await article(press, 7))["title"] == "Tides"


async def test_undefined_stores_nothing_and_a_missing_key_is_made(press: Instance) -> None:
    answer = await press.do("sql", sql="INSERT INTO press.article (title, year) VALUES ('Fog', undefined)")
    (key,) = answer["inserted_hashes"]
    (logged,) = (await press.do("read_audit_log", database="press", table="article"))[-1]["records"]

    assert (await article(press, key))["title"] == "Fog"
    assert "year" not in logged


async def test_rows_of_a_query_can_be_inserted(press: Instance) -> None:
    sql = "INSERT INTO press.article (id, title) SELECT id + 100, UPPER(title) FROM press.article WHERE id < 9"

    assert (await press.do("sql", sql=sql))["inserted_hashes"] == [107, 108]
    assert (await article(press, 107))["title"] == "TIDES"


async def test_an_update_uses_the_values_of_the_record(press: Instance) -> None:
    sql = "UPDATE press.article SET year = year + 1, title = UPPER(title) WHERE id IN (7, 8)"

    assert await press.do("sql", sql=sql) == {
        "message": "updated 2 of 2 records",
        "update_hashes": [7, 8],
        "skipped_hashes": [],
    }
    assert [(row["title"], row["year"]) for row in [await article(press, 7), await article(press, 8)]] == [
        ("TIDES", 1995),
        ("DRAFT ONE", 2013),
    ]


async def test_an_update_without_where_is_of_every_record(press: Instance) -> None:
    await press.do("sql", sql="UPDATE press.article AS a SET a.year = NULL, title = undefined")

    found = await press.do("sql", sql="SELECT id, title, year FROM press.article")
    assert [(row["title"], row["year"]) for row in found] == [(each["title"], None) for each in RECORDS]


async def test_nothing_that_matches_is_nothing_done(press: Instance) -> None:
    assert await press.do("sql", sql="UPDATE press.article SET year = 1 WHERE id = 55") == {
        "message": "updated 0 of 0 records",
        "update_hashes": [],
        "skipped_hashes": [],
    }
    assert await press.do("sql", sql="DELETE FROM press.article WHERE id = 55") == {
        "message": "0 of 0 records successfully deleted",
        "deleted_hashes": [],
        "skipped_hashes": [],
    }


async def test_a_delete_takes_what_matches(press: Instance) -> None:
    assert await press.do("sql", sql="DELETE FROM press.article WHERE title LIKE 'draft%' AND year IS NOT NULL") == {
        "message": "1 of 1 record successfully deleted",
        "deleted_hashes": [8],
        "skipped_hashes": [],
    }
    answer = await press.do("sql", sql="DELETE FROM press.article WHERE id = id")
    assert answer["message"] == "2 of 2 records successfully deleted"


async def test_null_deletes_nothing(press: Instance) -> None:
    for condition in ("id = NULL", "id IN (NULL)", "id <> NULL", "NOT (id = NULL)", "NULL"):
        answer = await press.do("sql", sql=f"DELETE FROM press.article WHERE {condition}")
        assert answer["deleted_hashes"] == [], condition


async def test_the_audit_is_that_of_any_write(press: Instance) -> None:
    await press.do("sql", sql="INSERT INTO press.article (id, year) VALUES (1, 5)")
    await press.do("sql", sql="UPDATE press.article SET year = year + 1 WHERE id = 1")
    await press.do("sql", sql="DELETE FROM press.article WHERE id = 1")

    log = await press.do("read_audit_log", database="press", table="article")
    assert [(each["operation"], each["ids"]) for each in log[-3:]] == [
        ("insert", [1]),
        ("update", [1]),
        ("delete", [1]),
    ]
    assert log[-2]["records"] == [{"id": 1, "year": 6}]


REFUSED = [
    ("INSERT INTO press.article (id, title) VALUES (1)", 500,
     "There was a problem performing this insert. Please check the logs and try again."),
    ("INSERT INTO press.article (id, title) SELECT 1", 500,
     "There was a problem performing this insert. Please check the logs and try again."),
    ("INSERT INTO press.article (id, id) VALUES (1, 2)", 400, "A column is named twice."),
    ("INSERT INTO press.article (id) VALUES (nope)", 400, "unknown column 'nope'"),
    ("INSERT INTO press.nope (id) VALUES (1)", 404, "Table 'press.nope' does not exist"),
    ("UPDATE press.article SET id = 5", 400, "'id' is the primary key of press.article and cannot be set."),
    ("UPDATE press.article SET year = 1, year = 2", 400, "A column is set twice."),
    ("UPDATE press.article SET year = COUNT(*)", 400, "COUNT stands in the list of SELECT, in HAVING or in ORDER BY, not here."),
    ("UPDATE nope.t SET a = 1", 404, "database 'nope' does not exist"),
    ("DELETE FROM press.nope", 404, "Table 'press.nope' does not exist"),
    ("EXPLAIN DELETE FROM press.article", 400, "EXPLAIN takes a SELECT."),
]  # fmt: skip


async def test_a_write_that_cannot_be_is_refused(one_engine: Instance) -> None:
    await one_engine.table(records=RECORDS)

    for sql, status, sentence in REFUSED:
        assert await one_engine.refused("sql", sql=sql) == (status, sentence), sql
    assert len(await one_engine.do("sql", sql="SELECT id FROM press.article")) == len(RECORDS)


async def test_an_integer_that_is_added_to_by_many_at_once_loses_nothing(press: Instance) -> None:
    await press.do("sql", sql="INSERT INTO press.article (id, n) VALUES ('counter', 0)")

    add = "UPDATE press.article SET n = n + 1 WHERE id = 'counter'"
    replies = await asyncio.gather(*(press.ask("sql", sql=add) for _ in range(20)))

    done = sum(reply.status == 200 for reply in replies)
    assert done >= 1
    assert (await article(press, "counter"))["n"] == done


async def test_a_statement_writes_so_many_records_at_most(one_engine: Instance) -> None:
    await one_engine.table()
    for first in range(0, 10_002, 5_001):
        records = [{"id": number} for number in range(first, first + 5_001)]
        await one_engine.do("insert", database="press", table="article", records=records)

    status, sentence = await one_engine.refused("sql", sql="DELETE FROM press.article")

    assert status == 400
    assert sentence == "A statement writes at most 10000 records; narrow it with WHERE."
    assert (await one_engine.do("sql", sql="DELETE FROM press.article WHERE id < 10"))["message"].startswith("10 of 10")


async def test_functions_bring_no_text_that_cannot_be_kept(press: Instance) -> None:
    for value in (
        """CAST('{"a": "x\\\\u0000"}' AS JSON)""",
        """SEARCH_JSON('$decodeUrlComponent("%00")', 1)""",
        f"""CAST('{"[" * 90 + "]" * 90}' AS JSON)""",
    ):
        for sql in (
            f"INSERT INTO press.article (id, title) VALUES (1, {value})",
            f"UPDATE press.article SET title = {value}",
        ):
            status, sentence = await press.refused("sql", sql=sql)
            assert status == 400, sql
            assert "U+0000" in sentence or "nested" in sentence
