"""The jobs: a load writes one part a step, a removal some hundred records. A step and its position are one commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing, TooLarge
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JobKind, JsonObject, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.csv_rules import record
from harbor.products.harper_tables.jobs_ops.model import LOAD, PART_ROWS, REMOVE
from harbor.products.harper_tables.records import service as records
from harbor.products.harper_tables.records.model import Written
from harbor.products.harper_tables.rights import EverythingAllowed, User

CallOf = Callable[[Tx, str], Call]
_WRITERS: dict[str, Callable[..., Written]] = {
    "insert": records.insert,
    "update": records.update,
    "upsert": records.upsert,
}
# What another try would not mend.
_FAULTS = (Conflict, Denied, Invalid, Missing, TooLarge)
_REMOVED_A_STEP = 200
_REASONS_MAX = 20
_REST_S_MAX = 1.0


def kinds(call_of: CallOf) -> tuple[JobKind, ...]:
    """The kinds of bulk jobs."""
    return (
        JobKind(name=LOAD, run=lambda context: _load(context, call_of)),
        JobKind(name=REMOVE, run=lambda context: _remove(context, call_of)),
    )


@dataclass(slots=True)
class _Load:
    """How far a load is."""

    part: int = 0
    loaded: int = 0
    reasons: list[str] = field(default_factory=list)
    is_end: bool = False

    def position(self) -> JsonObject:
        return {"part": self.part, "loaded": self.loaded, "reasons": self.reasons}


async def _load(context: JobContext, call_of: CallOf) -> JsonObject:
    data = context.job.data
    if data["refused"] is not None:
        return {"is_error": True, "message": data["refused"]}
    if not data["total"]:
        return {"message": "No records parsed from csv file."}
    while True:
        began = time.monotonic()
        at = _Load(**(context.job.position or {}))

        def work(tx: Tx, at: _Load = at) -> _Load:
            return _write_part(_call(tx, context.job, call_of), context.job, at)

        try:
            reached = await context.step(
                work,
                position=lambda found: found.position(),
                progress=lambda found: Progress(min(found.part * PART_ROWS, data["total"]), data["total"]),
            )
        except _FAULTS as error:  # the table is gone: nothing of the rest can be written
            await context.write(lambda tx: store.delete_parts(tx, context.job.account_id, context.job.id))
            return {"is_error": True, "message": error.message}
        if reached.is_end:
            break
        await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))
    message = f"successfully loaded {reached.loaded} of {data['total']} records"
    if not reached.reasons:
        return {"message": message}
    return {"message": message, "result": {"skipped": data["total"] - reached.loaded, "reasons": reached.reasons}}


def _write_part(call: Call, job: Job, at: _Load) -> _Load:
    rows = store.take_part(call.tx, job.account_id, job.id, at.part)
    if rows is None:
        call.emit("harper.records.loaded", subject=job.id, data={"job": job.id, "loaded": at.loaded})
        return _Load(at.part, at.loaded, at.reasons, is_end=True)
    data = job.data
    table = catalog.to_write(call, data["database"], data["table"], ())
    types = {name: str(each.type) for name, each in table.attributes.items() if each.type is not None}
    types.setdefault(table.primary_key, str(table.key_definition.get("type")))
    docs = [record(data["columns"], cells, types) for cells in rows]
    write = _WRITERS[data["action"]]
    reasons = list(at.reasons)

    def some(some_docs: Sequence[dict[str, Any]]) -> int:
        return len(call.tx.attempt(lambda: write(call, data["database"], data["table"], some_docs)).done)

    try:
        loaded = some(docs)
    except _FAULTS:  # one of them cannot be written; the others can
        loaded = 0
        for number, doc in enumerate(docs, at.part * PART_ROWS + 1):
            try:
                loaded += some([doc])
            except _FAULTS as error:
                if len(reasons) < _REASONS_MAX:
                    reasons.append(f"row {number}: {error.message[:200]}")
    return _Load(at.part + 1, at.loaded + loaded, reasons)


async def _remove(context: JobContext, call_of: CallOf) -> JsonObject:
    data = context.job.data
    while True:
        began = time.monotonic()
        done = context.job.progress.done

        def work(tx: Tx) -> int:
            call = _call(tx, context.job, call_of)
            table = catalog.to_delete_from(call, data["database"], data["table"], "delete")
            if not table.shows_times:
                raise _NoTimes
            return records.remove_created_before(call, table, data["before"], _REMOVED_A_STEP)

        try:
            removed = await context.step(work, progress=lambda count, done=done: Progress(done + count))  # type: ignore[misc]
        except _NoTimes:
            return {
                "is_error": True,
                "message": "The table has no attribute __createdtime__, so its records have no age",
            }
        except _FAULTS as error:
            return {"is_error": True, "message": error.message}
        if removed < _REMOVED_A_STEP:
            break
        await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))
    total = context.job.progress.done
    return {"message": f"{total} of {total} records successfully deleted" if total else "No records found to delete"}


class _NoTimes(Exception):
    """The table does not say when a record was created."""


def _call(tx: Tx, job: Job, call_of: CallOf) -> Call:
    """The call of whoever started the job; what they may do was asked then."""
    call = call_of(tx, job.account_id)
    platform = call.principal
    call.principal = User(
        account_id=platform.account_id,
        organization_id=platform.organization_id,
        environment=platform.environment,
        actor=job.data["user"],
        username=job.data["user"],
        rights=EverythingAllowed(),
    )
    return call
