"""An office: Harvest in memory with one account, its administrator, and people of every role."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AreasOf
from tests.products.harvest_timesheets.office import AREA, Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables of the product."""
    return lambda _engine: (AREA,)


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """One account with an administrator, on each engine."""
    async with open_office(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def sqlite_office(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """The same on SQLite alone, for what does not touch the store's ways."""
    async with open_office(sqlite_database, clock, tmp_path) as opened:
        yield opened
