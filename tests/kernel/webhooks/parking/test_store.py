"""Parking: what stands still loses none of its wait and none of its budget, and only its own cause wakes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim

from harbor.kernel.call import Call
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import Delivery, Ordering, ParkedBy, Standing, State, Subscription
from harbor.kernel.webhooks.parking import store
from harbor.kernel.webhooks.subscriptions import store as subscriptions

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def webhook(probe: Probe) -> Subscription:
    """A subscription that hears of nothing by itself."""
    return await probe.webhook(events=["never.sent"])


async def retrying(probe: Probe, webhook: Subscription, due_in: timedelta = 10 * MINUTE) -> Delivery:
    """A delivery that failed once and waits, with an hour of budget from now."""

    def act(call: Call) -> str:
        made = make_delivery(call, event=make_event(call, type="quiet"), webhook=webhook, due_in=due_in)
        call.tx.run(
            "UPDATE deliveries SET budget_from = :now, budget_attempts = 1, expires_at = :ends WHERE id = :id",
            now=call.tx.now_us,
            ends=call.tx.now_us + 3_600_000_000,
            id=made.id,
        )
        return made.id

    return await probe.delivery(await probe.write(act))


async def fresh(probe: Probe, webhook: Subscription, **more: Any) -> Delivery:
    """A delivery that was not tried yet."""
    return await probe.write(
        lambda call: make_delivery(
            call,
            event=make_event(call, type="quiet"),
            webhook=webhook,
            **{"state": State.DUE, "attempts": 0, "due_in": timedelta(0), **more},
        )
    )


async def park(probe: Probe, webhook: Subscription, by: ParkedBy = ParkedBy.SUBSCRIPTION, limit: int = 100) -> int:
    if by is ParkedBy.WORKSPACE:
        return await probe.write(
            lambda call: store.park_workspace(call.tx, call.account_id, webhook.workspace_id, limit)
        )
    return await probe.write(lambda call: store.park_subscription(call.tx, call.account_id, webhook.id, limit, by=by))


async def release(probe: Probe, webhook: Subscription, limit: int = 100) -> int:
    return await probe.write(lambda call: store.release_subscription(call.tx, call.account_id, webhook.id, limit))


async def release_workspace(probe: Probe, webhook: Subscription) -> int:
    return await probe.write(lambda call: store.release_workspace(call.tx, call.account_id, webhook.workspace_id, 100))


# Time stands still


async def test_everything_moves_by_the_time_it_stood_still(probe: Probe, webhook: Subscription) -> None:
    before = await retrying(probe, webhook)
    probe.clock.advance(240)
    assert await park(probe, webhook) == 1
    parked = await probe.delivery(before.id)

    probe.clock.advance(86_400)
    assert await release(probe, webhook) == 1
    after = await probe.delivery(before.id)

    assert (parked.state, parked.parked_by, parked.due_at) == (State.PARKED, ParkedBy.SUBSCRIPTION, None)
    assert parked.expires_at == before.expires_at
    day = timedelta(days=1)
    assert before.due_at is not None
    assert before.expires_at is not None
    assert before.budget_from is not None
    assert (after.due_at, after.expires_at, after.budget_from) == (
        before.due_at + day,
        before.expires_at + day,
        before.budget_from + day,
    )
    assert (after.state, after.parked_by, after.kept_due_at) == (State.RETRYING, None, None)
    assert (after.attempt_count, after.budget_attempts) == (before.attempt_count, before.budget_attempts)


async def test_what_was_overdue_is_due_at_once(probe: Probe, webhook: Subscription) -> None:
    before = await retrying(probe, webhook, due_in=timedelta(0))
    probe.clock.advance(60)
    await park(probe, webhook)
    probe.clock.advance(3_600)
    await release(probe, webhook)

    assert (await probe.delivery(before.id)).due_at == probe.clock.now() - MINUTE
    assert len(await probe.write(lambda call: claim(call, webhook))) == 1


async def test_parked_and_released_twice_nothing_is_lost(probe: Probe, webhook: Subscription) -> None:
    before = await retrying(probe, webhook)
    for _ in range(2):
        await park(probe, webhook)
        probe.clock.advance(600)
        await release(probe, webhook)

    after = await probe.delivery(before.id)
    assert before.due_at is not None
    assert after.due_at == before.due_at + 20 * MINUTE


async def test_what_was_never_tried_is_due_as_before(probe: Probe, webhook: Subscription) -> None:
    before = await fresh(probe, webhook)

    await park(probe, webhook)
    await release(probe, webhook)

    after = await probe.delivery(before.id)
    assert (after.state, after.due_at, after.budget_from) == (State.DUE, before.due_at, None)


async def test_what_was_born_parked_has_its_whole_budget_when_it_wakes(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", status=Standing.DISABLED)
    event = await probe.write(make_event)
    (born,) = await probe.deliveries(webhook.id)
    probe.clock.advance(86_400)

    await release(probe, webhook)

    (after,) = await probe.deliveries(webhook.id)
    assert (born.state, after.state) == (State.PARKED, State.DUE)
    assert after.due_at == event.created_at + timedelta(days=1)
    assert born.expires_at is not None
    assert after.expires_at == born.expires_at + timedelta(days=1)


# Causes


@pytest.mark.parametrize("by", list(ParkedBy))
async def test_only_its_own_cause_wakes_a_delivery(probe: Probe, webhook: Subscription, by: ParkedBy) -> None:
    before = await retrying(probe, webhook)
    await park(probe, webhook, by)

    woken_by_workspace = await release_workspace(probe, webhook)
    woken_by_subscription = await release(probe, webhook)

    assert (woken_by_workspace, woken_by_subscription) == ((1, 0) if by is ParkedBy.WORKSPACE else (0, 1))
    assert (await probe.delivery(before.id)).state is State.RETRYING


async def test_what_is_parked_already_keeps_its_first_cause_and_moment(probe: Probe, webhook: Subscription) -> None:
    before = await retrying(probe, webhook)
    await park(probe, webhook, ParkedBy.WORKSPACE)
    probe.clock.advance(600)

    assert await park(probe, webhook) == 0
    await release_workspace(probe, webhook)

    after = await probe.delivery(before.id)
    assert before.due_at is not None
    assert after.due_at == before.due_at + 10 * MINUTE


async def test_what_is_under_way_is_not_parked(probe: Probe, webhook: Subscription) -> None:
    await fresh(probe, webhook)
    await probe.write(lambda call: claim(call, webhook))

    assert await park(probe, webhook) == 0
    assert await park(probe, webhook, ParkedBy.WORKSPACE) == 0
    assert await probe.states(webhook.id) == ["due"]


@pytest.mark.parametrize("state", [State.DELIVERED, State.EXHAUSTED, State.CANCELED, State.SKIPPED])
async def test_what_is_over_is_neither_parked_nor_canceled_nor_woken(
    probe: Probe, webhook: Subscription, state: State
) -> None:
    delivery = await fresh(probe, webhook, state=state)

    def act(call: Call) -> list[int]:
        tx, account_id = call.tx, call.account_id
        return [
            store.park_subscription(tx, account_id, webhook.id, 10),
            store.park_workspace(tx, account_id, webhook.workspace_id, 10),
            store.release_subscription(tx, account_id, webhook.id, 10),
            store.cancel_subscription(tx, account_id, webhook.id, 10),
            store.cancel_workspace(tx, account_id, webhook.workspace_id, 10),
            store.cancel_event(tx, account_id, delivery.event_id),
        ]

    assert await probe.write(act) == [0] * 6
    assert await probe.delivery(delivery.id) == delivery


async def test_other_subscriptions_workspaces_and_accounts_are_not_touched(probe: Probe, webhook: Subscription) -> None:
    other = await probe.webhook(events=["never.sent"])
    theirs = await probe.write(lambda call: make_webhook(call, workspace=make_workspace(call), events=["never"]))
    for each in (webhook, other):
        await fresh(probe, each)

    def elsewhere(call: Call) -> Delivery:
        workspace = call.workspace(theirs.workspace_id)
        event = make_event(call, workspace=workspace, type="quiet")
        return make_delivery(call, event=event, webhook=theirs, state=State.DUE)

    await probe.write(elsewhere)
    foreign = await probe.house.write(
        probe.organization.production,
        lambda call: store.park_workspace(call.tx, call.account_id, webhook.workspace_id, 100),
    )

    assert foreign == 0
    assert await park(probe, webhook) == 1
    assert await park(probe, webhook, ParkedBy.WORKSPACE) == 1
    assert await probe.states(theirs.id) == ["due"]


async def test_more_than_a_step_holds_takes_several(probe: Probe, webhook: Subscription) -> None:
    for _ in range(5):
        await fresh(probe, webhook)

    assert [await park(probe, webhook, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert [await release(probe, webhook, limit=3) for _ in range(3)] == [3, 2, 0]


# Strict order


async def test_a_strict_delivery_keeps_its_place_while_it_is_parked(probe: Probe) -> None:
    webhook = await probe.webhook(ordering=Ordering.STRICT)
    events = [await probe.write(make_event) for _ in range(2)]
    await park(probe, webhook)
    meanwhile = await probe.write(lambda call: claim(call, webhook))
    await release(probe, webhook)

    (first,) = await probe.write(lambda call: claim(call, webhook))

    assert meanwhile == []
    assert first.delivery.event_id == events[0].id


async def test_who_wakes_stands_in_the_order_that_holds_now(probe: Probe) -> None:
    webhook = await probe.webhook()
    events = [await probe.write(make_event) for _ in range(2)]
    await park(probe, webhook)
    strict = replace(webhook, ordering=Ordering.STRICT)
    await probe.write(lambda call: subscriptions.put(call.tx, strict))

    await release(probe, webhook)

    claimed = await probe.write(lambda call: claim(call, strict))
    assert [one.delivery.event_id for one in claimed] == [events[0].id]


async def test_a_subscription_is_put_under_strict_order_and_freed_of_it(probe: Probe) -> None:
    webhook = await probe.webhook()
    strict = replace(webhook, ordering=Ordering.STRICT)
    for _ in range(3):
        await probe.write(make_event)
    (under_way,) = await probe.write(lambda call: claim(call, webhook, limit=1))

    def turn(is_strict: bool) -> Any:
        return probe.write(
            lambda call: store.set_strict(call.tx, call.account_id, webhook.id, is_strict=is_strict, limit=100)
        )

    assert await turn(True) == 3
    assert await turn(True) == 0
    assert await probe.write(lambda call: claim(call, strict)) == []  # the first is under way
    assert await turn(False) == 3
    assert len(await probe.write(lambda call: claim(call, webhook))) == 2
    assert under_way.delivery.state is State.DUE


# What is given up


async def test_what_was_held_too_long_is_left_out(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", status=Standing.DISABLED)
    await probe.write(make_event)
    probe.clock.advance(60)
    await probe.write(make_event)
    (_, young) = await probe.deliveries(webhook.id)

    def skip(call: Call) -> int:
        before_us = call.tx.now_us
        return store.skip_held(call.tx, call.account_id, webhook.id, 10, created_before_us=before_us)

    assert await probe.write(skip) == 1
    assert await probe.states(webhook.id) == ["skipped", "parked"]
    assert (await probe.deliveries(webhook.id))[0].completed_at == probe.clock.now()
    assert await release(probe, webhook) == 1
    assert (await probe.delivery(young.id)).state is State.DUE


async def test_only_what_is_held_is_left_out(probe: Probe, webhook: Subscription) -> None:
    await fresh(probe, webhook)
    await park(probe, webhook)
    probe.clock.advance(60)

    skipped = await probe.write(
        lambda call: store.skip_held(call.tx, call.account_id, webhook.id, 10, created_before_us=call.tx.now_us)
    )

    assert skipped == 0


async def test_canceling_ends_what_is_due_retrying_parked_and_under_way(probe: Probe, webhook: Subscription) -> None:
    await fresh(probe, webhook)
    await probe.write(lambda call: claim(call, webhook))  # under way
    await retrying(probe, webhook)
    await park(probe, webhook)
    await retrying(probe, webhook)
    await fresh(probe, webhook, due_in=MINUTE)

    canceled = await probe.write(lambda call: store.cancel_subscription(call.tx, call.account_id, webhook.id, 100))

    assert canceled == 4
    assert set(await probe.states(webhook.id)) == {"canceled"}
    assert await probe.write(lambda call: claim(call, webhook)) == []
    assert await release(probe, webhook) == 0


async def test_canceling_a_workspace_goes_in_steps_over_all_its_subscriptions(
    probe: Probe, webhook: Subscription
) -> None:
    other = await probe.webhook(events=["never.sent"])
    for each in (webhook, other, webhook):
        await fresh(probe, each)

    def cancel(call: Call) -> int:
        return store.cancel_workspace(call.tx, call.account_id, webhook.workspace_id, 2)

    assert [await probe.write(cancel) for _ in range(3)] == [2, 1, 0]


async def test_an_event_that_is_erased_is_sent_no_more_and_its_bodies_are_gone(
    probe: Probe, webhook: Subscription
) -> None:
    delivery, other = await retrying(probe, webhook), await retrying(probe, webhook)
    await probe.write(lambda call: call.tx.run("UPDATE deliveries SET body = 'Ada'"))

    def erase(call: Call) -> int:
        store.blank_event(call.tx, call.account_id, delivery.event_id)
        return store.cancel_event(call.tx, call.account_id, delivery.event_id)

    assert await probe.write(erase) == 1

    async def left(of: Delivery) -> tuple[str | None, str | None, State]:
        body = await probe.read(lambda call: deliveries.kept_body(call.tx, of))
        return body, (await probe.attempts(of.id))[0].response_body, (await probe.delivery(of.id)).state

    assert await left(delivery) == (None, None, State.CANCELED)
    assert await left(other) == ("Ada", "busy", State.RETRYING)
