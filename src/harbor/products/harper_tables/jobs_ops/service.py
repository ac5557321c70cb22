"""Starting bulk work and looking at it. What a caller may do is asked when a job starts, and holds for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, HarborError, Missing
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import LISTING_ITEMS_MAX, Job
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.jobs_ops import inputs, store
from harbor.products.harper_tables.jobs_ops.acting import kept_rights
from harbor.products.harper_tables.jobs_ops.model import EXPORT, KINDS, LOAD, REMOVE
from harbor.products.harper_tables.jobs_ops.staging import Brought
from harbor.products.harper_tables.rights import DELETE, INSERT, UPDATE, user_of

_JOBS_FOUND_MAX = 10_000
_NEEDED: Mapping[str, tuple[str, ...]] = {"insert": (INSERT,), "update": (UPDATE,), "upsert": (INSERT, UPDATE)}
ACTIONS = tuple(_NEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a load is to write, and where. `columns` are known where the rows were read already."""

    type: str
    database: str
    table: str
    action: str
    columns: Sequence[str] = ()


def refusal_of(call: Call, load: Load) -> object:
    """Why the caller may not load this, as the job says it; None if they may.

    Raises `Invalid` for a table that is not there, or not for the caller.
    """
    needed = _NEEDED[load.action]
    try:
        attributes = dict.fromkeys(needed, load.columns)
        catalog.to_write_later(call, load.database, load.table, needed, attributes=attributes)
    except Denied as refusal:
        body = refusal.extra.get("body")
        if not isinstance(body, dict):  # a table that nobody may write to
            raise
        if body["invalid_schema_items"] and not _sees(call, load.database, load.table):
            raise refusals.for_a_write(refusals.no_table(load.database, load.table)) from None
        return body
    return None


def load_rows(call: Call, load: Load, brought: Brought) -> str:
    """Begin to write rows that were read before; the job's id. What is wrong with them is for the job to say."""
    refused = refusal_of(call, load) or brought.fault or None
    more = {"columns": list(load.columns), "total": brought.total, "refused": refused}
    job_id = _start(call, LOAD, load.type, {**_named(call, load), **more}, job_id=brought.job_id)
    store.insert_input(call.tx, call.account_id, job_id)
    if refused is None:
        store.insert_parts(call.tx, call.account_id, job_id, brought.first_part, brought.parts)
    return job_id


def load_source(call: Call, load: Load, source: Mapping[str, Any], keys: Mapping[str, str] | None = None) -> str:
    """Begin to write the rows of a file or object; the job's id. `keys` open the store, and are sealed."""
    more = {"source": source, "refused": refusal_of(call, load)}
    job_id = _start(call, LOAD, load.type, {**_named(call, load), **more})
    if keys is not None:
        inputs.keep_keys(call, job_id, keys)
    return job_id


def export(call: Call, type_: str, asked: Mapping[str, Any], keys: Mapping[str, str] | None = None) -> str:
    """Begin to write what a search finds to a file or object; the job's id. The job says what is wrong with it."""
    job_id = _start(call, EXPORT, type_, {**asked, "rights": kept_rights(call)})
    if keys is not None:
        inputs.keep_keys(call, job_id, keys)
    return job_id


def remove_before(call: Call, type_: str, *, database: str, table: str, moment_us: int) -> str:
    """Begin to remove the records that were created before a moment; the job's id. Raises `Missing`, or the 403 of roles."""
    catalog.to_describe(call, database, table)
    catalog.to_delete_from(call, database, table, DELETE)
    return _start(call, REMOVE, type_, {"database": database, "table": table, "before": moment_us})


def find(call: Call, job_id: str) -> Job | None:
    """A job of this product, or None."""
    try:
        job = queue.get(call.tx, call.account_id, job_id)
    except Missing:
        return None
    return job if job.kind in KINDS else None


def listed(call: Call, page: PageRequest) -> Page[Job]:
    """A page of the account's jobs, newest first."""
    return queue.listing(call.tx, call.account_id, page, kinds=KINDS)


def between(call: Call, since: datetime, until: datetime) -> list[Job]:
    """The jobs that were started in a span of time, oldest first."""
    found: list[Job] = []
    after: str | None = None
    while len(found) < _JOBS_FOUND_MAX:
        page = queue.listing(
            call.tx,
            call.account_id,
            PageRequest(limit=LISTING_ITEMS_MAX, after=after),
            kinds=KINDS,
            created_from=since,
            created_before=until,
        )
        found += page.items
        if not page.more:
            break
        after = page.items[-1].id
    return sorted(found, key=lambda job: (job.created_at, job.id))


def _named(call: Call, load: Load) -> dict[str, Any]:
    return {"database": load.database, "table": load.table, "action": load.action, "rights": kept_rights(call)}


def _start(call: Call, kind: str, type_: str, data: Mapping[str, Any], *, job_id: str = "") -> str:
    job_id = job_id or str(uuid4())
    known = {"type": type_, "user": user_of(call).username}
    queue.enqueue(call.tx, call.account_id, kind, {**known, **data}, job_id=job_id)
    call.emit("harper.job.started", subject=job_id, data={"job": job_id, "type": type_})
    return job_id


def _sees(call: Call, database: str, table: str) -> bool:
    try:
        catalog.to_describe(call, database, table)
    except HarborError:
        return False
    return True
