"""The dispatcher: everybody gets a turn, nobody waits for the dead, and nothing is lost when things go wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.work import running, send, until, until_states, webhooks
from tests.receiver import Answer, Receiver, listening

from harbor.kernel import bounds
from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.webhooks.dispatch import dispatcher as dispatchers
from harbor.kernel.webhooks.model import Ordering, Standing
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status


def bodies(receiver: Receiver, path: str = "/hook") -> list[str]:
    """The events that came to a path, in the order in which they came."""
    return [got.json()["event"] for got in receiver.at(path)]


# The ordinary way


async def test_everything_that_is_due_is_sent_once(probe: Probe, receiver: Receiver) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()])
    sent = await send(probe, 60)

    assert await probe.house.dispatcher.run_due() == 60
    assert await probe.house.dispatcher.run_due() == 0

    assert sorted(bodies(receiver)) == sorted(sent)
    assert set(await probe.states(webhook.id)) == {"delivered"}


async def test_a_commit_wakes_it(probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatchers, "_POLL_S", 30.0)  # so it cannot have been the time
    (webhook,) = await webhooks(probe, [receiver.url()])
    async with running(probe):
        await asyncio.sleep(0.02)
        await send(probe)
        await receiver.until(lambda r: len(r.got) == 1)
        await until_states(probe, webhook, ["delivered"])


async def test_what_is_due_later_is_sent_later_by_itself(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_POLL_S", 0.01)
    (webhook,) = await webhooks(probe, [receiver.url()])
    receiver.answers.append(Answer(status=500))
    async with running(probe):
        await send(probe)
        await until_states(probe, webhook, ["retrying"])
        probe.clock.advance(60)
        await until_states(probe, webhook, ["delivered"])

    assert len(receiver.got) == 2


# Order


async def test_in_strict_order_one_is_under_way_at_a_time_and_a_failing_one_holds_up_the_rest(
    probe: Probe, receiver: Receiver
) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()], ordering=Ordering.STRICT)
    sent = [(await send(probe))[0] for _ in range(4)]
    receiver.answers.extend([Answer(), Answer(status=500)])

    await probe.house.dispatcher.run_due()
    held = bodies(receiver)
    probe.clock.advance(60)
    await probe.house.dispatcher.run_due()

    assert held == sent[:2]
    assert bodies(receiver) == [sent[0], sent[1], sent[1], sent[2], sent[3]]
    assert await probe.states(webhook.id) == ["delivered"] * 4


async def test_in_strict_order_the_next_one_waits_for_the_answer(probe: Probe, receiver: Receiver) -> None:
    await webhooks(probe, [receiver.url()], ordering=Ordering.STRICT)
    sent = [(await send(probe))[0] for _ in range(3)]
    hold = asyncio.Event()
    receiver.answers.append(Answer(hold=hold))
    async with running(probe) as dispatcher:
        await receiver.until(lambda r: len(r.got) == 1)
        await asyncio.sleep(0.05)
        assert dispatcher.in_flight == 1
        assert bodies(receiver) == sent[:1]
        hold.set()
        await receiver.until(lambda r: len(r.got) == 3)

    assert bodies(receiver) == sent


# Fairness


async def test_a_dead_endpoint_slows_nobody_down(probe: Probe, receiver: Receiver) -> None:
    """By the order of events: all others have everything before the dead one has answered or timed out once."""
    hold = asyncio.Event()
    async with listening() as dead:
        dead.otherwise = Answer(hold=hold)
        (mute,) = await webhooks(probe, [dead.url()])
        alive = await webhooks(probe, [receiver.url(f"/alive/{n}") for n in range(20)])
        await send(probe, 12)
        async with running(probe):
            await receiver.until(lambda r: len(r.got) == 20 * 12)
            assert set(await probe.states(mute.id)) == {"due"}
            for webhook in alive:
                await until_states(probe, webhook, ["delivered"] * 12)
            # What was begun with the dead one is one endpoint's share and no more.
            assert len(dead.got) == bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
            hold.set()
            await dead.until(lambda r: len(r.got) == 12)


async def test_the_process_has_so_many_under_way_and_each_endpoint_gets_its_turn(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WEBHOOK_IN_FLIGHT_MAX", 4)
    hold = asyncio.Event()
    first_answers = [Answer(hold=hold) for _ in range(4)]
    receiver.answers.extend(first_answers)
    await webhooks(probe, [receiver.url("/greedy")])
    await send(probe, 40)
    async with running(probe) as dispatcher:
        await receiver.until(lambda r: len(r.got) == 4)
        await webhooks(probe, [receiver.url("/modest")])
        await send(probe)

        async def both_wait() -> bool:
            return len(dispatcher._waiting) == 2

        await until(both_wait)
        assert (dispatcher.in_flight, len(receiver.got)) == (4, 4)

        hold.set()
        await receiver.until(lambda r: len(r.got) == 42)

    order = [got.path for got in receiver.got]
    assert order.index("/modest") < 16  # and not behind the forty that were there before


def test_the_cap_of_a_process_is_what_the_contract_says() -> None:
    assert bounds.WEBHOOK_IN_FLIGHT_MAX == 256


async def test_an_overloaded_endpoint_gets_fewer_at_once_until_it_recovers(probe: Probe, receiver: Receiver) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()])
    receiver.answers.extend([Answer(status=429)] * 8)
    await send(probe, 8)
    await probe.house.dispatcher.run_due()
    lane = probe.house.dispatcher._lanes[webhook.id]
    slowed = lane.limit
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)

    async with running(probe):
        await send(probe, 20)
        await receiver.until(lambda r: len(r.got) == 9)
        await asyncio.sleep(0.05)
        at_once = len(receiver.got) - 8
        receiver.otherwise = Answer()
        hold.set()
        await receiver.until(lambda r: len(r.got) == 28)

    assert (slowed, at_once) == (1, 1)
    assert lane.limit == bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT


# Throttle


async def test_a_throttled_endpoint_gets_so_many_a_second_and_no_more(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The throttle asks real time, which passes here only when the test says so."""
    moment = [real_now()]
    monkeypatch.setattr(dispatchers, "real_now", lambda: moment[0])
    await webhooks(probe, [receiver.url("/slow")], rate_limit=5)
    await webhooks(probe, [receiver.url("/free")])
    await send(probe, 12)
    counts = []
    async with running(probe):
        for second in (5, 10, 12):
            await receiver.until(lambda r, n=second: len(r.at("/slow")) >= n)  # type: ignore[misc]
            await asyncio.sleep(0.05)
            counts.append(len(receiver.at("/slow")))
            moment[0] += timedelta(seconds=1)

    assert counts == [5, 10, 12]
    assert len(receiver.at("/free")) == 12


async def test_a_changed_throttle_counts_from_the_next_claim(probe: Probe, receiver: Receiver) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()], rate_limit=1)
    await send(probe, 6)
    async with running(probe):
        await receiver.until(lambda r: len(r.got) == 1)
        await probe.write(lambda call: subscriptions.put(call.tx, replace(webhook, rate_limit=None)))
        await receiver.until(lambda r: len(r.got) == 6)


# Refusals on the way


async def test_what_belongs_to_nobody_any_more_is_canceled_and_what_is_off_is_parked(
    probe: Probe, receiver: Receiver
) -> None:
    gone, off, held, kept = await webhooks(probe, [receiver.url(f"/{n}") for n in range(4)])
    await send(probe)

    def change(call: Call) -> None:
        subscriptions.put(call.tx, replace(gone, deleted_at=call.tx.now))
        subscriptions.put(call.tx, replace(off, status=Standing.DISABLED))
        subscriptions.put(call.tx, replace(held, status=Standing.DISABLED, view="keeping"))

    await probe.write(change)
    assert await probe.house.dispatcher.run_due() == 1

    states = [(await probe.states(each.id))[0] for each in (gone, off, held, kept)]
    assert states == ["canceled", "parked", "parked", "delivered"]
    (waiting,) = await probe.deliveries(held.id)
    assert waiting.parked_by is not None
    assert waiting.parked_by.value == "hold"


@pytest.mark.parametrize(("status", "state"), [(Status.SUSPENDED, "parked"), (Status.ARCHIVED, "canceled")])
async def test_nothing_is_sent_for_a_workspace_that_is_closed(
    probe: Probe, receiver: Receiver, status: Status, state: str
) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()])
    await send(probe, 3)

    def close(call: Call) -> None:
        workspaces.put(call.tx, replace(call.default_workspace(), status=status))
        call.subscriptions_changed()

    await probe.write(close)
    await probe.house.dispatcher.run_due()

    assert await probe.states(webhook.id) == [state] * 3
    assert receiver.got == []
