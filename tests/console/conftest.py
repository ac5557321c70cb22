"""A house with the console in it, on both engines, and an organization."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.conftest import AreasOf
from tests.console.session import areas, open_console
from tests.factories import Organization
from tests.harness import House

from harbor.kernel.clock import ManualClock
from harbor.kernel.facts import Facts
from harbor.kernel.storage.database import Database


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables that the sections of the console read."""
    return areas


@pytest.fixture
async def house(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[House]:
    """The house."""
    facts = Facts(version="1.2.3", engine=database.engine, clock="manual", folder=tmp_path)
    async with open_console(database, clock, tmp_path, tools={"facts": facts}) as opened:
        yield opened


@pytest.fixture
async def acme(house: House) -> Organization:
    """The organization that operates the installation."""
    return await house.organization(is_operator=True)
