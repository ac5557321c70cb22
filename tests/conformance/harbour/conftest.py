"""An organization whose limit is the documented one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.products.harbour_agreements.office import MANNERS, Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database


@pytest.fixture
async def documented(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An organization at Harbour as the guide describes it."""
    manners = replace(MANNERS, public_base_url="https://knowledgebase.harbourshare.com", rate_limit_per_minute=100)
    async with open_office(sqlite_database, clock, tmp_path, manners) as opened:
        yield opened
