"""The queue of jobs: put work in, look at it, cancel it. All of it in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none
from harbor.kernel.errors import Conflict, Missing, TooLarge, Unavailable
from harbor.kernel.jobs import store
from harbor.kernel.jobs.model import (
    DATA_BYTES_MAX,
    KIND_LENGTH_MAX,
    LISTING_ITEMS_MAX,
    UNIQUE_KEY_LENGTH_MAX,
    Job,
    JsonObject,
    Priority,
    State,
)
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx

# What waiting workers listen to.
TOPIC = "jobs"
_TRIES = 3


def enqueue(
    tx: Tx,
    account_id: str,
    kind: str,
    data: JsonObject,
    *,
    job_id: str,
    due_at: datetime | None = None,
    priority: int = Priority.NORMAL,
    unique_key: str | None = None,
) -> Job:
    """The job, queued for `due_at` (a moment of the calendar) or for now; it runs after the commit.

    An account has at most one open job of a `unique_key`: while there is one, it is returned and nothing is added. It
    may be running already, so a run that must see all facts reads them in its last step.
    """
    assert 1 <= len(kind) <= KIND_LENGTH_MAX, kind
    assert unique_key is None or 1 <= len(unique_key) <= UNIQUE_KEY_LENGTH_MAX, unique_key
    size = len(store.encode(data))
    if size > DATA_BYTES_MAX:
        raise TooLarge(f"The job would carry {size} bytes; at most {DATA_BYTES_MAX} fit. Split the request.")
    for _ in range(_TRIES):
        added = store.insert(
            tx,
            account_id,
            job_id=job_id,
            kind=kind,
            data=data,
            due_us=tx.now_us if due_at is None else micros(due_at),
            priority=Priority(priority),
            unique_key=unique_key,
        )
        if added is not None:
            tx.notify(TOPIC)
            return added
        assert unique_key is not None, job_id
        # On PostgreSQL the open job may end between the two statements; then there is room for this one.
        present = store.find_open(tx, account_id, unique_key)
        if present is not None:
            return present
    raise Unavailable("The job could not be queued; try again in a moment.", retry_after_s=1)


def cancel(tx: Tx, account_id: str, job_id: str) -> Job:
    """The job, canceled. A running one loses its lease: what it has committed stays, and it commits nothing more.

    Raises `Missing`, or `Conflict` if it has ended already.
    """
    canceled = store.cancel(tx, account_id, job_id)
    if canceled is None:
        job = get(tx, account_id, job_id)
        raise Conflict(f"Job {job.id} is {job.state} and cannot be canceled.", code="job_not_open")
    return canceled


def get(tx: Tx, account_id: str, job_id: str) -> Job:
    """One job. Raises `Missing`."""
    job = store.find(tx, account_id, job_id)
    if job is None:
        raise Missing(f"No job found with id {job_id}.")
    return job


def listing(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    kinds: Collection[str] | None = None,
    state: State | None = None,
    created_from: datetime | None = None,
    created_before: datetime | None = None,
) -> Page[Job]:
    """A page of an account's jobs, newest first, created from `created_from` (inclusive) to `created_before`."""
    assert page.limit <= LISTING_ITEMS_MAX, page
    return store.newest_first(
        tx,
        account_id,
        page,
        kinds=kinds,
        state=state,
        created_from_us=micros_or_none(created_from),
        created_before_us=micros_or_none(created_before),
    )


def recover_all(tx: Tx) -> int:
    """Free all leases and return how many there were: at the start of the only server on its database.

    Where several processes share a database a lost job is found when its lease ends.
    """
    count = store.release_all(tx)
    if count:
        tx.notify(TOPIC)
    return count
