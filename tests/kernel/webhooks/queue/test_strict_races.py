"""Strict order while several write: what is delivered is the log, in its order, without a gap."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.queue.rows import events, send, settle, settlement, take
from tests.racing import begun

from harbor.kernel.errors import Denied
from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import Ordering, State, Subscription


@pytest.fixture
async def webhook(probe: Probe) -> Subscription:
    return await probe.webhook(ordering=Ordering.STRICT)


def emitting(probe: Probe) -> Any:
    """An event of another process."""

    def work(tx: Tx) -> Event:
        return make_event(probe.house._call(tx, probe.account))

    return work


async def delivered(probe: Probe, webhook: Subscription) -> list[str]:
    """Deliver until nothing can be taken; the events in the order they were sent."""
    sent: list[str] = []
    while claimed := await take(probe, webhook):
        sent += events(claimed)
        await settle(probe, *(settlement(one.delivery, State.DELIVERED) for one in claimed))
    return sent


async def log(probe: Probe) -> list[str]:
    """The events in the order of the log."""
    rows = await probe.read(lambda call: call.tx.rows("SELECT id FROM events ORDER BY position, id"))
    return [row["id"] for row in rows]


async def test_an_event_on_its_way_in_is_sent_before_those_that_overtook_it(
    probe: Probe, webhook: Subscription
) -> None:
    if probe.house.database.engine == "sqlite":  # one writer: nobody is overtaken
        assert await send(probe, 3) == await delivered(probe, webhook)
        return
    before = await send(probe, 1)
    async with (
        begun(probe.house.database, emitting(probe)) as first_held,
        begun(probe.house.database, emitting(probe)) as second_held,
    ):
        overtook = await send(probe, 2)
        sent = [await delivered(probe, webhook)]

        second = await second_held.commit()
        sent.append(await delivered(probe, webhook))
        first = await first_held.commit()
        sent.append(await delivered(probe, webhook))

    assert sent == [before, [], [first.id, second.id, *overtook]]
    assert [one for batch in sent for one in batch] == await log(probe)


async def test_an_event_that_was_undone_holds_nobody_up(probe: Probe, webhook: Subscription) -> None:
    if probe.house.database.engine == "sqlite":
        assert await send(probe, 1) == await delivered(probe, webhook)
        return

    def undone(tx: Tx) -> None:
        emitting(probe)(tx)
        raise Denied("no")

    async with begun(probe.house.database, undone) as held:
        later = await send(probe, 1)
        meanwhile = await delivered(probe, webhook)
        with pytest.raises(Denied):
            await held.commit()

    assert meanwhile == []
    assert await delivered(probe, webhook) == later


async def test_without_order_nobody_waits_for_what_is_on_its_way(probe: Probe) -> None:
    webhook = await probe.webhook()
    if probe.house.database.engine == "sqlite":
        assert await send(probe, 1) == await delivered(probe, webhook)
        return
    async with begun(probe.house.database, emitting(probe)) as held:
        later = await send(probe, 1)

        meanwhile = await delivered(probe, webhook)
        first = await held.commit()

    assert meanwhile == later
    assert await delivered(probe, webhook) == [first.id]
