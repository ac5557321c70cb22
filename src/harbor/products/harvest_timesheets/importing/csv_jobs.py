"""The job of an import of CSV: part after part, each in one commit with the place after it."""

from __future__ import annotations

from functools import partial
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, LeaseLost, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.importing import csv_service as service
from harbor.products.harvest_timesheets.importing.means import CallOf


def kinds(call_of: CallOf) -> list[JobKind]:
    """The kind of job."""

    async def run(context: JobContext) -> JsonObject:
        import_id = int(context.job.data["import"])

        def call(tx: Tx) -> Call:
            return call_of(tx, context.job.account_id)

        def step(tx: Tx, *, number: int) -> bool:
            return service.step(call(tx), import_id, number)

        try:
            goes_on = True
            while goes_on:
                position: dict[str, Any] = dict(context.job.position or {"part": 0})
                number = int(position["part"])
                goes_on = await context.step(
                    partial(step, number=number), position={"part": number + 1}, progress=Progress(number + 1)
                )
        except LeaseLost:
            raise
        except Exception as error:
            if context.is_last_attempt:
                fault = error
                await context.write(lambda tx: service.fail(call(tx), import_id, fault))
            raise
        return {"import": import_id}

    return [JobKind(name=service.CSV_IMPORT, run=run)]
