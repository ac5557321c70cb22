"""A worker whose real time stands still until a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest

from harbor.kernel.clock import ManualClock
from harbor.kernel.ids import IdMint
from harbor.kernel.jobs.model import JobKind, kinds_by_name
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database

MakeWorker = Callable[..., Worker]


@pytest.fixture
def real_time() -> ManualClock:
    """What leases are measured with."""
    return ManualClock(datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
async def make_worker(
    database: Database, clock: ManualClock, real_time: ManualClock
) -> AsyncIterator[Callable[..., Worker]]:
    """Makes workers on the test's database, which are stopped after the test."""
    made: list[Worker] = []
    mint = IdMint(lambda: 1_779_710_400_000)

    def make(*kinds: JobKind, schedules: Sequence[Schedule] = (), concurrency: int = 8) -> Worker:
        worker = Worker(
            database,
            kinds_by_name(*kinds),
            clock,
            mint.next,
            schedules=schedules,
            concurrency=concurrency,
            poll_s=0.02,
            real_now=real_time.now,
            chance=lambda: 1.0,
        )
        made.append(worker)
        return worker

    yield make
    stops: list[Awaitable[None]] = [worker.stop(0) for worker in made]
    for stop in stops:
        await stop
