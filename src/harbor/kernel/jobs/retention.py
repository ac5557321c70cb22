"""How long finished jobs are kept: a recurring job deletes the older ones, in steps."""

from __future__ import annotations

from harbor.kernel import bounds
from harbor.kernel.jobs import store
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, Progress
from harbor.kernel.jobs.schedule import Schedule

PURGE = "jobs.purge"
SCHEDULE = Schedule(name=PURGE, every_s=3600, kind=PURGE)
_DAY_US = 24 * 3600 * 1_000_000


def purge_kind(*, keep_days: int) -> JobKind:
    """The kind of job that deletes jobs which ended more than `keep_days` calendar days ago."""
    assert keep_days >= 0, keep_days

    async def run(context: JobContext) -> JsonObject:
        while True:
            before = context.job.progress.done
            deleted = await context.step(
                lambda tx: store.purge(
                    tx, finished_before_us=tx.now_us - keep_days * _DAY_US, limit=bounds.BACKGROUND_STEP_ROWS_MAX
                ),
                progress=lambda count, before=before: Progress(before + count),  # type: ignore[misc]
            )
            if deleted < bounds.BACKGROUND_STEP_ROWS_MAX:
                return {"deleted": context.job.progress.done}

    return JobKind(name=PURGE, run=run)
