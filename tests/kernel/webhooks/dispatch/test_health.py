"""What attempts make of a subscription: warned of, switched off, or left alone."""

from __future__ import annotations

from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import at, standing
from tests.receiver import Answer, Receiver

from harbor.kernel.clock import micros

FAILS = Answer(status=500)


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
