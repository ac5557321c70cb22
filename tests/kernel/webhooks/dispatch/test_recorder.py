"""Results recorded by hand: of tests, of several subscriptions, and of what changed while they were under way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.factories import make_delivery, make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import at, prepare, standing
from tests.receiver import Answer, Receiver

from harbor.kernel.call import Call
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.webhooks.model import Attempt, Standing, State
from harbor.kernel.webhooks.outcome import Error, Outcome
from harbor.kernel.webhooks.subscriptions import store as subscriptions


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

    (delivery,) = await probe.deliveries(webhook.id)
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
