"""A test delivery: written, sent, recorded, and answered with its attempt."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, real_now
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.prepare import Prepared, Preparer
from harbor.kernel.webhooks.fanout import born
from harbor.kernel.webhooks.matching import check_filter_entry
from harbor.kernel.webhooks.model import Standing, Subscription, Trigger
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.queue.store import Claimed
from harbor.kernel.workspaces.model import Workspace

TYPE = "harbor.test"
_LEASE = timedelta(seconds=45)


def begin(
    call: Call,
    subscription: Subscription,
    workspace: Workspace,
    *,
    event_type: str | None,
    payload: str | None,
    owner: str,
) -> Prepared:
    """Write the test's event and a delivery that is leased to this process, so that a crash leaves it to the dispatcher.

    Nobody else hears of the event, and a list shows it only to those who ask for its type by name.
    """
    if subscription.status is Standing.DISABLED:
        raise Conflict(
            f"Webhook {subscription.id} is disabled; set its status to active first.", code="webhook_disabled"
        )
    type_ = check_filter_entry(event_type, field="event_type") if event_type is not None else TYPE
    if "*" in type_:
        raise Invalid("event_type must be one type; '*' stands for many.", field="event_type")
    text = (
        payload if payload is not None else msgspec.json.encode({"webhook_id": subscription.id, "test": True}).decode()
    )
    event = call.append_unheard(workspace, type_, "harbor", text)
    view, table = call.views.of(subscription), call.retries_of(subscription)
    delivery = born(
        call.tx, event, subscription, workspace, view, table, delivery_id=call.new_id("del_"), trigger=Trigger.TEST
    )
    deliveries.insert(call.tx, delivery, is_strict=False)
    until_us = micros(real_now() + _LEASE)
    queue.lease(call.tx, delivery, owner=owner, lease_until_us=until_us)
    return Preparer(call.vault).prepare(call.tx, Claimed(delivery, event, None), subscription, view, table, until_us)
