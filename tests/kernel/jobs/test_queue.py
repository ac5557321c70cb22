from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.errors import Conflict, Missing, TooLarge
from harbor.kernel.jobs import claims, queue
from harbor.kernel.jobs.model import Job, JobKind, JsonObject, Priority, State, kinds_by_name
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database, Tx

ACCOUNT = "acc_one"
REAL = datetime.fromisoformat("2030-01-01T00:00:00Z")


async def do_nothing(_: object) -> JsonObject | None:
    return None


KINDS = kinds_by_name(
    JobKind(name="seal", run=do_nothing, lease_s=30, attempts_max=2), JobKind(name="load", run=do_nothing, lease_s=30)
)


async def put(database: Database, job_id: str, kind: str = "seal", **options: object) -> Job:
    return await database.write(
        lambda tx: queue.enqueue(tx, ACCOUNT, kind, {"id": job_id}, job_id=job_id, **options)  # type: ignore[arg-type]
    )


async def claim(database: Database, limit: int = 10, *, after_s: float = 0, token: str = "run_1") -> list[Job]:
    real_us = micros(REAL + timedelta(seconds=after_s))
    return await database.write(
        lambda tx: claims.claim(tx, KINDS, now_us=tx.now_us, real_us=real_us, token=token, limit=limit)
    )


async def find(database: Database, job_id: str) -> Job:
    return await database.read(lambda tx: queue.get(tx, ACCOUNT, job_id))


async def test_a_queued_job_is_as_it_was_put_in(database: Database, clock: ManualClock) -> None:
    due_at = clock.now() + timedelta(hours=1)

    job = await put(database, "job_1", due_at=due_at, priority=Priority.HIGH, unique_key="seal:1")

    assert job == await find(database, "job_1")
    assert (job.state, job.kind, job.data, job.attempts) == (State.QUEUED, "seal", {"id": "job_1"}, 0)
    assert (job.due_at, job.created_at, job.priority) == (due_at, clock.now(), Priority.HIGH)


async def test_an_unknown_job_or_one_of_another_account_is_missing(database: Database) -> None:
    await put(database, "job_1")

    with pytest.raises(Missing):
        await find(database, "job_2")
    with pytest.raises(Missing):
        await database.read(lambda tx: queue.get(tx, "acc_two", "job_1"))


async def test_a_key_has_one_open_job_at_a_time(database: Database) -> None:
    first = await put(database, "job_1", unique_key="seal:1")
    twin = await put(database, "job_2", unique_key="seal:1")
    other = await put(database, "job_3", unique_key="seal:2")
    await database.write(lambda tx: queue.cancel(tx, ACCOUNT, "job_1"))
    fresh = await put(database, "job_4", unique_key="seal:1")

    assert [first.id, twin.id, other.id, fresh.id] == ["job_1", "job_1", "job_3", "job_4"]


async def test_a_key_belongs_to_its_account(database: Database) -> None:
    await put(database, "job_1", unique_key="seal:1")

    theirs = await database.write(
        lambda tx: queue.enqueue(tx, "acc_two", "seal", {}, job_id="job_2", unique_key="seal:1")
    )

    assert theirs.id == "job_2"


async def test_an_undone_transaction_leaves_no_job(database: Database) -> None:
    def fail(tx: Tx) -> None:
        queue.enqueue(tx, ACCOUNT, "seal", {}, job_id="job_1")
        raise Conflict("no")

    with pytest.raises(Conflict):
        await database.write(fail)

    assert await claim(database) == []


async def test_a_job_that_carries_too_much_is_refused(database: Database) -> None:
    with pytest.raises(TooLarge):
        await database.write(lambda tx: queue.enqueue(tx, ACCOUNT, "seal", {"text": "x" * 300_000}, job_id="job_1"))


async def test_urgent_jobs_go_first_then_those_due_longest(database: Database, clock: ManualClock) -> None:
    for job_id, due_s, priority in (("a", 30, 0), ("b", 10, 0), ("c", 50, 1), ("d", 5, -1), ("e", 61, 1)):
        await put(database, job_id, due_at=clock.now() + timedelta(seconds=due_s), priority=priority)
    clock.advance(60)

    assert [job.id for job in await claim(database, 3)] == ["c", "b", "a"]
    assert [job.id for job in await claim(database, 3)] == ["d"]


async def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(database: Database) -> None:
    await put(database, "job_1")

    (first,) = await claim(database)
    assert await claim(database, after_s=30, token="run_2") == []
    (second,) = await claim(database, after_s=31, token="run_2")

    assert (first.state, first.attempts, first.lease_token) == (State.RUNNING, 1, "run_1")
    assert (second.attempts, second.lease_token) == (2, "run_2")


async def test_a_lease_is_renewed_by_its_holder_alone(database: Database) -> None:
    await put(database, "job_1")
    (held,) = await claim(database)
    later = micros(REAL + timedelta(seconds=20))

    assert await database.write(lambda tx: claims.renew(tx, KINDS["seal"], held, real_us=later))
    assert await claim(database, after_s=49) == []
    (taken,) = await claim(database, after_s=51, token="run_2")
    assert not await database.write(lambda tx: claims.renew(tx, KINDS["seal"], held, real_us=later))
    assert await database.write(lambda tx: claims.renew(tx, KINDS["seal"], taken, real_us=later))


async def test_a_job_that_keeps_losing_its_process_fails(database: Database) -> None:
    await put(database, "job_1")
    for run in range(2):
        assert len(await claim(database, after_s=100 * run)) == 1

    assert await claim(database, after_s=200) == []

    job = await find(database, "job_1")
    assert (job.state, job.error) == (
        State.FAILED,
        "The process ended while the job ran, for the last of 2 attempts.",
    )


async def test_at_start_of_the_only_server_all_leases_are_free(database: Database) -> None:
    await put(database, "job_1")
    await put(database, "job_2")
    await claim(database)

    assert await database.write(queue.recover_all) == 2
    assert [job.attempts for job in await claim(database)] == [2, 2]


async def test_a_job_given_back_has_not_used_an_attempt(database: Database) -> None:
    await put(database, "job_1")
    (held,) = await claim(database)

    await database.write(lambda tx: claims.release(tx, held))

    assert (await find(database, "job_1")).state is State.QUEUED
    assert [job.attempts for job in await claim(database)] == [1]


async def test_jobs_of_unknown_kinds_are_left_alone(database: Database) -> None:
    await put(database, "job_1", kind="from_a_newer_version")

    assert await claim(database) == []
    assert (await find(database, "job_1")).state is State.QUEUED


async def test_an_ended_job_cannot_be_canceled(database: Database) -> None:
    await put(database, "job_1")
    canceled = await database.write(lambda tx: queue.cancel(tx, ACCOUNT, "job_1"))

    with pytest.raises(Conflict) as refused:
        await database.write(lambda tx: queue.cancel(tx, ACCOUNT, "job_1"))

    assert (canceled.state, canceled.finished_at is not None) == (State.CANCELED, True)
    assert refused.value.code == "job_not_open"


async def test_a_listing_goes_from_the_newest_to_the_oldest(database: Database, clock: ManualClock) -> None:
    for number in range(5):
        await put(database, f"job_{number}", kind="seal" if number % 2 else "load")
        clock.advance(60)
    await database.write(lambda tx: queue.cancel(tx, ACCOUNT, "job_1"))
    noon = clock.now() - timedelta(seconds=300)

    async def ids(after: str | None = None, **filters: object) -> tuple[list[str], bool]:
        page = await database.read(
            lambda tx: queue.listing(tx, ACCOUNT, PageRequest(limit=3, after=after), **filters)  # type: ignore[arg-type]
        )
        return [job.id for job in page.items], page.more

    assert await ids() == (["job_4", "job_3", "job_2"], True)
    assert await ids("job_2") == (["job_1", "job_0"], False)
    assert await ids(kinds=["load"]) == (["job_4", "job_2", "job_0"], False)
    assert await ids(state=State.CANCELED) == (["job_1"], False)
    between = {"created_from": noon + timedelta(seconds=60), "created_before": noon + timedelta(seconds=180)}
    assert await ids(**between) == (["job_2", "job_1"], False)
