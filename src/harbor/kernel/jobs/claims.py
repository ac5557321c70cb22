"""Claims: who runs a job now, for how long it is his, and what happens to jobs whose process was lost."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from harbor.kernel.jobs import store
from harbor.kernel.jobs.model import Job, JobKind, State
from harbor.kernel.storage.database import Tx

log = structlog.get_logger("harbor.jobs")

_SECOND_US = 1_000_000


def claim(tx: Tx, kinds: Mapping[str, JobKind], *, now_us: int, real_us: int, token: str, limit: int) -> list[Job]:
    """At most `limit` jobs, leased to the run named `token`: lost ones first, then due ones by priority and moment.

    A job that was lost so often that its attempts are used up fails here: it may be what kills the process.
    """
    names = tuple(kinds)
    found = store.expired(tx, names, real_us=real_us, limit=limit)
    found += store.due(tx, names, now_us=now_us, limit=limit - len(found))
    claimed = []
    for job in found:
        kind = kinds[job.kind]
        leased = store.lease(tx, job, token=token, until_us=real_us + _lease_us(kind))
        if leased.attempts > kind.attempts_max:
            error = f"The process ended while the job ran, for the last of {kind.attempts_max} attempts."
            store.finish(tx, job.account_id, job.id, token=token, state=State.FAILED, result=None, error=error)
            tx.after_commit(lambda job=job: log.warning("job_failed", job=job.id, kind=job.kind, error="lost"))  # type: ignore[misc]
        else:
            claimed.append(leased)
    return claimed


def renew(tx: Tx, kind: JobKind, job: Job, *, real_us: int) -> bool:
    """Keep a claimed job for another lease; False if it was canceled or taken over."""
    assert job.lease_token is not None, job
    return store.renew(tx, job.account_id, job.id, token=job.lease_token, until_us=real_us + _lease_us(kind))


def release(tx: Tx, job: Job) -> None:
    """Give a claimed job back unfinished; nothing if it is no longer ours."""
    assert job.lease_token is not None, job
    store.release(tx, job.account_id, job.id, token=job.lease_token)


def _lease_us(kind: JobKind) -> int:
    return round(kind.lease_s * _SECOND_US)
