"""A receiver for what is dispatched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.receiver import Receiver, listening


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks."""
    async with listening() as opened:
        yield opened
