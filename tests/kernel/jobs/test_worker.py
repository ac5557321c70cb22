from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs import claims, queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Abandon, Job, JobKind, JsonObject, State
from harbor.kernel.jobs.worker import Worker
from harbor.kernel.storage.database import Database, Tx

ACCOUNT = "acc_one"
MakeWorker = Callable[..., Worker]


async def put(database: Database, job_id: str, kind: str = "seal", due_at: datetime | None = None) -> Job:
    return await database.write(lambda tx: queue.enqueue(tx, ACCOUNT, kind, {}, job_id=job_id, due_at=due_at))


async def find(database: Database, job_id: str) -> Job:
    return await database.read(lambda tx: queue.get(tx, ACCOUNT, job_id))


async def say_id(context: JobContext) -> JsonObject:
    return {"id": context.job.id}


async def test_a_started_worker_is_woken_by_a_commit(database: Database, make_worker: MakeWorker) -> None:
    ran = asyncio.Event()

    async def run(context: JobContext) -> JsonObject:
        ran.set()
        return await say_id(context)

    worker = make_worker(JobKind(name="seal", run=run))
    await worker.start()
    await put(database, "job_1")
    await asyncio.wait_for(ran.wait(), 5)
    await worker.stop()

    job = await find(database, "job_1")
    assert (job.state, job.result, job.attempts, job.lease_token) == (State.DONE, {"id": "job_1"}, 1, None)


async def test_due_jobs_run_to_their_end_with_what_they_put_in(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    async def run(context: JobContext) -> None:
        number = int(context.job.id.removeprefix("job_"))
        if number < 3:
            await context.write(lambda tx: queue.enqueue(tx, ACCOUNT, "seal", {}, job_id=f"job_{number + 1}"))

    worker = make_worker(JobKind(name="seal", run=run))
    await put(database, "job_1")
    await put(database, "job_9", due_at=clock.now() + timedelta(seconds=1))

    ended = await worker.run_due(clock.now())

    assert [(job.id, job.state) for job in ended] == [(f"job_{n}", State.DONE) for n in (1, 2, 3)]
    assert (await find(database, "job_9")).state is State.QUEUED
    assert await database.read(worker.next_due) == clock.now() + timedelta(seconds=1)


async def test_a_failure_is_tried_again_later_and_at_last_given_up(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    async def run(_: JobContext) -> None:
        raise Unavailable("The authority does not answer. " + "x" * 5_000)

    worker = make_worker(JobKind(name="seal", run=run, attempts_max=3, retry_delay_s_min=10))
    await put(database, "job_1")

    delays = []
    while due_at := await database.read(worker.next_due):
        delays.append((due_at - clock.now()).total_seconds())
        clock.set(due_at)
        await worker.run_due(due_at)

    job = await find(database, "job_1")
    assert delays == [0, 10, 20]
    assert (job.state, job.attempts) == (State.FAILED, 3)
    assert job.error is not None
    assert job.error.startswith("The authority does not answer.")
    assert len(job.error) == 1_000


async def test_a_job_that_succeeds_at_the_second_try_is_done(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    async def run(context: JobContext) -> None:
        if not context.is_last_attempt:
            raise ZeroDivisionError("half\x00way \ud800")

    worker = make_worker(JobKind(name="seal", run=run, attempts_max=2))
    await put(database, "job_1")

    (first,) = await worker.run_due(clock.now())
    clock.set(first.due_at)
    (second,) = await worker.run_due(clock.now())

    assert (first.state, first.error) == (State.QUEUED, "ZeroDivisionError: half␀way \\ud800")
    assert second.state is State.DONE


async def test_an_abandoned_job_is_not_tried_again(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    async def run(_: JobContext) -> None:
        raise Abandon("The file is gone.")

    worker = make_worker(JobKind(name="seal", run=run))
    await put(database, "job_1")

    (job,) = await worker.run_due(clock.now())

    assert (job.state, job.error) == (State.FAILED, "The file is gone.")


async def test_a_result_that_is_no_json_is_a_failure(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    async def run(_: JobContext) -> JsonObject:
        return {"file": object()}

    worker = make_worker(JobKind(name="seal", run=run, attempts_max=1))
    await put(database, "job_1")

    (job,) = await worker.run_due(clock.now())

    assert job.state is State.FAILED


async def test_an_unknown_kind_stays_queued_and_is_named_in_the_log(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    ran = asyncio.Event()

    async def run(_: JobContext) -> None:
        ran.set()

    worker = make_worker(JobKind(name="seal", run=run))
    await put(database, "job_1", kind="from_a_newer_version")
    await put(database, "job_2")
    with capture_logs() as logs:
        await worker.start()
        await asyncio.wait_for(ran.wait(), 5)
        await worker.stop()

    assert (await find(database, "job_1")).state is State.QUEUED
    assert await database.read(worker.next_due) is None
    warnings = [entry for entry in logs if entry["event"] == "job_kind_unknown"]
    assert [(entry["kind"], entry["log_level"]) for entry in warnings] == [("from_a_newer_version", "warning")]


async def test_two_workers_run_each_job_once(database: Database, make_worker: MakeWorker, clock: ManualClock) -> None:
    runs: list[str] = []

    async def run(context: JobContext) -> None:
        runs.append(context.job.id)

    def fill(tx: Tx) -> None:
        for number in range(60):
            queue.enqueue(tx, ACCOUNT, "seal", {}, job_id=f"job_{number:02}")

    await database.write(fill)
    workers = [make_worker(JobKind(name="seal", run=run), concurrency=5) for _ in range(2)]

    await asyncio.gather(*(worker.run_due(clock.now()) for worker in workers))

    assert sorted(runs) == [f"job_{number:02}" for number in range(60)]


async def test_never_more_at_once_than_allowed(database: Database, make_worker: MakeWorker) -> None:
    running = most = 0
    all_ran = asyncio.Event()
    seen: set[str] = set()

    async def run(context: JobContext) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await context.read(lambda tx: None, long=True)
        running -= 1
        seen.add(context.job.id)
        if len(seen) == 20:
            all_ran.set()

    for number in range(20):
        await put(database, f"job_{number}")
    worker = make_worker(JobKind(name="seal", run=run), concurrency=3)
    await worker.start()
    await asyncio.wait_for(all_ran.wait(), 10)
    await worker.stop()

    assert 1 <= most <= 3


async def test_stopping_lets_a_job_finish(database: Database, make_worker: MakeWorker) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> None:
        began.set()
        await go_on.wait()

    worker = make_worker(JobKind(name="seal", run=run))
    await put(database, "job_1")
    await worker.start()
    await asyncio.wait_for(began.wait(), 5)
    stopping = asyncio.create_task(worker.stop(5))
    await put(database, "job_2")
    go_on.set()
    await stopping

    assert (await find(database, "job_1")).state is State.DONE
    # A claim that was under way when the worker was told to stop may still have brought the second one.
    assert (await find(database, "job_2")).state in (State.QUEUED, State.DONE)


async def test_what_does_not_finish_in_time_is_given_back(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    began = asyncio.Event()

    async def run(context: JobContext) -> JsonObject:
        if context.job.position is None:
            await context.step(lambda tx: None, position={"page": 1})
            began.set()
            await asyncio.Event().wait()
        return dict(context.job.position or {})

    kind = JobKind(name="seal", run=run)
    worker = make_worker(kind)
    await put(database, "job_1")
    await worker.start()
    await asyncio.wait_for(began.wait(), 5)
    await worker.stop(0)
    given_back = await find(database, "job_1")
    (job,) = await make_worker(kind).run_due(clock.now())

    assert (given_back.state, given_back.attempts, given_back.lease_token) == (State.QUEUED, 0, None)
    assert (job.state, job.result) == (State.DONE, {"page": 1})


async def test_a_worker_with_nothing_to_do_writes_nothing(
    database: Database, make_worker: MakeWorker, clock: ManualClock
) -> None:
    worker = make_worker(JobKind(name="seal", run=say_id))
    await put(database, "job_1", due_at=clock.now() + timedelta(days=1))
    writes = 0
    write = database.write

    async def counted(*arguments: object, **options: object) -> object:
        nonlocal writes
        writes += 1
        return await write(*arguments, **options)  # type: ignore[arg-type]

    database.write = counted  # type: ignore[method-assign, assignment]
    looks = 0
    looked = asyncio.Event()
    next_due = worker.next_due

    def look(tx: Tx) -> datetime | None:
        nonlocal looks
        looks += 1
        if looks == 3:
            looked.set()
        return next_due(tx)

    worker.next_due = look  # type: ignore[method-assign]
    await worker.start()
    await asyncio.wait_for(looked.wait(), 5)
    await worker.stop()

    assert writes == 0


async def test_a_claim_that_fails_is_tried_again_after_a_while(
    database: Database, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    def refused(*_: object, **__: object) -> list[Job]:
        nonlocal tried
        tried += 1
        raise Unavailable("The disk of the server is full.")

    worker = make_worker(JobKind(name="seal", run=say_id))
    monkeypatch.setattr(worker, "_poll_s", 0.2)
    await put(database, "job_1")
    with capture_logs() as said:
        monkeypatch.setattr(claims, "claim", refused)
        await worker.start()
        await asyncio.sleep(0.3)
        monkeypatch.undo()
        while (await find(database, "job_1")).state is not State.DONE:
            await asyncio.sleep(0.01)
        await worker.stop()

    assert 1 <= tried <= 3
    assert [line["event"] for line in said] == ["jobs_claim_failed"] * tried
