"""An account with Harbor's product and view, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.harness import open_house
from tests.kernel.probe import Probe

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Database
from harbor.products.harbor_events.limits import Limits
from harbor.products.harbor_events.product import harbor_product
from harbor.products.harbor_events.webhooks.view import harbor_view

_RULE = Rule(quota=1_000, window_s=60, burst=1_000)


@pytest.fixture
async def shop(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Probe]:
    """One account in a house with Harbor's events."""
    limits = Limits(production=_RULE, sandbox=_RULE, refusals=_RULE)
    product = harbor_product(limits, lambda: micros(clock.now()))
    async with open_house(database, clock, tmp_path, [product], views=[harbor_view()]) as house:
        yield Probe(house, await house.organization())
