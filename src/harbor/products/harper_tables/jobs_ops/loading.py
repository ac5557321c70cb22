"""A load: portion after portion, each written in one commit with the place after it. A crash loads no row twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing, TooLarge
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JsonObject
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.acting import CallOf, call_for
from harbor.products.harper_tables.jobs_ops.csv_rules import Unreadable
from harbor.products.harper_tables.jobs_ops.feeds import Feed, Portion, staged, streamed
from harbor.products.harper_tables.jobs_ops.inputs import clear, folder_of, keys_of
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.jobs_ops.model import PART_ROWS
from harbor.products.harper_tables.jobs_ops.s3 import S3, S3Fault
from harbor.products.harper_tables.jobs_ops.s3_place import Place
from harbor.products.harper_tables.jobs_ops.sources import Source, Unusable, opened_file, opened_object
from harbor.products.harper_tables.records import service as records
from harbor.products.harper_tables.records.model import Written
from harbor.products.harper_tables.values import Doc

_WRITERS: Final[dict[str, Callable[..., Written]]] = {
    "insert": records.insert,
    "update": records.update,
    "upsert": records.upsert,
}
_WHY_SKIPPED: Final = {"insert": "a record has its primary key already", "update": "no record has its primary key"}
# What another try would not mend: of a row, and of the whole load.
_FAULTS: Final = (Conflict, Invalid, Missing, TooLarge)
_ENDS: Final = (*_FAULTS, Denied, Unreadable, Unusable, S3Fault)
REASONS_MAX: Final = 20
_REASON_LENGTH_MAX: Final = 200
REST_S_MAX: Final = 1.0


@dataclass(frozen=True, slots=True)
class At:
    """How far a load is: parts and rows that were taken, the byte after them, rows that were written."""

    part: int = 0
    place: int = 0
    row: int = 0
    loaded: int = 0
    tag: str = ""
    reasons: Sequence[str] = field(default_factory=list)
    is_end: bool = False

    @classmethod
    def of(cls, job: Job) -> At:
        """Where the job is to go on. What began before rows were counted had parts of one size."""
        kept = dict(job.position or {})
        return cls(**{"row": kept.get("part", 0) * PART_ROWS, **kept})

    def position(self) -> JsonObject:
        """What is kept of it."""
        names = ("part", "place", "row", "loaded", "tag", "reasons", "is_end")
        return {name: getattr(self, name) for name in names}


async def load(context: JobContext, call_of: CallOf, means: Means) -> JsonObject:
    """The job."""
    data = context.job.data
    if data["refused"] is not None:
        return await _failed(context, data["refused"])
    if (at := At.of(context.job)).is_end:  # that was committed, and then the process died
        return _result(at, data)
    try:
        if (source := data.get("source")) is None:
            reached = await _run(context, call_of, staged(context.job))
            return _result(reached, data)
        async with await _opened(context, call_of, means) as found:
            reached = await _run(context, call_of, streamed(found, source["form"]))
        return _result(reached, data)
    except Denied as error:
        return await _failed(context, error.extra.get("body", error.message))
    except _ENDS as error:
        return await _failed(context, str(error))


async def _opened(context: JobContext, call_of: CallOf, means: Means) -> AbstractAsyncContextManager[Source]:
    job, source = context.job, context.job.data["source"]
    if source["kind"] == "file":
        if means.imports is None:
            raise Unusable("The file is gone.")
        return opened_file(await context.read(partial(folder_of, job, call_of, means.imports)), source)
    keys = await context.read(partial(keys_of, job, call_of))
    s3 = S3(Place(**source["place"]), keys, means.outbound, means.s3_endpoint)
    return opened_object(s3, At.of(job).tag)


async def _run(context: JobContext, call_of: CallOf, feed: Feed) -> At:
    job = context.job
    while True:
        began = time.monotonic()
        at = At.of(context.job)
        take = await feed.next(at.part, at.place)

        def work(tx: Tx, at: At = at, take: Any = take) -> At:
            call = call_for(tx, job, call_of)
            portion = take(tx)
            if portion is None:
                return _ended(call, job, at)
            return _write(call, job, at, portion, feed.tag)

        reached = await context.step(
            work,
            position=lambda found: found.position(),
            progress=lambda found: feed.progress(found.row, found.place),
        )
        if reached.is_end:
            return reached
        # As long as the step took: a load has at most half of the writer.
        await asyncio.sleep(min(REST_S_MAX, time.monotonic() - began))


def _ended(call: Call, job: Job, at: At) -> At:
    if at.row:
        call.emit("harper.records.loaded", subject=job.id, data={"job": job.id, "loaded": at.loaded})
    store.forget_input(call.tx, job.account_id, job.id)
    return At(at.part, at.place, at.row, at.loaded, at.tag, at.reasons, is_end=True)


def _write(call: Call, job: Job, at: At, portion: Portion, tag: str) -> At:
    data = job.data
    table = catalog.to_write(call, data["database"], data["table"], ())
    types = {name: str(each.type) for name, each in table.attributes.items() if each.type is not None}
    types.setdefault(table.primary_key, str(table.key_definition.get("type")))
    writer = _Writer(call, table, data["action"], at.row, list(at.reasons))
    found = portion.records(types)
    docs = [(number, each) for number, each in enumerate(found, at.row + 1) if isinstance(each, dict)]
    for number, each in enumerate(found, at.row + 1):
        if isinstance(each, str):
            writer.skip(number, each)
    loaded = writer.write(docs)
    return At(at.part + 1, portion.place, at.row + len(found), at.loaded + loaded, tag, writer.reasons)


@dataclass(slots=True)
class _Writer:
    call: Call
    table: Table
    action: str
    row: int
    reasons: list[str]

    def write(self, docs: Sequence[tuple[int, Doc]]) -> int:
        """Write numbered rows; how many were. If one of them cannot be, the others are."""
        if not docs:
            return 0
        try:
            return self._some(docs)
        except _FAULTS as error:
            if len(docs) == 1:
                self.skip(docs[0][0], error.message)
                return 0
        half = len(docs) // 2
        return self.write(docs[:half]) + self.write(docs[half:])

    def _some(self, docs: Sequence[tuple[int, Doc]]) -> int:
        write, table = _WRITERS[self.action], self.table
        given = [doc for _, doc in docs]
        written = self.call.tx.attempt(lambda: write(self.call, table.database, table.name, given))
        for number in _skipped(docs, written, table.primary_key):
            self.skip(number, _WHY_SKIPPED[self.action])
        return len(written.done)

    def skip(self, number: int, why: str) -> None:
        """Tell why a row was left out, as long as there is room."""
        if len(self.reasons) < REASONS_MAX:
            self.reasons.append(f"row {number}: {why[:_REASON_LENGTH_MAX]}")


def _skipped(docs: Sequence[tuple[int, Doc]], written: Written, key: str) -> list[int]:
    """The numbers of rows that were left alone. Both lists of keys are in the order of the rows."""
    numbers: list[int] = []
    left = list(reversed(written.done))
    waiting = list(reversed(written.skipped))
    for number, doc in docs:
        value = doc.get(key)
        # Of two rows with a new key the first is written. A row without a key got one that nobody has.
        if waiting and _is_same(waiting[-1], value) and not (left and _is_same(left[-1], value)):
            waiting.pop()
            numbers.append(number)
        elif left:
            left.pop()
    return numbers


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _result(reached: At, data: JsonObject) -> JsonObject:
    total = data.get("total", reached.row)
    if not total:
        return {"message": f"No records parsed from {data.get('source', {}).get('form', 'csv')} file."}
    message = f"successfully loaded {reached.loaded} of {total} records"
    skipped = total - reached.loaded
    if not skipped:
        return {"message": message}
    return {"message": message, "result": {"loaded": reached.loaded, "skipped": skipped, "reasons": reached.reasons}}


async def _failed(context: JobContext, message: object) -> JsonObject:
    """The job's end in an error. What was loaded before stays."""
    at = At.of(context.job)
    await clear(context)
    found: dict[str, Any] = {"is_error": True, "message": message}
    if at.row:
        found["result"] = {"loaded": at.loaded, "skipped": at.row - at.loaded, "reasons": at.reasons}
    return found
