"""Strict order while several write: what is delivered is the log, in its order, without a gap."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.queue.rows import events, send, settle, settlement, take
from tests.racing import begin

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
    first_task, first_leaves = await begin(probe.house.database, emitting(probe))
    second_task, second_leaves = await begin(probe.house.database, emitting(probe))
    overtook = await send(probe, 2)
    sent = [await delivered(probe, webhook)]

    second_leaves()
    second = await second_task
    sent.append(await delivered(probe, webhook))
    first_leaves()
    first = await first_task
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

    task, leave = await begin(probe.house.database, undone)
    later = await send(probe, 1)
    meanwhile = await delivered(probe, webhook)
    leave()
    with pytest.raises(Denied):
        await task

    assert meanwhile == []
    assert await delivered(probe, webhook) == later


async def test_without_order_nobody_waits_for_what_is_on_its_way(probe: Probe) -> None:
    webhook = await probe.webhook()
    if probe.house.database.engine == "sqlite":
        assert await send(probe, 1) == await delivered(probe, webhook)
        return
    task, leave = await begin(probe.house.database, emitting(probe))
    later = await send(probe, 1)

    meanwhile = await delivered(probe, webhook)
    leave()
    first = await task

    assert meanwhile == later
    assert await delivered(probe, webhook) == [first.id]
