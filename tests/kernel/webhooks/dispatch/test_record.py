"""What attempts make of their deliveries and of the subscription's health, by the calendar."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.factories import make_delivery, make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import prepare
from tests.receiver import Answer, Receiver

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.webhooks.model import Attempt, Delivery, Standing, State, Subscription, Trigger
from harbor.kernel.webhooks.outcome import Error, Outcome
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.subscriptions import store as subscriptions

FAILS = Answer(status=500)


async def at(probe: Probe, seconds: float) -> int:
    """Go on by some seconds, and send what is due; how many attempts that were."""
    probe.clock.advance(seconds)
    return await probe.house.dispatcher.run_due()


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


# Health


async def standing(probe: Probe, webhook: Subscription) -> tuple[str, str | None]:
    found = await probe.subscription(webhook.id)
    return found.status.value, found.disabled_reason


async def test_an_endpoint_that_is_gone_is_switched_off_and_what_waits_for_it_is_parked(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.answers.extend([FAILS, Answer(status=410)])
    await probe.write(make_event)
    await at(probe, 0)
    await probe.write(make_event)
    await at(probe, 0)
    await probe.write(make_event)

    assert await standing(probe, webhook) == ("disabled", "gone")
    assert await probe.states(webhook.id) == ["parked", "exhausted", "skipped"]
    assert await at(probe, 3_600) == 0
    assert "harbor.webhook.disabled" in await probe.types()


async def test_a_view_may_keep_what_answers_that_it_is_gone(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = Answer(status=410)
    await probe.write(make_event)

    await at(probe, 0)

    assert await standing(probe, webhook) == ("active", None)
    assert await probe.states(webhook.id) == ["exhausted"]  # this delivery is over all the same


async def test_many_failures_in_a_short_time_switch_nothing_off(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.otherwise = FAILS
    for _ in range(5):
        await probe.write(make_event)

    await at(probe, 0)
    await at(probe, 60)

    assert await standing(probe, webhook) == ("active", None)
    assert (await probe.health(webhook.id))["failed_attempts"] == 10


async def test_few_failures_in_a_long_time_switch_nothing_off(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.otherwise = Answer(status=503, headers={"Retry-After": "300"})
    await probe.write(make_event)

    await at(probe, 0)
    await at(probe, 300)

    assert await standing(probe, webhook) == ("active", None)
    assert (await probe.health(webhook.id))["failed_attempts"] == 2


async def test_a_long_streak_of_many_failures_switches_off_and_warns_once_before(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.otherwise = FAILS
    await probe.write(make_event)
    seen = []
    for wait_s in (0, 60, 120, 180):  # failures at 0, 1, 3 and 6 minutes
        await at(probe, wait_s)
        status, reason = await standing(probe, webhook)
        told = [type_ for type_ in await probe.types() if type_.startswith("harbor.webhook")]
        seen.append((status, reason, told))

    warned = "harbor.webhook.failing"
    assert seen == [
        ("active", None, []),
        ("active", None, []),
        ("active", None, [warned]),
        ("disabled", "failing", [warned, "harbor.webhook.disabled"]),
    ]


async def test_a_success_between_ends_the_streak(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(url=receiver.url())
    receiver.answers.extend([FAILS, FAILS, Answer(), FAILS, FAILS, FAILS])
    await probe.write(make_event)
    for wait_s in (0, 60, 120):
        await at(probe, wait_s)
    await probe.write(make_event)
    for wait_s in (0, 60, 120):
        await at(probe, wait_s)

    health = await probe.health(webhook.id)
    assert await standing(probe, webhook) == ("active", None)
    assert health["failed_attempts"] == 3
    assert micros(probe.clock.now()) - health["failing_since"] == 180_000_000


async def test_what_is_switched_off_already_is_not_switched_off_again(probe: Probe, receiver: Receiver) -> None:
    webhook = await probe.webhook(url=receiver.url())
    await probe.write(make_event)
    (one,) = await probe.write(lambda call: prepare(call, webhook))
    disabled = replace(webhook, status=Standing.DISABLED, disabled_reason="manual")
    await probe.write(lambda call: subscriptions.put(call.tx, disabled))

    await probe.write(
        lambda call: recorder(probe).record(call.tx, [finished(one, Outcome(error=Error.HTTP_STATUS, is_gone=True))])
    )

    assert await standing(probe, webhook) == ("disabled", "manual")


# Recording by hand


def recorder(probe: Probe) -> Recorder:
    """The recorder of the house."""
    return probe.house.dispatcher._means.recorder


def finished(prepared: Any, outcome: Outcome, **changes: Any) -> Finished:
    """An attempt that came to this."""
    delivery = prepared.claimed.delivery
    values: dict[str, Any] = {
        "id": f"att_{delivery.id[-8:]}{prepared.number}",
        "account_id": delivery.account_id,
        "delivery_id": delivery.id,
        "subscription_id": delivery.subscription_id,
        "number": prepared.number,
        "trigger": delivery.trigger,
        "started_at": delivery.created_at,
        "duration_ms": 1,
        "url": prepared.subscription.url,
        "response_status": 200 if outcome.is_success else 500,
        "response_headers": {},
        "response_body": "what it said",
        "response_truncated": False,
        "error": outcome.error.value if outcome.error else None,
        "signature_timestamp": 1,
        "resolved_ip": None,
    }
    return Finished(prepared, Attempt(**{**values, **changes}), outcome)


async def test_a_test_touches_no_counters_and_switches_nothing_off(probe: Probe) -> None:
    webhook = await probe.webhook(events=["never.sent"])
    before = await probe.health(webhook.id)

    def act(call: Call) -> str:
        delivery = make_delivery(
            call, event=make_event(call, type="harbor.test"), webhook=webhook, state=State.DUE, attempts=0
        )
        call.tx.run(
            "UPDATE deliveries SET trigger = 'test', due_at = :now WHERE id = :id", now=call.tx.now_us, id=delivery.id
        )
        (one,) = prepare(call, webhook)
        recorder(probe).record(call.tx, [finished(one, Outcome(error=Error.HTTP_STATUS, is_gone=True))])
        return delivery.id

    delivery = await probe.delivery(await probe.write(act))

    assert (delivery.state, delivery.attempt_count) == (State.EXHAUSTED, 1)  # a test is tried once
    assert await probe.health(webhook.id) == before
    assert await standing(probe, webhook) == ("active", None)
    assert [type_ for type_ in await probe.types() if type_.startswith("harbor.delivery")] == []


async def test_results_of_several_subscriptions_are_recorded_together_each_with_its_own_health(probe: Probe) -> None:
    good, bad = await probe.webhook(), await probe.webhook()
    for _ in range(3):
        await probe.write(make_event)

    def act(call: Call) -> None:
        results = [finished(one, Outcome(error=None)) for one in prepare(call, good)]
        results += [finished(one, Outcome(error=Error.TIMEOUT)) for one in prepare(call, bad)]
        recorder(probe).record(call.tx, results)

    await probe.write(act)

    assert await probe.states(good.id) == ["delivered"] * 3
    assert await probe.states(bad.id) == ["retrying"] * 3
    assert (await probe.health(good.id))["failed_attempts"] == 0
    assert (await probe.health(bad.id))["failed_attempts"] == 3


async def test_the_answer_to_what_was_erased_meanwhile_is_not_kept(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    await probe.write(lambda call: make_event(call, type="harvest.client.created", subject="7"))
    (one,) = await probe.write(lambda call: prepare(call, webhook))
    await probe.write(lambda call: call.erase("harvest", "7"))

    await probe.write(lambda call: recorder(probe).record(call.tx, [finished(one, Outcome(error=None))]))

    delivery = await only(probe, webhook)
    assert delivery.state is State.CANCELED
    assert [attempt.response_body for attempt in await probe.attempts(delivery.id)] == [None]
    assert await probe.read(lambda call: deliveries.kept_body(call.tx, delivery)) is None


async def test_an_attempt_under_way_when_its_subscription_is_switched_off_waits_with_the_others(
    probe: Probe, receiver: Receiver
) -> None:
    webhook = await probe.webhook(url=receiver.url())
    await probe.write(make_event)
    (one,) = await probe.write(lambda call: prepare(call, webhook))
    disabled = replace(webhook, status=Standing.DISABLED, disabled_reason="manual")
    await probe.write(lambda call: subscriptions.put(call.tx, disabled))

    await probe.write(lambda call: recorder(probe).record(call.tx, [finished(one, Outcome(error=Error.TIMEOUT))]))
    await at(probe, 60)

    assert await probe.states(webhook.id) == ["parked"]
    assert receiver.got == []


async def test_the_result_for_a_deleted_subscription_is_recorded_and_nothing_follows(probe: Probe) -> None:
    webhook = await probe.webhook()
    await probe.write(make_event)
    (one,) = await probe.write(lambda call: prepare(call, webhook))
    await probe.write(lambda call: subscriptions.put(call.tx, replace(webhook, deleted_at=call.tx.now)))

    await probe.write(lambda call: recorder(probe).record(call.tx, [finished(one, Outcome(error=Error.TIMEOUT))]))

    assert len(await probe.attempts(one.claimed.delivery.id)) == 1
    assert [type_ for type_ in await probe.types() if type_.startswith("harbor.")] == []


async def test_what_was_given_up_is_told_of(probe: Probe, receiver: Receiver) -> None:
    await probe.webhook(view="calm", url=receiver.url())
    receiver.otherwise = Answer(status=410)
    await probe.write(make_event)

    await at(probe, 0)

    assert "harbor.delivery.failed" in await probe.types()
