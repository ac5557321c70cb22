"""Two works of which the second begins before the first commits, each on a connection of its own: as two processes race."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from harbor.kernel.storage.database import Database, Tx, Work

T = TypeVar("T")
_WAIT_S_MAX = 10.0


async def overlapping(database: Database, first: Work[Any], second: Work[Any]) -> tuple[Any, Any]:
    """What became of both, a result or an error each.

    On PostgreSQL the first has done all of its work when the second begins, and commits when the second waits for it or
    has ended. SQLite has one writer, so there the second comes after the first.
    """
    if database.engine == "sqlite":
        did = await asyncio.gather(database.write(first), database.write(second), return_exceptions=True)
        return did[0], did[1]
    async with asyncio.timeout(_WAIT_S_MAX), begun(database, first) as held:
        second_task = asyncio.create_task(database.write(second))
        while not second_task.done() and not await _somebody_waits(database):
            await asyncio.sleep(0.002)
        did = await asyncio.gather(held.commit(), second_task, return_exceptions=True)
    return did[0], did[1]


async def together(database: Database, first: Work[Any], second: Work[Any]) -> tuple[Any, Any]:
    """The results of two works that overlap and both succeed."""
    results = await overlapping(database, first, second)
    for each in results:
        if isinstance(each, BaseException):
            raise each
    return results


class Held(Generic[T]):
    """A work that has done everything and not committed."""

    def __init__(self, task: asyncio.Task[T], leave: threading.Event) -> None:
        self._task = task
        self._leave = leave

    async def commit(self) -> T:
        """Let it end; its result or its error."""
        self._leave.set()
        return await self._task


@asynccontextmanager
async def begun(database: Database, work: Work[T]) -> AsyncIterator[Held[T]]:
    """A work held open just before its end, on PostgreSQL; it ends with the block at the latest."""
    loop, did, leave = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def held(tx: Tx) -> T:
        try:
            return work(tx)
        finally:
            loop.call_soon_threadsafe(did.set)
            leave.wait(_WAIT_S_MAX)

    task = asyncio.create_task(database.write(held))
    await did.wait()
    try:
        yield Held(task, leave)
    finally:
        leave.set()
        await asyncio.wait({task})


async def _somebody_waits(database: Database) -> bool:
    """Whether a connection waits for a lock that another holds."""
    sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return await database.read(lambda tx: tx.row(sql) is not None)
