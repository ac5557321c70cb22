"""Jobs between processes: who claims, renews, ends or queues one in the same moment as somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.racing import begun, overlapping, together

from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.jobs import claims, queue, store
from harbor.kernel.jobs.model import Job, JobKind, JsonObject, State, kinds_by_name
from harbor.kernel.storage.database import Database, Tx, Work

ACCOUNT = "acc_one"
REAL = datetime.fromisoformat("2030-01-01T00:00:00Z")
LEASE_S = 30


async def do_nothing(_: object) -> JsonObject | None:
    return None


KIND = JobKind(name="seal", run=do_nothing, lease_s=LEASE_S)
KINDS = kinds_by_name(KIND)


def at(after_s: float) -> int:
    """Real time so long after the first claim."""
    return micros(REAL + timedelta(seconds=after_s))


def claiming(token: str, *, after_s: float = 0, limit: int = 10) -> Work[list[Job]]:
    return lambda tx: claims.claim(tx, KINDS, now_us=tx.now_us, real_us=at(after_s), token=token, limit=limit)


def renewing(job: Job, *, after_s: float) -> Work[bool]:
    return lambda tx: claims.renew(tx, KIND, job, real_us=at(after_s))


def finishing(job: Job, token: str) -> Work[Job | None]:
    return lambda tx: store.finish(tx, ACCOUNT, job.id, token=token, state=State.DONE, result={"by": token}, error=None)


def canceling(job_id: str) -> Work[Job]:
    return lambda tx: queue.cancel(tx, ACCOUNT, job_id)


def queueing(job_id: str, *, unique_key: str | None = "nightly") -> Work[Job]:
    return lambda tx: queue.enqueue(tx, ACCOUNT, "seal", {}, job_id=job_id, unique_key=unique_key)


async def claimed(database: Database, token: str = "run_1") -> Job:
    """A job that runs under this token."""
    await database.write(queueing("job_1"))
    (job,) = await database.write(claiming(token))
    return job


async def find(database: Database, job_id: str = "job_1") -> Job:
    return await database.read(lambda tx: queue.get(tx, ACCOUNT, job_id))


async def open_jobs(database: Database) -> list[str]:
    rows = await database.read(
        lambda tx: tx.rows("SELECT id FROM jobs WHERE state IN ('queued', 'running') ORDER BY id")
    )
    return [row["id"] for row in rows]


def ids(jobs: list[Job]) -> list[str]:
    return [job.id for job in jobs]


# Claims


async def test_who_claims_second_passes_by_and_takes_the_next(database: Database) -> None:
    for number in range(3):
        await database.write(queueing(f"job_{number}", unique_key=None))

    if database.engine == "sqlite":
        first, second = await together(database, claiming("run_1", limit=2), claiming("run_2", limit=2))
    else:
        async with begun(database, claiming("run_1", limit=2)) as held:
            second = await database.write(claiming("run_2", limit=2))  # it does not wait
            first = await held.commit()

    assert (ids(first), ids(second)) == (["job_0", "job_1"], ["job_2"])
    assert [(await find(database, f"job_{number}")).lease_token for number in range(3)] == ["run_1", "run_1", "run_2"]


async def test_a_lost_job_is_taken_over_by_one(database: Database) -> None:
    await claimed(database)

    first, second = await together(
        database, claiming("run_2", after_s=LEASE_S + 1), claiming("run_3", after_s=LEASE_S + 1)
    )

    assert (ids(first), ids(second)) == (["job_1"], [])
    job = await find(database)
    assert (job.lease_token, job.attempts) == ("run_2", 2)


async def test_who_renews_too_late_has_lost_the_job(database: Database) -> None:
    job = await claimed(database)

    taken, renewed = await together(
        database, claiming("run_2", after_s=LEASE_S + 1), renewing(job, after_s=LEASE_S + 1)
    )

    assert (ids(taken), renewed) == (["job_1"], False)
    assert (await find(database)).lease_token == "run_2"


async def test_who_renews_in_the_last_moment_keeps_the_job(database: Database) -> None:
    job = await claimed(database)

    renewed, taken = await together(
        database, renewing(job, after_s=LEASE_S + 1), claiming("run_2", after_s=LEASE_S + 1)
    )

    assert (renewed, taken) == (True, [])
    assert (await find(database)).lease_token == "run_1"


# Ends


async def test_a_job_ends_once_when_two_runs_think_it_is_theirs(database: Database) -> None:
    job = await claimed(database)

    await together(database, claiming("run_2", after_s=LEASE_S + 1), finishing(job, "run_1"))

    found = await find(database)
    assert (found.state, found.result) == (State.RUNNING, None)
    await together(database, finishing(job, "run_2"), finishing(job, "run_1"))
    assert (await find(database)).result == {"by": "run_2"}


async def test_a_step_of_a_run_commits_before_another_takes_over_or_not_at_all(database: Database) -> None:
    job = await claimed(database)

    def step(tx: Tx) -> bool:
        if not store.holds(tx, ACCOUNT, job.id, token="run_1"):
            return False
        store.advance(tx, ACCOUNT, job.id, token="run_1", position={"page": 1}, progress=None)
        return True

    taken, did = await together(database, claiming("run_2", after_s=LEASE_S + 1), step)
    position = (await find(database)).position

    assert (ids(taken), did, position) == (["job_1"], False, None)


@pytest.mark.parametrize("ends_first", [True, False])
async def test_of_an_end_and_a_cancellation_the_first_stands(database: Database, ends_first: bool) -> None:
    job = await claimed(database)
    works: list[Work[Any]] = [finishing(job, "run_1"), canceling(job.id)]

    _, second = await overlapping(database, *(works if ends_first else works[::-1]))

    found = await find(database)
    if ends_first:
        assert isinstance(second, Conflict)
        assert (found.state, found.result) == (State.DONE, {"by": "run_1"})
    else:
        assert second is None
        assert (found.state, found.result) == (State.CANCELED, None)


# Unique keys


async def test_of_two_that_queue_a_key_at_once_both_get_the_one_job(database: Database) -> None:
    first, second = await together(database, queueing("job_1"), queueing("job_2"))

    assert (first.id, second.id) == ("job_1", "job_1")
    assert await open_jobs(database) == ["job_1"]


async def test_who_waited_for_a_key_that_was_undone_gets_it(database: Database) -> None:
    def undone(tx: Tx) -> None:
        queueing("job_1")(tx)
        raise Denied("no")

    _, second = await overlapping(database, undone, queueing("job_2"))

    assert second.id == "job_2"
    assert await open_jobs(database) == ["job_2"]


@pytest.mark.parametrize("end", [lambda job: finishing(job, "run_1"), lambda job: canceling(job.id)])
async def test_a_key_whose_job_ends_in_the_same_moment_is_free(
    database: Database, end: Callable[[Job], Work[Any]]
) -> None:
    job = await claimed(database)

    _, second = await together(database, end(job), queueing("job_2"))

    assert second.id == "job_2"
    assert await open_jobs(database) == ["job_2"]
