"""An export: page after page into a part of the target, each part durable before the place after it is committed.

The consistency: a page is of one moment, and so is whatever fits in one. Of records that nobody changes meanwhile none is
missed and none comes twice. Source: docs/products/harper.md#exports.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, Final

from harbor.kernel.bounds import MIB
from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing, TooLarge
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Job, JsonObject, LeaseLost, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.acting import CallOf, call_for
from harbor.products.harper_tables.jobs_ops.export_asked import Asked, Wrong
from harbor.products.harper_tables.jobs_ops.export_forms import Form
from harbor.products.harper_tables.jobs_ops.export_pages import Page, Pages
from harbor.products.harper_tables.jobs_ops.export_targets import FileTarget, S3Target, Target
from harbor.products.harper_tables.jobs_ops.inputs import clear, folder_of, keys_of
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.jobs_ops.s3 import S3, S3Fault
from harbor.products.harper_tables.jobs_ops.s3_place import Place

# What is made durable at once. S3 takes parts of at least 5 MiB.
PART_BYTES: Final = 8 * MIB
_PAGE_BYTES: Final = 2 * MIB
_ROWS_MIN, _ROWS_FIRST, _ROWS_MAX = 16, 200, 2_000
_REST_S_MAX: Final = 1.0
# What another try would not mend.
_ENDS: Final = (Conflict, Invalid, Missing, TooLarge, Wrong, S3Fault)


@dataclass(frozen=True, slots=True)
class At:
    """How far an export is. `seen` rows were read, `rows` of them written, in `size` bytes.

    `names` are the columns, while `is_naming` still those that were found so far. `whole` says how many bytes and rows
    it will have, once nothing but the end is left; `result` what the job says.
    """

    cursor: str | None = None
    seen: int = 0
    rows: int = 0
    size: int = 0
    names: list[str] | None = None
    is_naming: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)
    whole: Sequence[int] | None = None
    result: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, job: Job) -> At:
        """Where the job is to go on."""
        return cls(**(job.position or {}))


async def export(context: JobContext, call_of: CallOf, means: Means) -> JsonObject:
    """The job."""
    job = context.job
    asked = Asked(**job.data["asked"])
    if (ended := At.of(job).result) is not None:  # that was committed, and then the process died
        return ended
    async with AsyncExitStack() as stack:
        target: Target | None = None
        try:
            pages = Pages.of(asked.checked(job.data["type"]), means)
            target = await _target(context, call_of, means, asked, stack)
            return await _Export(context, call_of, pages, target, str(asked.format)).run()
        except LeaseLost:
            raise
        except Denied as error:
            return await _failed(context, target, error.extra.get("body", error.message))
        except _ENDS as error:
            return await _failed(context, target, str(error))
        except OSError as error:
            return await _failed(context, target, f"The file cannot be written: {error.strerror or error}")
        except Exception:
            if context.is_last_attempt and target is not None:
                await target.discard()
            raise


async def _target(context: JobContext, call_of: CallOf, means: Means, asked: Asked, stack: AsyncExitStack) -> Target:
    job = context.job
    if asked.place is not None:
        keys = await context.read(partial(keys_of, job, call_of))
        s3 = S3(Place(**asked.place), keys, means.outbound, means.s3_endpoint)
        return await stack.enter_async_context(S3Target(s3, Form(str(asked.format)).media_type))
    if means.exports is None:
        raise Wrong(f"path '{asked.path}' does not exist")
    folder = await context.read(partial(folder_of, job, call_of, means.exports))
    filename = f"{asked.filename or micros(job.created_at) // 1_000}.{asked.format}"
    made = await asyncio.to_thread(FileTarget, folder, str(asked.path), filename, job.id)
    return await stack.enter_async_context(made)


class _Export:
    def __init__(self, context: JobContext, call_of: CallOf, pages: Pages, target: Target, word: str) -> None:
        self._context = context
        self._call_of = call_of
        self._pages = pages
        self._target = target
        self._word = word
        self._size = _ROWS_FIRST
        self._waiting = bytearray()

    async def run(self) -> JsonObject:
        at = At.of(self._context.job)
        if at.whole is not None and await self._target.has(dict(at.kept), at.whole[0]):
            return await self._done(replace(at, rows=at.whole[1]))
        at = replace(at, whole=None)
        if not await self._target.begin(dict(at.kept), at.size):
            at = At()  # what was on disk is gone, so all of it is written anew
        if self._word == "csv":
            at = await self._named(at)
        form = Form(self._word, at.names or ())
        while True:
            began = time.monotonic()
            page = await self._read(at.cursor)
            at = self._taken(at, page, form)
            if page.cursor is None or self._is_past(at.seen):
                break
            if len(self._waiting) >= PART_BYTES:
                at = await self._put(at)
            await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))
        return await self._finish(at, form)

    async def _named(self, at: At) -> At:
        """The columns: known from the first page, or by walking through all rows before they are written."""
        if at.names is not None and not at.is_naming:
            return at
        if at.names is None:
            page = await self._read(None)
            names = await self._context.read(
                lambda tx: self._pages.names(call_for(tx, self._context.job, self._call_of), page.rows)
            )
            if names is not None:
                return replace(at, names=names)
            at = At(names=[], is_naming=True)
        while True:
            began = time.monotonic()
            page = await self._read(at.cursor)
            names = list(dict.fromkeys([*(at.names or ()), *(name for row in page.rows for name in row)]))
            seen = at.seen + len(page.rows)
            if page.cursor is None or self._is_past(seen):
                return At(names=names)
            at = At(cursor=page.cursor, seen=seen, names=names, is_naming=True)
            await self._commit(at)
            await asyncio.sleep(min(_REST_S_MAX, time.monotonic() - began))

    async def _read(self, cursor: str | None) -> Page:
        def read(tx: Tx) -> Page:
            return self._pages.page(call_for(tx, self._context.job, self._call_of), cursor, self._size)

        return await self._context.read(read, long=True)

    def _taken(self, at: At, page: Page, form: Form) -> At:
        """Add the wanted rows of a page to what waits."""
        offset, limit = self._pages.offset, self._pages.limit
        rows = page.rows[max(0, offset - at.seen) :]
        if limit is not None:
            rows = rows[: limit - at.rows]
        content = (form.begin() if at.seen == 0 else b"") + form.rows(rows, is_first=at.rows == 0)
        self._waiting += content
        # The next page is about as large as pages should be.
        weight = max(1, len(content) // max(1, len(rows)))
        self._size = max(_ROWS_MIN, min(_ROWS_MAX, _PAGE_BYTES // weight))
        return replace(at, cursor=page.cursor, seen=at.seen + len(page.rows), rows=at.rows + len(rows))

    def _is_past(self, seen: int) -> bool:
        return self._pages.limit is not None and seen >= self._pages.offset + self._pages.limit

    async def _put(self, at: At) -> At:
        content, self._waiting = bytes(self._waiting), bytearray()
        kept = await self._target.append(content)
        at = replace(at, size=at.size + len(content), kept=kept)
        await self._commit(at)
        return at

    async def _finish(self, at: At, form: Form) -> JsonObject:
        rest = bytes(self._waiting) + form.end()
        # Should the process die now, the next run looks whether the target was finished, and else goes on from before.
        before = At.of(self._context.job)
        if before.size != at.size or before.is_naming:  # nothing of this walk is durable
            before = At(names=at.names)
        await self._commit(replace(before, names=at.names, whole=[at.size + len(rest), at.rows]))
        await self._target.finish(rest)
        return await self._done(at)

    async def _commit(self, at: At) -> None:
        await self._context.step(lambda _tx: None, position=asdict(at), progress=Progress(at.rows))

    async def _done(self, at: At) -> JsonObject:
        job = self._context.job

        told = {**self._target.told(self._word.upper()), "records": at.rows}
        result: JsonObject = {"message": f"Successfully completed job: {job.id}", "result": told}

        def end(tx: Tx) -> None:
            call = call_for(tx, job, self._call_of)
            call.emit("harper.records.exported", subject=job.id, data={"job": job.id, "records": at.rows})
            store.forget_input(tx, job.account_id, job.id)

        await self._context.step(end, position=asdict(replace(at, result=result)), progress=Progress(at.rows))
        return result


async def _failed(context: JobContext, target: Target | None, message: object) -> JsonObject:
    if target is not None:
        await target.discard()
    await clear(context)
    return {"is_error": True, "message": message}
