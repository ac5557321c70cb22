"""Durable readers: each knows how far it is, and a crash makes it neither skip nor forget."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories import make_event, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.eventlog import readers_store as readers

NAME = "harvest.billing"


async def send(probe: Probe, count: int) -> list[str]:
    return [(await probe.write(make_event)).id for _ in range(count)]


def read(call: Call, *, limit: int = 10, name: str = NAME) -> list[str]:
    """Handle what is unread, and move on."""
    workspace_id = call.default_workspace().id
    events = readers.unread(call.tx, call.account_id, workspace_id, name, limit)
    if events:
        readers.advance(call.tx, call.account_id, workspace_id, name, events[-1])
    return [event.id for event in events]


async def test_a_reader_sees_each_event_once_in_order(probe: Probe) -> None:
    sent = await send(probe, 5)

    batches = [await probe.write(lambda call: read(call, limit=2)) for _ in range(4)]

    assert batches == [sent[:2], sent[2:4], sent[4:], []]
    more = await send(probe, 1)
    assert await probe.write(read) == more


async def test_a_reader_that_fails_gets_the_same_events_again(probe: Probe) -> None:
    sent = await send(probe, 2)

    def fails(call: Call) -> None:
        assert read(call) == sent
        raise Denied("crashed")

    with pytest.raises(Denied):
        await probe.write(fails)

    assert await probe.write(read) == sent


async def test_readers_do_not_disturb_one_another(probe: Probe) -> None:
    sent = await send(probe, 2)
    await probe.write(read)

    assert await probe.write(lambda call: read(call, name="another")) == sent


async def test_a_new_reader_may_begin_at_the_end_and_an_old_one_keeps_its_place(probe: Probe) -> None:
    def start(call: Call) -> None:
        readers.start_at_end(call.tx, call.account_id, call.default_workspace().id, NAME)

    await send(probe, 2)
    await probe.write(start)
    later = await send(probe, 1)
    await probe.write(start)

    assert await probe.write(read) == later


async def test_runs_of_one_reader_at_the_same_time_handle_nothing_twice(probe: Probe) -> None:
    sent = await send(probe, 6)

    batches = await asyncio.gather(*(probe.write(lambda call: read(call, limit=2)) for _ in range(5)))

    assert sorted(event_id for batch in batches for event_id in batch) == sorted(sent)


async def test_a_reader_reads_one_workspace(probe: Probe) -> None:
    await probe.write(lambda call: make_event(call, workspace=make_workspace(call)))

    assert await probe.write(read) == []
