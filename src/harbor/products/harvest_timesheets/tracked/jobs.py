"""The job that moves `updated_at` of many entries, which show something that has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.tracked import service

STEP_ENTRIES: Final = 2_000


def touch_kind(call_of: Callable[[Tx, str], Call]) -> JobKind:
    """The kind of job. `call_of` makes a call of the platform in an account."""

    async def run(context: JobContext) -> dict[str, Any]:
        of = {name: int(value) for name, value in context.job.data.items()}
        position: dict[str, Any] = dict(context.job.position or {"after_id": 0, "steps": 0})
        while position["after_id"] is not None:

            def step(tx: Tx, at: dict[str, Any] = position) -> dict[str, Any]:
                call = call_of(tx, context.job.account_id)
                after_id = service.touch_step(call, of, after_id=at["after_id"], size=STEP_ENTRIES)
                return {"after_id": after_id, "steps": at["steps"] + 1}

            position = await context.step(
                step,
                position=lambda reached: reached,
                progress=lambda reached: Progress(reached["steps"] * STEP_ENTRIES),
            )
        return {}

    return JobKind(name=service.TOUCH, run=run)
