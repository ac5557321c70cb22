"""What attempts make of their deliveries and of the subscription's health, by the calendar."""

from __future__ import annotations

import pytest
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import at
from tests.receiver import Answer, Receiver

from harbor.kernel.webhooks.model import Delivery, State, Subscription, Trigger
from harbor.kernel.webhooks.queue import store as queue

FAILS = Answer(status=500)


async def only(probe: Probe, webhook: Subscription) -> Delivery:
    (delivery,) = await probe.deliveries(webhook.id)
    return delivery


async def age_s(probe: Probe, delivery: Delivery) -> float | None:
    """When the next attempt is due, in seconds after the event."""
    present = await probe.delivery(delivery.id)
    return None if present.due_at is None else (present.due_at - present.created_at).total_seconds()


async def replay(probe: Probe, delivery: Delivery, trigger: Trigger = Trigger.MANUAL) -> None:
    """Send a delivery again, as the API does."""
    present = await probe.delivery(delivery.id)
    await probe.write(lambda call: queue.send_again(call.tx, present, trigger, expires_at_us=None, is_strict=False))


# The table


async def test_a_failing_delivery_is_tried_at_each_moment_of_its_table_and_then_given_up(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    seen: list[tuple[int, str, float | None]] = []
    for wait_s in (0, 59, 1, 119, 1, 180, 240, 86_400):
        made = await at(probe, wait_s)
        delivery = await only(probe, webhook)
        seen.append((made, delivery.state.value, await age_s(probe, delivery)))

    assert seen == [
        (1, "retrying", 60),
        (0, "retrying", 60),
        (1, "retrying", 180),
        (0, "retrying", 180),
        (1, "retrying", 360),
        (1, "retrying", 600),
        (1, "exhausted", None),
        (0, "exhausted", None),
    ]
    delivery = await only(probe, webhook)
    attempts = await probe.attempts(delivery.id)
    assert [(each.number, each.trigger, each.error) for each in attempts] == [
        (number, Trigger.AUTOMATIC, "http_status") for number in range(1, 6)
    ]
    assert (delivery.attempt_count, delivery.last_response_status, delivery.last_error) == (5, 500, "http_status")
    assert [got.headers["probe-attempt"] for got in receiver.got] == ["1", "2", "3", "4", "5"]


async def test_a_success_ends_it_wherever_it_stands(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.answers.extend([FAILS, FAILS])
    await probe.write(make_event)
    for wait_s in (0, 60, 120, 86_400):
        await at(probe, wait_s)

    delivery = await only(probe, webhook)
    assert (delivery.state, delivery.attempt_count, delivery.due_at) == (State.DELIVERED, 3, None)
    assert (delivery.last_response_status, delivery.last_error) == (200, None)
    assert delivery.completed_at is not None


@pytest.mark.parametrize(
    ("status", "asked", "age"),
    [
        (503, "200", 200),  # longer than the table's 60
        (503, "10", 60),
        (429, "99999", 300),  # the cap of the view
        (500, "200", 60),  # a status that does not ask to wait
    ],
)
async def test_an_endpoint_may_ask_for_more_time_within_bounds(
    probe: Probe, receiver: Receiver, status: int, asked: str, age: float
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = Answer(status=status, headers={"Retry-After": asked})
    await probe.write(make_event)

    await at(probe, 0)

    assert await age_s(probe, await only(probe, webhook)) == age


async def test_no_request_for_more_time_goes_past_the_end_of_the_budget(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = Answer(status=503, headers={"Retry-After": "300"})
    await probe.write(make_event)
    for wait_s in (0, 300):
        await at(probe, wait_s)
    before_the_end = await age_s(probe, await only(probe, webhook))

    await at(probe, 300)

    assert before_the_end == 600
    assert (await only(probe, webhook)).state is State.EXHAUSTED


async def test_the_budget_begins_with_the_first_attempt_and_not_with_the_event(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    probe.clock.advance(3_600)  # nobody was there to send

    await at(probe, 0)
    assert await age_s(probe, await only(probe, webhook)) == 3_660
    for wait_s in (60, 120, 180, 240):
        assert (await only(probe, webhook)).state is State.RETRYING
        await at(probe, wait_s)

    assert (await only(probe, webhook)).state is State.EXHAUSTED


# Replays


async def test_a_manual_attempt_between_two_of_the_schedule_changes_nothing_of_it(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    await at(probe, 0)
    before = await only(probe, webhook)

    probe.clock.advance(20)
    await replay(probe, before)
    assert await at(probe, 0) == 1

    after = await only(probe, webhook)
    assert (after.state, after.due_at, after.kept_due_at) == (State.RETRYING, before.due_at, None)
    assert (after.attempt_count, after.budget_attempts) == (2, before.budget_attempts)
    assert (after.budget_from, after.expires_at) == (before.budget_from, before.expires_at)
    assert await at(probe, 40) == 1
    attempts = await probe.attempts(after.id)
    assert [each.trigger.value for each in attempts] == ["automatic", "manual", "automatic"]


async def test_a_manual_attempt_that_is_later_than_the_schedule_is_followed_at_once(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    await at(probe, 0)
    await replay(probe, await only(probe, webhook))
    probe.clock.advance(100)

    assert await probe.house.dispatcher.run_due() == 2  # the manual one, and the one of the schedule that is overdue


async def test_a_manual_attempt_that_succeeds_is_the_end(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.answers.append(FAILS)
    await probe.write(make_event)
    await at(probe, 0)

    await replay(probe, await only(probe, webhook))
    await at(probe, 0)

    delivery = await only(probe, webhook)
    assert (delivery.state, delivery.due_at, delivery.kept_due_at) == (State.DELIVERED, None, None)
    assert await at(probe, 3_600) == 0


@pytest.mark.parametrize("trigger", [Trigger.MANUAL, Trigger.RECOVERY])
async def test_a_replay_of_what_was_given_up_opens_a_new_budget(
    probe: Probe, receiver: Receiver, trigger: Trigger
) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    for wait_s in (0, 60, 120, 180, 240):
        await at(probe, wait_s)
    given_up = await only(probe, webhook)

    await replay(probe, given_up, trigger)
    made = [await at(probe, wait_s) for wait_s in (0, 60, 120, 180, 240, 86_400)]

    assert made == [1, 1, 1, 1, 1, 0]
    after = await only(probe, webhook)
    assert (given_up.state, after.state, after.attempt_count) == (State.EXHAUSTED, State.EXHAUSTED, 10)
    triggers = [each.trigger for each in await probe.attempts(after.id)]
    assert triggers[5:] == [trigger, *[Trigger.AUTOMATIC] * 4]
