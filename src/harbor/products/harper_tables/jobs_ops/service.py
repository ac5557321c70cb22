"""Starting bulk work and looking at it. What a caller may do is asked when a job starts, and holds for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.csv_rules import Sheet
from harbor.products.harper_tables.jobs_ops.model import KINDS, LOAD, PART_ROWS, REMOVE
from harbor.products.harper_tables.rights import DELETE, INSERT, UPDATE, user_of

_JOBS_FOUND_MAX = 10_000
_NEEDED: Mapping[str, tuple[str, ...]] = {"insert": (INSERT,), "update": (UPDATE,), "upsert": (INSERT, UPDATE)}
ACTIONS = tuple(_NEEDED)


def load(call: Call, type_: str, *, database: str, table: str, action: str, sheet: Sheet, fault: str = "") -> str:
    """Begin to write the rows of a sheet; the job's id. `fault` is what is wrong with it, which the job then says.

    Raises `Invalid` for a table that is not there, or not for the caller.
    """
    message: object = fault
    try:
        needed = _NEEDED[action]
        catalog.to_write(call, database, table, needed, attributes=dict.fromkeys(needed, sheet.columns))
    except Denied as refusal:
        body = refusal.extra["body"]
        assert isinstance(body, dict)
        if body["invalid_schema_items"] and not _sees(call, database, table):
            raise refusals.for_a_write(refusals.no_table(database, table)) from None
        message = body
    parts: Sequence[Sequence[Sequence[str]]] = ()
    if not message:
        parts = [sheet.rows[at : at + PART_ROWS] for at in range(0, len(sheet.rows), PART_ROWS)]
    data = {"database": database, "table": table, "action": action, "columns": list(sheet.columns)}
    job_id = _start(call, LOAD, type_, {**data, "total": len(sheet.rows), "refused": message or None})
    store.insert_parts(call.tx, call.account_id, job_id, parts)
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


def _start(call: Call, kind: str, type_: str, data: Mapping[str, Any]) -> str:
    job_id = str(uuid4())
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
