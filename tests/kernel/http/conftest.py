"""The tiny product on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kernel.http.tiny import Tiny, open_tiny

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
async def tiny(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Tiny]:
    """A product of a few odd routes."""
    async with open_tiny(database, clock, tmp_path) as opened:
        yield opened
