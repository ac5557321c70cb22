"""A process that does nothing but claim jobs and end them, for `processes`.

Run: python -m benchmarks.claimer DSN. Each line on standard input starts it; when no job is left it prints how many it ran.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

import uvloop

from harbor.kernel.clock import SystemClock, micros
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, kinds_by_name
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Lane, Tx
from harbor.kernel.storage.postgres import PostgresDatabase

KIND = "benchmark.nothing"
ACCOUNT = "acc_benchmark"
_ROWS = 500


def new_ids() -> Callable[[str], str]:
    """Ids of one process."""
    return IdMint(lambda: micros(SystemClock().now()) // 1_000).next


async def queue_jobs(database: Database, count: int) -> None:
    """Put `count` jobs into the queue that do nothing."""
    new_id = new_ids()

    def add(tx: Tx, size: int) -> None:
        for _ in range(size):
            queue.enqueue(tx, ACCOUNT, KIND, {}, job_id=new_id("job_"))

    for begin in range(0, count, _ROWS):
        size = min(_ROWS, count - begin)
        await database.write(lambda tx, size=size: add(tx, size), lane=Lane.BACKGROUND)  # type: ignore[misc]


async def _main(dsn: str) -> None:
    ran = 0

    async def nothing(_: JobContext) -> JsonObject | None:
        nonlocal ran
        ran += 1
        return None

    database = PostgresDatabase(dsn, SystemClock(), size=8)
    await database.open()
    kinds = kinds_by_name(JobKind(name=KIND, run=nothing, lane=Lane.FOREGROUND))
    worker = Worker(database, kinds, SystemClock(), new_ids())
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        ran = 0
        await worker.run_due(SystemClock().now())
        print(ran, flush=True)
    await database.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(sys.argv[1]))
