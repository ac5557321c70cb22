"""Houses that a module's examinations share: one for each engine and product, opened when first asked for."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from tests.conftest import START, PostgresServer
from tests.examinations.subject import Subject
from tests.examinations.table import EXHIBITS
from tests.guard_plugin import units_of_work_stay_inside
from tests.harness import House, open_house
from tests.receiver import Receiver, listening

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.sqlite import SqliteDatabase

__all__ = ["units_of_work_stay_inside"]


class Houses:
    """Opens houses and keeps them until the module's last test."""

    def __init__(self, stack: AsyncExitStack, receiver: Receiver, folder: Path, request: pytest.FixtureRequest) -> None:
        self.receiver = receiver
        self._stack = stack
        self._folder = folder
        self._request = request
        self._open: dict[tuple[str, str], House] = {}

    async def get(self, engine: str, name: str) -> House:
        """The house of one product on one engine."""
        if (engine, name) not in self._open:
            self._open[engine, name] = await self._open_one(engine, name)
        return self._open[engine, name]

    async def _open_one(self, engine: str, name: str) -> House:
        exhibit, clock, folder = EXHIBITS[name], ManualClock(START), self._folder / f"{engine}-{name}"
        folder.mkdir()
        database: SqliteDatabase | PostgresDatabase
        if engine == "sqlite":
            template: Path = self._request.getfixturevalue("sqlite_template")
            database = SqliteDatabase(shutil.copy(template, folder / "harbor.db"), clock)
        else:
            server: PostgresServer = self._request.getfixturevalue("postgres_server")
            copied = server.copy_template()
            self._stack.callback(server.drop_later, copied)
            database = PostgresDatabase(server.dsn(copied), clock, size=4)
        await database.open()
        self._stack.push_async_callback(database.close)
        await migrate(database, exhibit.areas(engine))
        house = open_house(
            database,
            clock,
            folder,
            [exhibit.product(clock)],
            views=exhibit.views,
            kinds=exhibit.kinds,
            tools=partial(exhibit.tools, folder),
        )
        return await self._stack.enter_async_context(house)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def houses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Houses]:
    """The module's houses and the receiver that all of them send to."""
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(listening())
        yield Houses(stack, receiver, tmp_path_factory.mktemp("houses"), request)


@pytest_asyncio.fixture(loop_scope="module")
async def subject(request: pytest.FixtureRequest, houses: Houses) -> Subject:
    """The route that is examined."""
    engine, name, route = request.param
    return Subject(EXHIBITS[name], await houses.get(engine, name), houses.receiver, route)
