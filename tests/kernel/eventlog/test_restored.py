"""A log in a database that was restored from a dump: ids of transactions begin anew there, and the log goes on all the same."""

from __future__ import annotations

import pytest
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.racing import together

from harbor.kernel.eventlog import store
from harbor.kernel.eventlog.model import Event
from harbor.kernel.pages import PageRequest

# Of a cluster that was busy for years; the one of a test has given some hundreds.
FAR = 10_000_000_000


async def start(probe: Probe) -> None:
    """What a server does before it answers."""
    await probe.house.database.write(store.keep_ascending)
    position, _ = await probe.house.database.read(store.largest)
    probe.house.services.faculties.positions.start_after(position)


async def send(probe: Probe, count: int = 1) -> list[Event]:
    return [await probe.write(make_event) for _ in range(count)]


async def base(probe: Probe) -> str | None:
    row = await probe.read(lambda call: call.tx.row("SELECT value FROM instance WHERE name = 'position_base'"))
    return None if row is None else str(row["value"])


@pytest.fixture
async def old(probe: Probe) -> list[str]:
    """Events that came with the dump."""
    made = [event.id for event in await send(probe, 3)]
    await probe.write(lambda call: call.tx.run("UPDATE events SET position = position + :far", far=FAR))
    return made


async def oldest_first(probe: Probe) -> list[str]:
    found = await probe.read(
        lambda call: store.page(
            call.tx, call.account_id, call.default_workspace().id, PageRequest(limit=100), ascending=True
        )
    )
    return [event.id for event in found.items]


async def test_new_positions_are_above_all_that_came_with_the_dump(probe: Probe, old: list[str]) -> None:
    await start(probe)

    new = await send(probe, 3)

    assert all(event.position > FAR for event in new)
    assert await oldest_first(probe) == [*old, *(event.id for event in new)]


async def test_who_followed_the_log_before_goes_on_with_what_is_new(probe: Probe, old: list[str]) -> None:
    await start(probe)
    place = await probe.read(lambda call: store.last_position(call.tx, call.account_id, call.default_workspace().id))
    new = await send(probe, 2)

    found = await probe.read(
        lambda call: store.after_position(call.tx, call.account_id, call.default_workspace().id, *place, limit=10)
    )

    assert place[1] == old[-1]
    assert [event.id for event in found] == [event.id for event in new]


async def test_a_second_restore_goes_on_above_the_first(probe: Probe, old: list[str]) -> None:
    await start(probe)
    between = await send(probe, 1)
    await probe.write(lambda call: call.tx.run("UPDATE events SET position = position + :far", far=FAR))
    await start(probe)

    new = await send(probe, 1)

    assert new[0].position > 2 * FAR
    assert await oldest_first(probe) == [*old, between[0].id, new[0].id]


async def test_a_start_in_the_same_database_changes_nothing(probe: Probe, old: list[str]) -> None:
    await start(probe)
    await send(probe, 2)
    before = await base(probe)

    await start(probe)

    assert await base(probe) == before
    assert (before is not None) == (probe.house.database.engine == "postgres")


async def test_a_log_that_was_never_moved_needs_no_base(probe: Probe) -> None:
    await send(probe, 2)

    await start(probe)

    assert await base(probe) is None


async def test_two_that_start_at_once_agree(probe: Probe, old: list[str]) -> None:
    await together(probe.house.database, store.keep_ascending, store.keep_ascending)
    await start(probe)

    (new,) = await send(probe)

    assert new.position > FAR
    assert await oldest_first(probe) == [*old, new.id]
