"""What follows in the background: removing what was dropped or has expired, filling an index. In steps that may repeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, Progress
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import remains as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.catalog.service import FILL, PURGE
from harbor.products.harper_tables.ordering import index_key
from harbor.products.harper_tables.records import audit_store as audit
from harbor.products.harper_tables.records import store
from harbor.products.harper_tables.records import upkeep_store as rows
from harbor.products.harper_tables.records.model import entries, loaded
from harbor.products.harper_tables.records.store import Stored
from harbor.products.harper_tables.values import to_text

EXPIRE, OUTDATE = "harper.expire", "harper.audit.outdate"
_REST_S_MAX = 1.0

OwnStep = Callable[[Tx, str, JsonObject, JsonObject, Budget], Reached]


def _walk(name: str, step: OwnStep) -> JobKind:
    """A kind whose step also gets the job's account and data; otherwise as `walk_kind`."""

    async def run(context: JobContext) -> JsonObject:
        account_id, data = context.job.account_id, context.job.data
        while True:
            at: JsonObject = context.job.position or {}
            done = context.job.progress.done
            began = time.monotonic()

            def work(tx: Tx, at: JsonObject = at) -> tuple[Reached, int]:
                budget = Budget()
                return step(tx, account_id, data, at, budget), budget.spent

            reached, _ = await context.step(
                work,
                position=lambda result: result[0].at,
                progress=lambda result, done=done: Progress(done + result[1]),  # type: ignore[misc]
            )
            if reached.is_end:
                return {**reached.at, "rows": context.job.progress.done}
            await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))

    return JobKind(name=name, run=run)


def _purge(tx: Tx, account_id: str, data: JsonObject, at: JsonObject, budget: Budget) -> Reached:  # noqa: ARG001
    """Remove one thing after the other that was dropped, until there is none or the step is full."""
    while (found := catalog.first(tx, account_id)) is not None:
        if found.attribute_id:
            is_done = budget.drain(lambda limit: rows.delete_entries(tx, found.attribute_id, limit))
            if is_done and found.name:
                is_done = _strip(tx, catalog.table(tx, account_id, found.table_id), found.epoch, budget)
        else:
            is_done = budget.drain(lambda limit: rows.delete_rows(tx, "harper_records", found.table_id, limit))
            is_done = is_done and budget.drain(
                lambda limit: rows.delete_rows(tx, "harper_audit", found.table_id, limit)
            )
        if not is_done:
            return Reached(at)
        catalog.forget(tx, account_id, found)
        budget.spend(0)
        if budget.is_spent:
            return Reached(at)
    return Reached(at, is_end=True)


def _strip(tx: Tx, table: Table | None, epoch: int, budget: Budget) -> bool:
    """Take the values of dropped attributes out of records that were written before."""
    if table is None:
        return True

    def some(limit: int) -> int:
        found = rows.written_before(tx, table.id, epoch, limit)
        store.put(tx, table.id, [_rewritten(table, each) for each in found])
        return len(found)

    return budget.drain(some)


def _rewritten(table: Table, found: Stored) -> Stored:
    text = to_text(loaded(table, found.doc, found.epoch))
    return Stored(found.key, text, table.epoch, found.created_at, found.updated_at, found.expires_at)


def _fill(tx: Tx, account_id: str, data: JsonObject, at: JsonObject, budget: Budget) -> Reached:
    """Add the entries of records that were there before the attribute was declared."""
    key = bytes.fromhex(at.get("key", ""))
    while not budget.is_spent:
        table = catalog.filling(tx, account_id, data["table_id"], data["attribute_id"])
        if table is None:
            return Reached(at, is_end=True)
        limit = budget.chunk
        found = rows.after(tx, table.id, key, limit)
        new = []
        for each in found:
            value = loaded(table, each.doc, each.epoch).get(data["name"])
            if value is not None:
                new.append((data["attribute_id"], index_key(value), each.key))
        store.insert_entries(tx, new)
        budget.spend(len(found))
        if len(found) < limit:
            catalog.index_is_ready(tx, table, data["attribute_id"])
            return Reached(at, is_end=True)
        key = found[-1].key
    return Reached({"key": key.hex()})


def _expire(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
    """Remove records that have expired; nobody has seen them since they did."""

    def some(limit: int) -> int:
        found = rows.expired(tx, limit)
        for each in found:
            table = catalog.table(tx, each.account_id, each.table_id)
            store.delete(tx, each.table_id, [each.record.key])
            if table is not None:
                doc = loaded(table, each.record.doc, each.record.epoch)
                store.delete_entries(tx, entries(table, doc, each.record.key))
        return len(found)

    return Reached(at, is_end=budget.drain(some))


def outdate_kind(kept_s: Callable[[], int]) -> JobKind:
    """The kind that removes what the audits of all tables have kept for longer than `kept_s()` seconds."""

    def step(tx: Tx, at: JsonObject, budget: Budget) -> Reached:
        before = tx.now_us - kept_s() * 1_000_000
        table_id = at.get("table", 0)
        while (found := audit.next_table(tx, table_id)) is not None:
            if not budget.drain(lambda limit, found=found: audit.delete_before(tx, found, before, limit)):  # type: ignore[misc]
                return Reached({"table": table_id})
            table_id = found
            budget.spend(0)
        return Reached({"table": table_id}, is_end=True)

    return walk_kind(OUTDATE, step)


PURGE_KIND: Final = _walk(PURGE, _purge)
FILL_KIND: Final = _walk(FILL, _fill)
EXPIRE_KIND: Final = walk_kind(EXPIRE, _expire)
EXPIRE_SCHEDULE: Final = Schedule(name=EXPIRE, every_s=60, kind=EXPIRE)
OUTDATE_SCHEDULE: Final = Schedule(name=OUTDATE, every_s=3_600, kind=OUTDATE)
