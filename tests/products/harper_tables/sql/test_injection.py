"""Names and values that would end a statement of the store, if they were glued into one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.sql import fuzz

NASTY = [
    "'; DROP TABLE harper_records; --",
    '" OR ""="',
    "' OR '1'='1",
    "1); DELETE FROM harper_records; --",
    "$.x",
    'a"b',
    "a\\b",
    "a.b",
    "a b",
    "a'b",
    ":account_id",
    "%(table_id)s",
    "%s",
    "$1",
    "{0}",
    "?",
    "[0]",
    "*",
    "$",
    "select",
    "null)",
    "%",
    "/**/",
    "--",
    "__class__",
    "constructor",
]


def quoted(name: str) -> str:
    """A name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def text(value: str) -> str:
    """A value in single quotes."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


async def test_any_value_is_a_value(instance: Instance) -> None:
    await instance.table()
    for number, value in enumerate(NASTY):
        await instance.do("sql", sql=f"INSERT INTO press.article (id, t) VALUES ({number}, {text(value)})")
    for number, value in enumerate(NASTY):
        for form in (
            f"t = {text(value)}",
            f"t IN ({text(value)})",
            f"NOT t <> {text(value)}",
            f"INSTR(t, {text(value)}) = 1 AND LEN(t) = {len(value)}",
        ):
            found = await instance.do("sql", sql=f"SELECT id, t FROM press.article WHERE {form}")
            assert found == [{"id": number, "t": value}], (form, found)
    assert len(await instance.do("sql", sql="SELECT id FROM press.article")) == len(NASTY)


async def test_any_name_is_a_name(instance: Instance) -> None:
    names = [name for name in NASTY if "/" not in name]
    await instance.table(records=[{"id": 1, **{name: number for number, name in enumerate(names)}}])
    for number, name in enumerate(names):
        column = quoted(name)
        for sql in (
            f"SELECT {column} AS v FROM press.article WHERE {column} = {number} ORDER BY {column} LIMIT 1",
            f"SELECT MAX({column}) AS v FROM press.article",
            f"SELECT {column} AS v, COUNT(*) AS n, SUM({column}) AS s FROM press.article GROUP BY {column}",
            f"SELECT x.{column} AS v FROM press.article x JOIN press.article y ON x.{column} = y.{column}",
        ):
            (row,) = await instance.do("sql", sql=sql)
            assert row["v"] == number, sql
        await instance.do("sql", sql=f"UPDATE press.article SET {column} = {column} + 1 WHERE {column} = {number}")
        (row,) = await instance.do("sql", sql=f"SELECT {column} FROM press.article")
        assert row == {name: number + 1}


@pytest.mark.parametrize("kind", ["database", "table", "alias", "function"])
async def test_no_name_reaches_the_store(one_engine: Instance, kind: str) -> None:
    await one_engine.table(records=[{"id": 1}])
    for name in NASTY:
        forms = {
            "database": f"SELECT id FROM {quoted(name)}.article",
            "table": f"SELECT id FROM press.{quoted(name)}",
            "alias": f"SELECT {quoted(name)}.id AS {quoted(name)} FROM press.article AS {quoted(name)}",
            "function": f"SELECT {quoted(name)}(id) FROM press.article",
        }
        reply = await one_engine.ask("sql", sql=forms[kind])
        expected: dict[str, set[int]] = {"database": {404}, "table": {404}, "alias": {200}, "function": {400}}
        assert reply.status in expected[kind], (forms[kind], reply.body)
        if kind == "alias":
            assert reply.json() == [{name: 1}]


def statements(count: int, seed: int) -> list[Any]:
    """Statements made at random."""
    maker = fuzz.Maker(seed)
    return [maker.statement() for _ in range(count)]


async def test_statements_made_at_random_are_answered_or_refused(instance: Instance) -> None:
    await fuzz.furnish(instance)

    statuses = {await fuzz.check(instance, statement) for statement in statements(400, seed=20_261_124)}

    assert {200, 400} <= statuses
