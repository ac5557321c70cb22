"""Conditions, order and reports against a plain evaluator: whatever the index and the store do, the rows are the same."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import START
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.ordering import order_key

NAMES = ("a", "b", "c")
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(1 << 80), 1 << 80),
    st.floats(-3, 3).map(lambda x: round(x, 2)),
    st.sampled_from([0.1, 0.2, 1e-7]),
)
TEXTS = st.one_of(st.text("aBé%", max_size=3), st.sampled_from(["x" * 130, "x" * 131, "2026-01-01", "1"]))
SCALARS = st.one_of(st.booleans(), NUMBERS, TEXTS)
VALUES = st.one_of(st.none(), SCALARS, st.lists(SCALARS, max_size=2))
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), max_size=20)
COLUMNS = st.sampled_from((*NAMES, "id"))
Evaluator = Callable[[dict[str, Any]], bool | None]
Condition = tuple[str, Evaluator]


def literal(value: Any) -> str:
    """A value as a statement writes it."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)


def compared(sign: str, a: Any, b: Any) -> bool | None:
    """The plain meaning of a comparison."""
    if a is None or b is None:
        return None
    left, right = order_key(a), order_key(b)
    if sign == "=":
        return left == right
    if sign == "<>":
        return left != right
    if isinstance(a, bool) is not isinstance(b, bool):
        return None
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def both(a: bool | None, b: bool | None) -> bool | None:
    """AND of three values."""
    return False if a is False or b is False else None if a is None or b is None else True


def opposite(a: bool | None) -> bool | None:
    """NOT of three values."""
    return None if a is None else not a


def comparison(column: str, sign: str, value: Any) -> Condition:
    """A column beside a literal."""
    return f"{column} {sign} {literal(value)}", lambda doc: compared(sign, doc.get(column), value)


def between(column: str, low: Any, high: Any, is_negated: bool) -> Condition:
    """BETWEEN."""

    def test(doc: dict[str, Any]) -> bool | None:
        found = both(compared(">=", doc.get(column), low), compared("<=", doc.get(column), high))
        return opposite(found) if is_negated else found

    return f"{column} {'NOT ' if is_negated else ''}BETWEEN {literal(low)} AND {literal(high)}", test


def among(column: str, values: list[Any]) -> Condition:
    """IN."""

    def test(doc: dict[str, Any]) -> bool | None:
        found = [compared("=", doc.get(column), value) for value in values]
        return True if True in found else None if None in found else False

    return f"{column} IN ({', '.join(map(literal, values))})", test


def is_null(column: str, is_negated: bool) -> Condition:
    """IS NULL."""
    return f"{column} IS {'NOT ' if is_negated else ''}NULL", lambda doc: (doc.get(column) is None) is not is_negated


def prefix(column: str, text: str) -> Condition:
    """LIKE with a percent sign at the end; ASCII in any case."""
    fold = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
    wanted = text.translate(fold)

    def test(doc: dict[str, Any]) -> bool | None:
        value = doc.get(column)
        return None if value is None else shown(value).translate(fold).startswith(wanted)

    return f"{column} LIKE {literal(text + '%')}", test


def shown(value: Any) -> str:
    """A value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def joined(parts: list[Condition], sign: str) -> Condition:
    """Several under AND or OR."""

    def test(doc: dict[str, Any]) -> bool | None:
        found: bool | None = sign == "AND"
        for _, part in parts:
            value = part(doc)
            found = both(found, value) if sign == "AND" else opposite(both(opposite(found), opposite(value)))
        return found

    return f"({f' {sign} '.join(text for text, _ in parts)})", test


SIMPLE = st.one_of(
    st.builds(comparison, COLUMNS, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), SCALARS),
    st.builds(between, COLUMNS, SCALARS, SCALARS, st.booleans()),
    st.builds(among, COLUMNS, st.lists(SCALARS, min_size=1, max_size=3)),
    st.builds(is_null, COLUMNS, st.booleans()),
    st.builds(prefix, COLUMNS, st.text("aBt1", min_size=1, max_size=2)),
)
CONDITIONS = st.recursive(
    SIMPLE,
    lambda inner: st.builds(joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(("AND", "OR"))),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """A loop of this module's own: hypothesis calls plain functions."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def instance(
    request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """One instance for all examples; each has a table of its own."""
    folder, clock = tmp_path_factory.mktemp("agrees"), ManualClock(START)
    name, server = "", None
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        database: Database = SqliteDatabase(shutil.copy(template, folder / "harbor.db"), clock)
    else:
        server = request.getfixturevalue("postgres_server")
        name = server.copy_template()
        database = PostgresDatabase(server.dsn(name), clock)

    async def opened(folder: Path) -> Any:
        await database.open()  # type: ignore[attr-defined]
        context = open_instance(database, clock, folder)
        return context, await context.__aenter__()

    context, made = runner.run(opened(folder))
    yield made
    runner.run(context.__aexit__(None, None, None))
    runner.run(database.close())
    if server is not None:
        server.drop_later(name)


async def filled(instance: Instance, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A new table press.t with these records."""
    stored = [{"id": number, **record} for number, record in enumerate(records)]
    await instance.do("create_table", database="press", table="t", primary_key="id")
    for name in (*NAMES, "side"):
        await instance.do("create_attribute", database="press", table="t", attribute=name)
    await instance.do("insert", database="press", table="t", records=stored)
    return stored


async def asked(instance: Instance, *statements: str) -> list[Any]:
    """The rows of statements; the table is dropped afterwards."""
    try:
        return [await instance.do("sql", sql=statement) for statement in statements]
    finally:
        await instance.do("drop_table", database="press", table="t")


RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


# Half of a BETWEEN that the index cannot answer.
@example([{"a": 1}, {"a": 7}], between("a", False, 5, is_negated=False), "b", True, 1, 0)
@given(RECORDS, CONDITIONS, COLUMNS, st.booleans(), st.integers(0, 4), st.integers(0, 2))
@RELAXED
def test_rows_are_those_that_a_plain_evaluator_finds(
    runner: asyncio.Runner,
    instance: Instance,
    records: list[dict[str, Any]],
    condition: Condition,
    column: str,
    is_descending: bool,
    limit: int,
    offset: int,
) -> None:
    text, test = condition
    where = f"SELECT id, {column} AS k FROM press.t WHERE {text} ORDER BY {column}{' DESC' if is_descending else ''}"

    async def run() -> Any:
        stored = await filled(instance, records)
        again = f"SELECT id, k FROM (SELECT * FROM (SELECT *, {column} AS k FROM press.t) AS t WHERE {text}) AS w ORDER BY k"
        return stored, await asked(instance, where, f"{where} LIMIT {limit} OFFSET {offset}", again)

    stored, (whole, part, through) = runner.run(run())

    expected = [doc for doc in stored if test(doc) is True]
    keys = sorted((order_key(doc.get(column)) for doc in expected), reverse=is_descending)
    assert sorted(row["id"] for row in whole) == sorted(doc["id"] for doc in expected)
    assert [order_key(row["k"]) for row in whole] == keys
    assert [order_key(row["k"]) for row in part] == keys[offset : offset + limit]
    assert sorted(row["id"] for row in through) == sorted(row["id"] for row in whole)


def group_of(value: Any) -> bytes:
    """What values of one group share."""
    return b"\xff" + json.dumps(value).encode() if isinstance(value, list) else order_key(value)


@given(RECORDS, st.sampled_from(NAMES), st.sampled_from(NAMES))
@RELAXED
def test_a_report_of_the_store_is_that_of_a_plain_evaluator(
    runner: asyncio.Runner, instance: Instance, records: list[dict[str, Any]], key: str, column: str
) -> None:
    items = f"COUNT(*) AS n, COUNT({column}) AS c, SUM({column}) AS s, MIN({column}) AS lo, MAX({column}) AS hi"
    by_store = f"SELECT {key} AS k, {items}, AVG({column}) AS m FROM press.t GROUP BY {key}"
    here = f"{by_store.replace(' GROUP', ' WHERE id IS NOT NULL GROUP')}"

    async def run() -> Any:
        stored = await filled(instance, records)
        return stored, await asked(instance, by_store, here)

    stored, (found, again) = runner.run(run())

    assert found == again
    assert [list(map(type, row.values())) for row in found] == [list(map(type, row.values())) for row in again]
    groups: dict[bytes, list[Any]] = {}
    for doc in stored:
        groups.setdefault(order_key(doc.get(key)), []).append(doc.get(column))
    assert sum(row["n"] for row in found) == len(stored)
    for row in found:
        values = groups[order_key(row["k"])]
        numbers = [value for value in values if type(value) in (int, float)]
        if len(numbers) == len(values):
            exact = sum(Fraction(str(value)) for value in numbers)
            assert row["c"] == len(values)
            assert row["s"] == (int(exact) if all(type(each) is int for each in numbers) else float(exact))
            assert (row["lo"], row["hi"]) == (min(numbers), max(numbers))


@given(RECORDS, RECORDS, st.sampled_from(NAMES), st.sampled_from(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")))
@RELAXED
def test_a_join_pairs_what_is_equal(
    runner: asyncio.Runner,
    instance: Instance,
    left: list[dict[str, Any]],
    right: list[dict[str, Any]],
    column: str,
    kind: str,
) -> None:
    records = [{**doc, "side": 1} for doc in left] + [{**doc, "side": 2} for doc in right]
    one, two = ("(SELECT * FROM press.t WHERE side = 1)", "(SELECT * FROM press.t WHERE side = 2)")
    hashed = f"SELECT x.id AS x, y.id AS y FROM {one} AS x {kind} {two} AS y ON x.{column} = y.{column}"
    in_pairs = hashed.replace(f"= y.{column}", f"<= y.{column} AND x.{column} >= y.{column}")
    looked_up = (
        f"SELECT x.id AS x, y.id AS y FROM {one} AS x JOIN press.t y ON y.{column} = x.{column} WHERE y.side = 2"
    )

    async def run() -> Any:
        stored = await filled(instance, records)
        return stored, await asked(instance, hashed, in_pairs, looked_up)

    stored, (found, pairs, looked) = runner.run(run())

    ones = [doc for doc in stored if doc.get("side") == 1]
    twos = [doc for doc in stored if doc.get("side") == 2]
    equal = {(a["id"], b["id"]) for a in ones for b in twos if compared("=", a.get(column), b.get(column))}
    expected = set(equal)
    if kind in ("LEFT JOIN", "FULL JOIN"):
        expected |= {(a["id"], None) for a in ones if a["id"] not in {x for x, _ in equal}}
    if kind in ("RIGHT JOIN", "FULL JOIN"):
        expected |= {(None, b["id"]) for b in twos if b["id"] not in {y for _, y in equal}}
    assert {(row["x"], row["y"]) for row in found} == expected
    assert len(found) == len(expected)
    assert {(row["x"], row["y"]) for row in looked} == equal
    assert {(row["x"], row["y"]) for row in pairs} == expected


SIGNED = st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), st.one_of(NUMBERS, TEXTS, st.booleans())).map(
    lambda pair: f"{pair[0]} {literal(pair[1])}"
)
BETWEEN = st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"BETWEEN {literal(pair[0])} AND {literal(pair[1])}")
AMONG = st.lists(st.one_of(NUMBERS, TEXTS), min_size=1, max_size=3).map(
    lambda values: f"IN ({', '.join(map(literal, values))})"
)
PLAIN = st.lists(st.tuples(COLUMNS, st.one_of(SIGNED, BETWEEN, AMONG)), min_size=1, max_size=2)


@given(RECORDS, st.sampled_from(NAMES), st.sampled_from(NAMES), PLAIN)
@settings(RELAXED, max_examples=30)
def test_a_report_over_spans_of_the_index_is_that_of_the_rows_that_where_lets_through(
    runner: asyncio.Runner,
    instance: Instance,
    records: list[dict[str, Any]],
    key: str,
    column: str,
    conditions: list[tuple[str, str]],
) -> None:
    where = " AND ".join(f"{name} {text}" for name, text in conditions)
    items = f"SELECT {key} AS k, COUNT(*) AS n, COUNT({column}) AS c, SUM({column}) AS s FROM press.t WHERE {where}"

    async def run() -> Any:
        await filled(instance, records)
        # What the index cannot say leaves the same rows to be counted here.
        return await asked(instance, f"{items} GROUP BY {key}", f"{items} AND id IS NOT NULL GROUP BY {key}")

    by_store, here = runner.run(run())

    assert by_store == here
