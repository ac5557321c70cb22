"""Endpoints that are off or gone, and the operational events that tell of it."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.tenant import HOUR_S, Tenant
from tests.receiver import Answer, Receiver


async def test_a_disabled_endpoint_holds_what_is_outstanding_and_skips_what_comes(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.answers.append(Answer(status=500))
    hook = await slow_shop.webhook(receiver.url())
    target = f"/v1/webhooks/{hook['id']}"
    held = await slow_shop.event()
    await slow_shop.settled(held["id"], "retrying")

    off = (await slow_shop.api.put(target, {"status": "disabled"})).expect(200)
    skipped = await slow_shop.event()
    statuses = [(await slow_shop.deliveries(event["id"]))[0]["status"] for event in (held, skipped)]
    await slow_shop.advance(HOUR_S)
    (never_sent,) = await slow_shop.deliveries(skipped["id"])
    test = await slow_shop.api.post(f"{target}/test", {})
    replay = await slow_shop.api.post(f"/v1/deliveries/{never_sent['id']}/replay")
    attempts = len(receiver.got)
    on = (await slow_shop.api.request("PATCH", target, {"status": "active"})).expect(200)
    await slow_shop.advance(HOUR_S)

    assert (off["status"], off["disabled_reason"]) == ("disabled", None)
    assert statuses == ["paused", "skipped"]
    assert attempts == 1
    assert test.told[:2] == replay.told[:2] == (409, "webhook_disabled")
    assert (on["status"], on["disabled_reason"]) == ("active", None)
    await slow_shop.settled(held["id"], "delivered")
    await slow_shop.settled(skipped["id"], "skipped")


async def test_a_deleted_endpoint_is_gone_and_its_history_stays(each_shop: Tenant, receiver: Receiver) -> None:
    receiver.answers.append(Answer(status=500))
    hook = await each_shop.webhook(receiver.url())
    event = await each_shop.event()
    await each_shop.settled(event["id"], "retrying")

    (await each_shop.api.delete(f"/v1/webhooks/{hook['id']}")).expect(204)

    canceled = await each_shop.settled(event["id"], "canceled")
    assert (await each_shop.api.get(f"/v1/webhooks/{hook['id']}")).status == 404
    assert await each_shop.items(f"/v1/webhooks?workspace_id={each_shop.workspace_id}") == []
    assert (await each_shop.delivery(canceled["id"]))["request_body"].encode() == receiver.got[0].body
    assert (await each_shop.api.post(f"/v1/deliveries/{canceled['id']}/replay")).told[:2] == (409, "webhook_disabled")
    later = await each_shop.event()
    assert await each_shop.deliveries(later["id"]) == []


async def test_operational_events_are_delivered_to_those_that_ask_and_never_echo(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    await slow_shop.webhook(receiver.url("/watch"), ["harbor.*"])
    await slow_shop.webhook(receiver.url("/all"), ["*"])
    dead = await slow_shop.webhook(receiver.url("/dead"), ["order.*"])
    receiver.otherwise = Answer(status=500)  # also for the watcher, whose own failures must not be told to it
    await slow_shop.event()
    await slow_shop.advance(73 * HOUR_S)
    receiver.otherwise = Answer()
    await slow_shop.advance(80 * HOUR_S)

    watched: dict[str, list[dict[str, Any]]] = {}
    for got in receiver.at("/watch"):
        watched.setdefault(got.headers["harbor-event-type"], []).append(got.json()["data"])
    failed = {event["id"]: event["payload"] for event in watched["harbor.delivery.failed"]}.values()
    assert {payload["webhook_id"] for payload in failed} >= {dead["id"]}
    assert {payload["event_type"] for payload in failed} == {"order.shipped"}
    assert "harbor.webhook.failing" in watched
    assert all(got.headers["harbor-event-type"] == "order.shipped" for got in receiver.at("/all"))


async def test_each_operational_event_is_told(slow_shop: Tenant, receiver: Receiver) -> None:
    await slow_shop.webhook(receiver.url("/watch"), ["harbor.*"])
    key = await slow_shop.key(name="Short-lived")
    (await slow_shop.admin.delete(f"/admin/v1/api_keys/{key['id']}")).expect(204)
    gone = await slow_shop.webhook(receiver.url("/gone"), ["order.*"])
    await slow_shop.advance(1)
    receiver.answers.append(Answer(status=410))
    await slow_shop.settled((await slow_shop.event())["id"], "failed")
    await slow_shop.suspend()
    await slow_shop.activate()
    await slow_shop.advance(1)

    told = {got.headers["harbor-event-type"]: got.json()["data"]["payload"] for got in receiver.at("/watch")}
    assert set(told) >= {
        "harbor.api_key.created",
        "harbor.api_key.revoked",
        "harbor.webhook.disabled",
        "harbor.delivery.failed",
        "harbor.workspace.suspended",
        "harbor.workspace.activated",
    }
    assert told["harbor.webhook.disabled"]["webhook_id"] == gone["id"]
    assert told["harbor.webhook.disabled"]["reason"] == "gone"
    assert key["secret"] not in str(told)
    named = await slow_shop.items(f"/v1/events?workspace_id={slow_shop.workspace_id}&type=harbor.webhook.disabled")
    assert len(named) == 1
