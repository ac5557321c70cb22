"""What a statement may cost: each bound is named in the refusal."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.sql.direct import run

from harbor.kernel.errors import HarborError, Kind
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harper_tables.sql.parsing import lane

ROWS = [{"id": number, "text": "x" * 100, "group": number % 7} for number in range(600)]


@pytest.fixture
async def filled(instance: Instance) -> Instance:
    """An instance with 600 records."""
    await instance.table(records=ROWS)
    return instance


async def refusal(instance: Instance, sql: str, bounds: Bounds) -> str:
    """The sentence that a statement is refused with."""
    with pytest.raises(HarborError) as refused:
        await run(instance, sql, bounds=bounds)
    assert (refused.value.kind, refused.value.code) == (Kind.INVALID, "sql_bound")
    return refused.value.message


async def test_rows_that_are_read_are_bounded(filled: Instance) -> None:
    sentence = await refusal(filled, "SELECT id FROM press.article WHERE LEN(text) = 5", Bounds(rows_read=500))

    assert (
        sentence == "The statement reads more than 500 records; narrow the statement, or raise HARBOR_HARPER_SQL_ROWS."
    )
    assert len(await run(filled, "SELECT id FROM press.article WHERE id < 50", bounds=Bounds(rows_read=50))) == 50


async def test_rows_of_the_answer_are_bounded(filled: Instance) -> None:
    sentence = await refusal(filled, "SELECT id FROM press.article", Bounds(rows_out=599))

    assert sentence.startswith("The answer has more than 599 rows; use LIMIT;")
    assert len(await run(filled, "SELECT id FROM press.article LIMIT 599", bounds=Bounds(rows_out=599))) == 599


async def test_bytes_of_the_answer_are_bounded(filled: Instance) -> None:
    sentence = await refusal(filled, "SELECT text FROM press.article", Bounds(bytes_out=50_000))

    assert sentence.startswith("The answer holds more than 50000 bytes; use LIMIT;")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM press.article ORDER BY text",
        "SELECT DISTINCT text, id FROM press.article",
        "SELECT id, ARRAY(text) AS t FROM press.article GROUP BY id",
        "SELECT a.id FROM press.article a JOIN press.article b ON a.text = b.text LIMIT 1",
        "SELECT id FROM press.article UNION SELECT group FROM press.article",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) AS c FROM n",
        "WITH w AS (SELECT * FROM press.article) SELECT COUNT(*) AS c FROM w",
    ],
)
async def test_what_is_held_in_memory_is_bounded(one_engine: Instance, sql: str) -> None:
    await one_engine.table(records=ROWS)

    sentence = await refusal(one_engine, sql.replace("group", "`group`"), Bounds(bytes_kept=40_000))

    assert sentence.startswith("The statement holds more than 40000 bytes in memory;")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) AS n FROM press.article a, press.article b, press.article c",
        "SELECT COUNT(*) AS n FROM press.article a JOIN press.article b ON a.id < b.id + 5 JOIN press.article c ON c.id < a.id",
        "SELECT id FROM press.article a WHERE 0 < (SELECT COUNT(*) FROM press.article b, press.article c WHERE b.id < a.id)",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION SELECT (i * 7) % 99991 FROM n) SELECT COUNT(*) AS c FROM n, press.article, press.article b",
    ],
)
async def test_time_is_bounded(one_engine: Instance, sql: str) -> None:
    await one_engine.table(records=ROWS)
    began = time.monotonic()

    sentence = await refusal(one_engine, sql, Bounds(seconds=0.2))

    assert sentence.startswith("The statement runs longer than 0.2 seconds;")
    assert time.monotonic() - began < 3


async def test_others_are_answered_while_a_statement_runs(one_engine: Instance) -> None:
    await one_engine.table(records=ROWS)
    long = asyncio.create_task(one_engine.ask("sql", sql="SELECT COUNT(*) AS n FROM press.article a, press.article b"))

    others = [
        await one_engine.ask("sql", sql=f"SELECT id FROM press.article WHERE id = {number}") for number in range(5)
    ]

    assert [reply.status for reply in others] == [200] * 5
    assert not long.done()
    assert (await long).json() == [{"n": len(ROWS) ** 2}]


@pytest.mark.parametrize("blank", [" ", "/**/", "--\n", "("])
def test_any_number_of_blanks_before_the_first_word_is_read_at_once(blank: str) -> None:
    """Tried in every way that blanks can be told apart, forty of them took longer than anybody waits."""
    assert lane({"sql": blank * 400 + "1"}) == "short"
    assert lane({"sql": blank * 400 + "insert into a.b (c) values (1)"}) == "write"


async def test_a_statement_that_writes_has_as_long_as_the_writer_of_the_store(filled: Instance) -> None:
    sql = (
        "INSERT INTO press.article (id) SELECT a.id + b.id + c.id FROM press.article a "
        "CROSS JOIN press.article b CROSS JOIN press.article c"
    )

    assert "longer than 1.5 seconds" in await refusal(filled, sql, Bounds(rows_read=10**9, rows_out=10**9))
