"""Fan-out: one delivery for each subscription that hears, born in the state that it and its workspace allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.factories import make_event
from tests.kernel.probe import RETRIES, Probe

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.eventlog import snapshots
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.fanout import born, fan_out
from harbor.kernel.webhooks.model import Ordering, ParkedBy, Standing, State, Trigger
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status


async def suspend(probe: Probe, status: Status) -> None:
    def act(call: Call) -> None:
        workspaces.put(call.tx, replace(call.default_workspace(), status=status))
        call.subscriptions_changed()

    await probe.write(act)


async def test_each_subscription_that_hears_gets_one_delivery(probe: Probe) -> None:
    hearing = [await probe.webhook(), await probe.webhook(events=["invoice.paid", "invoice.*", "*"])]
    deaf = await probe.webhook(events=["order.*"])

    event = await probe.write(make_event)

    for webhook in hearing:
        (delivery,) = await probe.deliveries(webhook.id)
        assert (delivery.event_id, delivery.number, delivery.state) == (event.id, 0, State.DUE)
        assert (delivery.event_type, delivery.position) == (event.type, event.position)
        assert (delivery.due_at, delivery.created_at) == (event.created_at, event.created_at)
        assert delivery.trigger is Trigger.AUTOMATIC
        assert delivery.expires_at == event.created_at + timedelta(seconds=RETRIES.total_s or 0)
    assert await probe.deliveries(deaf.id) == []


async def test_an_event_is_delivered_to_a_subscription_once(probe: Probe) -> None:
    await probe.webhook()
    event = await probe.write(make_event)

    def again(call: Call) -> None:
        faculties = call._faculties
        fan_out(
            call.tx,
            event,
            call.default_workspace(),
            directory=faculties.directory,
            views=faculties.views,
            new_id=call.new_id,
        )

    with pytest.raises(Conflict):
        await probe.write(again)


async def test_a_redelivery_has_a_number_of_its_own(probe: Probe) -> None:
    webhook = await probe.webhook()
    event = await probe.write(make_event)

    def again(call: Call) -> int:
        number = deliveries.next_number(call.tx, event.id, webhook.id)
        made = born(
            call.tx,
            event,
            webhook,
            call.default_workspace(),
            call.views.of(webhook),
            RETRIES,
            delivery_id=call.new_id("del_"),
            number=number,
            trigger=Trigger.MANUAL,
        )
        deliveries.insert(call.tx, made, is_strict=False)
        return number

    assert [await probe.write(again), await probe.write(again)] == [1, 2]
    assert [each.number for each in await probe.deliveries(webhook.id)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("view", "standing", "workspace", "state", "parked_by"),
    [
        ("harbor", Standing.ACTIVE, Status.ACTIVE, State.DUE, None),
        ("harbor", Standing.DISABLED, Status.ACTIVE, State.SKIPPED, None),
        ("keeping", Standing.DISABLED, Status.ACTIVE, State.PARKED, ParkedBy.HOLD),
        ("harbor", Standing.ACTIVE, Status.SUSPENDED, State.PARKED, ParkedBy.WORKSPACE),
        ("keeping", Standing.ACTIVE, Status.ARCHIVED, State.PARKED, ParkedBy.WORKSPACE),
        ("harbor", Standing.DISABLED, Status.SUSPENDED, State.SKIPPED, None),
    ],
)
async def test_a_delivery_is_born_as_its_subscription_and_workspace_allow(
    probe: Probe, view: str, standing: Standing, workspace: Status, state: State, parked_by: ParkedBy | None
) -> None:
    webhook = await probe.webhook(view=view, status=standing)
    await suspend(probe, workspace)

    event = await probe.write(make_event)

    (delivery,) = await probe.deliveries(webhook.id)
    assert (delivery.state, delivery.parked_by) == (state, parked_by)
    assert delivery.due_at == (event.created_at if state is State.DUE else None)
    assert delivery.completed_at == (event.created_at if state is State.SKIPPED else None)
    assert delivery.kept_due_at == (event.created_at if state is State.PARKED else None)


@pytest.mark.parametrize(("standing", "is_open"), [(Standing.ACTIVE, True), (Standing.DISABLED, False)])
async def test_only_what_will_be_sent_stands_in_strict_order(probe: Probe, standing: Standing, is_open: bool) -> None:
    await probe.webhook(ordering=Ordering.STRICT, status=standing)
    await probe.webhook(ordering=Ordering.NONE)

    await probe.write(make_event)

    rows = await probe.read(lambda call: call.tx.rows("SELECT strict_open FROM deliveries WHERE strict_open = 1"))
    assert len(rows) == int(is_open)


async def test_a_view_that_needs_one_keeps_a_snapshot_also_for_those_who_wait(probe: Probe) -> None:
    await probe.webhook(view="keeping", events=["harvest.*"], status=Standing.DISABLED)
    await probe.webhook(events=["harvest.*"])

    event = await probe.write(lambda call: make_event(call, type="harvest.client.created", subject="7"))

    def look(call: Call) -> list[str | None]:
        return [snapshots.snapshot_of(call.tx, event, view) for view in ("keeping", "harbor")]

    assert await probe.read(look) == ['"7 as it was"', None]


async def test_without_listeners_nobody_is_woken(probe: Probe) -> None:
    woken: list[str] = []
    probe.house.database.on("deliveries", lambda: woken.append("woken"))

    await probe.write(make_event)
    assert woken == []

    await probe.webhook()
    await probe.write(make_event)
    assert woken == ["woken"]
