"""Two accounts, between which an import goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.products.harvest_timesheets.importing.source import World, open_world

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
async def world(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[World]:
    """Both accounts, on each engine."""
    async for opened in open_world(database, clock, tmp_path):
        yield opened


@pytest.fixture
async def sqlite_world(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[World]:
    """The same on SQLite alone, for what does not touch the store's ways."""
    async for opened in open_world(sqlite_database, clock, tmp_path):
        yield opened
