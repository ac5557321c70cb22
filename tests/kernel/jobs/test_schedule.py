"""Recurring jobs, and the one that deletes old ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Missing
from harbor.kernel.jobs import queue, retention
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Tx

MakeWorker = Callable[..., Worker]
HOURLY = Schedule(name="sweep", every_s=3600, kind="sweep")


@pytest.fixture
def runs() -> list[datetime]:
    """When the sweep ran."""
    return []


@pytest.fixture
def sweep(clock: ManualClock, runs: list[datetime]) -> JobKind:
    """A kind that notes when it ran."""

    async def run(_: JobContext) -> None:
        runs.append(clock.now())

    return JobKind(name="sweep", run=run)


async def advance(database: Database, worker: Worker, clock: ManualClock, seconds: float) -> None:
    """As the manual calendar does it: from one due moment to the next."""
    end = clock.now() + timedelta(seconds=seconds)
    while (due_at := await database.read(worker.next_due)) is not None and due_at <= end:
        clock.set(max(due_at, clock.now()))
        await worker.run_due(clock.now())
    clock.set(end)


async def test_a_schedule_runs_at_once_and_then_at_its_interval(
    database: Database, make_worker: MakeWorker, clock: ManualClock, sweep: JobKind, runs: list[datetime]
) -> None:
    start = clock.now()

    await advance(database, make_worker(sweep, schedules=[HOURLY]), clock, 3 * 3600 - 1)

    assert runs == [start, start + timedelta(hours=1), start + timedelta(hours=2)]


async def test_a_restart_neither_repeats_nor_forgets(
    database: Database, make_worker: MakeWorker, clock: ManualClock, sweep: JobKind, runs: list[datetime]
) -> None:
    start = clock.now()
    await make_worker(sweep, schedules=[HOURLY]).run_due(clock.now())
    clock.advance(1800)
    await make_worker(sweep, schedules=[HOURLY]).run_due(clock.now())
    clock.advance(1800)
    await make_worker(sweep, schedules=[HOURLY]).run_due(clock.now())

    assert runs == [start, start + timedelta(hours=1)]


async def test_missed_intervals_are_made_up_for_once_and_the_rhythm_is_kept(
    database: Database, make_worker: MakeWorker, clock: ManualClock, sweep: JobKind, runs: list[datetime]
) -> None:
    worker = make_worker(sweep, schedules=[HOURLY])
    start = clock.now()
    await worker.run_due(clock.now())
    clock.advance(5.5 * 3600)

    await worker.run_due(clock.now())

    assert len(runs) == 2
    assert await database.read(worker.next_due) == start + timedelta(hours=6)


async def test_several_processes_run_a_schedule_once(
    database: Database, make_worker: MakeWorker, clock: ManualClock, sweep: JobKind, runs: list[datetime]
) -> None:
    workers = [make_worker(sweep, schedules=[HOURLY]) for _ in range(3)]

    await asyncio.gather(*(worker.run_due(clock.now()) for worker in workers))

    assert len(runs) == 1


async def test_a_schedule_that_is_gone_is_not_waited_for(
    database: Database, make_worker: MakeWorker, clock: ManualClock, sweep: JobKind
) -> None:
    await make_worker(sweep, schedules=[HOURLY]).run_due(clock.now())

    assert await database.read(make_worker(sweep).next_due) is None


async def test_ended_jobs_are_deleted_after_their_days(
    database: Database,
    make_worker: MakeWorker,
    clock: ManualClock,
    sweep: JobKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "BACKGROUND_STEP_ROWS_MAX", 2)
    worker = make_worker(sweep, retention.purge_kind(keep_days=7), schedules=[retention.SCHEDULE])

    def fill(tx: Tx) -> None:
        for number in range(5):
            queue.enqueue(tx, "acc_one", "sweep", {}, job_id=f"job_{number}")
        queue.enqueue(tx, "acc_one", "sweep", {}, job_id="job_open", due_at=tx.now + timedelta(days=30))

    await database.write(fill)
    await worker.run_due(clock.now())
    clock.advance(6 * 24 * 3600)
    await worker.run_due(clock.now())
    assert (await database.read(lambda tx: queue.get(tx, "acc_one", "job_4"))).id == "job_4"

    clock.advance(24 * 3600 + 1)
    ended = await worker.run_due(clock.now())

    assert [job.result for job in ended] == [{"deleted": 6}]  # the five, and the first purge
    with pytest.raises(Missing):
        await database.read(lambda tx: queue.get(tx, "acc_one", "job_4"))
    assert (await database.read(lambda tx: queue.get(tx, "acc_one", "job_open"))).is_open
