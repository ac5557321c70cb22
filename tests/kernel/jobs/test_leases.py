"""Runs that lose their lease, and steps that survive a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from harbor.kernel.clock import ManualClock
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JobKind, JsonObject, LeaseLost, Progress, State
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Tx

ACCOUNT = "acc_one"
MakeWorker = Callable[..., Worker]


async def put(database: Database, job_id: str) -> Job:
    return await database.write(lambda tx: queue.enqueue(tx, ACCOUNT, "load", {}, job_id=job_id))


async def find(database: Database, job_id: str) -> Job:
    return await database.read(lambda tx: queue.get(tx, ACCOUNT, job_id))


def note(tx: Tx, number: int) -> int:
    """A step whose trace shows whether it was done twice: a second row of one id is a conflict."""
    queue.enqueue(tx, ACCOUNT, "trace", {}, job_id=f"trace_{number}")
    return number


async def test_after_a_crash_a_job_goes_on_where_it_was(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    began_at: list[int] = []

    async def run(context: JobContext) -> JsonObject:
        at = int((context.job.position or {"at": 0})["at"])
        began_at.append(at)
        while at < 6:
            at = await context.step(
                lambda tx, at=at: note(tx, at + 1),  # type: ignore[misc]
                position=lambda number: {"at": number},
                progress=lambda number: Progress(number, 6),
            )
            if at % 2 == 0 and at < 6:
                raise OSError("power cut")
        return {"loaded": at}

    worker = make_worker(JobKind(name="load", run=run, attempts_max=2))
    await put(database, "job_1")
    while due_at := await database.read(worker.next_due):
        clock.set(due_at)
        await worker.run_due(due_at)

    job = await find(database, "job_1")
    assert began_at == [0, 2, 4]
    assert (job.state, job.result, job.progress) == (State.DONE, {"loaded": 6}, Progress(6, 6))
    assert job.attempts == 1  # each step forward forgave the failure before it


async def test_a_step_that_fails_moves_nothing(database: Database, make_worker: MakeWorker, clock: ManualClock) -> None:
    async def run(context: JobContext) -> None:
        def work(tx: Tx) -> int:
            return note(tx, 1) // 0

        await context.step(work, position={"at": 1}, progress=Progress(1))

    worker = make_worker(JobKind(name="load", run=run, attempts_max=1))
    await put(database, "job_1")

    (job,) = await worker.run_due(clock.now())

    assert (job.state, job.position, job.progress) == (State.FAILED, None, Progress(0))
    with pytest.raises(Exception, match="trace_1"):
        await find(database, "trace_1")


async def test_a_run_that_was_taken_over_commits_nothing_more(
    database: Database, make_worker: MakeWorker, clock: ManualClock, real_time: ManualClock
) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()
    refusals: list[type[BaseException]] = []

    async def slow(context: JobContext) -> None:
        began.set()
        await go_on.wait()
        for act in (context.write, context.step):
            try:
                await act(lambda tx: note(tx, 1))
            except LeaseLost as lost:
                refusals.append(type(lost))
        raise LeaseLost(context.job.id)

    async def quick(context: JobContext) -> JsonObject:
        return {"by": "the second"}

    first = make_worker(JobKind(name="load", run=slow, lease_s=30))
    second = make_worker(JobKind(name="load", run=quick, lease_s=30))
    await put(database, "job_1")
    slow_run = asyncio.create_task(first.run_due(clock.now()))
    await asyncio.wait_for(began.wait(), 5)
    real_time.advance(31)
    (job,) = await second.run_due(clock.now())
    go_on.set()

    assert await slow_run == []
    assert refusals == [LeaseLost, LeaseLost]
    assert job == await find(database, "job_1")
    assert job.result == {"by": "the second"}


async def test_a_renewed_lease_keeps_others_away(
    database: Database, make_worker: MakeWorker, clock: ManualClock, real_time: ManualClock
) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(context: JobContext) -> None:
        began.set()
        await go_on.wait()

    kind = JobKind(name="load", run=slow, lease_s=30)
    first, second = make_worker(kind), make_worker(kind)
    await put(database, "job_1")
    run = asyncio.create_task(first.run_due(clock.now()))
    await asyncio.wait_for(began.wait(), 5)
    for _ in range(4):
        real_time.advance(20)
        await first.renew_leases()
        assert await second.run_due(clock.now()) == []
    go_on.set()

    assert [job.state for job in await run] == [State.DONE]


async def test_the_heartbeat_renews_by_itself(
    database: Database, make_worker: MakeWorker, clock: ManualClock, real_time: ManualClock
) -> None:
    renewed = asyncio.Event()

    async def slow(context: JobContext) -> None:
        await renewed.wait()

    worker = make_worker(JobKind(name="load", run=slow, lease_s=0.06))
    renew = worker.renew_leases

    async def renew_and_tell() -> None:
        await renew()
        renewed.set()

    worker.renew_leases = renew_and_tell  # type: ignore[method-assign]
    await put(database, "job_1")

    (job,) = await asyncio.wait_for(worker.run_due(clock.now()), 5)

    assert job.state is State.DONE


async def test_a_canceled_job_stops_at_the_next_renewal(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow(context: JobContext) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    worker = make_worker(JobKind(name="load", run=slow))
    await put(database, "job_1")
    run = asyncio.create_task(worker.run_due(clock.now()))
    await asyncio.wait_for(began.wait(), 5)
    await database.write(lambda tx: queue.cancel(tx, ACCOUNT, "job_1"))
    await worker.renew_leases()

    assert await asyncio.wait_for(run, 5) == []
    assert ended.is_set()
    assert (await find(database, "job_1")).state is State.CANCELED
