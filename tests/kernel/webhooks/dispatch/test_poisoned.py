"""A result that cannot be recorded stands in nobody's way: the batch is halved until it is alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import OWNER
from tests.kernel.webhooks.dispatch.work import send, webhooks
from tests.receiver import Answer, Receiver

from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.dispatch import dispatcher as dispatchers
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.webhooks.model import Ordering, Subscription


class Poisoned(Recorder):
    """Records what it is given, and then fails for the results of some events: an error of the store comes as late."""

    def __init__(self, probe: Probe, poison: Sequence[str]) -> None:
        super().__init__(OWNER, lambda tx, _: probe.house._call(tx, probe.account))
        self._poison = frozenset(poison)
        self.batches: list[int] = []

    def record(self, tx: Tx, finished: list[Finished]) -> None:
        """Fail after everything is written, so that the whole transaction is undone."""
        self.batches.append(len(finished))
        super().record(tx, finished)
        if any(one.prepared.claimed.event.id in self._poison for one in finished):
            raise ValueError("this cannot be recorded")


def dispatcher(probe: Probe, recorder: Recorder) -> Dispatcher:
    return Dispatcher(replace(probe.house.dispatcher._means, recorder=recorder))


async def recorded(probe: Probe, webhook: Subscription) -> dict[str, tuple[str, int]]:
    """State and number of attempts in the history, by event."""
    return {
        delivery.event_id: (delivery.state.value, len(await probe.attempts(delivery.id)))
        for delivery in await probe.deliveries(webhook.id)
    }


@pytest.mark.parametrize("place", [0, 6, 12])
async def test_one_result_that_cannot_be_recorded_keeps_no_other_from_it(
    probe: Probe, receiver: Receiver, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_GATHER_S", 5.0)  # all of them come together
    (webhook,) = await webhooks(probe, [receiver.url()])
    sent = await send(probe, 13)
    recorder = Poisoned(probe, [sent[place]])
    sender = dispatcher(probe, recorder)

    await asyncio.wait_for(sender.run_due(), 10)
    await sender.stop(0)

    assert await recorded(probe, webhook) == {
        event_id: ("due", 0) if event_id == sent[place] else ("delivered", 1) for event_id in sent
    }
    assert max(recorder.batches) > 1
    assert len(receiver.got) == 13


async def test_what_was_given_up_is_sent_again_when_its_lease_ends(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()])
    sent = await send(probe, 3)
    sender = dispatcher(probe, Poisoned(probe, sent[1:2]))
    await asyncio.wait_for(sender.run_due(), 10)
    await sender.stop(0)
    waits = [delivery.is_leased for delivery in await probe.deliveries(webhook.id)]

    await probe.write(lambda call: call.tx.run("UPDATE deliveries SET lease_until = 1 WHERE lease_until IS NOT NULL"))
    await probe.house.dispatcher._recover()
    await probe.house.dispatcher.run_due()

    assert waits == [False, True, False]
    assert await recorded(probe, webhook) == dict.fromkeys(sent, ("delivered", 1))


async def test_the_results_of_other_endpoints_are_recorded_too(probe: Probe, receiver: Receiver) -> None:
    receiver.otherwise = Answer(status=500)
    bad, *others = await webhooks(probe, [receiver.url(f"/{number}") for number in range(4)])
    sent = await send(probe, 4)

    class OfOneEndpoint(Poisoned):
        def record(self, tx: Tx, finished: list[Finished]) -> None:
            Recorder.record(self, tx, finished)
            if any(one.prepared.subscription.id == bad.id for one in finished):
                raise ValueError("this cannot be recorded")

    sender = dispatcher(probe, OfOneEndpoint(probe, []))
    await asyncio.wait_for(sender.run_due(), 10)
    await sender.stop(0)

    assert await recorded(probe, bad) == dict.fromkeys(sent, ("due", 0))
    for webhook in others:
        assert await recorded(probe, webhook) == dict.fromkeys(sent, ("retrying", 1))
        assert (await probe.health(webhook.id))["failed_attempts"] == 4  # not counted once more for each half


async def test_in_strict_order_nothing_overtakes_what_could_not_be_recorded(probe: Probe, receiver: Receiver) -> None:
    (webhook,) = await webhooks(probe, [receiver.url()], ordering=Ordering.STRICT)
    sent = await send(probe, 3)
    sender = dispatcher(probe, Poisoned(probe, sent[1:2]))

    await asyncio.wait_for(sender.run_due(), 10)
    await sender.stop(0)

    assert await recorded(probe, webhook) == {sent[0]: ("delivered", 1), sent[1]: ("due", 0), sent[2]: ("due", 0)}
    assert len(receiver.got) == 2
