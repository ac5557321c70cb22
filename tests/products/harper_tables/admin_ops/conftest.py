"""An instance whose super user runs the installation, and one that is a customer's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables.compat import Compat


async def make_operator(instance: Instance) -> list[str]:
    """Make the instance's organization the operator, in a process that can restart; the list counts restarts."""
    restarts: list[str] = []
    tools = cast(dict[str, Any], instance.house.services.tools)
    tools["harper.restart"] = lambda tx: tx.after_commit(lambda: restarts.append("restarted"))
    await instance.house.database.write(
        lambda tx: tx.run(
            "UPDATE organizations SET is_operator = 1 WHERE id = :id",
            id=instance.organization.production.organization_id,
        )
    )
    return restarts


@pytest.fixture
async def operator(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """The operator's instance on each engine."""
    async with open_instance(database, clock, tmp_path, Compat.V5) as opened:
        await make_operator(opened)
        yield opened


@pytest.fixture
async def one_operator(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """The operator's instance, where the engine does not matter."""
    async with open_instance(sqlite_database, clock, tmp_path, Compat.V5) as opened:
        await make_operator(opened)
        yield opened
