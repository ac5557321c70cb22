"""Settling: what one request could not park, wake or cancel at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.factories import make_event, make_webhook, make_workspace
from tests.kernel.retention.sweeping import Desk, Watched

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.storage.database import Database, Tx, Work
from harbor.kernel.webhooks.model import Ordering, Standing, Subscription
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Meanwhile
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status
from harbor.products.harbor_events import jobs
from harbor.products.harbor_events.settling import SETTLE
from harbor.products.harbor_events.webhooks.view import harbor_view

HOLDING = replace(harbor_view(), name="holding", meanwhile=Meanwhile.HOLD)


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """An organization, with Harbor's view and one that holds what happens while a subscription is off."""
    desk = Desk(database, clock, tmp_path, [harbor_view(), HOLDING])
    await desk.open()
    yield desk
    await desk.close()


def settle(desk: Desk) -> JobKind:
    (kind,) = [each for each in jobs.kinds(desk.call_of) if each.name == SETTLE]
    return kind


async def webhook(desk: Desk, *, account_id: str | None = None, **more: Any) -> Subscription:
    """A webhook in a workspace of its own."""
    return await desk.write(lambda call: make_webhook(call, workspace=make_workspace(call), **more), account_id)


async def events(desk: Desk, webhook: Subscription, count: int = 1) -> None:
    """Events that this webhook hears of."""

    def send(call: Call) -> None:
        workspace = call.workspace(webhook.workspace_id)
        assert workspace is not None
        for _ in range(count):
            make_event(call, workspace=workspace)

    await desk.write(send, webhook.account_id)


async def change(desk: Desk, webhook: Subscription, **fields: Any) -> None:
    """Change a webhook and nothing of its deliveries."""

    def put(call: Call) -> None:
        present = subscriptions.find(call.tx, call.account_id, webhook.id, deleted=True)
        assert present is not None
        subscriptions.put(call.tx, replace(present, updated_at=call.tx.now, **fields))

    await desk.write(put, webhook.account_id)


async def move(desk: Desk, webhook: Subscription, status: Status) -> None:
    """Change the state of a webhook's workspace and nothing of its deliveries."""

    def put(call: Call) -> None:
        workspace = call.workspace(webhook.workspace_id)
        assert workspace is not None
        workspaces.put(call.tx, replace(workspace, status=status))
        call.subscriptions_changed()

    await desk.write(put, webhook.account_id)


async def states(desk: Desk, webhook: Subscription) -> list[tuple[str, str | None]]:
    rows = await desk.database.read(
        lambda tx: tx.rows(
            "SELECT state, parked_by FROM deliveries WHERE subscription_id = :id ORDER BY id", id=webhook.id
        )
    )
    return [(row["state"], row["parked_by"]) for row in rows]


def test_each_schedule_has_its_kind(desk: Desk) -> None:
    kinds = {kind.name for kind in jobs.kinds(desk.call_of)}

    assert {schedule.kind for schedule in jobs.SCHEDULES} <= kinds
    assert {schedule.kind: schedule.every_s for schedule in jobs.SCHEDULES}[SETTLE] == 60


async def test_what_agrees_is_left_as_it_is(desk: Desk) -> None:
    open_one, parked = await webhook(desk), await webhook(desk)
    await move(desk, parked, Status.SUSPENDED)
    for each in (open_one, parked):
        await events(desk, each)
    before = await desk.database.read(lambda tx: tx.rows("SELECT * FROM deliveries ORDER BY id"))

    job = await desk.run(settle(desk))

    assert await desk.database.read(lambda tx: tx.rows("SELECT * FROM deliveries ORDER BY id")) == before
    assert job.progress.done == 0


async def test_what_is_open_in_a_suspended_workspace_is_parked(desk: Desk) -> None:
    hook, other = await webhook(desk), await webhook(desk, account_id=desk.other_id)
    for each in (hook, other):
        await events(desk, each, 2)
    await move(desk, hook, Status.SUSPENDED)

    await desk.run(settle(desk))

    assert await states(desk, hook) == [("parked", "workspace")] * 2
    assert await states(desk, other) == [("due", None)] * 2


async def test_what_a_suspension_parked_wakes_with_its_wait_and_its_budget_unspent(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook)
    await desk.write(
        lambda call: call.tx.run(
            """
            UPDATE deliveries SET state = 'retrying', attempt_count = 2, due_at = :now + 300000000, budget_from = :now - 60000000,
                expires_at = :now + 3600000000
            """,
            now=call.tx.now_us,
        )
    )
    before = await desk.database.read(lambda tx: tx.rows("SELECT due_at, expires_at, budget_from FROM deliveries"))
    await move(desk, hook, Status.SUSPENDED)
    await desk.run(settle(desk))
    desk.clock.advance(7_000)

    await move(desk, hook, Status.ACTIVE)
    await desk.run(settle(desk))

    after = await desk.database.read(lambda tx: tx.rows("SELECT due_at, expires_at, budget_from FROM deliveries"))
    assert await states(desk, hook) == [("retrying", None)]
    assert after == [{name: value + 7_000_000_000 for name, value in row.items()} for row in before]


async def test_what_is_outstanding_in_an_archived_workspace_is_canceled(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook)
    await move(desk, hook, Status.SUSPENDED)
    await events(desk, hook)
    await move(desk, hook, Status.ARCHIVED)

    await desk.run(settle(desk))

    assert await states(desk, hook) == [("canceled", None)] * 2
    assert await desk.count("deliveries", completed_at=await _now_us(desk)) == 2


async def _now_us(desk: Desk) -> int:
    return await desk.database.read(lambda tx: tx.now_us)


@pytest.mark.parametrize(("view", "cause"), [("harbor", "subscription"), ("holding", "hold")])
async def test_what_is_open_to_a_disabled_webhook_is_parked_and_wakes_with_it(
    desk: Desk, view: str, cause: str
) -> None:
    hook = await webhook(desk, view=view)
    await events(desk, hook)
    await change(desk, hook, status=Standing.DISABLED)
    await desk.run(settle(desk))
    assert await states(desk, hook) == [("parked", cause)]

    await change(desk, hook, status=Standing.ACTIVE)
    await desk.run(settle(desk))
    assert await states(desk, hook) == [("due", None)]


async def test_what_is_outstanding_to_a_deleted_webhook_is_canceled(desk: Desk) -> None:
    hook, other = await webhook(desk), await webhook(desk)
    for each in (hook, other):
        await events(desk, each)
    await change(desk, hook, status=Standing.DISABLED, deleted_at=desk.clock.now())

    await desk.run(settle(desk))

    assert (await states(desk, hook), await states(desk, other)) == ([("canceled", None)], [("due", None)])


async def test_what_one_cause_parked_does_not_slip_through_while_another_holds(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook)
    await change(desk, hook, status=Standing.DISABLED)
    await desk.run(settle(desk))
    await move(desk, hook, Status.SUSPENDED)
    await change(desk, hook, status=Standing.ACTIVE)

    await desk.run(settle(desk))
    assert await states(desk, hook) == [("parked", "workspace")]

    await change(desk, hook, status=Standing.DISABLED)
    await move(desk, hook, Status.ACTIVE)
    await desk.run(settle(desk))
    assert await states(desk, hook) == [("parked", "subscription")]


async def test_an_attempt_under_way_is_left_to_its_result(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook)
    await desk.write(
        lambda call: call.tx.run("UPDATE deliveries SET due_at = NULL, lease_until = 1, lease_owner = 'x'")
    )
    await move(desk, hook, Status.SUSPENDED)

    await desk.run(settle(desk))

    assert await states(desk, hook) == [("due", None)]


# Order


async def in_order(desk: Desk) -> int:
    return await desk.count("deliveries", strict_open=1)


async def test_a_backlog_comes_under_strict_order_when_its_webhook_does(desk: Desk) -> None:
    hook, other = await webhook(desk), await webhook(desk)
    for each in (hook, other):
        await events(desk, each, 3)
    await change(desk, hook, ordering=Ordering.STRICT)

    await desk.run(settle(desk))

    assert await in_order(desk) == 3
    assert await desk.count("deliveries", strict_open=1, subscription_id=hook.id) == 3


async def test_a_backlog_is_free_of_order_when_its_webhook_is(desk: Desk) -> None:
    hook, other = await webhook(desk, ordering=Ordering.STRICT), await webhook(desk, ordering=Ordering.STRICT)
    for each in (hook, other):
        await events(desk, each, 3)
    await change(desk, hook, ordering=Ordering.NONE)

    await desk.run(settle(desk))

    assert await desk.count("deliveries", strict_open=1, subscription_id=other.id) == await in_order(desk) == 3


async def test_what_strict_order_overlooked_is_found_when_it_is_the_first_that_waits(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook, 2)
    await change(desk, hook, ordering=Ordering.STRICT)
    desk.clock.advance(2 * 3_600)

    await desk.run(settle(desk))

    assert await in_order(desk) == 2


async def test_what_wakes_is_in_the_order_its_webhook_has_by_then(desk: Desk) -> None:
    hook = await webhook(desk)
    await move(desk, hook, Status.SUSPENDED)
    await events(desk, hook, 2)
    await change(desk, hook, ordering=Ordering.STRICT)
    await move(desk, hook, Status.ACTIVE)

    await desk.run(settle(desk))

    assert await states(desk, hook) == [("due", None)] * 2
    assert await in_order(desk) == 2


async def test_a_delivery_that_lost_its_event_does_not_wait_for_ever(desk: Desk) -> None:
    hook = await webhook(desk)
    await events(desk, hook, 2)
    await desk.write(lambda call: call.tx.run("DELETE FROM events WHERE id = (SELECT min(event_id) FROM deliveries)"))
    desk.clock.advance(120)

    await desk.run(settle(desk))

    assert await states(desk, hook) == [("canceled", None), ("due", None)]


# Many


async def backlog(desk: Desk, hook: Subscription, count: int) -> None:
    """So many deliveries of one event, all due."""
    await events(desk, hook)

    def copy(call: Call) -> None:
        row = call.tx.row("SELECT * FROM deliveries WHERE subscription_id = :id", id=hook.id)
        assert row is not None
        names = list(row)
        call.tx.run_many(
            f"INSERT INTO deliveries ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})",
            [{**row, "id": call.new_id("del_"), "number": number + 1} for number in range(count - 1)],
        )

    await desk.write(copy, hook.account_id)


class Recorded(Watched):
    """Counts the deliveries that each write moved to another state or order, and ends after `moves_max` such writes."""

    def __init__(self, database: Database, moved: Callable[[Tx], int], moves_max: int | None = None) -> None:
        super().__init__(database)
        self.moves: list[int] = []
        self._moved = moved
        self._moves_max = moves_max

    async def write(self, work: Work[Any], **more: Any) -> Any:
        if len(self.moves) == self._moves_max:
            raise Unavailable("The process is gone.")
        moved = 0

        def measured(tx: Tx) -> Any:
            nonlocal moved
            before = self._moved(tx)
            result = work(tx)
            moved = self._moved(tx) - before
            return result

        result = await super().write(measured, **more)
        if moved:
            self.moves.append(moved)
        return result


def parked(tx: Tx) -> int:
    row = tx.row("SELECT count(*) AS n FROM deliveries WHERE parked_by IS NOT NULL")
    assert row is not None
    return int(row["n"])


def ordered(tx: Tx) -> int:
    row = tx.row("SELECT count(*) AS n FROM deliveries WHERE strict_open = 1")
    assert row is not None
    return int(row["n"])


async def test_thousands_are_parked_in_steps_and_after_a_crash_the_rest(desk: Desk) -> None:
    hook = await webhook(desk)
    await backlog(desk, hook, 5_000)
    await move(desk, hook, Status.SUSPENDED)
    kind = settle(desk)

    dying = Recorded(desk.database, parked, moves_max=1)
    with pytest.raises(Unavailable):
        await desk.run(kind, dying)
    assert 0 < await desk.count("deliveries", state="parked") <= 2_000

    await desk.database.write(queue.recover_all)
    recorded = Recorded(desk.database, parked)
    job = await desk.go_on(kind, recorded)

    assert await desk.count("deliveries", state="parked") == 5_000
    assert max(recorded.moves) <= 2_000
    assert job.progress.done == 5_000


async def test_thousands_come_under_strict_order_in_steps(desk: Desk) -> None:
    hook = await webhook(desk)
    await backlog(desk, hook, 5_000)
    await change(desk, hook, ordering=Ordering.STRICT)
    recorded = Recorded(desk.database, ordered)

    job = await desk.run(settle(desk), recorded)

    assert await in_order(desk) == 5_000
    assert max(recorded.moves) <= 2_000
    assert job.progress.done == 5_000


async def test_more_webhooks_than_one_look_finds_are_all_settled(desk: Desk) -> None:
    def make(call: Call) -> None:
        workspace = make_workspace(call)
        hooks = [make_webhook(call, workspace=workspace) for _ in range(450)]
        make_event(call, workspace=workspace)
        for hook in hooks[::2]:
            subscriptions.put(call.tx, replace(hook, status=Standing.DISABLED))

    await desk.write(make)

    await desk.run(settle(desk))

    assert await desk.count("deliveries", state="parked") == await desk.count("deliveries", state="due") == 225


async def test_a_delivery_that_is_claimed_while_others_park_is_left_to_its_result(
    postgres_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    """Two connections: the one that parks has found the row and waits for the one that claims it."""
    desk = Desk(postgres_database, clock, tmp_path, [harbor_view()])
    await desk.open()
    hook = await webhook(desk)
    await events(desk, hook, 2)
    claimed = threading.Event()

    def claim(tx: Tx) -> None:
        tx.run(
            """
            UPDATE deliveries SET due_at = NULL, lease_until = 1, lease_owner = 'x'
            WHERE id = (SELECT min(id) FROM deliveries WHERE subscription_id = :id)
            """,
            id=hook.id,
        )
        claimed.set()
        for _ in range(1_000):
            waiting = tx.row("SELECT count(*) AS n FROM pg_locks WHERE NOT granted")
            if waiting is not None and waiting["n"]:
                return
            tx.row("SELECT 1 AS one FROM pg_sleep(0.005)")
        raise AssertionError("nobody waits for the row")

    def park(tx: Tx) -> int:
        assert claimed.wait(5)
        return parking.park_subscription(tx, desk.account_id, hook.id, 100)

    _, parked_count = await asyncio.gather(postgres_database.write(claim), postgres_database.write(park))

    assert parked_count == 1
    assert await states(desk, hook) == [("due", None), ("parked", "subscription")]
    await desk.close()
