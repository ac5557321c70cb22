"""Whatever the index does, a search finds what looking at every record finds."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.search.model import Comparator, Condition, Group, Node
from harbor.products.harper_tables.search.rules import matcher

NAMES = ("a", "b", "c")
TEXTS = st.one_of(st.text("aB", max_size=3), st.sampled_from(["x" * 130, "x" * 130 + "a", "x" * 130 + "b"]))
SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.floats(-3, 3).map(lambda x: round(x, 1)), TEXTS)
VALUES = st.one_of(
    st.none(), SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from("xy"), SCALARS, max_size=1)
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), max_size=25)


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """A condition as a client writes it."""

    def one(comparator: str) -> st.SearchStrategy[dict[str, Any]]:
        operand: st.SearchStrategy[Any] = SCALARS
        if comparator in ("equals", "not_equal"):
            operand = VALUES
        elif comparator == "between":
            operand = st.lists(SCALARS, min_size=2, max_size=2)
        elif comparator == "in":
            operand = st.lists(VALUES, max_size=3)
        return st.fixed_dictionaries(
            {"attribute": st.sampled_from((*NAMES, "id")), "comparator": st.just(comparator), "value": operand}
        )

    single = st.sampled_from([each.value for each in Comparator if not each.value.startswith("matches")]).flatmap(one)
    return st.recursive(
        single,
        lambda inner: st.fixed_dictionaries(
            {"operator": st.sampled_from(["and", "or"]), "conditions": st.lists(inner, min_size=1, max_size=3)}
        ),
        max_leaves=4,
    )


def tree(condition: dict[str, Any]) -> Node:
    """The same as the matcher takes it."""
    if "conditions" in condition:
        return Group([tree(each) for each in condition["conditions"]], is_any=condition["operator"] == "or")
    return Condition((condition["attribute"],), Comparator(condition["comparator"]), condition["value"])


SORTS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"attribute": st.sampled_from((*NAMES, "id")), "descending": st.booleans()}),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """A loop of this module's own: hypothesis calls plain functions."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def instance(
    runner: asyncio.Runner, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    """One instance for all examples; each has a table of its own."""
    folder = tmp_path_factory.mktemp("agree")
    clock = ManualClock(START)

    async def opened() -> Any:
        database = SqliteDatabase(shutil.copy(sqlite_template, folder / "harbor.db"), clock)
        await database.open()
        context = open_instance(database, clock, folder)
        return database, context, await context.__aenter__()

    database, context, made = runner.run(opened())
    yield made
    runner.run(context.__aexit__(None, None, None))
    runner.run(database.close())


@given(RECORDS, conditions(), SORTS, st.one_of(st.none(), st.integers(1, 8)), st.integers(0, 3))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_a_search_finds_what_every_record_says(
    runner: asyncio.Runner,
    instance: Instance,
    records: list[dict[str, Any]],
    condition: dict[str, Any],
    sort: dict[str, Any] | None,
    limit: int | None,
    offset: int,
) -> None:
    stored = [{"id": number, **record} for number, record in enumerate(records)]
    test = matcher(tree(condition))
    expected = [record for record in stored if test(record)]

    async def search() -> Any:
        await instance.do("create_table", table="t", primary_key="id")
        for name in NAMES:
            await instance.do("create_attribute", table="t", attribute=name)
        await instance.do("insert", table="t", records=stored)
        part = {} if limit is None else {"limit": limit}
        order = {} if sort is None else {"sort": sort}
        found = await instance.do(
            "search_by_conditions",
            table="t",
            conditions=[condition],
            offset=offset,
            get_attributes=["id", *NAMES],
            **part,
            **order,
        )
        await instance.do("drop_table", table="t")
        return found

    found = runner.run(search())

    whole = [{name: record.get(name) for name in ("id", *NAMES)} for record in expected]
    if sort is not None:
        whole.sort(key=lambda record: order_key(record["id"]), reverse=sort["descending"])
        whole.sort(key=lambda record: order_key(record[sort["attribute"]]), reverse=sort["descending"])
        assert found == whole[offset : None if limit is None else offset + limit]
    else:
        assert len(found) == max(0, min(len(whole) - offset, limit if limit is not None else len(whole)))
        assert all(record in whole for record in found)
        assert len({record["id"] for record in found}) == len(found)
