"""A test of a webhook: an event of a chosen type about nobody, sent once. Source: docs/products/harbour.md#webhooks."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, real_now
from harbor.kernel.errors import Conflict
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.prepare import Prepared, Preparer
from harbor.kernel.webhooks.fanout import born
from harbor.kernel.webhooks.model import Standing, Subscription, Trigger
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.queue.store import Claimed
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.webhooks.model import TEST, entries_of

_LEASE = timedelta(seconds=45)  # longer than an attempt may take


def begin(call: Call, webhook: Subscription, *, event_type: str, owner: str) -> Prepared:
    """Write the test's event and a delivery that is leased to this process, so that a crash leaves it to the dispatcher.

    Nobody else hears of the event. Raises `Conflict` for a webhook that is off, `Invalid` for an unknown type.
    """
    if webhook.status is Standing.DISABLED:
        raise Conflict(f"Webhook {ids.webhook_id(webhook.id)} is off; set its service_status to true first.")
    entries_of([event_type], path="event_type")
    workspace = call.default_workspace()
    payload = msgspec.json.encode({"event_type": event_type, "webhook_id": webhook.id}).decode()
    event = call.append_unheard(workspace, TEST, "harbour", payload)
    view, table = call.views.of(webhook), call.retries_of(webhook)
    delivery = born(
        call.tx, event, webhook, workspace, view, table, delivery_id=call.new_id("del_"), trigger=Trigger.TEST
    )
    deliveries.insert(call.tx, delivery, is_strict=False)
    until_us = micros(real_now() + _LEASE)
    queue.lease(call.tx, delivery, owner=owner, lease_until_us=until_us)
    return Preparer(call.vault).prepare(call.tx, Claimed(delivery, event, None), webhook, view, table, until_us)
