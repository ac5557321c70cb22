"""What becomes of a claimed delivery: its result, another attempt, and how much waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.factories import make_delivery, make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.queue.rows import send, settle, settlement, take

from harbor.kernel.call import Call
from harbor.kernel.clock import micros, real_now
from harbor.kernel.webhooks.model import State, Trigger
from harbor.kernel.webhooks.queue import store

# Settling


async def test_a_result_is_recorded_with_all_it_makes_of_the_delivery(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook)
    now = probe.clock.now()

    await settle(
        probe,
        settlement(
            one.delivery,
            State.RETRYING,
            due_at_us=micros(now) + 60_000_000,
            budget_attempts=3,
            budget_from_us=micros(now),
            expires_at_us=micros(now) + 600_000_000,
            status=503,
            error="http_status",
        ),
    )

    (found,) = await probe.deliveries(webhook.id)
    assert (found.state, found.is_leased, found.attempt_count) == (State.RETRYING, False, 1)
    assert (found.due_at, found.completed_at) == (now + timedelta(minutes=1), None)
    assert (found.budget_attempts, found.budget_from, found.expires_at) == (3, now, now + timedelta(minutes=10))
    assert (found.last_response_status, found.last_error) == (503, "http_status")


async def test_the_result_of_a_canceled_delivery_changes_its_history_and_not_its_state(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook)
    await probe.write(lambda call: store.cancel(call.tx, one.delivery))

    await settle(probe, settlement(one.delivery, State.RETRYING, due_at_us=1, status=503))

    (found,) = await probe.deliveries(webhook.id)
    assert (found.state, found.due_at, found.attempt_count, found.last_response_status) == (
        State.CANCELED,
        None,
        1,
        503,
    )


async def test_who_lost_a_lease_settles_nothing_that_another_works_on(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook, lease_s=-1, owner="lost")
    await probe.write(lambda call: store.recover(call.tx, micros(real_now())))
    await take(probe, webhook, owner="other")

    await settle(probe, settlement(one.delivery, State.DELIVERED), owner="lost")

    (found,) = await probe.deliveries(webhook.id)
    assert (found.state, found.is_leased, found.attempt_count) == (State.DUE, True, 0)


async def test_who_lost_a_lease_that_nobody_took_settles_after_all(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe)
    (one,) = await take(probe, webhook, lease_s=-1, owner="slow")
    await probe.write(lambda call: store.recover(call.tx, micros(real_now())))

    await settle(probe, settlement(one.delivery, State.DELIVERED), owner="slow")

    assert await probe.states(webhook.id) == ["delivered"]
    assert await take(probe, webhook) == []


# Sending again


@pytest.mark.parametrize(
    ("state", "becomes", "keeps"),
    [
        (State.RETRYING, State.RETRYING, True),
        (State.EXHAUSTED, State.DUE, False),
        (State.DELIVERED, State.DUE, False),
        (State.CANCELED, State.DUE, False),
    ],
)
async def test_a_delivery_is_sent_again_at_once_and_a_retrying_one_keeps_its_schedule(
    probe: Probe, state: State, becomes: State, keeps: bool
) -> None:
    webhook = await probe.webhook(events=["order.*"])
    until_us = micros(probe.clock.now()) + 1
    delivery = await probe.write(
        lambda call: make_delivery(
            call, event=make_event(call), webhook=webhook, state=state, attempts=2, due_in=timedelta(hours=1)
        )
    )

    await probe.write(
        lambda call: store.send_again(call.tx, delivery, Trigger.MANUAL, expires_at_us=until_us, is_strict=False)
    )

    found = await probe.delivery(delivery.id)
    assert (found.state, found.trigger, found.due_at) == (becomes, Trigger.MANUAL, probe.clock.now())
    assert found.attempt_count == 2
    assert found.kept_due_at == (delivery.due_at if keeps else None)
    assert found.expires_at == (delivery.expires_at if keeps else probe.clock.now() + timedelta(microseconds=1))
    assert found.completed_at is None


async def test_a_second_replay_keeps_the_first_schedule(probe: Probe) -> None:
    webhook = await probe.webhook(events=["order.*"])
    delivery = await probe.write(
        lambda call: make_delivery(call, event=make_event(call), webhook=webhook, due_in=timedelta(hours=1))
    )

    for _ in range(2):
        present = await probe.delivery(delivery.id)
        await probe.write(
            lambda call, d=present: store.send_again(call.tx, d, Trigger.MANUAL, expires_at_us=None, is_strict=False)  # type: ignore[misc]
        )
        probe.clock.advance(60)

    assert (await probe.delivery(delivery.id)).kept_due_at == delivery.due_at


# Depth


async def test_the_depth_counts_what_waits_by_account(probe: Probe) -> None:
    webhook = await probe.webhook()
    await send(probe, 3)
    oldest = micros(probe.clock.now())
    await take(probe, webhook, limit=1)
    (two,) = await take(probe, webhook, limit=1)
    await settle(probe, settlement(two.delivery, State.RETRYING, due_at_us=oldest + 60_000_000))

    def depth(call: Call, *accounts: str) -> dict[str, Any]:
        return store.depth(call.tx, list(accounts), call.tx.now_us)

    assert await probe.read(lambda call: depth(call, probe.account.id)) == {
        "due": 1,
        "retrying": 1,
        "parked": 0,
        "leased": 1,
        "oldest_due_at": oldest,
    }
    nothing = await probe.read(lambda call: depth(call, probe.organization.production.id))
    assert nothing == {"due": 0, "retrying": 0, "parked": 0, "leased": 0, "oldest_due_at": None}
