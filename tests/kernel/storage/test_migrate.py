"""Migrations: numbered files, each applied once, whole, on either engine, and never changed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AREAS, PostgresServer

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.errors import StartRefused
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import Area, check, migrate, migration_sql, pending, statements, steps
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

FIRST = """
-- What the area holds; and a comment with a semicolon;
CREATE TABLE things (
    id BIGINT NOT NULL PRIMARY KEY,  -- drawn by the sender
    name TEXT NOT NULL,
    seal BYTES
);
CREATE INDEX things_by_name ON things (name);
"""


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    """An open database without a single table."""
    database: SqliteDatabase | PostgresDatabase
    if request.param == "sqlite":
        database = SqliteDatabase(tmp_path / "empty.db", clock)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create()
        database = PostgresDatabase(server.dsn(name), clock)
    await database.open()
    yield database
    await database.close()
    if request.param == "postgres":
        server.drop_later(name)


@pytest.fixture
def area(tmp_path: Path) -> Area:
    """An area with one file."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_things.sql").write_text(FIRST)
    return Area("things", folder)


async def test_a_file_is_applied_once(empty: Database, area: Area) -> None:
    assert [step.name for step in await migrate(empty, [area])] == ["0001_things"]
    assert await migrate(empty, [area]) == []

    await empty.write(lambda tx: tx.run("INSERT INTO things VALUES (1, 'one', :seal)", seal=b"\0"))
    assert await empty.read(lambda tx: tx.row("SELECT seal FROM things")) == {"seal": b"\0"}


async def test_only_what_is_new_is_applied(empty: Database, area: Area) -> None:
    await migrate(empty, [area])
    (area.folder / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN size BIGINT;\n")

    assert [step.name for step in await check(empty, [area])] == ["0002_more"]
    assert [step.name for step in await migrate(empty, [area])] == ["0002_more"]
    assert await check(empty, [area]) == []


async def test_a_file_that_was_changed_after_it_was_applied_stops_the_start(empty: Database, area: Area) -> None:
    await migrate(empty, [area])
    (area.folder / "0001_things.sql").write_text(FIRST + "\n")

    with pytest.raises(
        StartRefused, match=r"things/0001_things was changed after it was applied; restore the released"
    ):
        await migrate(empty, [area])


async def test_a_database_newer_than_the_program_stops_the_start(empty: Database, area: Area) -> None:
    (area.folder / "0002_more.sql").write_text("ALTER TABLE things ADD COLUMN size BIGINT;\n")
    await migrate(empty, [area])
    (area.folder / "0002_more.sql").unlink()

    with pytest.raises(StartRefused, match=r"newer than this program \(migration things/0002\); install the newer"):
        await migrate(empty, [area])


async def test_a_file_is_applied_whole_or_not_at_all(empty: Database, area: Area) -> None:
    (area.folder / "0002_bad.sql").write_text("CREATE TABLE more (id BIGINT);\nCREATE TABEL most (id BIGINT);\n")

    with pytest.raises(Exception, match=r"(?i)syntax"):
        await migrate(empty, [area])

    assert [step.name for step in await check(empty, [area])] == ["0002_bad"]
    (area.folder / "0002_bad.sql").write_text("CREATE TABLE more (id BIGINT);\nCREATE TABLE most (id BIGINT);\n")
    assert [step.name for step in await migrate(empty, [area])] == ["0002_bad"]


async def test_the_ledger_says_what_was_applied_and_when(empty: Database, area: Area, clock: ManualClock) -> None:
    (step,) = await migrate(empty, [area])

    rows = await empty.read(lambda tx: tx.rows("SELECT area, number, name, digest, applied_at FROM migrations"))
    at = micros(clock.now())
    assert rows == [{"area": "things", "number": 1, "name": "0001_things", "digest": step.digest, "applied_at": at}]


async def test_two_processes_that_migrate_at_once_apply_each_file_once(empty: Database, area: Area) -> None:
    applied = await asyncio.gather(*(migrate(empty, [area]) for _ in range(3)))

    assert await empty.read(lambda tx: tx.row("SELECT count(*) AS n FROM migrations")) == {"n": 1}
    assert any(applied)


async def test_all_released_files_apply_to_an_empty_database(empty: Database) -> None:
    applied = await migrate(empty, AREAS)

    assert len(applied) == sum(len(list(area.folder.glob("*.sql"))) for area in AREAS)


def test_areas_are_applied_one_after_the_other_and_files_by_number(tmp_path: Path) -> None:
    for area, name in (("b", "0010_z"), ("b", "0002_y"), ("a", "0001_x")):
        (tmp_path / area).mkdir(exist_ok=True)
        (tmp_path / area / f"{name}.sql").write_text("")
    areas = [Area("b", tmp_path / "b"), Area("a", tmp_path / "a")]

    assert [step.name for step in pending({}, areas)] == ["0002_y", "0010_z", "0001_x"]


@pytest.mark.parametrize("name", ["1_short.sql", "0001.sql", "0001_Upper.sql", "00001_long.sql", "readme.sql"])
def test_a_file_with_another_kind_of_name_stops_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")

    with pytest.raises(StartRefused, match=r"is not named like 0001_noun\.sql"):
        steps(Area("things", tmp_path))


def test_statements_end_with_a_semicolon_at_the_end_of_a_line() -> None:
    first, second = statements(FIRST)

    assert first.startswith("CREATE TABLE things")
    assert first.endswith(")")
    assert second == "CREATE INDEX things_by_name ON things (name)"
    assert statements("-- nothing;\n\n") == []


@pytest.mark.parametrize(
    ("statement", "sqlite", "postgres"),
    [
        (
            "CREATE TABLE a (n BIGINT, b BYTES, t TEXT)",
            "CREATE TABLE a (n INTEGER, b BLOB, t TEXT) STRICT",
            "CREATE TABLE a (n BIGINT, b BYTEA, t TEXT)",
        ),
        ("CREATE INDEX i ON a (n)",) * 3,
        (
            "ALTER TABLE a ADD COLUMN m BIGINT",
            "ALTER TABLE a ADD COLUMN m INTEGER",
            "ALTER TABLE a ADD COLUMN m BIGINT",
        ),
        ("UPDATE a SET bytes_read = 0",) * 3,
    ],
)
def test_three_column_types_serve_both_engines(statement: str, sqlite: str, postgres: str) -> None:
    assert migration_sql(statement, "sqlite") == sqlite
    assert migration_sql(statement, "postgres") == postgres
