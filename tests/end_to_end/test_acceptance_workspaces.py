"""Workspaces that are suspended, active again, archived: what is refused, what waits, what is called off."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.end_to_end.tenant import HOUR_S, Tenant, all_items, eventually, moment
from tests.receiver import Answer, Receiver


async def writes(shop: Tenant, webhook_id: str, delivery_id: str, event_id: str) -> dict[str, tuple[int, str, str]]:
    """What each sort of write is told."""
    hook = {"workspace_id": shop.workspace_id, "url": "http://127.0.0.1:9/", "events": ["*"]}
    asked = {
        "create": shop.api.post("/v1/events", shop.body()),
        "batch": shop.api.post(
            "/v1/events/batch", {"workspace_id": shop.workspace_id, "events": [{"type": "a", "payload": {}}]}
        ),
        "register": shop.api.post("/v1/webhooks", hook),
        "update": shop.api.put(f"/v1/webhooks/{webhook_id}", {"description": "x"}),
        "rotate": shop.api.post(f"/v1/webhooks/{webhook_id}/rotate_secret", {}),
        "test": shop.api.post(f"/v1/webhooks/{webhook_id}/test", {}),
        "recover": shop.api.post(f"/v1/webhooks/{webhook_id}/recover", {"since": "2026-01-01T00:00:00Z"}),
        "replay": shop.api.post(f"/v1/deliveries/{delivery_id}/replay"),
        "replay many": shop.api.post("/v1/deliveries/replay", {"workspace_id": shop.workspace_id}),
        "redeliver": shop.api.post(f"/v1/events/{event_id}/redeliver", {}),
        "type": shop.api.put("/v1/event_types/a.b", {"description": "x"}),
        "delete": shop.api.delete(f"/v1/webhooks/{webhook_id}"),
    }
    answers = await asyncio.gather(*asked.values())
    return {name: answer.told for name, answer in zip(asked, answers, strict=True)}


async def reads(shop: Tenant, webhook_id: str, delivery_id: str, event_id: str) -> dict[str, int]:
    """The status of each sort of read."""
    targets = (
        f"/v1/events/{event_id}",
        f"/v1/events?workspace_id={shop.workspace_id}",
        f"/v1/events/{event_id}/deliveries",
        f"/v1/webhooks/{webhook_id}",
        f"/v1/webhooks?workspace_id={shop.workspace_id}",
        f"/v1/webhooks/{webhook_id}/stats",
        f"/v1/deliveries/{delivery_id}",
        f"/v1/deliveries?workspace_id={shop.workspace_id}",
        "/v1/event_types",
    )
    return {target: (await shop.api.get(target)).status for target in targets}


async def made(shop: Tenant, receiver: Receiver) -> tuple[str, str, str]:
    """An endpoint, a delivery that was delivered, and its event."""
    hook = await shop.webhook(receiver.url())
    event = await shop.event()
    delivery = await shop.settled(event["id"])
    return hook["id"], delivery["id"], event["id"]


@pytest.mark.parametrize("reason", ["billing", "manual", "policy"])
async def test_writes_to_a_suspended_workspace_are_403_in_the_documented_words(
    each_shop: Tenant, receiver: Receiver, reason: str
) -> None:
    ids = await made(each_shop, receiver)
    await each_shop.suspend(reason)

    told = await writes(each_shop, *ids)

    message = f"Workspace {each_shop.workspace_id} is suspended."
    assert set(told.values()) == {(403, "workspace_suspended", message)}, told


@pytest.mark.parametrize(("reason", "status"), [("billing", 200), ("manual", 200), ("policy", 403)])
async def test_reads_of_a_suspended_workspace_depend_on_the_reason(
    shop: Tenant, receiver: Receiver, reason: str, status: int
) -> None:
    ids = await made(shop, receiver)
    await shop.suspend(reason)

    found = (await shop.api.get(f"/v1/workspaces/{shop.workspace_id}")).expect(200)

    assert (found["status"], found["suspension_reason"]) == ("suspended", reason)
    statuses = await reads(shop, *ids)
    assert set(statuses.values()) == {status}, statuses


async def test_an_active_workspace_takes_writes_again(shop: Tenant) -> None:
    await shop.suspend()
    refused = await shop.api.post("/v1/events", shop.body(), headers={"Idempotency-Key": "k"})
    await shop.activate()

    assert refused.status == 403
    await shop.event(headers={"Idempotency-Key": "k"})
    found = (await shop.api.get(f"/v1/workspaces/{shop.workspace_id}")).expect(200)
    assert (found["status"], found["suspension_reason"]) == ("active", None)


async def test_a_replay_of_an_idempotency_key_is_answered_while_the_workspace_is_suspended(shop: Tenant) -> None:
    """The order of the checks: idempotent replay before the state of the workspace."""
    event = await shop.event(headers={"Idempotency-Key": "k"})
    await shop.suspend()

    assert await shop.event(headers={"Idempotency-Key": "k"}) == event


async def test_deliveries_pause_and_resume_with_the_wait_and_the_budget_they_had(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.answers += [Answer(status=500)] * 3
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()
    await slow_shop.advance(HOUR_S)
    before = await slow_shop.settled(event["id"], "retrying")
    suspended_at = await slow_shop.now()

    await slow_shop.suspend()
    paused = await slow_shop.settled(event["id"], "paused")
    await slow_shop.advance(200 * HOUR_S)
    attempts_while_suspended = len(receiver.got)
    still = await slow_shop.settled(event["id"], "paused")
    activated_at = await slow_shop.now()
    await slow_shop.activate()
    after = await slow_shop.settled(event["id"], "retrying")

    assert (before["attempt_count"], attempts_while_suspended) == (3, 3)
    assert paused["next_attempt_at"] is None
    assert still["attempt_count"] == 3
    tolerance = timedelta(milliseconds=2)
    wait_before, wait_after = (
        moment(before["next_attempt_at"]) - suspended_at,
        moment(after["next_attempt_at"]) - activated_at,
    )
    assert abs(wait_after - wait_before) < tolerance
    budget_before, budget_after = (
        moment(before["expires_at"]) - suspended_at,
        moment(after["expires_at"]) - activated_at,
    )
    assert abs(budget_after - budget_before) < tolerance

    await slow_shop.advance(3 * HOUR_S)
    await slow_shop.settled(event["id"], "delivered")


async def test_a_paused_delivery_that_never_succeeds_fails_after_72_hours_of_activity(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=500)
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()
    await slow_shop.advance(30 * HOUR_S)
    await slow_shop.suspend()
    await slow_shop.advance(100 * HOUR_S)
    await slow_shop.activate()

    await slow_shop.advance(41 * HOUR_S)
    before = await slow_shop.settled(event["id"], "retrying")
    await slow_shop.advance(1 * HOUR_S + 1)

    assert before["attempt_count"] == 8
    assert (await slow_shop.settled(event["id"], "failed"))["attempt_count"] == 9


async def test_a_delivery_that_was_due_while_suspended_is_sent_on_activation(
    each_shop: Tenant, receiver: Receiver
) -> None:
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    await each_shop.webhook(receiver.url())
    items = [{"type": "order.shipped", "payload": {"n": n}} for n in range(50)]
    body = {"workspace_id": each_shop.workspace_id, "events": items}
    (await each_shop.api.post("/v1/events/batch", body)).expect(201)
    await receiver.until(lambda it: len(it.got) == 8)
    await each_shop.suspend()
    hold.set()

    target = f"/v1/deliveries?workspace_id={each_shop.workspace_id}"

    async def all_stand() -> list[str] | None:
        found = {delivery["status"] for delivery in await each_shop.items(target)}
        return sorted(found) if found <= {"paused", "delivered"} else None

    stood = await eventually(all_stand, "all deliveries are paused or delivered")
    sent = len(receiver.got)
    await each_shop.activate()
    await receiver.until(lambda it: len({got.headers["webhook-id"] for got in it.got}) == 50)

    assert stood == ["delivered", "paused"]
    assert sent < 50
    assert {delivery["attempt_count"] for delivery in await each_shop.items(target)} <= {0, 1}


async def test_an_archived_workspace_reads_refuses_writes_and_calls_off_what_is_outstanding(
    each_shop: Tenant, receiver: Receiver
) -> None:
    receiver.answers += [Answer(), Answer(status=500)]
    ids = await made(each_shop, receiver)
    outstanding = await each_shop.event()
    await each_shop.settled(outstanding["id"], "retrying")

    (await each_shop.admin.post(f"/admin/v1/workspaces/{each_shop.workspace_id}/archive")).expect(200)

    await each_shop.settled(outstanding["id"], "canceled")
    assert set((await reads(each_shop, *ids)).values()) == {200}
    told = await writes(each_shop, *ids)
    assert {(status, code) for status, code, _ in told.values()} == {(403, "workspace_archived")}, told


async def test_only_an_archived_workspace_is_deleted_and_it_is_purged_after_its_days_of_grace(
    slow_shop: Tenant,
) -> None:
    made = (await slow_shop.admin.post("/admin/v1/workspaces", {"name": "Old", "environment": "sandbox"})).expect(201)
    target = f"/admin/v1/workspaces/{made['id']}"

    refused = await slow_shop.admin.delete(target)
    (await slow_shop.admin.post(f"{target}/archive")).expect(200)
    (await slow_shop.admin.delete(target)).expect(204)
    await slow_shop.advance(7 * 24 * HOUR_S + 2 * HOUR_S)
    gone = await slow_shop.admin.get(target)

    assert (refused.status, refused.error["code"]) == (409, "workspace_not_archived")
    assert gone.told == (404, "resource_not_found", f"No workspace found with id {made['id']}.")


async def test_administration_lists_renames_and_records(each_shop: Tenant) -> None:
    target = f"/admin/v1/workspaces/{each_shop.workspace_id}"

    renamed = (await each_shop.admin.put(target, {"name": "Fulfilment"})).expect(200)
    listed = await all_items(each_shop.admin, "/admin/v1/workspaces?limit=100")
    acts = await all_items(each_shop.admin, f"/admin/v1/audit_log?subject={each_shop.workspace_id}")
    organization = (await each_shop.admin.get("/admin/v1/organization")).expect(200)
    queue = (await each_shop.admin.get("/admin/v1/deliveries/queue")).expect(200)
    found = (await each_shop.api.get(f"/v1/workspaces/{each_shop.workspace_id}")).expect(200)

    assert renamed == found
    assert list(found) == ["id", "name", "status", "created_at", "suspension_reason", "environment"]
    assert (found["name"], found["environment"]) == ("Fulfilment", "sandbox")
    assert each_shop.workspace_id in {one["id"] for one in listed}
    assert {one["environment"] for one in listed} == {"sandbox", "production"}
    assert [act["action"] for act in acts][:1] == ["harbor.workspace.updated"]
    assert acts[0]["before"] == {"name": "Shop"}
    assert set(organization) == {"id", "name", "created_at"}
    assert queue["depth"] >= 0
    assert queue["lag_ms"] >= 0


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 121}, {"name": "Shop", "environment": "test"}, {"name": 1}]
)
async def test_a_workspace_needs_a_name_and_a_known_environment(shop: Tenant, body: dict[str, object]) -> None:
    answer = await shop.admin.post("/admin/v1/workspaces", body)

    assert (answer.status, answer.error["param"]) == (400, "environment" if "environment" in body else "name")


async def test_a_default_workspace_is_never_archived(shop: Tenant) -> None:
    default = shop.server.installation.made["harbor"]["sandbox"]["workspace_id"]

    answer = await shop.admin.post(f"/admin/v1/workspaces/{default}/archive")

    assert answer.status == 409
