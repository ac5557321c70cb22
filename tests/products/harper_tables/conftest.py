"""An instance of Harper with one super user, through the real pipeline, on both engines."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.factories import Organization
from tests.harness import Client, House, Reply, open_house

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.harper_tables import jobs
from harbor.products.harper_tables.callers import SoleUser
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.product import harper_area, harper_product

USER, PASSWORD = "mira", "pine-cone-7"


def basic(user: str, password: str) -> dict[str, str]:
    """The header of Basic credentials."""
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@dataclass(slots=True)
class Instance:
    """One instance and its super user."""

    house: House
    organization: Organization
    client: Client
    statuses: list[int] = field(default_factory=list)

    async def ask(self, operation: str, **fields: Any) -> Reply:
        """The reply to one operation."""
        return await self.client.request("POST", "/", {"operation": operation, **fields})

    async def do(self, operation: str, **fields: Any) -> Any:
        """The body of an operation that succeeds."""
        reply = await self.ask(operation, **fields)
        assert reply.status == 200, (operation, reply.status, reply.body)
        return reply.json()

    async def refused(self, operation: str, **fields: Any) -> tuple[int, Any]:
        """Status and sentence of an operation that does not."""
        reply = await self.ask(operation, **fields)
        body = reply.json()
        assert reply.status >= 400, body
        return reply.status, body["error"]

    async def table(self, name: str = "article", *, records: list[Any] | None = None, **fields: Any) -> None:
        """A table of the database press, keyed by id."""
        await self.do("create_table", database="press", table=name, **{"primary_key": "id", **fields})
        if records:
            await self.do("insert", database="press", table=name, records=records)


@asynccontextmanager
async def open_instance(
    database: Database, clock: ManualClock, folder: Path, compat: Compat = Compat.V5
) -> AsyncIterator[Instance]:
    """An instance of a new organization."""
    await migrate(database, [harper_area(database.engine)])
    known: dict[str, SoleUser] = {}

    class Late:
        """The organization comes after the house."""

        async def authenticate(self, request: Any) -> Any:
            return await known["user"].authenticate(request)

        def confirm(self, tx: Any, request: Any, user: Any) -> Any:
            return known["user"].confirm(tx, request, user)

    async with open_house(database, clock, folder, [harper_product(Late(), compat)], kinds=jobs.kinds) as house:
        organization = await house.organization()
        known["user"] = SoleUser(
            account_id=organization.production.id,
            organization_id=organization.id,
            username=USER,
            verify=lambda _user, password: password == PASSWORD,
        )
        yield Instance(house, organization, house.client("harper", basic(USER, PASSWORD)))


@pytest.fixture
async def instance(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance on each engine."""
    async with open_instance(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def one_engine(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance on SQLite, where the engine does not matter."""
    async with open_instance(sqlite_database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
async def v4(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance that sounds like v4."""
    folder = tmp_path / "v4"
    folder.mkdir()
    async with open_instance(sqlite_database, clock, folder, Compat.V4) as opened:
        yield opened
