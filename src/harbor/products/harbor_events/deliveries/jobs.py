"""The job that sends many deliveries again, in steps, resumable after a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, Progress
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import Trigger
from harbor.products.harbor_events.deliveries import service
from harbor.products.harbor_events.deliveries.model import from_data

_STEP = 200


def replay_kind(call_of: Callable[[Tx, str], Call]) -> JobKind:
    """The kind of job behind bulk replay and recovery. `call_of` makes a call of the system in an account."""

    async def run(context: JobContext) -> dict[str, Any]:
        data = context.job.data
        selection, trigger = from_data(data["selection"]), Trigger(data["trigger"])
        position: dict[str, Any] = dict(context.job.position or {"after": None, "sent": 0})
        while True:

            def step(tx: Tx, at: dict[str, Any] = position) -> dict[str, Any]:
                call = call_of(tx, context.job.account_id)
                sent, after = service.replay_step(
                    call, selection, trigger, after=at["after"], until_id=data["until_id"], limit=_STEP
                )
                return {"after": after, "sent": at["sent"] + sent}

            position = await context.step(
                step, position=lambda reached: reached, progress=lambda reached: Progress(reached["sent"])
            )
            if position["after"] is None:
                return {"sent": position["sent"]}

    return JobKind(name=service.REPLAY_JOB, run=run)
