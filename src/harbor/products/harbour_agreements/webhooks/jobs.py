"""Work of webhooks done later: sending again what was not delivered, and telling their owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.webhooks import notices, service

_STEP = 200
CallOf = Callable[[Tx, str], Call]


def kinds(call_of: CallOf, *, dashboard_url: str | None = None) -> list[JobKind]:
    """The kinds of jobs of webhooks."""
    return [_recover_kind(call_of), _tell_kind(call_of, dashboard_url)]


def _recover_kind(call_of: CallOf) -> JobKind:
    async def run(context: JobContext) -> JsonObject:
        data = context.job.data
        position: dict[str, Any] = dict(context.job.position or {"after": None, "sent": 0})
        while True:

            def step(tx: Tx, at: dict[str, Any] = position) -> dict[str, Any]:
                call = call_of(tx, context.job.account_id)
                sent, after = service.recover_step(
                    call,
                    data["webhook_id"],
                    since_us=data["since_us"],
                    after=at["after"],
                    until_id=data["until_id"],
                    limit=_STEP,
                )
                return {"after": after, "sent": at["sent"] + sent}

            position = await context.step(
                step, position=lambda reached: reached, progress=lambda reached: Progress(reached["sent"])
            )
            if position["after"] is None:
                return {"sent": position["sent"]}

    return JobKind(name=service.RECOVER, run=run)


def _tell_kind(call_of: CallOf, dashboard_url: str | None) -> JobKind:
    async def run(context: JobContext) -> JsonObject:
        account_id, webhook_id = context.job.account_id, str(context.job.data["webhook_id"])
        told = await context.step(lambda tx: notices.tell_later(call_of(tx, account_id), webhook_id, dashboard_url))
        return {"told": told}

    return JobKind(name=notices.TELL, run=run)
