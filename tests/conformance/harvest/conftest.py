"""An account of Harvest for those who speak to it as others do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.products.harvest_timesheets.office import Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
async def company(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """One account with its administrator."""
    async with open_office(sqlite_database, clock, tmp_path) as opened:
        yield opened
