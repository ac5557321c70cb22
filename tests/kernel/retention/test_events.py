from __future__ import annotations

import pytest
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.kernel.retention.sweeping import Desk, Watched

from harbor.kernel.call import Call
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.retention import jobs
from harbor.kernel.retention.jobs import RetentionPolicy, retention_kinds
from harbor.kernel.webhooks.model import State, Subscription

DAY_S = 86_400


def sweep(days: int = 90) -> JobKind:
    (kind,) = [each for each in retention_kinds(RetentionPolicy(event_days=days)) if each.name == jobs.EVENTS]
    return kind


def event_with_delivery(call: Call, state: State) -> str:
    """An event with one delivery in a state, one attempt and a snapshot."""
    webhook = make_webhook(call, events=["nothing"])
    event = make_event(call)
    make_delivery(call, event=event, webhook=webhook, state=state)
    call.tx.run(
        """
        UPDATE deliveries
        SET parked_by = CASE WHEN state = 'parked' THEN 'workspace' END,
            due_at = CASE WHEN state IN ('due', 'retrying') THEN due_at END
        """
    )
    call.tx.run(
        "INSERT INTO snapshots (account_id, event_id, view, product, subject, body) VALUES (:account_id, :id, 'harbor', '', '', 'Zoe')",
        account_id=call.account_id,
        id=event.id,
    )
    return event.id


async def left(desk: Desk) -> dict[str, int]:
    return {table: await desk.count(table) for table in ("events", "deliveries", "attempts", "snapshots")}


async def test_an_event_stays_for_its_days_and_then_goes_with_all_that_hangs_on_it(desk: Desk) -> None:
    await desk.write(lambda call: event_with_delivery(call, State.DELIVERED))

    desk.clock.advance(90 * DAY_S)
    await desk.run(sweep())
    assert await left(desk) == {"events": 1, "deliveries": 1, "attempts": 1, "snapshots": 1}

    desk.clock.advance(1)
    job = await desk.run(sweep())
    assert await left(desk) == {"events": 0, "deliveries": 0, "attempts": 0, "snapshots": 0}
    assert job.result == {"rows": 3}


@pytest.mark.parametrize("state", [State.EXHAUSTED, State.CANCELED, State.SKIPPED])
async def test_a_delivery_that_is_over_does_not_keep_its_event(desk: Desk, state: State) -> None:
    await desk.write(lambda call: event_with_delivery(call, state))
    desk.clock.advance(91 * DAY_S)

    await desk.run(sweep())

    assert await desk.count("events") == 0


@pytest.mark.parametrize("state", [State.DUE, State.RETRYING, State.PARKED])
async def test_an_outstanding_delivery_keeps_its_event_whole_however_old(desk: Desk, state: State) -> None:
    kept = await desk.write(lambda call: event_with_delivery(call, state))
    await desk.write(lambda call: event_with_delivery(call, State.DELIVERED))
    desk.clock.advance(400 * DAY_S)

    await desk.run(sweep())
    assert await desk.column("SELECT id FROM events") == [kept]
    assert await left(desk) == {"events": 1, "deliveries": 1, "attempts": 1, "snapshots": 1}

    await desk.write(
        lambda call: call.tx.run("UPDATE deliveries SET state = 'delivered', due_at = NULL, parked_by = NULL")
    )
    await desk.run(sweep())
    assert await left(desk) == {"events": 0, "deliveries": 0, "attempts": 0, "snapshots": 0}


async def test_one_outstanding_delivery_among_settled_ones_keeps_them_all(desk: Desk) -> None:
    def arrange(call: Call) -> None:
        event = make_event(call)
        for state in (State.DELIVERED, State.RETRYING):
            make_delivery(call, event=event, webhook=make_webhook(call, events=["nothing"]), state=state)

    await desk.write(arrange)
    desk.clock.advance(91 * DAY_S)

    await desk.run(sweep())

    assert await desk.count("deliveries") == 2


async def test_an_attempt_under_way_keeps_its_event_though_the_delivery_was_canceled(desk: Desk) -> None:
    await desk.write(lambda call: event_with_delivery(call, State.CANCELED))
    await desk.write(lambda call: call.tx.run("UPDATE deliveries SET lease_until = 1, lease_owner = 'x'"))
    desk.clock.advance(91 * DAY_S)

    await desk.run(sweep())

    assert await desk.count("events") == 1


async def test_zero_days_keep_events_for_ever(desk: Desk) -> None:
    await desk.write(lambda call: event_with_delivery(call, State.DELIVERED))
    desk.clock.advance(10_000 * DAY_S)

    await desk.run(sweep(days=0))

    assert await desk.count("events") == 1


async def test_all_workspaces_of_all_accounts_are_swept_and_younger_events_are_untouched(desk: Desk) -> None:
    for account_id in (desk.account_id, desk.other_id):
        await desk.write(lambda call: make_event(call), account_id)
        await desk.write(lambda call: make_event(call, workspace=make_workspace(call)), account_id)
    desk.clock.advance(60 * DAY_S)
    young = [await desk.write(lambda call: make_event(call).id, each) for each in (desk.account_id, desk.other_id)]
    desk.clock.advance(31 * DAY_S)

    await desk.run(sweep())

    assert sorted(await desk.column("SELECT id FROM events")) == sorted(young)


async def test_a_delivery_whose_event_is_gone_goes_when_it_is_as_old_as_events_get(desk: Desk) -> None:
    await desk.write(lambda call: event_with_delivery(call, State.DUE))
    await desk.write(lambda call: call.tx.run("DELETE FROM events"))

    await desk.run(sweep())
    assert await desk.count("deliveries") == 1

    desk.clock.advance(91 * DAY_S)
    await desk.run(sweep())
    assert (await desk.count("deliveries"), await desk.count("attempts")) == (0, 0)


# Many

EVENTS = 4_000
ROWS = 10_000


def many(call: Call) -> Subscription:
    """4,000 old events, 3,000 of them with a delivery and an attempt, and every tenth delivery outstanding."""
    webhook = make_webhook(call, events=["nothing"])
    workspace_id = call.default_workspace().id
    base = {"account_id": call.account_id, "workspace_id": workspace_id, "webhook": webhook.id, "now": call.tx.now_us}
    rows = [{**base, "n": n, "evt": call.new_id("evt_"), "del": call.new_id("del_")} for n in range(EVENTS)]
    delivered = [{**row, "state": "parked" if row["n"] % 10 == 0 else "delivered"} for row in rows[: EVENTS * 3 // 4]]
    call.tx.run_many(
        """
        INSERT INTO events (account_id, workspace_id, id, position, product, type, payload, actor, created_at)
        VALUES (:account_id, :workspace_id, :evt, :n, '', 'a', '{}', 'x', :now)
        """,
        rows,
    )
    call.tx.run_many(
        """
        INSERT INTO deliveries (account_id, workspace_id, id, subscription_id, event_id, number, view, event_type, position, state,
            trigger, attempt_count, budget_attempts, created_at)
        VALUES (:account_id, :workspace_id, :del, :webhook, :evt, 0, 'harbor', 'a', :n, :state, 'automatic', 1, 1, :now)
        """,
        delivered,
    )
    call.tx.run_many(
        """
        INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_truncated)
        VALUES (:account_id, :del, 1, :del, :webhook, 'automatic', :now, 1, 'https://a.example', 0)
        """,
        delivered,
    )
    return webhook


async def test_ten_thousand_rows_go_in_steps_of_at_most_two_thousand(desk: Desk) -> None:
    await desk.write(many)
    await desk.write(make_event, desk.other_id)
    desk.clock.advance(91 * DAY_S)
    fresh = await desk.write(lambda call: make_event(call).id, desk.other_id)

    watched = Watched(desk.database)
    job = await desk.run(sweep(), watched)

    assert await left(desk) == {"events": 301, "deliveries": 300, "attempts": 300, "snapshots": 0}
    assert await desk.column("SELECT id FROM events WHERE account_id = :id", id=desk.other_id) == [fresh]
    assert max(watched.steps) <= 2_000
    assert sum(watched.steps) == job.progress.done == ROWS - 3 * 300 + 1


async def test_a_sweep_goes_on_after_a_crash_where_it_had_committed(desk: Desk) -> None:
    await desk.write(many)
    desk.clock.advance(91 * DAY_S)
    dying = Watched(desk.database, steps_max=2)

    with pytest.raises(Unavailable):
        await desk.run(sweep(), dying)
    halfway = sum((await left(desk)).values())
    assert 900 < halfway < ROWS

    await desk.database.write(queue.recover_all)
    job = await desk.go_on(sweep())
    assert await left(desk) == {"events": 300, "deliveries": 300, "attempts": 300, "snapshots": 0}
    assert job.progress.done == ROWS - 900
