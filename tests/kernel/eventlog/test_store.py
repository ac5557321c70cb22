"""The log of events: appended once, found by id, listed newest first and oldest first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories import make_event, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.eventlog import store
from harbor.kernel.eventlog.model import Event, TypeTerms
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx

EVERYTHING = PageRequest(limit=1_000)
Listing = Callable[..., Any]


@pytest.fixture
def listing(probe: Probe) -> Listing:
    """Lists events of the default workspace, or of another one."""

    async def list_(page: PageRequest = EVERYTHING, *, workspace_id: str | None = None, **more: Any) -> Page[Event]:
        return await probe.read(
            lambda call: store.page(call.tx, call.account_id, workspace_id or call.default_workspace().id, page, **more)
        )

    return list_


async def send(probe: Probe, *types: str, seconds: float = 0) -> list[Event]:
    """Events one after the other, each in a transaction of its own, with time between them."""
    made = []
    for type_ in types:
        made.append(await probe.write(lambda call, type_=type_: make_event(call, type=type_)))  # type: ignore[misc]
        if seconds:
            probe.clock.advance(seconds)
    return made


def ids(events: Any) -> list[str]:
    return [event.id for event in events]


# Finding


async def test_an_event_is_found_as_it_was_written(probe: Probe) -> None:
    payload = '{"z":1.0,"a":[1e2,"\\u00e9"],"é":null}'
    event = await probe.write(lambda call: call.emit_from_outside(call.default_workspace(), "order.paid", payload))

    def look(call: Call) -> list[Event | None]:
        return [
            store.find(call.tx, call.account_id, event.id),
            store.find(call.tx, call.account_id, event.id, workspace_id=event.workspace_id),
            store.find(call.tx, call.account_id, event.id, workspace_id="ws_other"),
            store.find(call.tx, "acc_other", event.id),
            store.find(call.tx, call.account_id, "evt_other"),
        ]

    assert await probe.read(look) == [event, event, None, None, None]
    assert event.payload == payload


async def test_an_id_is_written_once(probe: Probe) -> None:
    (event,) = await send(probe, "order.paid")

    def again(call: Call) -> None:
        store.append(
            call.tx,
            call._faculties.positions,
            call.account_id,
            workspace_id=event.workspace_id,
            id_=event.id,
            product="",
            type_="x",
            subject=None,
            payload="{}",
            actor="me",
        )

    with pytest.raises(Conflict):
        await probe.write(again)


# Newest first


async def test_the_newest_comes_first_also_within_one_millisecond(probe: Probe, listing: Listing) -> None:
    made = await send(probe, *["order.paid"] * 5)

    assert ids((await listing()).items) == ids(made)[::-1]


async def test_pages_follow_one_another_in_both_directions(probe: Probe, listing: Listing) -> None:
    made = await probe.write(lambda call: [make_event(call) for _ in range(7)])
    for ascending in (False, True):
        seen: list[str] = []
        page = PageRequest(limit=3)
        while True:
            found = await listing(page, ascending=ascending)
            seen += ids(found.items)
            if not found.more:
                break
            page = PageRequest(limit=3, after=seen[-1])

        assert seen == (ids(made) if ascending else ids(made)[::-1])


async def test_a_page_that_ends_exactly_is_the_last(probe: Probe, listing: Listing) -> None:
    await send(probe, "a", "b", "c")

    assert not (await listing(PageRequest(limit=3))).more
    assert (await listing(PageRequest(limit=2))).more


async def test_an_event_after_an_unknown_one_is_the_next_by_id(probe: Probe, listing: Listing) -> None:
    made = await send(probe, "a", "b")

    found = await listing(PageRequest(limit=5, after=made[1].id[:-1] + "0"))

    assert ids(found.items)[-1:] == [made[0].id]


# Oldest first


async def test_oldest_first_is_the_order_of_the_log(probe: Probe, listing: Listing) -> None:
    made = await send(probe, *["order.paid"] * 4)

    found = (await listing(ascending=True)).items

    assert ids(found) == ids(made)
    assert [event.position for event in found] == sorted(event.position for event in found)


async def test_an_event_of_a_transaction_that_still_runs_is_not_passed_by(probe: Probe, listing: Listing) -> None:
    """Whoever reads behind others must not see a later event before an earlier one is decided."""
    if probe.house.database.engine == "sqlite":  # one writer: nothing is later than what it writes
        await send(probe, "order.paid")
        assert len((await listing(ascending=True)).items) == 1
        return
    loop, wrote, leave = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(call: Call) -> Event:
        event = make_event(call, type="first.begun")
        loop.call_soon_threadsafe(wrote.set)
        assert leave.wait(5)
        return event

    running = asyncio.create_task(probe.write(slow))
    await wrote.wait()
    (later,) = await send(probe, "later.committed")
    meanwhile = [(await listing(ascending=True)).items, (await listing()).items]
    leave.set()
    first = await running

    assert [ids(each) for each in meanwhile] == [[], [later.id]]
    assert ids((await listing(ascending=True)).items) == [first.id, later.id]


async def test_what_an_undone_transaction_wrote_leaves_a_gap_and_no_event(probe: Probe, listing: Listing) -> None:
    def undone(call: Call) -> None:
        make_event(call)
        raise Denied("no")

    (before,) = await send(probe, "a")
    with pytest.raises(Denied):
        await probe.write(undone)
    (after,) = await send(probe, "b")

    assert ids((await listing(ascending=True)).items) == [before.id, after.id]
    assert after.position > before.position


async def test_readers_go_on_after_a_position(probe: Probe) -> None:
    made = await probe.write(lambda call: [make_event(call) for _ in range(5)])
    workspace_id = made[0].workspace_id

    def look(call: Call) -> tuple[list[str], list[str], tuple[int, str], int | None, int | None]:
        tx, account_id = call.tx, call.account_id
        return (
            ids(store.after_position(tx, account_id, workspace_id, made[1].position, made[1].id, 2)),
            ids(store.after_position(tx, account_id, workspace_id, 0, "", 100)),
            store.last_position(tx, account_id, workspace_id),
            store.position_of(tx, account_id, workspace_id, made[2].id),
            store.position_of(tx, account_id, "ws_other", made[2].id),
        )

    some, everything, last, position, nowhere = await probe.read(look)

    assert some == ids(made[2:4])
    assert everything == ids(made)
    assert last == (made[-1].position, made[-1].id)
    assert (position, nowhere) == (made[2].position, None)


async def test_an_empty_log_ends_at_its_beginning(probe: Probe) -> None:
    assert await probe.read(
        lambda call: store.last_position(call.tx, call.account_id, call.default_workspace().id)
    ) == (0, "")


# What is shown


async def test_a_list_shows_the_workspaces_own_events_unless_it_is_told(probe: Probe, listing: Listing) -> None:
    types = ("order.paid", "harvest.client.created", "order.item.added", "orders.paid", "harvest.user.created", "order")
    made = dict(zip(types, await send(probe, *types), strict=True))

    async def shown(terms: TypeTerms | None) -> set[str]:
        return {event.type for event in (await listing(types=terms)).items}

    own = {"order.paid", "order.item.added", "orders.paid", "order"}
    assert await shown(None) == own
    assert await shown(TypeTerms(own=True)) == own
    assert await shown(TypeTerms(own=False, exact=("order.paid", "harvest.user.created"))) == {
        "order.paid",
        "harvest.user.created",
    }
    assert await shown(TypeTerms(own=False, ranges=(("order.", "order/"),))) == {"order.paid", "order.item.added"}
    assert await shown(TypeTerms(own=True, ranges=(("harvest.", "harvest/"),))) == set(made)
    assert await shown(TypeTerms(own=False)) == set()


async def test_case_counts_in_types(probe: Probe, listing: Listing) -> None:
    await send(probe, "Order.paid", "order.paid", "order_paid", "orderXpaid")

    found = await listing(types=TypeTerms(own=False, exact=("order_paid",), ranges=(("order.", "order/"),)))

    assert {event.type for event in found.items} == {"order.paid", "order_paid"}


async def test_workspaces_and_accounts_see_their_own_events_only(probe: Probe, listing: Listing) -> None:
    def act(call: Call) -> tuple[str, str]:
        shop = make_workspace(call)
        make_event(call)
        return shop.id, make_event(call, workspace=shop).id

    shop_id, event_id = await probe.write(act)
    await probe.house.write(probe.organization.production, make_event)

    assert ids((await listing(workspace_id=shop_id)).items) == [event_id]
    assert len((await listing()).items) == 1


# Time


async def test_a_span_begins_with_its_first_moment_and_ends_before_its_last(probe: Probe, listing: Listing) -> None:
    made = await send(probe, "a", "b", "c", seconds=1)
    at = [micros(event.created_at) for event in made]

    for ascending in (False, True):

        async def between(after: int | None, before: int | None, ascending: bool = ascending) -> list[str]:
            found = await listing(created_after=after, created_before=before, ascending=ascending)
            return sorted(event.type for event in found.items)

        assert await between(at[1], None) == ["b", "c"]
        assert await between(at[1] + 1, None) == ["c"]
        assert await between(None, at[1]) == ["a"]
        assert await between(None, at[1] + 1) == ["a", "b"]
        assert await between(at[1], at[2]) == ["b"]
        assert await between(at[2] + 1, None) == []


async def test_an_event_counts_for_the_moment_of_its_transaction_however_long_that_waited(
    probe: Probe, listing: Listing
) -> None:
    began = probe.clock.now()

    def slow(call: Call) -> Event:
        probe.clock.advance(6)  # as long as a lock may be waited for, before the id is drawn
        return make_event(call)

    event = await probe.write(slow)
    assert event.created_at == began

    found = await listing(created_before=micros(began) + 1)

    assert ids(found.items) == [event.id]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 3_000), min_size=1, max_size=6), limit=st.integers(1, 3), ascending=st.booleans())
async def test_walking_in_pages_sees_each_event_of_a_span_once(
    probe: Probe, listing: Listing, steps: list[int], limit: int, ascending: bool
) -> None:
    made = []
    for step_us in steps:
        probe.clock.advance(step_us / 1e6)
        made += await send(probe, "x")
    after, before = micros(made[0].created_at), micros(made[-1].created_at)
    expected = [event.id for event in made if after <= micros(event.created_at) < before]
    seen: list[str] = []
    page = PageRequest(limit=limit)
    more = True
    while more:
        found = await listing(page, created_after=after, created_before=before, ascending=ascending)
        seen += ids(found.items)
        more = found.more
        page = PageRequest(limit=limit, after=seen[-1] if seen else None)
    probe.clock.advance(1)

    assert seen == (expected if ascending else expected[::-1])


# Sweeping and starting


async def test_the_oldest_are_found_in_steps_and_deleted(probe: Probe) -> None:
    made = await send(probe, "a", "b", "c", "d", seconds=60)
    workspace_id, third_us = made[0].workspace_id, micros(made[2].created_at)

    def oldest(tx: Tx, account_id: str, after: str, before_us: int | None, limit: int) -> list[str]:
        return store.oldest(tx, account_id, workspace_id, after=after, before_us=before_us, limit=limit)

    def act(call: Call) -> list[list[str]]:
        found = [
            oldest(call.tx, call.account_id, "", None, 2),
            oldest(call.tx, call.account_id, made[1].id, None, 9),
            oldest(call.tx, call.account_id, "", third_us, 9),
        ]
        store.delete(call.tx, call.account_id, workspace_id, found[2])
        return [*found, oldest(call.tx, call.account_id, "", None, 9)]

    assert await probe.write(act) == [ids(made[:2]), ids(made[2:]), ids(made[:2]), ids(made[2:])]


async def test_a_start_goes_on_after_the_largest_of_all_accounts(probe: Probe) -> None:
    assert await probe.read(lambda call: store.largest(call.tx)) == (0, None)
    await send(probe, "a")
    last = await probe.house.write(probe.organization.production, make_event)

    assert await probe.read(lambda call: store.largest(call.tx)) == (last.position, last.id)


async def test_moments_keep_their_microseconds(probe: Probe) -> None:
    probe.clock.advance(timedelta(microseconds=123_457).total_seconds())
    (event,) = await send(probe, "a")

    found = await probe.read(lambda call: store.find(call.tx, call.account_id, event.id))

    assert found is not None
    assert found.created_at.microsecond == 123_457
