"""A dispatcher in trouble and at its end: nothing is lost, and nothing is sent by two."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from tests.kernel.probe import Probe, open_probe
from tests.kernel.webhooks.dispatch.claims import claim
from tests.kernel.webhooks.dispatch.work import running, send, until, until_states, webhooks
from tests.receiver import Answer, Receiver

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Unavailable
from harbor.kernel.storage.database import Database, Lane, Work
from harbor.kernel.webhooks.dispatch import dispatcher as dispatchers
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher

T = TypeVar("T")


class Refusing:
    """A database that refuses writes while it `refuses`, and counts how often it did."""

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self._database = database
        self.refuses = False
        self.refused = asyncio.Event()

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        return await self._database.read(work, long=long)

    async def write(self, work: Work[T], *, lane: Lane = Lane.FOREGROUND) -> T:
        if self.refuses:
            self.refused.set()
            raise Unavailable("The disk is full.")
        return await self._database.write(work, lane=lane)

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        self._database.on(topic, wake)

    async def close(self) -> None: ...


async def test_results_are_recorded_when_the_database_takes_writes_again(
    database: Database, clock: ManualClock, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_RETRY_RECORDING_S", 0.005)
    refusing = Refusing(database)
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    async with open_probe(refusing, clock, tmp_path) as probe:
        (webhook,) = await webhooks(probe, [receiver.url()])
        await send(probe, 3)
        async with running(probe):
            await receiver.until(lambda r: len(r.got) == 3)
            refusing.refuses = True
            hold.set()
            await asyncio.wait_for(refusing.refused.wait(), 5)
            refusing.refused.clear()
            await asyncio.wait_for(refusing.refused.wait(), 5)  # it keeps trying
            assert set(await probe.states(webhook.id)) == {"due"}

            refusing.refuses = False
            await until_states(probe, webhook, ["delivered"] * 3)

        assert len(receiver.got) == 3
        attempts = [len(await probe.attempts(each.id)) for each in await probe.deliveries(webhook.id)]
        assert attempts == [1, 1, 1]


async def test_a_database_that_refuses_claims_is_asked_again(
    database: Database, clock: ManualClock, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_RETRY_RECORDING_S", 0.005)
    monkeypatch.setattr(dispatchers, "_POLL_S", 0.01)
    refusing = Refusing(database)
    async with open_probe(refusing, clock, tmp_path) as probe:
        (webhook,) = await webhooks(probe, [receiver.url()])
        await send(probe)
        refusing.refuses = True
        async with running(probe):
            await asyncio.wait_for(refusing.refused.wait(), 5)
            refusing.refuses = False
            await until_states(probe, webhook, ["delivered"])


async def test_deliveries_of_a_process_that_died_are_sent_when_their_lease_ends(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_POLL_S", 0.01)
    monkeypatch.setattr(dispatchers, "_RECOVER_EVERY_S", 0.01)
    (webhook,) = await webhooks(probe, [receiver.url()])
    await send(probe, 2)
    await probe.write(lambda call: claim(call, webhook, owner="dead", lease_s=0.05, limit=1))
    await probe.write(lambda call: claim(call, webhook, owner="alive", lease_s=60, limit=1))

    async with running(probe):
        await until_states(probe, webhook, ["delivered", "due"])

    assert len(receiver.got) == 1


async def test_what_was_claimed_too_long_ago_is_left_to_others(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "LEASE_S", 1.0)  # shorter than an attempt may take
    (webhook,) = await webhooks(probe, [receiver.url()])
    await send(probe)

    assert await probe.house.dispatcher.run_due() == 0

    assert receiver.got == []
    (delivery,) = await probe.deliveries(webhook.id)
    assert (delivery.state.value, delivery.is_leased) == ("due", True)


# Stopping


async def test_stopping_finishes_what_is_under_way_and_gives_back_what_was_claimed(
    probe: Probe, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatchers, "_POLL_S", 0.01)
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    (webhook,) = await webhooks(probe, [receiver.url()])
    await send(probe, 30)
    dispatcher = probe.house.dispatcher
    task = asyncio.create_task(dispatcher.run())
    share = bounds.WEBHOOK_IN_FLIGHT_PER_ENDPOINT
    await receiver.until(lambda r: len(r.got) == share)

    async def claimed_more() -> bool:
        return sum(each.is_leased for each in await probe.deliveries(webhook.id)) > share

    await until(claimed_more)
    stopping = asyncio.create_task(dispatcher.stop(5))
    await asyncio.sleep(0.02)
    hold.set()
    await asyncio.gather(stopping, task)

    found = await probe.deliveries(webhook.id)
    assert len(receiver.got) == share
    assert sorted(each.state.value for each in found) == ["delivered"] * share + ["due"] * (30 - share)
    assert not any(each.is_leased for each in found)
    assert all(each.due_at == probe.clock.now() for each in found if each.state.value == "due")


async def test_stopping_does_not_wait_longer_than_it_is_told_to(probe: Probe, receiver: Receiver) -> None:
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    await webhooks(probe, [receiver.url()])
    await send(probe)
    dispatcher = probe.house.dispatcher
    task = asyncio.create_task(dispatcher.run())
    await receiver.until(lambda r: len(r.got) == 1)

    await asyncio.wait_for(dispatcher.stop(0.05), 5)
    await asyncio.wait_for(task, 5)
    hold.set()

    assert dispatcher.in_flight == 0


async def test_a_stopped_dispatcher_starts_nothing_more(probe: Probe, receiver: Receiver) -> None:
    await webhooks(probe, [receiver.url()])
    await probe.house.dispatcher.stop(0)
    await send(probe)

    await asyncio.wait_for(probe.house.dispatcher.run(), 5)

    assert receiver.got == []


async def test_attempts_are_observed(probe: Probe, receiver: Receiver) -> None:
    seen: list[str] = []
    means = replace(
        probe.house.dispatcher._means, observe=lambda one: seen.append(one.attempt.error or "ok"), now=probe.clock.now
    )
    dispatcher = Dispatcher(means)
    receiver.answers.append(Answer(status=500))
    (webhook,) = await webhooks(probe, [receiver.url()])
    await send(probe)
    probe.clock.advance(5)

    await dispatcher.run_due()
    probe.clock.advance(60)
    await dispatcher.run_due()
    await dispatcher.stop(0)

    assert seen == ["http_status", "ok"]
    (delivery,) = await probe.deliveries(webhook.id)
    started = [attempt.started_at - delivery.created_at for attempt in await probe.attempts(delivery.id)]
    assert started == [timedelta(seconds=5), timedelta(seconds=65)]
