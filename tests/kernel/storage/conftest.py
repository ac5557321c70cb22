"""Databases with a table to try: the port on both engines, and PostgreSQL alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.kernel.storage.pairs import PAIRS, Opener
from tests.kernel.storage.sqlite_store import Store

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import migration_sql
from harbor.kernel.storage.postgres import PostgresDatabase

NOTES = """
CREATE TABLE notes (
    account_id TEXT NOT NULL, id BIGINT NOT NULL, body TEXT, size BIGINT, data BYTES,
    PRIMARY KEY (account_id, id)
)
"""


@pytest.fixture
async def notes(database: Database) -> Database:
    """The database with an empty table `notes`."""

    def create(tx: Tx) -> None:
        tx.run(migration_sql(NOTES.strip(), tx.engine))

    await database.write(create)
    return database


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    """An open SQLite file with an empty table `notes`."""
    store = Store(tmp_path / "notes.db", clock)
    await store.open()
    await store.write(lambda tx: tx.run(migration_sql(NOTES.strip(), tx.engine)))
    yield store
    await store.close()


@pytest.fixture
def opened(postgres_dsn: str, clock: ManualClock) -> Opener:
    """Opens a database over `pairs (id, value, word UNIQUE)`, with the arguments that the test gives."""

    @asynccontextmanager
    async def open_(**arguments: Any) -> AsyncIterator[PostgresDatabase]:
        database = PostgresDatabase(postgres_dsn, clock, **arguments)
        await database.open()
        try:
            await database.write(lambda tx: tx.run(PAIRS))
            await database.write(lambda tx: tx.run("INSERT INTO pairs VALUES (1, 0, 'one'), (2, 0, 'two')"))
            yield database
        finally:
            await database.close()

    return open_


@pytest.fixture
async def pairs(opened: Opener) -> AsyncIterator[PostgresDatabase]:
    """That database with the usual arguments."""
    async with opened() as database:
        yield database


@pytest.fixture
def admin(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection past the port."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        yield connection
