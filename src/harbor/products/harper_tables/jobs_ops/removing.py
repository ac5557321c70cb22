"""The removal of records by their age: some hundred a step."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from harbor.kernel.errors import Conflict, Denied, Invalid, Missing, TooLarge
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JsonObject, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.jobs_ops.acting import CallOf, call_for
from harbor.products.harper_tables.records import service as records

# What another try would not mend.
_FAULTS: Final = (Conflict, Denied, Invalid, Missing, TooLarge)
_REMOVED_A_STEP: Final = 200
_REST_S_MAX: Final = 1.0


async def remove(context: JobContext, call_of: CallOf) -> JsonObject:
    """The job."""
    data = context.job.data
    while True:
        began = time.monotonic()
        done = context.job.progress.done

        def work(tx: Tx) -> int:
            call = call_for(tx, context.job, call_of)
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
