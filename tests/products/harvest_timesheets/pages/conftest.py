"""A studio on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.products.harvest_timesheets.pages.studio import Studio, open_studio

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase


@pytest.fixture
async def studio(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Studio]:
    """On both engines."""
    async with open_studio(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def on_sqlite(sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Studio]:
    """On SQLite, for what the engine has no part in."""
    async with open_studio(sqlite_database, clock, tmp_path) as opened:
        yield opened
