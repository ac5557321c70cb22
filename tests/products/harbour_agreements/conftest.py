"""An organization at Harbour on both engines, and on one where the engine does not matter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AreasOf
from tests.products.harbour_agreements.office import Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harbour_agreements.product import harbour_areas


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables of the product."""
    return harbour_areas


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An organization on each engine."""
    async with open_office(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def one_engine(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An organization on SQLite."""
    async with open_office(sqlite_database, clock, tmp_path) as opened:
        yield opened
