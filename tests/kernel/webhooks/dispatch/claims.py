"""Claimed and prepared deliveries, for the parts that work on them."""

from __future__ import annotations

from datetime import timedelta

from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, real_now
from harbor.kernel.webhooks.dispatch.prepare import Prepared, Preparer
from harbor.kernel.webhooks.model import Ordering, Subscription
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.queue.store import Claimed

OWNER = "test"


def claim(
    call: Call, webhook: Subscription, *, limit: int = 10, lease_s: float = 60, owner: str = OWNER
) -> list[Claimed]:
    """Take what is due of a subscription."""
    return queue.claim(
        call.tx,
        call.account_id,
        webhook.id,
        owner=owner,
        lease_until_us=micros(real_now() + timedelta(seconds=lease_s)),
        limit=limit,
        is_strict=webhook.ordering is Ordering.STRICT,
    )


def prepare(call: Call, webhook: Subscription, preparer: Preparer | None = None) -> list[Prepared]:
    """Take what is due and make it ready to be sent, in one transaction."""
    preparer = preparer or Preparer(call.vault)
    view, retries = call.views.of(webhook), call.retries_of(webhook)
    return [preparer.prepare(call.tx, one, webhook, view, retries, 0) for one in claim(call, webhook)]


async def prepared(probe: Probe, webhook: Subscription) -> Prepared:
    """The one delivery that is due of a subscription."""
    (found,) = await probe.write(lambda call: prepare(call, webhook))
    return found


async def at(probe: Probe, seconds: float) -> int:
    """Go on by some seconds, and send what is due; how many attempts that were."""
    probe.clock.advance(seconds)
    return await probe.house.dispatcher.run_due()


async def standing(probe: Probe, webhook: Subscription) -> tuple[str, str | None]:
    found = await probe.subscription(webhook.id)
    return found.status.value, found.disabled_reason
