"""Jobs as clients see them: their kinds, their states, what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.kernel.clock import micros, micros_or_none
from harbor.kernel.jobs.model import Job, State
from harbor.products.harper_tables.admin_ops.upkeep import NAMES as ADMINISTRATION

LOAD, EXPORT, REMOVE = "harper.load", "harper.export", "harper.remove"
# What one step of a load writes.
PART_ROWS = 500
KINDS: Final = (LOAD, EXPORT, REMOVE, *ADMINISTRATION)
_STATUS: Mapping[State, str] = {
    State.QUEUED: "CREATED",
    State.RUNNING: "IN_PROGRESS",
    State.DONE: "COMPLETE",
    State.FAILED: "ERROR",
    State.CANCELED: "ERROR",
}
_US_IN_MS = 1_000


def shown(job: Job) -> dict[str, Any]:
    """A job's object. One that has begun is in progress until it ends, also between two tries."""
    result = job.result or {}
    status = _STATUS[job.state]
    if status == "CREATED" and job.started_at is not None:
        status = "IN_PROGRESS"
    if result.get("is_error"):
        status = "ERROR"
    found: dict[str, Any] = {
        "id": job.id,
        "type": job.data["type"],
        "user": job.data["user"],
        "status": status,
        "message": result.get("message") or job.error or "",
        "created_datetime": micros(job.created_at) // _US_IN_MS,
        "start_datetime": _ms(micros_or_none(job.started_at)),
        "end_datetime": _ms(micros_or_none(job.finished_at)),
    }
    if "result" in result:
        found["result"] = result["result"]
    if job.is_open and job.progress.total is not None:
        found["progress"] = {"done": job.progress.done, "total": job.progress.total}
    elif job.is_open and job.progress.done:
        found["progress"] = {"done": job.progress.done}
    return found


def _ms(us: int | None) -> int | None:
    return None if us is None else us // _US_IN_MS
