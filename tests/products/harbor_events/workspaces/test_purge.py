"""The purge of deleted workspaces: all of theirs and nothing of their neighbours'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories import make_delivery, make_event, make_key, make_webhook, make_workspace
from tests.kernel.retention.sweeping import Desk, Watched

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.cursors import store as cursors
from harbor.kernel.cursors.store import Issued
from harbor.kernel.errors import Unavailable
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.idempotency.store import Slot
from harbor.kernel.identity import store as identity
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.model import State
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status, Workspace
from harbor.products.harbor_events.webhooks.view import harbor_view
from harbor.products.harbor_events.workspaces.jobs import purge_kind

DAY_S = 86_400
GRACE = timedelta(days=7)
# What belongs to a workspace, and how its rows are told.
_OWN = {
    "events": "workspace_id = :ws",
    "deliveries": "workspace_id = :ws",
    "attempts": "subscription_id IN (:wh)",
    "snapshots": "body = :ws",
    "subscriptions": "workspace_id = :ws",
    "subscription_health": "subscription_id IN (:wh)",
    "credentials": "workspace_id = :ws",
    "harbor_event_types": "workspace_id = :ws",
    "idempotency": "workspace_id = :ws",
    "cursors": "workspace_id = :ws",
    "readers": "workspace_id = :ws",
    "request_logs": "workspace_id = :ws",
    "workspaces": "id = :ws",
}


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """An organization with Harbor's view."""
    desk = Desk(database, clock, tmp_path, [harbor_view()])
    await desk.open()
    yield desk
    await desk.close()


def furnished(call: Call) -> tuple[str, str]:
    """A workspace with a row in every table, and its webhook."""
    workspace = make_workspace(call)
    webhook = make_webhook(call, workspace=workspace)
    event = make_event(call, workspace=workspace)
    make_delivery(call, event=event, webhook=webhook, state=State.DELIVERED)
    make_key(call, workspace=workspace)
    call.emit(
        "harbor.workspace.updated",
        subject=workspace.id,
        data={},
        workspace_id=workspace.id,
        before={"name": "Zoe"},
        after={"name": "Zoe's"},
    )
    base = {"account_id": call.account_id, "workspace_id": workspace.id}
    now = {**base, "now": call.tx.now_us}
    call.tx.run(
        "INSERT INTO snapshots (account_id, event_id, view, product, subject, body) VALUES (:account_id, :event, 'x', '', '', :workspace_id)",
        **base,
        event=event.id,
    )
    call.tx.run(
        """
        INSERT INTO harbor_event_types (account_id, workspace_id, name, created_at, updated_at)
        VALUES (:account_id, :workspace_id, 'a', :now, :now)
        """,
        **now,
    )
    call.tx.run(
        "INSERT INTO readers (account_id, workspace_id, name, position, event_id) VALUES (:account_id, :workspace_id, 'r', 1, 'evt_1')",
        **base,
    )
    idempotency.remember(call.tx, Slot(**base, route="r", key="k"), digest="d", status=201, reply="r")
    cursors.note(call.tx, [Issued(**base, route="r", position="p", credential_id="key", issued_at=call.tx.now_us)])
    requestlog.insert(call.tx, [_request(call, workspace.id)])
    return workspace.id, webhook.id


def _request(call: Call, workspace_id: str) -> requestlog.Entry:
    return requestlog.Entry(
        id=call.new_id("req_"),
        account_id=call.account_id,
        workspace_id=workspace_id,
        credential_id=None,
        method="POST",
        path="/v1/events",
        route="events.create",
        status=400,
        duration_us=1,
        error_code=None,
        client="10.0.0.1",
        client_request_id=None,
        request_body="{}",
        response_body="{}",
        created_at=call.tx.now_us,
    )


async def delete(desk: Desk, workspace_id: str) -> None:
    """Archive a workspace and delete it, with seven days of grace."""

    def put(call: Call) -> None:
        workspace = _found(call, workspace_id)
        workspaces.put(call.tx, replace(workspace, status=Status.ARCHIVED, purge_at=call.tx.now + GRACE))
        call.tx.run(
            "UPDATE deliveries SET state = 'canceled', due_at = NULL WHERE workspace_id = :id AND due_at IS NOT NULL",
            id=workspace_id,
        )
        call.subscriptions_changed()

    await desk.write(put)


def _found(call: Call, workspace_id: str) -> Workspace:
    workspace = workspaces.find(call.tx, call.account_id, workspace_id)
    assert workspace is not None
    return workspace


async def left(desk: Desk, owned: tuple[str, str]) -> dict[str, int]:
    """How many rows each table still has of a workspace."""
    found = {}
    for table, term in _OWN.items():
        sql = f"SELECT count(*) AS n FROM {table} WHERE {term}"
        found[table] = (await desk.column(sql, ws=owned[0], wh=owned[1]))[0]
    return found


def purge(desk: Desk) -> JobKind:
    return purge_kind(desk.call_of)


async def test_after_the_days_of_grace_nothing_of_a_workspace_is_left(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await delete(desk, owned[0])

    desk.clock.advance(7 * DAY_S - 1)
    await desk.run(purge(desk))
    assert min((await left(desk, owned)).values()) > 0

    desk.clock.advance(1)
    await desk.run(purge(desk))
    assert set((await left(desk, owned)).values()) == {0}


async def test_the_neighbours_of_a_purged_workspace_keep_everything(desk: Desk) -> None:
    owned = await desk.write(furnished)
    neighbours = [await desk.write(furnished), await desk.write(furnished, desk.other_id)]
    before = [await left(desk, each) for each in neighbours]
    audit = await desk.database.read(
        lambda tx: tx.rows("SELECT * FROM audit WHERE subject <> :ws ORDER BY id", ws=owned[0])
    )
    await delete(desk, owned[0])
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))

    assert [await left(desk, each) for each in neighbours] == before
    kept = await desk.database.read(
        lambda tx: tx.rows("SELECT * FROM audit WHERE subject <> :ws ORDER BY id", ws=owned[0])
    )
    assert kept == audit


async def test_the_audit_log_keeps_that_things_happened_and_not_what_they_said(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await delete(desk, owned[0])
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))

    rows = await desk.database.read(
        lambda tx: tx.rows("SELECT action, before, after FROM audit WHERE subject = :ws ORDER BY id", ws=owned[0])
    )
    assert rows == [
        {"action": "harbor.workspace.updated", "before": None, "after": None},
        {"action": "harbor.workspace.purged", "before": None, "after": None},
    ]


async def test_a_purge_is_told_in_the_default_workspace_by_the_system(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await delete(desk, owned[0])
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))

    (told,) = await desk.database.read(
        lambda tx: tx.rows("SELECT * FROM events WHERE type = 'harbor.workspace.purged'")
    )
    default = await desk.write(lambda call: call.default_workspace().id)
    assert (told["workspace_id"], told["subject"], told["actor"]) == (default, owned[0], "system")
    assert told["payload"] == f'{{"workspace_id":"{owned[0]}"}}'


async def test_its_keys_and_webhooks_are_gone_for_every_cache(desk: Desk) -> None:
    owned = await desk.write(furnished)
    tokens = await desk.write(lambda call: identity.tokens(call.tx, call.account_id))
    await delete(desk, owned[0])
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))

    after = await desk.write(lambda call: identity.tokens(call.tx, call.account_id))
    assert all(after[topic] != tokens[topic] for topic in ("credentials", "subscriptions"))
    assert await desk.write(lambda call: call.workspace(owned[0])) is None


async def test_a_workspace_that_was_brought_back_is_not_purged(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await delete(desk, owned[0])
    before = await left(desk, owned)

    def bring_back(call: Call) -> None:
        workspaces.put(call.tx, replace(_found(call, owned[0]), status=Status.ACTIVE, purge_at=None))

    await desk.write(bring_back)
    desk.clock.advance(30 * DAY_S)
    await desk.run(purge(desk))

    assert await left(desk, owned) == before


async def test_a_workspace_waits_while_one_of_its_deliveries_is_under_way_and_others_do_not(desk: Desk) -> None:
    busy, idle = await desk.write(furnished), await desk.write(furnished)
    for each in (busy, idle):
        await delete(desk, each[0])
    await desk.write(
        lambda call: call.tx.run("UPDATE deliveries SET lease_until = 1 WHERE workspace_id = :ws", ws=busy[0])
    )
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))
    assert await desk.count("events", workspace_id=busy[0]) > 0
    assert set((await left(desk, idle)).values()) == {0}

    await desk.write(lambda call: call.tx.run("UPDATE deliveries SET lease_until = NULL"))
    await desk.run(purge(desk))
    assert set((await left(desk, busy)).values()) == {0}


async def test_attempts_that_outlived_their_delivery_go_too(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await delete(desk, owned[0])
    await desk.write(lambda call: call.tx.run("DELETE FROM deliveries"))
    desk.clock.advance(7 * DAY_S)

    await desk.run(purge(desk))

    assert await desk.count("attempts") == 0


# Many


def crowd(call: Call, workspace_id: str, webhook_id: str) -> None:
    """3,000 events with a delivery and an attempt each, 1,500 requests and acts, half of them elsewhere."""
    base = {"account_id": call.account_id, "ws": workspace_id, "wh": webhook_id, "now": call.tx.now_us}
    rows = [
        {**base, "n": n, "evt": call.new_id("evt_"), "del": call.new_id("del_"), "aud": call.new_id("aud_")}
        for n in range(3_000)
    ]
    call.tx.run_many(
        """
        INSERT INTO events (account_id, workspace_id, id, position, product, type, payload, actor, created_at)
        VALUES (:account_id, :ws, :evt, :n, '', 'a', '{}', 'x', :now)
        """,
        rows,
    )
    call.tx.run_many(
        """
        INSERT INTO deliveries (account_id, workspace_id, id, subscription_id, event_id, number, view, event_type, position, state,
            trigger, attempt_count, budget_attempts, created_at)
        VALUES (:account_id, :ws, :del, :wh, :evt, 0, 'harbor', 'a', :n, 'canceled', 'automatic', 1, 1, :now)
        """,
        rows,
    )
    call.tx.run_many(
        """
        INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_truncated)
        VALUES (:account_id, :del, 1, :del, :wh, 'automatic', :now, 1, 'https://a.example', 0)
        """,
        rows,
    )
    half = rows[:1_500]
    call.tx.run_many(
        """
        INSERT INTO audit (account_id, id, workspace_id, product, action, subject, actor, before, created_at)
        VALUES (:account_id, :aud, :ws, 'harbor', 'harbor.x', 'wh_x', 'x', '{"url":"Zoe"}', :now)
        """,
        [{**row, "ws": row["ws"] if row["n"] % 2 else "ws_other"} for row in half],
    )
    requestlog.insert(call.tx, [_request(call, workspace_id if n % 2 else "ws_other") for n in range(1_500)])


async def test_a_large_workspace_goes_in_steps_and_after_a_crash_the_rest(desk: Desk) -> None:
    owned = await desk.write(furnished)
    await desk.write(lambda call: crowd(call, *owned))
    await delete(desk, owned[0])
    desk.clock.advance(7 * DAY_S)
    kind = purge(desk)

    dying = Watched(desk.database, steps_max=3)
    with pytest.raises(Unavailable):
        await desk.run(kind, dying)
    assert 0 < await desk.count("events", workspace_id=owned[0]) < 3_000
    assert await desk.count("workspaces", id=owned[0]) == 1
    assert await desk.count("events", type="harbor.workspace.purged") == 0

    await desk.database.write(queue.recover_all)
    watched = Watched(desk.database)
    await desk.go_on(kind, watched)

    assert set((await left(desk, owned)).values()) == {0}
    assert max(dying.steps + watched.steps) <= 2_000
    assert await desk.count("events", type="harbor.workspace.purged") == 1
    assert await desk.column("SELECT DISTINCT workspace_id FROM audit WHERE before IS NOT NULL") == ["ws_other"]
    assert (await desk.count("audit", workspace_id="ws_other"), await desk.count("request_logs")) == (750, 750)
