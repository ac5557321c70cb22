"""Deliveries by hand: replay, cancel, redelivery, tests, statistics."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.end_to_end.tenant import HOUR_S, Tenant, eventually, moment
from tests.interop.verifiers import NAMES, Delivery, verify_many
from tests.receiver import Answer, Receiver


def ids_got(receiver: Receiver) -> list[str]:
    """The deliveries that came, in order."""
    return [got.headers["harbor-delivery-id"] for got in receiver.got]


async def test_a_delivery_has_the_fields_of_the_contract(each_shop: Tenant, receiver: Receiver) -> None:
    hook = await each_shop.webhook(receiver.url())
    event = await each_shop.event()

    found = await each_shop.settled(event["id"])
    whole = await each_shop.delivery(found["id"])

    assert list(found) == [
        "id",
        "workspace_id",
        "webhook_id",
        "event_id",
        "event_type",
        "status",
        "attempt_count",
        "next_attempt_at",
        "expires_at",
        "last_response_status",
        "last_error",
        "created_at",
        "completed_at",
    ]
    assert list(whole) == [*found, "attempts", "request_body"]
    assert {name: whole[name] for name in found} == found
    assert (found["webhook_id"], found["event_id"]) == (hook["id"], event["id"])
    assert (found["attempt_count"], found["last_response_status"], found["last_error"]) == (1, 200, None)
    assert found["next_attempt_at"] is None
    assert moment(found["completed_at"]) >= moment(found["created_at"])
    assert whole["request_body"].encode() == receiver.got[0].body


async def test_a_replay_sends_the_same_bytes_with_a_new_timestamp_and_signature(
    each_shop: Tenant, receiver: Receiver
) -> None:
    secret = (await each_shop.webhook(receiver.url()))["secret"]
    event = await each_shop.event()
    delivery = await each_shop.settled(event["id"])
    await asyncio.sleep(1.1)  # the timestamp counts seconds

    for word in ("replay", "retry"):
        count = len(receiver.got)
        answer = (await each_shop.api.post(f"/v1/deliveries/{delivery['id']}/{word}")).expect(202)
        assert answer["id"] == delivery["id"]
        await receiver.until(lambda it, count=count: len(it.got) > count)  # type: ignore[misc]
        await each_shop.settled(event["id"])

    first, second, third = receiver.got
    assert first.body == second.body == third.body
    assert [got.headers["harbor-attempt"] for got in receiver.got] == ["1", "2", "3"]
    assert int(second.headers["harbor-timestamp"]) > int(first.headers["harbor-timestamp"])
    assert second.headers["harbor-signature"] != first.headers["harbor-signature"]
    deliveries = [Delivery(secret=secret, headers=got.headers, body=got.body) for got in (second, third)]
    assert await asyncio.to_thread(verify_many, deliveries) == [dict.fromkeys(NAMES, True)] * 2
    attempts = await each_shop.attempts(delivery["id"])
    assert [attempt["trigger"] for attempt in attempts] == ["automatic", "manual", "manual"]


async def test_a_replay_of_a_failed_delivery_is_one_attempt_and_then_a_fresh_budget(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=500)
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()
    await slow_shop.advance(73 * HOUR_S)
    failed = await slow_shop.settled(event["id"], "failed")
    receiver.answers.append(Answer())  # a success in between, or 144 hours of failures would disable the endpoint
    await slow_shop.settled((await slow_shop.event())["id"])

    (await slow_shop.api.post(f"/v1/deliveries/{failed['id']}/replay")).expect(202)
    again = await slow_shop.settled(event["id"], "retrying")
    now = await slow_shop.now()
    await slow_shop.advance(71 * HOUR_S)
    late = await slow_shop.settled(event["id"], "retrying")
    await slow_shop.advance(1 * HOUR_S)
    over = await slow_shop.settled(event["id"], "failed")

    assert (failed["attempt_count"], again["attempt_count"]) == (9, 10)
    assert 269 <= (moment(again["next_attempt_at"]) - now).total_seconds() <= 331
    assert (late["attempt_count"], over["attempt_count"]) == (17, 18)


async def test_a_replay_of_a_retrying_delivery_is_made_now_and_keeps_its_schedule(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=500)
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()
    before = await slow_shop.settled(event["id"], "retrying")

    (await slow_shop.api.post(f"/v1/deliveries/{before['id']}/replay")).expect(202)
    await receiver.until(lambda it: len(it.got) == 2)

    async def back() -> dict[str, Any] | None:
        found = await slow_shop.delivery(before["id"])
        return found if found["attempt_count"] == 2 and found["next_attempt_at"] else None

    after = await eventually(back, "it waits for its retry again")
    assert (after["status"], after["next_attempt_at"]) == ("retrying", before["next_attempt_at"])
    assert after["expires_at"] == before["expires_at"]


async def test_what_will_be_attempted_anyway_is_not_replayed_and_what_is_over_is_not_canceled(
    shop: Tenant, receiver: Receiver
) -> None:
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    await shop.webhook(receiver.url(), ordering="strict")
    first, second = await shop.event(), await shop.event()
    await receiver.until(lambda it: len(it.got) == 1)
    (waiting,) = await shop.deliveries(second["id"])

    refused = await shop.api.post(f"/v1/deliveries/{waiting['id']}/replay")
    hold.set()
    done = await shop.settled(first["id"])
    over = await shop.api.post(f"/v1/deliveries/{done['id']}/cancel")

    assert waiting["status"] == "pending"
    assert (refused.status, refused.error["code"]) == (409, "delivery_not_replayable")
    assert (over.status, over.error["code"]) == (409, "delivery_not_cancelable")


async def test_a_canceled_delivery_is_attempted_no_more_and_can_be_replayed(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.answers.append(Answer(status=500))
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()
    delivery = await slow_shop.settled(event["id"], "retrying")

    canceled = (await slow_shop.api.post(f"/v1/deliveries/{delivery['id']}/cancel")).expect(200)
    await slow_shop.advance(80 * HOUR_S)
    attempts = len(receiver.got)
    (await slow_shop.api.post(f"/v1/deliveries/{delivery['id']}/replay")).expect(202)

    assert (canceled["status"], canceled["next_attempt_at"]) == ("canceled", None)
    assert canceled["completed_at"] is not None
    assert attempts == 1
    await slow_shop.settled(event["id"], "delivered")


async def test_many_deliveries_are_counted_first_and_then_replayed_oldest_first(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=410)
    hook = await slow_shop.webhook(receiver.url(), ["order.*"], ordering="strict")
    await slow_shop.event("order.first")
    await slow_shop.advance(1)
    for type_ in ("order.second", "order.third"):
        await slow_shop.event(type_)
    receiver.otherwise = Answer()
    (await slow_shop.api.put(f"/v1/webhooks/{hook['id']}", {"status": "active"})).expect(200)
    receiver.got.clear()
    selection = {"workspace_id": slow_shop.workspace_id, "webhook_id": hook["id"]}

    async def replay(**more: object) -> Any:
        return await slow_shop.api.post("/v1/deliveries/replay", {**selection, **more})

    dry = (await replay(dry_run=True)).expect(200)
    skipped = (await replay(dry_run=True, status="skipped")).expect(200)
    typed = (await replay(dry_run=True, event_type="order.second")).expect(200)
    nothing_yet = len(receiver.got)
    job = (await replay()).expect(202)
    await slow_shop.advance(1)

    assert dry == {"count": 3, "dry_run": True, "job_id": None}
    assert (skipped["count"], typed["count"], nothing_yet) == (2, 1, 0)
    assert (job["count"], job["dry_run"]) == (3, False)
    assert job["job_id"].startswith("job_")
    types = [got.headers["harbor-event-type"] for got in receiver.got]
    assert types == ["order.first", "order.second", "order.third"]


async def test_an_event_is_redelivered_as_new_deliveries_to_those_that_match_now(
    each_shop: Tenant, receiver: Receiver
) -> None:
    first = await each_shop.webhook(receiver.url("/first"))
    event = await each_shop.event()
    old = await each_shop.settled(event["id"])
    second = await each_shop.webhook(receiver.url("/second"), ["order.*"])
    await each_shop.webhook(receiver.url("/other"), ["invoice.*"])

    made = (await each_shop.api.post(f"/v1/events/{event['id']}/redeliver", {})).expect(202)
    await receiver.until(lambda it: len(it.got) == 3)
    one = (await each_shop.api.post(f"/v1/events/{event['id']}/redeliver", {"webhook_ids": [second["id"]]})).expect(202)
    await receiver.until(lambda it: len(it.got) == 4)

    assert {delivery["webhook_id"] for delivery in made["data"]} == {first["id"], second["id"]}
    assert old["id"] not in {delivery["id"] for delivery in made["data"]}
    assert [delivery["webhook_id"] for delivery in one["data"]] == [second["id"]]
    assert len(await each_shop.deliveries(event["id"])) == 4
    assert not receiver.at("/other")
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


async def test_a_redelivery_names_the_endpoint_that_is_not_there(shop: Tenant, receiver: Receiver) -> None:
    hook = await shop.webhook(receiver.url())
    event = await shop.event()
    body = {"webhook_ids": [hook["id"], "wh_00000000000000000000000000"]}

    answer = await shop.api.post(f"/v1/events/{event['id']}/redeliver", body)

    assert answer.told == (404, "resource_not_found", "No webhook found with id wh_00000000000000000000000000.")


async def test_deliveries_are_listed_by_what_they_are(each_shop: Tenant, receiver: Receiver) -> None:
    receiver.answers += [Answer(status=500)]
    hook = await each_shop.webhook(receiver.url("/one"), ["order.shipped"])
    bad = await each_shop.event()
    await each_shop.settled(bad["id"], "retrying")
    await each_shop.webhook(receiver.url("/two"), ["order.*"])
    good = await each_shop.event("order.placed")
    await each_shop.settled(good["id"])

    async def events(more: str) -> list[str]:
        found = await each_shop.items(f"/v1/deliveries?workspace_id={each_shop.workspace_id}{more}")
        return [delivery["event_id"] for delivery in found]

    assert await events("") == [good["id"], bad["id"]]
    assert await events("&order=asc") == [bad["id"], good["id"]]
    assert await events(f"&webhook_id={hook['id']}") == [bad["id"]]
    assert await events(f"&event_id={good['id']}") == [good["id"]]
    assert await events("&event_type=order.placed") == [good["id"]]
    assert await events("&status=retrying") == [bad["id"]]
    assert await events("&response_status=200") == [good["id"]]
    assert await events("&status=canceled") == []


async def test_a_test_is_signed_answers_with_its_attempt_and_touches_no_counter(
    each_shop: Tenant, receiver: Receiver
) -> None:
    hook = await each_shop.webhook(receiver.url("/tested"), ["order.shipped"])
    await each_shop.webhook(receiver.url("/other"), ["*", "harbor.test"])
    target = f"/v1/webhooks/{hook['id']}/test"

    attempt = (await each_shop.api.post(target, {})).expect(200)
    own = (await each_shop.api.post(target, {"event_type": "order.shipped", "payload": {"n": 1}})).expect(200)
    receiver.answers.append(Answer(status=500, body=b"broken"))
    failed = (await each_shop.api.post(target)).expect(200)

    got, typed, _ = receiver.at("/tested")
    assert (attempt["trigger"], attempt["number"], attempt["response_status"], attempt["error"]) == (
        "test",
        1,
        200,
        None,
    )
    assert got.json()["data"]["type"] == "harbor.test"
    assert typed.json()["data"]["type"] == "order.shipped"
    assert typed.json()["data"]["payload"] == {"n": 1}
    assert own["response_status"] == 200
    assert (failed["response_status"], failed["error"], failed["response_body"]) == (500, "http_status", "broken")
    (verdict,) = await asyncio.to_thread(
        verify_many, [Delivery(secret=hook["secret"], headers=got.headers, body=got.body)]
    )
    assert verdict == dict.fromkeys(NAMES, True)
    assert not [other for other in receiver.at("/other") if other.headers["harbor-event-type"] == "harbor.test"]
    assert await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}") == []
    stats = (await each_shop.api.get(f"/v1/webhooks/{hook['id']}/stats")).expect(200)
    assert (stats["last_success_at"], stats["last_failure_at"], stats["attempts"]) == (None, None, 0)


@pytest.mark.parametrize("body", [{"event_type": "order.*"}, {"event_type": "*"}, {"event_type": ""}, {"payload": []}])
async def test_a_test_pretends_to_be_an_event_that_could_be(
    shop: Tenant, receiver: Receiver, body: dict[str, object]
) -> None:
    hook = await shop.webhook(receiver.url())

    answer = await shop.api.post(f"/v1/webhooks/{hook['id']}/test", body)

    assert (answer.status, answer.error["param"]) == (400, next(iter(body)))
    assert not receiver.got


async def test_statistics_count_deliveries_and_latencies(each_shop: Tenant, receiver: Receiver) -> None:
    hook = await each_shop.webhook(receiver.url())
    receiver.answers.append(Answer(status=500))
    await each_shop.settled((await each_shop.event())["id"], "retrying")
    for _ in range(3):
        await each_shop.settled((await each_shop.event())["id"])

    stats = (await each_shop.api.get(f"/v1/webhooks/{hook['id']}/stats")).expect(200)

    assert stats["counts"] == {
        "pending": 0,
        "retrying": 1,
        "delivered": 3,
        "failed": 0,
        "canceled": 0,
        "skipped": 0,
        "paused": 0,
    }
    assert (stats["attempts"], stats["success_rate"]) == (4, 0.75)
    assert 0 <= stats["latency_ms"]["p50"] <= stats["latency_ms"]["p95"] <= stats["latency_ms"]["p99"] < 10_000
    assert moment(stats["last_success_at"]) >= moment(stats["last_failure_at"])


async def test_statistics_reach_back_thirty_days(slow_shop: Tenant, receiver: Receiver) -> None:
    hook = await slow_shop.webhook(receiver.url())
    await slow_shop.settled((await slow_shop.event())["id"])
    await slow_shop.advance(10 * 24 * HOUR_S)
    await slow_shop.settled((await slow_shop.event())["id"])
    target = f"/v1/webhooks/{hook['id']}/stats"
    now = await slow_shop.now()

    def since(days: int) -> str:
        return f"{target}?since={(now - timedelta(days=days)).strftime('%Y-%m-%dT%H:%M:%SZ')}"

    week = (await slow_shop.api.get(target)).expect(200)
    month = (await slow_shop.api.get(since(29))).expect(200)
    longer = await slow_shop.api.get(since(31))

    assert (week["attempts"], month["attempts"]) == (1, 2)
    assert (week["counts"]["delivered"], month["counts"]["delivered"]) == (1, 2)
    assert (longer.status, longer.error["param"]) == (400, "since")
