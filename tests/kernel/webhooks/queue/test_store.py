"""The queue of deliveries: a few of each endpoint are claimed, nobody's twice, and nothing is lost with its worker."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from tests.factories import make_delivery, make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim
from tests.kernel.webhooks.queue.rows import events, send, settle, settlement, take

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, real_now
from harbor.kernel.webhooks.model import Ordering, State
from harbor.kernel.webhooks.queue import store
from harbor.kernel.webhooks.queue.store import Claimed


async def due(probe: Probe) -> list[str]:
    return [row["subscription_id"] for row in await probe.read(lambda call: store.due(call.tx))]


# What is due


async def test_each_endpoint_with_something_due_is_named_once_with_the_moment_of_its_first(probe: Probe) -> None:
    idle = await probe.webhook(events=["order.*"])
    webhooks = [await probe.webhook(), await probe.webhook()]
    await send(probe, 3)
    later = await probe.webhook()
    await probe.write(
        lambda call: make_delivery(call, event=make_event(call, type="x"), webhook=later, due_in=timedelta(hours=1))
    )

    rows = await probe.read(lambda call: store.due(call.tx))

    now_us = micros(probe.clock.now())
    found = {row["subscription_id"]: row["due_at"] for row in rows}
    assert found[webhooks[0].id] == found[webhooks[1].id] == now_us
    assert all(row["account_id"] == probe.account.id for row in rows)
    assert idle.id not in found
    assert len(rows) == len(found)


async def test_what_is_under_way_is_not_due(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)

    await take(probe, webhook)

    assert await due(probe) == []


async def test_of_a_strict_endpoint_only_the_first_counts(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    await send(probe, 2)
    (first,) = await take(probe, webhook)
    under_way = await due(probe)

    retry_us = micros(probe.clock.now()) + 60_000_000
    await settle(probe, settlement(first.delivery, State.RETRYING, due_at_us=retry_us))

    rows = await probe.read(lambda call: store.due(call.tx))
    assert under_way == []
    assert [(row["subscription_id"], row["due_at"]) for row in rows] == [(webhook.id, retry_us)]


# Claiming


async def test_a_claim_takes_the_oldest_up_to_its_limit_with_their_events(probe: Probe) -> None:
    webhook = await probe.webhook()
    sent = await send(probe, 5)

    first, second, third = [await take(probe, webhook, limit=2) for _ in range(3)]

    assert [events(first), events(second), events(third)] == [sent[:2], sent[2:4], sent[4:]]
    assert first[0].event.payload == '{"amount":1299}'
    assert first[0].event.id == sent[0]
    assert all(delivery.is_leased and delivery.due_at is None for delivery in await probe.deliveries(webhook.id))


async def test_what_is_due_later_waits(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook)
    await settle(probe, settlement(one.delivery, State.RETRYING, due_at_us=micros(probe.clock.now()) + 1_000_000))

    probe.clock.advance(0.999999)
    early = await take(probe, webhook)
    probe.clock.advance(0.000001)

    assert early == []
    assert len(await take(probe, webhook)) == 1


async def test_one_endpoint_takes_nothing_of_another(probe: Probe) -> None:
    one, other = await probe.webhook(), await probe.webhook()
    await send(probe, 2)

    claimed = await take(probe, one)

    assert {found.delivery.subscription_id for found in claimed} == {one.id}
    assert await due(probe) == [other.id]


async def test_two_who_claim_at_once_never_get_the_same(probe: Probe) -> None:
    webhook = await probe.webhook()
    sent = await send(probe, 20)

    batches = await asyncio.gather(*(take(probe, webhook, limit=3, owner=f"w{n}") for n in range(10)))

    got = [event_id for batch in batches for event_id in events(batch)]
    assert len(got) == len(set(got))
    rest = await take(probe, webhook, limit=100)
    assert sorted(got + events(rest)) == sorted(sent)


async def test_a_claim_passes_by_what_another_holds_and_does_not_wait(probe: Probe) -> None:
    if probe.house.database.engine == "sqlite":
        return  # one writer: nobody holds anything
    webhook = await probe.webhook()
    sent = await send(probe, 4)
    loop, claimed, leave = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(call: Call) -> list[Claimed]:
        found = claim(call, webhook, limit=2, owner="slow")
        loop.call_soon_threadsafe(claimed.set)
        assert leave.wait(5)
        return found

    slowly = asyncio.create_task(probe.write(slow))
    await claimed.wait()
    quick = await take(probe, webhook, limit=10, owner="quick")
    leave.set()

    assert [events(await slowly), events(quick)] == [sent[:2], sent[2:]]


# Strict order


async def test_in_strict_order_one_is_taken_at_a_time(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    sent = await send(probe, 3)
    got = []
    for _ in range(3):
        (one,) = await take(probe, webhook)
        assert await take(probe, webhook) == []
        got += events([one])
        await settle(probe, settlement(one.delivery, State.DELIVERED))

    assert got == sent
    assert await take(probe, webhook) == []


@pytest.mark.parametrize("ended", [State.DELIVERED, State.EXHAUSTED])
async def test_a_head_that_is_tried_again_holds_up_those_behind_it_until_it_ends(probe: Probe, ended: State) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    sent = await send(probe, 2)
    (head,) = await take(probe, webhook)
    await settle(probe, settlement(head.delivery, State.RETRYING, due_at_us=micros(probe.clock.now()) + 60_000_000))

    meanwhile = await take(probe, webhook)
    probe.clock.advance(60)
    (again,) = await take(probe, webhook)
    await settle(probe, settlement(again.delivery, ended))

    assert meanwhile == []
    assert events([again]) == sent[:1]
    assert events(await take(probe, webhook)) == sent[1:]


async def test_a_canceled_head_makes_room(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    sent = await send(probe, 2)
    (head, _) = await probe.deliveries(webhook.id)

    await probe.write(lambda call: store.cancel(call.tx, head))

    assert events(await take(probe, webhook)) == sent[1:]


async def test_many_who_claim_in_strict_order_get_one_between_them(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    await send(probe, 5)

    batches = await asyncio.gather(*(take(probe, webhook, owner=f"w{n}") for n in range(6)))

    assert sum(len(batch) for batch in batches) == 1


# Leases


async def test_a_lease_that_is_over_gives_its_row_back(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe, 2)
    await take(probe, webhook, limit=1, lease_s=-1)
    await take(probe, webhook, limit=1, lease_s=60)

    assert await probe.write(lambda call: store.recover(call.tx, micros(real_now()))) == 1

    assert [delivery.is_leased for delivery in await probe.deliveries(webhook.id)] == [False, True]
    assert len(await take(probe, webhook)) == 1


async def test_the_only_process_takes_everything_back_at_its_start(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe, 2)
    await take(probe, webhook)

    assert await probe.write(lambda call: store.recover(call.tx, None)) == 2
    assert len(await take(probe, webhook)) == 2


async def test_a_canceled_row_does_not_come_back(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook, lease_s=-1)
    await probe.write(lambda call: store.cancel(call.tx, one.delivery))

    await probe.write(lambda call: store.recover(call.tx, micros(real_now())))

    assert await take(probe, webhook) == []
    assert await probe.states(webhook.id) == ["canceled"]


async def test_what_is_given_back_is_due_at_once_unless_it_was_canceled_or_is_somebody_elses(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe, 3)
    mine = await take(probe, webhook, limit=2)
    theirs = await take(probe, webhook, owner="other")
    await probe.write(lambda call: store.cancel(call.tx, mine[0].delivery))

    await probe.write(lambda call: store.release(call.tx, [*mine, *theirs], "test"))

    assert await probe.states(webhook.id) == ["canceled", "due", "due"]
    assert events(await take(probe, webhook)) == events(mine[1:])


async def test_a_row_can_be_leased_by_who_made_it(probe: Probe) -> None:
    webhook = await probe.webhook()

    def act(call: Call) -> None:
        made = make_delivery(call, event=make_event(call, type="other"), webhook=webhook, state=State.DUE, attempts=0)
        store.lease(call.tx, made, owner="me", lease_until_us=micros(real_now()) + 60_000_000)

    await probe.write(act)

    leased = [delivery for delivery in await probe.deliveries(webhook.id) if delivery.is_leased]
    assert len(leased) == 1
