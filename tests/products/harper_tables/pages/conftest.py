"""A workshop on each engine: the console over Harper, with an owner, a member and a stranger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AreasOf
from tests.console.session import areas
from tests.products.harper_tables.pages.workshop import Workshop, open_workshop

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables that the sections of the console read."""
    return areas


@pytest.fixture
async def workshop(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Workshop]:
    """On both engines."""
    async with open_workshop(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def on_sqlite(sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Workshop]:
    """On SQLite, for what the engine has no part in."""
    async with open_workshop(sqlite_database, clock, tmp_path) as opened:
        yield opened
