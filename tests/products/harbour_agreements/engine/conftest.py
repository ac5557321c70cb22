"""A house that random walks share: opened once a test, run on a loop of its own, because hypothesis calls plain functions."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import START
from tests.products.harbour_agreements.office import Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

Walk = Callable[[Office], Awaitable[None]]


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated file that nobody has opened yet."""
    return Path(shutil.copy(sqlite_template, tmp_path / "harbor.db"))


@pytest.fixture(params=["sqlite", "postgres"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Walk], None]]:
    """Runs walks through one organization, on each engine."""
    loop, clock = asyncio.new_event_loop(), ManualClock(START)
    database: SqliteDatabase | PostgresDatabase
    if request.param == "sqlite":
        database = SqliteDatabase(request.getfixturevalue("sqlite_file"), clock)
    else:
        database = PostgresDatabase(request.getfixturevalue("postgres_dsn"), clock)
    loop.run_until_complete(database.open())
    context = open_office(database, clock, tmp_path)
    office = loop.run_until_complete(context.__aenter__())

    async def run(walk: Walk) -> None:
        await walk(office)

    yield lambda walk: loop.run_until_complete(run(walk))
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.run_until_complete(database.close())
    loop.close()
