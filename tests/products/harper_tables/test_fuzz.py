"""Whatever comes in, the answer is never our fault: no 500, no hang, nothing of others, and no half of a refused request.

`HARBOR_TORTURE_CASES` says how many cases there are; `make torture` raises it to a hundred thousand.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import START
from tests.products.harper_tables.fuzzing import bodies, corpus
from tests.products.harper_tables.fuzzing.world import KINDS, World, open_world
from tests.products.harper_tables.sql.fuzz import Maker

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.fields import Fields

CASES: Final = int(os.environ.get("HARBOR_TORTURE_CASES", "0"))
# Cases in one world: it grows, and each case looks at all of it.
ROUND: Final = 400
MEND_EACH: Final = 25
_SETTINGS: Final = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True, slots=True)
class Thrower:
    """A world, and the loop that it lives in: hypothesis calls plain functions."""

    runner: asyncio.Runner
    world: World

    def throw(self, body: dict[str, Any], **more: Any) -> int:
        """The status of a request, after which all that must hold does."""
        status = self.runner.run(self.world.ask(body, **more)).status
        if self.world.statuses.total() % MEND_EACH == 0:
            self.runner.run(self.world.mend())
        return status


def rounds(percent: int, *, short: int) -> pytest.MarkDecorator:
    """So many examples on each engine: `short` ones, or their share of the torture; PostgreSQL takes a fifth of it."""
    share = CASES * percent // 100
    sizes = {"sqlite": share * 4 // 5, "postgres": share // 5} if CASES else {"sqlite": short, "postgres": short // 3}
    cases = [
        pytest.param(engine, min(ROUND, size - first), id=f"{engine}-{first}")
        for engine, size in sizes.items()
        for first in range(0, size, ROUND)
    ]
    return pytest.mark.parametrize(("engine", "examples"), cases)


@pytest.fixture
def thrower(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Thrower]:
    """A world of the test's own."""
    clock = ManualClock(START)
    database: SqliteDatabase | PostgresDatabase
    if engine == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        database = SqliteDatabase(shutil.copy(template, tmp_path / "harbor.db"), clock)
    else:
        database = PostgresDatabase(request.getfixturevalue("postgres_dsn"), clock, size=2)
    with asyncio.Runner() as runner:
        runner.run(database.open())
        context = open_world(database, tmp_path)
        try:
            yield Thrower(runner, runner.run(context.__aenter__()))
        finally:
            runner.run(context.__aexit__(None, None, None))
            runner.run(database.close())


@rounds(35, short=90)
def test_bodies_of_a_super_user(thrower: Thrower, examples: int) -> None:
    @given(bodies.BODIES, st.sampled_from((KINDS[0], *KINDS)))
    @settings(_SETTINGS, max_examples=examples)
    def run(body: dict[str, Any], kind: str) -> None:
        thrower.throw(body, kind=kind)

    run()
    assert thrower.world.statuses[200] >= max(1, examples // 30), thrower.world.statuses


@rounds(10, short=45)
def test_bodies_of_somebody_with_few_rights(thrower: Thrower, examples: int) -> None:
    @given(bodies.BODIES)
    @settings(_SETTINGS, max_examples=examples)
    def run(body: dict[str, Any]) -> None:
        thrower.throw(body, by="walker")

    run()
    assert thrower.world.statuses[403], thrower.world.statuses


@rounds(20, short=60)
def test_conditions(thrower: Thrower, examples: int) -> None:
    @given(bodies.SEARCHES, st.sampled_from(("super user", "walker")))
    @settings(_SETTINGS, max_examples=examples)
    def run(body: dict[str, Any], by: str) -> None:
        thrower.throw(body, by=by)

    run()
    assert thrower.world.statuses[200], thrower.world.statuses


@rounds(25, short=60)
def test_statements(thrower: Thrower, examples: int) -> None:
    @given(st.integers(0, 1 << 40), st.sampled_from(("super user", "walker")), st.one_of(st.just(""), bodies.TEXTS))
    @settings(_SETTINGS, max_examples=examples)
    def run(seed: int, by: str, text: str) -> None:
        statement = Maker(seed).statement()
        if text:  # where a name or a value is
            statement = statement.replace("title", text).replace("Tides", text)
        thrower.throw({"operation": "sql", "sql": statement}, by=by)

    run()
    # One statement in ten is answered: among twenty there may be none.
    assert thrower.world.statuses[200] or examples < 60, thrower.world.statuses


@rounds(10, short=60)
def test_bytes_that_are_no_body(thrower: Thrower, examples: int) -> None:
    @given(
        st.one_of(st.binary(max_size=60), st.sampled_from((b"[" * 9_000, b'{"a":' * 9_000, b"\x9f" * 9_000))),
        st.sampled_from((*KINDS, "x")),
    )
    @settings(_SETTINGS, max_examples=examples)
    def run(body: bytes, kind: str) -> None:
        client = thrower.world.instance.client
        reply = thrower.runner.run(client.request("POST", "/", body=body, media_type=kind))
        assert reply.status == 400, (reply.status, reply.body)

    run()


_CHOSEN: Final = slice(None) if CASES else slice(None, None, 131)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"] if CASES else ["sqlite"])
def test_every_field_of_every_operation_takes_what_ends_statements_elsewhere(
    thrower: Thrower, monkeypatch: pytest.MonkeyPatch
) -> None:
    likely: dict[str, Any] = {
        "database": "press",
        "table": "article",
        "primary_key": "id",
        "ids": [1],
        "get_attributes": ["id"],
    }
    fields = {name: _asked(thrower, name, monkeypatch) for name in bodies.OPERATIONS}
    cases = [
        {**likely, field: value, "operation": operation}
        for operation, names in fields.items()
        for field in sorted(names)
        for value in _forms(field)
        if not operation.startswith("restart")
    ]

    for number, body in enumerate(cases[_CHOSEN]):
        thrower.throw(body, by="walker" if number % 5 == 0 else "super user")

    assert len(cases) > 10_000
    assert thrower.world.statuses[200], thrower.world.statuses


def _asked(thrower: Thrower, operation: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The fields that an operation looks for."""
    found: set[str] = set()
    look = Fields._find

    def find(fields: Fields, names: tuple[str, ...]) -> tuple[str, Any]:
        found.update(names)
        return look(fields, names)

    with monkeypatch.context() as patch:
        patch.setattr(Fields, "_find", find)
        for body in ({}, {"database": "press", "table": "article"}):
            thrower.throw({**body, "operation": operation})
    return found


def _forms(field: str) -> list[Any]:
    """The corpus as values of a field, and in the places where names stand within it."""
    within: dict[str, Any] = {
        "records": lambda text: [{"id": text, text: text, "tags": {text: [text]}}],
        "conditions": lambda text: [{"attribute": text, "comparator": "equals", "value": text}],
        "sort": lambda text: {"attribute": text, "next": {"attribute": text}},
        "permission": lambda text: {
            text: {"tables": {text: {"read": True, "attribute_permissions": [{"attribute_name": text}]}}}
        },
        "get_attributes": lambda text: ["id", text],
        "ids": lambda text: [text],
        "attributes": lambda text: [{"name": text, "type": text}],
        "data": lambda text: f"id,{text}\n{text},{text}\n",
        "sql": lambda text: f"SELECT `{text}` FROM press.article WHERE title = '{text}' AND `{text}` LIKE '%{text}'",
        "search_operation": lambda text: {"operation": "sql", "sql": f"SELECT '{text}'"},
    }
    texts = [*corpus.TEXTS, *corpus.NAMES]
    placed = [within[field](text) for text in texts] if field in within else []
    return [*texts, *corpus.VALUES, *placed]
