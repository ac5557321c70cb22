"""A SQLite database whose batches a test can put together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.kernel.storage.notes import add

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Denied
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.sqlite import SqliteDatabase

# Counts to ten million: seconds of work for SQLite, and nothing for the interpreter.
LONG = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000) SELECT count(*) AS n FROM n"
LONG_INSERT = (
    "INSERT INTO notes (account_id, id) WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000)"
    " SELECT 'long', x FROM n"
)


class Store(SqliteDatabase):
    """A database that notes how often its writer was held."""

    def __init__(self, path: Path, clock: ManualClock, **arguments: Any) -> None:
        self.batches: list[float] = []
        super().__init__(path, clock, held=self.batches.append, **arguments)


@asynccontextmanager
async def queued(store: Store) -> AsyncIterator[None]:
    """Holds the writer until the block ends, so that all writes begun in it are in its next batch."""
    entered, leave = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        entered.set()
        leave.wait(5)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(entered.wait, 5)
    try:
        yield
        await asyncio.sleep(
            bounds.WRITE_BATCH_S_MAX * 1.1
        )  # longer than a batch takes works, so the next one begins with what was queued
    finally:
        leave.set()
        await holding


async def together(store: Store, *works: Callable[[Tx], Any]) -> list[Any]:
    """The results or errors of works that were in one batch."""
    async with queued(store):
        tasks = [asyncio.create_task(store.write(work)) for work in works]
    return await asyncio.gather(*tasks, return_exceptions=True)


def fails_after_writing(tx: Tx) -> None:
    add(tx, 666)
    raise Denied("after all")
