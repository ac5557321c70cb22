"""A kernel to try, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kernel.probe import Probe, open_probe

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
async def probe(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Probe]:
    """One account in a house without products."""
    async with open_probe(database, clock, tmp_path) as opened:
        yield opened
