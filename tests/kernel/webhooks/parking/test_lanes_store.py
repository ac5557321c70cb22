"""A loose walk over subscriptions with something open, parked or ordered, whatever they have."""

from __future__ import annotations

from dataclasses import replace

from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.webhooks.model import Ordering, Standing, Subscription
from harbor.kernel.webhooks.parking import lanes_store
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.parking.lanes_store import Heap, Lane
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces.model import Status


async def lanes(probe: Probe, heap: Heap, *, after: str = "", limit: int = 10) -> tuple[list[Lane], str | None]:
    return await probe.read(lambda call: lanes_store.lanes(call.tx, heap, after=after, limit=limit))


async def names(probe: Probe, heap: Heap) -> list[str]:
    found, _ = await lanes(probe, heap)
    return [lane.subscription_id for lane in found]


async def park(probe: Probe, webhook: Subscription) -> None:
    await probe.write(lambda call: parking.park_subscription(call.tx, call.account_id, webhook.id, 100))


async def test_each_heap_names_its_subscriptions_once(probe: Probe) -> None:
    strict = await probe.webhook(ordering=Ordering.STRICT)
    plain, parked = await probe.webhook(), await probe.webhook()
    for _ in range(3):
        await probe.write(make_event)
    await park(probe, parked)

    assert await names(probe, Heap.OPEN) == [strict.id, plain.id]
    assert await names(probe, Heap.PARKED) == [parked.id]
    assert await names(probe, Heap.ORDERED) == [strict.id]


async def test_a_walk_goes_on_where_it_ended(probe: Probe) -> None:
    made = [(await probe.webhook()).id for _ in range(5)]
    await probe.write(make_event)
    seen, after = [], ""
    while True:
        found, next_after = await lanes(probe, Heap.OPEN, after=after, limit=2)
        seen += [lane.subscription_id for lane in found]
        if next_after is None:
            break
        after = next_after

    assert seen == made


async def test_a_lane_says_what_it_and_its_workspace_are_now(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", ordering=Ordering.STRICT)
    await probe.write(make_event)
    changed = replace(
        webhook,
        status=Standing.DISABLED,
        deleted_at=probe.clock.now(),
        ordering=Ordering.NONE,
        updated_at=probe.clock.now(),
    )
    await probe.write(lambda call: subscriptions.put(call.tx, changed))

    (lane,), _ = await lanes(probe, Heap.OPEN)

    assert lane == Lane(
        account_id=probe.account.id,
        subscription_id=webhook.id,
        workspace_id=webhook.workspace_id,
        workspace=Status.ACTIVE,
        standing=Standing.DISABLED,
        is_deleted=True,
        ordering=Ordering.NONE,
        view="keeping",
        updated_at_us=micros(probe.clock.now()),
        due_at_us=micros(probe.clock.now()),
    )


async def test_a_lane_of_a_workspace_that_is_being_purged_is_left_out(probe: Probe) -> None:
    await probe.webhook()
    await probe.write(make_event)
    await probe.write(lambda call: call.tx.run("DELETE FROM workspaces WHERE is_default = 1"))

    assert await lanes(probe, Heap.OPEN) == ([], None)


async def test_heads_are_the_first_that_were_due_and_say_whether_their_event_is_there(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    made = []
    for _ in range(3):
        made.append(await probe.write(make_event))
        probe.clock.advance(1)
    await probe.write(lambda call: call.tx.run("DELETE FROM events WHERE id = :id", id=made[1].id))

    rows = await probe.read(lambda call: lanes_store.heads(call.tx, call.account_id, webhook.id, limit=2))

    assert [(row["event_id"], row["has_event"], row["strict_open"]) for row in rows] == [
        (made[0].id, 1, 1),
        (made[1].id, 0, 1),
    ]


async def test_open_rows_are_put_in_order_in_steps(probe: Probe) -> None:
    webhook = await probe.webhook()
    for _ in range(5):
        await probe.write(make_event)
        probe.clock.advance(1)

    async def step(after: tuple[int, str]) -> tuple[int, tuple[int, str] | None]:
        def act(call: Call) -> tuple[int, tuple[int, str] | None]:
            return lanes_store.put_in_order(
                call.tx, call.account_id, webhook.id, after_us=after[0], after_id=after[1], limit=2
            )

        return await probe.write(act)

    changed, place = [], (0, "")
    while True:
        count, next_place = await step(place)
        changed.append(count)
        if next_place is None:
            break
        place = next_place

    assert changed == [2, 2, 1]
    assert (await step((0, "")))[0] == 0  # a walk that begins anew finds nothing to change
    strict = replace(webhook, ordering=Ordering.STRICT)
    assert len(await probe.write(lambda call: claim(call, strict))) == 1
