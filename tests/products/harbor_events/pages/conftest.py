"""An office on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AreasOf
from tests.console.session import areas
from tests.products.harbor_events.pages.people import Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables that the sections of the console read."""
    return areas


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An owner, a member and a stranger at the console."""
    async with open_office(database, clock, tmp_path) as office:
        yield office


@pytest.fixture
async def office_on_sqlite(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Office]:
    """The same for what the engine has no part in: how texts are shown."""
    async with open_office(sqlite_database, clock, tmp_path) as office:
        yield office
