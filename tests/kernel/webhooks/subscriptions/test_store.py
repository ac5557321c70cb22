"""Subscriptions and their health: kept, listed, counted, numbered, and gone with their workspace."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import make_webhook, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Denied
from harbor.kernel.pages import PageRequest
from harbor.kernel.webhooks.model import Ordering, Standing, Subscription
from harbor.kernel.webhooks.subscriptions import store

ALL = PageRequest(limit=100)


async def test_a_subscription_is_kept_as_it_is(probe: Probe) -> None:
    webhook = await probe.webhook(
        events=["a.*", "b"],
        filter='{"é":1}',
        description="Käse",
        metadata={"k": "é", "": "x"},
        sealed_headers="sealed",
        rate_limit=7,
        ordering=Ordering.STRICT,
        pinned_version="1",
        subject="s",
    )
    changed = replace(
        webhook,
        url="https://new.example",
        entries=("*",),
        filter=None,
        metadata={},
        rate_limit=None,
        ordering=Ordering.NONE,
        status=Standing.DISABLED,
        disabled_reason="gone",
        updated_at=probe.clock.now() + timedelta(microseconds=1),
    )

    assert await probe.subscription(webhook.id) == webhook
    await probe.write(lambda call: store.put(call.tx, changed))

    assert await probe.subscription(webhook.id) == changed


async def test_another_account_neither_finds_nor_changes_it(probe: Probe) -> None:
    webhook, other = await probe.webhook(), probe.organization.production

    await probe.house.write(other, lambda call: store.put(call.tx, replace(webhook, account_id=other.id, url="stolen")))

    assert await probe.house.read(other, lambda call: store.find(call.tx, call.account_id, webhook.id)) is None
    assert (await probe.subscription(webhook.id)).url == webhook.url


async def test_a_deleted_one_is_found_by_those_who_ask_for_it_only(probe: Probe) -> None:
    webhook = await probe.webhook()
    await probe.write(lambda call: store.put(call.tx, replace(webhook, deleted_at=call.tx.now)))

    def look(call: Call) -> tuple[bool, bool, int, int]:
        workspace_id = call.default_workspace().id
        return (
            store.find(call.tx, call.account_id, webhook.id) is None,
            store.find(call.tx, call.account_id, webhook.id, deleted=True) is not None,
            len(store.of_workspace(call.tx, call.account_id, workspace_id)),
            store.count(call.tx, call.account_id, workspace_id, "harbor"),
        )

    assert await probe.read(look) == (True, True, 0, 0)


async def test_lists_go_by_id_in_pages_and_are_narrowed(probe: Probe) -> None:
    made: list[Subscription] = []
    for index in range(4):
        made.append(await probe.webhook(status=Standing.DISABLED if index == 1 else Standing.ACTIVE))
        probe.clock.advance(1)
    await probe.webhook(view="keeping")
    await probe.write(lambda call: make_webhook(call, workspace=make_workspace(call)))
    ids = [webhook.id for webhook in made]

    async def listed(page: PageRequest = ALL, **more: Any) -> list[str]:
        found = await probe.read(
            lambda call: store.newest_first(
                call.tx, call.account_id, call.default_workspace().id, page, **{"view": "harbor", **more}
            )
        )
        return [webhook.id for webhook in found.items]

    assert await listed() == ids[::-1]
    assert await listed(ascending=True) == ids
    assert await listed(PageRequest(limit=2, after=ids[3])) == [ids[2], ids[1]]
    assert await listed(status="disabled") == [ids[1]]
    assert await listed(created_after=micros(made[1].created_at), created_before=micros(made[3].created_at)) == [
        ids[2],
        ids[1],
    ]
    assert len(await listed(view="keeping")) == 1


async def test_numbers_have_no_gaps_also_when_many_are_drawn_at_once(probe: Probe) -> None:
    webhook = await probe.webhook()

    def draw(call: Call) -> int:
        return store.draw_sequence(call.tx, call.account_id, webhook.id)

    def undone(call: Call) -> None:
        draw(call)
        raise Denied("no")

    await asyncio.gather(*(probe.write(act) for act in [draw, undone] * 5), return_exceptions=True)

    assert await probe.write(draw) == 6


async def test_health_counts_a_streak_of_failures_until_a_success(probe: Probe) -> None:
    webhook = await probe.webhook()
    start = micros(probe.clock.now())

    async def fail(count: int) -> dict[str, Any]:
        return await probe.write(lambda call: store.note_failures(call.tx, call.account_id, webhook.id, count))

    await fail(2)
    probe.clock.advance(60)
    health = await fail(3)
    assert (health["failing_since"], health["failed_attempts"], health["last_failure_at"]) == (
        start,
        5,
        start + 60_000_000,
    )
    await probe.write(lambda call: store.note_warning(call.tx, call.account_id, webhook.id))
    assert (await probe.health(webhook.id))["warned_at"] == start + 60_000_000

    await probe.write(lambda call: store.note_success(call.tx, call.account_id, webhook.id))

    health = await probe.health(webhook.id)
    assert (health["failing_since"], health["failed_attempts"], health["warned_at"]) == (None, 0, None)
    assert (health["last_success_at"], health["last_failure_at"]) == (start + 60_000_000, start + 60_000_000)


async def test_while_all_goes_well_success_is_written_once_a_minute(probe: Probe) -> None:
    webhook = await probe.webhook()
    seen = []
    for _ in range(3):
        await probe.write(lambda call: store.note_success(call.tx, call.account_id, webhook.id))
        seen.append((await probe.health(webhook.id))["last_success_at"])
        probe.clock.advance(40)

    assert seen[0] == seen[1]
    assert seen[2] == seen[0] + 80_000_000


async def test_one_that_is_switched_on_again_starts_without_its_old_failures(probe: Probe) -> None:
    webhook = await probe.webhook()
    await probe.write(lambda call: store.note_failures(call.tx, call.account_id, webhook.id, 9))

    await probe.write(lambda call: store.reset_health(call.tx, call.account_id, webhook.id))

    health = await probe.health(webhook.id)
    assert (health["failing_since"], health["failed_attempts"]) == (None, 0)
    assert health["last_failure_at"] is not None


async def test_subscriptions_go_with_their_workspace(probe: Probe) -> None:
    kept = await probe.webhook()
    shop = await probe.write(make_workspace)
    gone = await probe.write(lambda call: make_webhook(call, workspace=shop))

    await probe.write(lambda call: store.delete_of_workspace(call.tx, call.account_id, shop.id))

    assert await probe.subscription(kept.id) == kept
    assert await probe.read(lambda call: store.find(call.tx, call.account_id, gone.id, deleted=True)) is None
    rows = await probe.read(lambda call: call.tx.rows("SELECT subscription_id FROM subscription_health"))
    assert [row["subscription_id"] for row in rows] == [kept.id]


@pytest.mark.parametrize("field", ["workspace_id", "created_at"])
async def test_what_never_changes_is_not_changed(probe: Probe, field: str) -> None:
    webhook = await probe.webhook()
    moved: Any = {"workspace_id": "ws_2", "created_at": webhook.created_at + timedelta(days=1)}[field]

    await probe.write(lambda call: store.put(call.tx, replace(webhook, **{field: moved, "url": "changed"})))

    assert await probe.subscription(webhook.id) == webhook
