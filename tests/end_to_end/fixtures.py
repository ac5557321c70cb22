"""Servers for all tests of a process, and a workspace of its own for each test. Folders import the ones they need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.conftest import PostgresServer
from tests.end_to_end import tenant as tenants
from tests.end_to_end.client import Api, caller
from tests.end_to_end.server import HOSTS, LOOPBACK, MANUAL, Installation, Server, install, serving
from tests.end_to_end.tenant import Tenant
from tests.receiver import Receiver, listening


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that is never started, to copy."""
    return install(tmp_path_factory.mktemp("template") / "data")


@pytest.fixture
def installation(template: Installation, tmp_path: Path) -> Installation:
    """An installation of the test's own, not started."""
    return template.copy(tmp_path / "data")


@pytest.fixture(scope="session")
def sqlite_server(template: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on SQLite in the time of the machine."""
    with serving(template.copy(tmp_path_factory.mktemp("sqlite-server") / "data"), LOOPBACK | HOSTS) as server:
        yield server


@pytest.fixture(scope="session")
def manual_server(template: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on SQLite whose calendar stands until it is advanced."""
    with serving(template.copy(tmp_path_factory.mktemp("manual-server") / "data"), LOOPBACK | MANUAL) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_serving(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on PostgreSQL in the time of the machine."""
    name = postgres_server.copy_template()
    folder = tmp_path_factory.mktemp("postgres-server")
    with serving(install(folder / "data", database=postgres_server.dsn(name)), LOOPBACK | HOSTS) as server:
        yield server
    postgres_server.drop_later(name)


@pytest.fixture
async def shop(sqlite_server: Server) -> AsyncIterator[Tenant]:
    """A workspace on SQLite."""
    async with open_shop(sqlite_server) as tenant:
        yield tenant


@pytest.fixture
async def slow_shop(manual_server: Server) -> AsyncIterator[Tenant]:
    """A workspace where time passes only when the test says so."""
    async with open_shop(manual_server) as tenant:
        yield tenant


@pytest.fixture(params=["sqlite_server", "postgres_serving"], ids=["sqlite", "postgres"])
async def each_shop(request: pytest.FixtureRequest) -> AsyncIterator[Tenant]:
    """A workspace on SQLite, then one on PostgreSQL."""
    async with open_shop(request.getfixturevalue(request.param)) as tenant:
        yield tenant


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks on this machine."""
    async with listening() as found:
        yield found


@pytest.fixture
def api(shop: Tenant) -> Api:
    """A caller of the workspace on SQLite, with an unrestricted key."""
    return shop.api


@asynccontextmanager
async def open_shop(server: Server, *, environment: str = "sandbox") -> AsyncIterator[Tenant]:
    """A new workspace of a server; at the end what it still owes is canceled."""
    async with caller(server.url, server.installation.admin_key) as admin:
        tenant = await tenants.new_tenant(server, admin, environment=environment)
        yield tenant
        await tenants.close(tenant)
