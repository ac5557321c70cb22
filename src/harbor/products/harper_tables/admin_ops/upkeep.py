"""Jobs that administration starts: removing old entries of the audit, and noting what was done at once.

A job that is noted has done its work in the transaction that started it, so that clients find it by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.records import audit
from harbor.products.harper_tables.rights import user_of

FORGET: Final = "harper.audit.forget"
DONE: Final = "harper.done"
NAMES: Final = (FORGET, DONE)
_PART: Final = 1_000


def start(call: Call, kind: str, type_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Start a job; the reply that tells of it."""
    job_id = str(uuid4())
    known = {"type": type_, "user": user_of(call).username}
    queue.enqueue(call.tx, call.account_id, kind, {**known, **data}, job_id=job_id)
    call.emit("harper.job.started", subject=job_id, data={"job": job_id, "type": type_})
    # Clients take the fifth word.
    return {"message": f"Starting job with id {job_id}", "job_id": job_id}


async def _forget(context: JobContext) -> JsonObject:
    """Remove part after part, each in a step of its own."""
    data = context.job.data

    def work(tx: Tx) -> int:
        return audit.forget_before(tx, data["table_id"], data["before"], _PART)

    while True:
        done = context.job.progress.done
        removed = await context.step(work, progress=lambda found, done=done: Progress(done + found))  # type: ignore[misc]
        if removed < _PART:
            break
    total = context.job.progress.done
    return {"message": f"{total} entries of the audit log were removed", "rows": total}


async def _done(context: JobContext) -> JsonObject:
    return {"message": context.job.data.get("message", "")}


FORGET_KIND: Final = JobKind(name=FORGET, run=_forget)
DONE_KIND: Final = JobKind(name=DONE, run=_done)
KINDS: Final = (FORGET_KIND, DONE_KIND)
