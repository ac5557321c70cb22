"""A desk with one plain view."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.kernel.retention.sweeping import Desk

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.model import State
from harbor.kernel.webhooks.retries import STANDARD
from harbor.kernel.webhooks.view import SwitchOff, View

PLAIN = View(
    name="harbor",
    render=lambda _: b"{}",
    headers=lambda _: {},
    retries=STANDARD,
    timeout_s=10,
    words={state: state.value for state in State},
    switch_off=SwitchOff(after=None, failures_min=10),
    snapshot=lambda _, event: event.payload,
)


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """An organization and its system."""
    desk = Desk(database, clock, tmp_path, [PLAIN])
    await desk.open()
    yield desk
    await desk.close()
