"""Recovery: what an endpoint missed is sent again in the order it was created, as a job."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.jobs.model import Job
from harbor.kernel.webhooks.model import Standing, State, Subscription, Trigger
from harbor.products.harbor_events.deliveries import service as deliveries
from harbor.products.harbor_events.deliveries.model import Selection
from harbor.products.harbor_events.webhooks.view import STATES


def start(
    call: Call, subscription: Subscription, *, since_us: int, until_us: int | None, include: Sequence[str]
) -> Job:
    """Start the job that sends again what failed or was skipped. Raises `Conflict` for a disabled endpoint."""
    if subscription.status is Standing.DISABLED:
        raise Conflict(
            f"Webhook {subscription.id} is disabled; set its status to active first.", code="webhook_disabled"
        )
    if until_us is not None and until_us <= since_us:
        raise Invalid("until must lie after since.", field="until")
    states = tuple(sorted({STATES[word] for word in include}, key=lambda state: state.value))
    assert set(states) <= {State.EXHAUSTED, State.SKIPPED}, states
    selection = Selection(
        workspace_id=subscription.workspace_id,
        webhook_id=subscription.id,
        states=states,
        created_after=since_us,
        created_before=until_us if until_us is not None else call.tx.now_us + 1,
    )
    job = deliveries.start_replay(call, selection, Trigger.RECOVERY)
    call.emit(
        "harbor.webhook.recovery_started",
        subject=subscription.id,
        data={"webhook_id": subscription.id, "job_id": job.id},
        workspace_id=subscription.workspace_id,
    )
    return job
