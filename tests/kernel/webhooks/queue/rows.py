"""Deliveries that are due, taken and settled, as tests of the queue need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim

from harbor.kernel.webhooks.model import Delivery, State, Subscription, Trigger
from harbor.kernel.webhooks.queue import store
from harbor.kernel.webhooks.queue.store import Claimed, Settlement


async def send(probe: Probe, count: int = 1) -> list[str]:
    """Events, each in a transaction of its own."""
    return [(await probe.write(make_event)).id for _ in range(count)]


async def take(probe: Probe, webhook: Subscription, **more: Any) -> list[Claimed]:
    return await probe.write(lambda call: claim(call, webhook, **more))


def events(claimed: Sequence[Claimed]) -> list[str]:
    return [one.delivery.event_id for one in claimed]


def settlement(delivery: Delivery, state: State, **changes: Any) -> Settlement:
    """What an attempt made of a delivery."""
    base = Settlement(
        delivery=delivery,
        state=state,
        due_at_us=None,
        trigger=Trigger.AUTOMATIC,
        budget_attempts=1,
        budget_from_us=0,
        expires_at_us=10,
        status=200,
        error=None,
    )
    return msgspec.structs.replace(base, **changes)


async def settle(probe: Probe, *settlements: Settlement, owner: str = "test") -> None:
    await probe.write(lambda call: store.settle(call.tx, list(settlements), owner))
