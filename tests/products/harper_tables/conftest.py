"""An instance of Harper with one super user, through the real pipeline, on both engines."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import AreasOf
from tests.factories import Organization
from tests.harness import CallOf, Client, House, Reply, open_house

from harbor.kernel.clock import ManualClock
from harbor.kernel.identity.passwords import PasswordWorkers, hash_password
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables import jobs
from harbor.products.harper_tables.access import users
from harbor.products.harper_tables.access.user_access import UserAccess
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.product import harper_area, harper_product

USER, PASSWORD = "mira", "pine-cone-7"
hash_of = lru_cache(hash_password)


def basic(user: str, password: str) -> dict[str, str]:
    """The header of Basic credentials."""
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


@dataclass(slots=True)
class Instance:
    """One instance and its super user."""

    house: House
    organization: Organization
    client: Client
    access: UserAccess
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

    def as_user(self, user: str, password: str) -> Instance:
        """The same instance as another user calls it."""
        return replace(self, client=self.house.client("harper", basic(user, password)), statuses=[])

    async def user(self, name: str, permission: dict[str, Any], *, password: str = PASSWORD) -> Instance:
        """A new user with a role of their own, and the instance as they call it."""
        await self.do("add_role", role=f"{name}_role", permission=permission)
        await self.do("add_user", role=f"{name}_role", username=name, password=password, active=True)
        return self.as_user(name, password)

    async def table(self, name: str = "article", *, records: list[Any] | None = None, **fields: Any) -> None:
        """A table of the database press, keyed by id."""
        await self.do("create_table", database="press", table=name, **{"primary_key": "id", **fields})
        if records:
            await self.do("insert", database="press", table=name, records=records)


@asynccontextmanager
async def open_instance(
    database: Database, clock: ManualClock, folder: Path, compat: Compat = Compat.V5, means: Means | None = None
) -> AsyncIterator[Instance]:
    """An instance of a new organization. `means` are what its bulk jobs may reach."""
    await migrate(database, [harper_area(database.engine)])
    passwords = PasswordWorkers()
    throttle = SignInThrottle(MemoryRateLimiter())
    access = UserAccess(database, passwords, throttle, clock.now)
    tools = {"passwords": passwords, "sign_in_throttle": throttle}
    product = harper_product(access, compat, means=means)

    def kinds(call_of: CallOf) -> Sequence[JobKind]:
        return jobs.kinds(call_of, means=means)

    async with open_house(database, clock, folder, [product], kinds=kinds, tools=lambda _means: tools) as house:
        organization = await house.organization()
        await house.write(organization.production, lambda call: users.set_up(call, USER, hash_of(PASSWORD)))
        yield Instance(house, organization, house.client("harper", basic(USER, PASSWORD)), access)
    passwords.close()


@pytest.fixture
def more_areas() -> AreasOf:
    """The tables of the product."""
    return lambda engine: (harper_area(engine),)


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
async def v4(sqlite_template: Path, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Instance]:
    """An instance that sounds like v4, in an installation of its own."""
    folder = tmp_path / "v4"
    folder.mkdir()
    database = SqliteDatabase(shutil.copy(sqlite_template, folder / "harbor.db"), clock)
    await database.open()
    async with open_instance(database, clock, folder, Compat.V4) as opened:
        yield opened
    await database.close()
