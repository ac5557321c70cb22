"""The directory: a change counts from its commit on, for everybody, and an undone change poisons nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from tests.factories import make_event, make_webhook, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.eventlog.model import Event
from harbor.kernel.webhooks.model import Standing, Subscription
from harbor.kernel.webhooks.subscriptions import directory as directories
from harbor.kernel.webhooks.subscriptions import store
from harbor.kernel.webhooks.subscriptions.directory import Directory
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status


async def heard(probe: Probe, directory: Directory | None = None, **event: Any) -> list[str]:
    """Who hears of an event now; `directory` may be that of another process."""

    def act(call: Call) -> list[str]:
        found = directory or call._faculties.directory
        made = call.append_unheard(
            call.default_workspace(),
            event.get("type", "invoice.paid"),
            event.get("product", ""),
            json.dumps(event.get("payload", {})),
        )
        return [subscription.id for subscription in found.listeners(call.tx, made)]

    return await probe.write(act)


async def change(probe: Probe, subscription: Subscription, **fields: Any) -> None:
    """Change a subscription."""
    await probe.write(lambda call: store.put(call.tx, replace(subscription, **fields)))


# A change counts


async def test_a_subscription_is_heard_of_from_its_commit_on(probe: Probe) -> None:
    other = Directory()  # of another process
    assert await heard(probe) == await heard(probe, other) == []

    webhook = await probe.webhook()

    assert await heard(probe) == await heard(probe, other) == [webhook.id]


@pytest.mark.parametrize(
    ("fields", "hears"),
    [
        ({"entries": ("order.*",)}, False),
        ({"filter": '{"amount": 7}'}, False),
        ({"status": Standing.DISABLED}, True),  # it may skip or hold, but it hears
        ({"url": "https://new.example"}, True),
    ],
)
async def test_a_change_counts_in_every_process(probe: Probe, fields: dict[str, Any], hears: bool) -> None:
    webhook, other = await probe.webhook(), Directory()
    assert await heard(probe) == await heard(probe, other) == [webhook.id]

    await change(probe, webhook, **fields)

    expected = [webhook.id] if hears else []
    assert await heard(probe) == await heard(probe, other) == expected
    for directory in (probe.house.services.faculties.directory, other):
        found = await probe.read(lambda call, d=directory: d.subscription(call.tx, call.account_id, webhook.id))  # type: ignore[misc]
        assert found == replace(webhook, **fields)


async def test_a_deleted_subscription_is_in_no_process(probe: Probe) -> None:
    webhook, other = await probe.webhook(), Directory()
    await heard(probe, other)

    await change(probe, webhook, deleted_at=probe.clock.now())

    assert await heard(probe) == await heard(probe, other) == []
    assert await probe.read(lambda call: other.subscription(call.tx, call.account_id, webhook.id)) is None


async def test_a_workspace_is_as_its_last_change_left_it(probe: Probe) -> None:
    other = Directory()
    workspace = await probe.write(make_workspace)

    async def seen() -> list[str]:
        mine = probe.house.services.faculties.directory
        found = [
            await probe.read(lambda call, d=d: d.workspace(call.tx, call.account_id, workspace.id))  # type: ignore[misc]
            for d in (mine, other)
        ]
        return [each.status.value if each else "none" for each in found]

    def suspend(call: Call) -> None:
        workspaces.put(call.tx, replace(workspace, status=Status.SUSPENDED))
        call.subscriptions_changed()

    before = await seen()
    await probe.write(suspend)

    assert [before, await seen()] == [["active"] * 2, ["suspended"] * 2]


async def test_what_was_not_there_is_looked_for_again(probe: Probe) -> None:
    directory = probe.house.services.faculties.directory
    assert await probe.read(lambda call: directory.workspace(call.tx, call.account_id, "ws_1")) is None
    assert await probe.read(lambda call: directory.subscription(call.tx, call.account_id, "wh_1")) is None

    workspace = await probe.write(make_workspace)

    found = await probe.read(lambda call: directory.workspace(call.tx, call.account_id, workspace.id))
    assert found == workspace


# An undone change


async def test_an_undone_subscription_is_heard_of_by_nobody(probe: Probe) -> None:
    kept = await probe.webhook()

    def undone(call: Call) -> None:
        made = make_webhook(call)
        event = make_event(call)  # fills the memory with what only this transaction sees
        assert {one.id for one in call.listeners(event)} == {kept.id, made.id}
        raise Denied("no")

    with pytest.raises(Denied):
        await probe.write(undone)

    assert await heard(probe) == [kept.id]


async def test_an_undone_deletion_silences_nobody(probe: Probe) -> None:
    kept = await probe.webhook()

    def undone(call: Call) -> None:
        store.put(call.tx, replace(kept, deleted_at=call.tx.now))
        call.subscriptions_changed()
        assert call.listeners(make_event(call)) == []
        raise Denied("no")

    with pytest.raises(Denied):
        await probe.write(undone)

    assert await heard(probe) == [kept.id]


async def test_works_of_one_batch_see_what_was_done_before_them_and_nothing_undone(probe: Probe) -> None:
    """On SQLite these share a transaction, and on PostgreSQL they race."""

    def undone(call: Call) -> None:
        make_webhook(call, url="https://undone.example")
        make_event(call)
        raise Denied("no")

    acts = [undone, make_event, make_webhook, undone, make_event, undone] * 3
    await asyncio.gather(*(probe.write(act) for act in acts), return_exceptions=True)  # type: ignore[arg-type]

    def made(call: Call) -> list[dict[str, Any]]:
        return call.tx.rows(
            "SELECT d.subscription_id, s.url FROM deliveries d LEFT JOIN subscriptions s ON s.id = d.subscription_id"
        )

    urls = {row["url"] for row in await probe.read(made)}
    assert urls <= {"https://hooks.example.com/harbor"}
    assert len(await heard(probe)) == 3


async def test_a_change_that_is_not_committed_yet_counts_for_nobody_else(probe: Probe) -> None:
    if probe.house.database.engine == "sqlite":
        return  # nobody else writes meanwhile
    loop, made, leave = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(call: Call) -> Subscription:
        webhook = make_webhook(call)
        assert [one.id for one in call.listeners(make_event(call))] == [webhook.id]
        loop.call_soon_threadsafe(made.set)
        assert leave.wait(5)
        return webhook

    slowly = asyncio.create_task(probe.write(slow))
    await made.wait()
    meanwhile = await heard(probe)
    leave.set()
    webhook = await slowly

    assert meanwhile == []
    assert await heard(probe) == [webhook.id]


# Matching


# What a subscription asks for, an event, and whether it hears of it.
MATCHES: list[tuple[list[str], str | None, dict[str, Any], bool]] = [
    (["*"], None, {"type": "order.paid"}, True),
    (["*"], None, {"type": "harvest.user.created", "product": "harvest"}, False),
    (["harvest.*"], None, {"type": "harvest.user.created", "product": "harvest"}, True),
    (["order.*"], None, {"type": "order"}, False),
    (["order.*", "order"], None, {"type": "order"}, True),
    (["order.*"], '{"amount": {"$gte": 100}}', {"type": "order.paid", "payload": {"amount": 100}}, True),
    (["order.*"], '{"amount": {"$gte": 100}}', {"type": "order.paid", "payload": {"amount": 99.9}}, False),
    (["order.*"], '{"amount": {"$gte": 100}}', {"type": "invoice.paid", "payload": {"amount": 100}}, False),
    (["*"], '{"$not": {"test": true}}', {"payload": {}}, True),
    (["*"], '{"name": "é"}', {"payload": {"name": "é"}}, True),
    (["*"], "{}", {"payload": {}}, True),
]


async def test_who_hears_is_decided_by_type_and_payload(probe: Probe) -> None:
    for events, filter_, event, hears in MATCHES:
        webhook = await probe.webhook(events=events, filter=filter_)

        assert await heard(probe, **event) == ([webhook.id] if hears else []), (events, filter_, event)
        await change(probe, webhook, deleted_at=probe.clock.now())


async def test_those_who_hear_are_in_the_order_they_were_made(probe: Probe) -> None:
    made = [
        await probe.webhook(events=["invoice.*"]),
        await probe.webhook(filter='{"amount": 5}'),
        await probe.webhook(events=["invoice.paid"]),
        await probe.webhook(events=["order.*"]),
        await probe.webhook(filter='{"amount": 6}'),
    ]

    assert await heard(probe, payload={"amount": 5}) == [webhook.id for webhook in made[:3]]


async def test_other_workspaces_and_accounts_hear_nothing(probe: Probe) -> None:
    await probe.write(lambda call: make_webhook(call, workspace=make_workspace(call)))
    await probe.house.write(probe.organization.production, make_webhook)

    assert await heard(probe) == []


# Bounds


async def test_more_accounts_than_it_remembers_are_served_all_the_same(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directories, "_ACCOUNTS_MAX", 1)
    webhook = await probe.webhook()
    other = probe.organization.production
    theirs = await probe.house.write(other, make_webhook)

    def listeners(call: Call) -> list[str]:
        event: Event = call.append_unheard(call.default_workspace(), "x", "", "{}")
        return [one.id for one in call.listeners(event)]

    for _ in range(2):
        assert await probe.write(listeners) == [webhook.id]
        assert await probe.house.write(other, listeners) == [theirs.id]


async def test_an_account_stays_in_its_environment(probe: Probe) -> None:
    directory = probe.house.services.faculties.directory

    for account in (probe.organization.sandbox, probe.organization.production):
        for _ in range(2):
            found = await probe.read(lambda call, id=account.id: directory.environment(call.tx, id))  # type: ignore[misc]
            assert found == account.environment.value
