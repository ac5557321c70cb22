"""What bulk jobs were given: the folder and the keys that they go to, and how what is left of it is removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Principal
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.acting import CallOf
from harbor.products.harper_tables.jobs_ops.folders import Folder
from harbor.products.harper_tables.jobs_ops.s3_place import Keys, keys_from

PURPOSE = "harper.job_input"
TIDY: Final = "harper.inputs.tidy"
# A request puts its parts into the store before it starts the job; none takes so long.
_GRACE_US: Final = 3_600 * 1_000_000
_PARTS_AT_ONCE: Final = 20


def folder(tx: Tx, principal: Principal, root: Path) -> Folder:
    """The files of a caller's account."""
    organization = identity.organization(tx, principal.organization_id)
    is_operators = organization is not None and organization.is_operator
    return Folder(root, principal.account_id, is_operators)


def folder_of(job: Job, call_of: CallOf, root: Path, tx: Tx) -> Folder:
    """The files of a job's account."""
    return folder(tx, call_of(tx, job.account_id).principal, root)


def keep_keys(call: Call, job_id: str, fields: Mapping[str, str]) -> None:
    """Seal the keys for a job, in the transaction that starts it."""
    sealed = call.vault.seal(call.account_id, PURPOSE, msgspec.json.encode(fields).decode())
    store.insert_input(call.tx, call.account_id, job_id, sealed)


def keys_of(job: Job, call_of: CallOf, tx: Tx) -> Keys:
    """The keys that a job was given."""
    sealed = store.secret(tx, job.account_id, job.id)
    assert sealed is not None, job.id
    opened = call_of(tx, job.account_id).vault.open(job.account_id, PURPOSE, sealed)
    return keys_from(msgspec.json.decode(opened, type=dict[str, str]))


async def clear(context: JobContext) -> None:
    """Remove what a job has not used, in steps."""
    job = context.job

    def some(tx: Tx) -> int:
        removed = store.delete_parts(tx, job.account_id, job.id, _PARTS_AT_ONCE)
        if removed < _PARTS_AT_ONCE:
            store.forget_input(tx, job.account_id, job.id)
        return removed

    while await context.write(some) == _PARTS_AT_ONCE:
        pass


def _tidy(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
    """Remove what is left of jobs that are not open any more, and of requests that never became one."""
    place = (at.get("at", -1), at.get("job", ""))
    while not budget.is_spent:
        found = store.inputs_before(tx, tx.now_us - _GRACE_US, place, budget.chunk)
        budget.spend(0)
        for each in found:
            if not _is_open(tx, each.account_id, each.job_id):
                if not _emptied(tx, each, budget):
                    return Reached({"at": place[0], "job": place[1]})
                store.forget_input(tx, each.account_id, each.job_id)
            place = (each.created_us, each.job_id)
        if not found:
            return Reached({}, is_end=True)
    return Reached({"at": place[0], "job": place[1]})


def _emptied(tx: Tx, each: store.Input, budget: Budget) -> bool:
    """Remove parts; False if the step ended first."""
    while not budget.is_spent:
        removed = store.delete_parts(tx, each.account_id, each.job_id, _PARTS_AT_ONCE)
        budget.spend(removed)
        if removed < _PARTS_AT_ONCE:
            return True
    return False


def _is_open(tx: Tx, account_id: str, job_id: str) -> bool:
    try:
        return queue.get(tx, account_id, job_id).is_open
    except Missing:
        return False


TIDY_KIND: Final = walk_kind(TIDY, _tidy)
TIDY_SCHEDULE: Final = Schedule(name=TIDY, every_s=3_600, kind=TIDY)
