"""Retries: the documented table under a calendar that the test moves, and what ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from tests.end_to_end.client import caller
from tests.end_to_end.fixtures import open_shop
from tests.end_to_end.server import LOOPBACK, MANUAL, Installation, serving
from tests.end_to_end.tenant import DAY_S, HOUR_S, Tenant, moment, new_tenant
from tests.receiver import Answer, Receiver

# The wait before each attempt. Source: docs/products/harbor.md#retries.
WAITS_S = (0, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000)
BUDGET = timedelta(hours=72)
JITTER = 0.10


async def test_attempts_come_at_the_ages_of_the_table_and_stop_at_72_hours(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=503, body=b"down")
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()

    await slow_shop.advance(100 * HOUR_S)

    (delivery,) = await slow_shop.deliveries(event["id"])
    attempts = await slow_shop.attempts(delivery["id"])
    moments = [moment(attempt["started_at"]) for attempt in attempts]
    assert [attempt["number"] for attempt in attempts] == list(range(1, 10))
    assert [got.headers["harbor-attempt"] for got in receiver.got] == [str(number) for number in range(1, 10)]
    for wait_s, (earlier, later) in zip(WAITS_S[1:], pairwise(moments[:-1]), strict=True):
        assert abs((later - earlier).total_seconds() - wait_s) <= JITTER * wait_s + 1
    assert moments[-1] - moments[0] == BUDGET
    assert (delivery["status"], delivery["attempt_count"], delivery["next_attempt_at"]) == ("failed", 9, None)
    assert (delivery["last_error"], delivery["last_response_status"]) == ("http_status", 503)
    assert moment(delivery["completed_at"]) == moments[-1]
    assert {got.body for got in receiver.got} == {receiver.got[0].body}


async def test_waits_vary_from_delivery_to_delivery(slow_shop: Tenant, receiver: Receiver) -> None:
    receiver.otherwise = Answer(status=500)
    await slow_shop.webhook(receiver.url())
    events = [await slow_shop.event() for _ in range(12)]
    await receiver.until(lambda it: len(it.got) == 12)

    due = [await slow_shop.settled(event["id"], "retrying") for event in events]

    assert len({one["next_attempt_at"] for one in due}) > 6


async def test_a_retry_that_succeeds_ends_the_delivery(slow_shop: Tenant, receiver: Receiver) -> None:
    # A request that breaks on a kept connection is sent again on a new one within its attempt, so two of them break.
    receiver.answers += [Answer(status=500), Answer(closes=True), Answer(closes=True)]
    await slow_shop.webhook(receiver.url())
    event = await slow_shop.event()

    await slow_shop.advance(HOUR_S)

    (delivery,) = await slow_shop.deliveries(event["id"])
    attempts = await slow_shop.attempts(delivery["id"])
    assert (delivery["status"], delivery["attempt_count"], delivery["last_error"]) == ("delivered", 3, None)
    assert [(attempt["response_status"], attempt["error"]) for attempt in attempts] == [
        (500, "http_status"),
        (None, attempts[1]["error"]),
        (200, None),
    ]
    assert attempts[1]["error"] in ("connect", "protocol")
    assert {attempt["trigger"] for attempt in attempts} == {"automatic"}


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 418, 429, 500, 502, 503, 504])
async def test_a_status_outside_2xx_is_a_failure(slow_shop: Tenant, receiver: Receiver, status: int) -> None:
    receiver.otherwise = Answer(status=status)
    await slow_shop.webhook(receiver.url())

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    assert delivery["last_response_status"] == receiver.otherwise.status
    assert delivery["last_error"] == ("redirect" if 300 <= status < 400 else "http_status")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
async def test_any_2xx_is_a_success(slow_shop: Tenant, receiver: Receiver, status: int) -> None:
    receiver.otherwise = Answer(status=status, body=b"" if status == 204 else b"ok")
    await slow_shop.webhook(receiver.url())

    await slow_shop.settled((await slow_shop.event())["id"], "delivered")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_receiver_may_ask_for_a_longer_wait(slow_shop: Tenant, receiver: Receiver, status: int) -> None:
    receiver.answers.append(Answer(status=status, headers={"Retry-After": "7200"}))
    await slow_shop.webhook(receiver.url())
    began = await slow_shop.now()

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    assert abs(moment(delivery["next_attempt_at"]) - began - timedelta(hours=2)) < timedelta(milliseconds=2)


@pytest.mark.parametrize(("status", "asked"), [(500, "7200"), (503, "10"), (503, "soon"), (429, "-5")])
async def test_what_a_receiver_may_not_ask_for_leaves_the_table(
    slow_shop: Tenant, receiver: Receiver, status: int, asked: str
) -> None:
    receiver.answers.append(Answer(status=status, headers={"Retry-After": asked}))
    await slow_shop.webhook(receiver.url())
    began = await slow_shop.now()

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    assert 269 <= (moment(delivery["next_attempt_at"]) - began).total_seconds() <= 331


async def test_a_wait_that_a_receiver_asks_for_counts_up_to_a_day(slow_shop: Tenant, receiver: Receiver) -> None:
    receiver.answers.append(Answer(status=503, headers={"Retry-After": "1000000"}))
    await slow_shop.webhook(receiver.url())
    began = await slow_shop.now()

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    assert abs(moment(delivery["next_attempt_at"]) - began - timedelta(days=1)) < timedelta(milliseconds=2)


async def test_an_endpoint_that_answers_410_is_disabled_and_its_delivery_failed(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=410)
    hook = await slow_shop.webhook(receiver.url())

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "failed")

    found = (await slow_shop.api.get(f"/v1/webhooks/{hook['id']}")).expect(200)
    assert (found["status"], found["disabled_reason"]) == ("disabled", "gone")
    assert (delivery["attempt_count"], delivery["last_error"]) == (1, "http_status")


async def test_an_endpoint_without_success_for_five_days_is_disabled_and_what_it_missed_is_recovered(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=500)
    hook = await slow_shop.webhook(receiver.url())
    target = f"/v1/webhooks/{hook['id']}"
    began = await slow_shop.now()
    failed = await slow_shop.event("order.first")
    await slow_shop.advance(4 * DAY_S)
    held = await slow_shop.event("order.second")
    await slow_shop.advance(23 * HOUR_S)
    before = (await slow_shop.api.get(target)).expect(200)

    await slow_shop.advance(2 * DAY_S)
    disabled = (await slow_shop.api.get(target)).expect(200)
    skipped = await slow_shop.event("order.third")

    async def statuses() -> list[str]:
        found = [(await slow_shop.deliveries(event["id"]))[0]["status"] for event in (failed, held, skipped)]
        return [str(status) for status in found]

    assert before["status"] == "active"
    assert (disabled["status"], disabled["disabled_reason"]) == ("disabled", "failing")
    assert await statuses() == ["failed", "paused", "skipped"]

    receiver.otherwise = Answer()
    receiver.got.clear()
    refused = await slow_shop.api.post(f"{target}/recover", {"since": began.isoformat()})
    enabled = (await slow_shop.api.put(target, {"status": "active"})).expect(200)
    job = (await slow_shop.api.post(f"{target}/recover", {"since": began.isoformat()})).expect(202)
    await slow_shop.advance(DAY_S)

    assert (refused.status, refused.error["code"]) == (409, "webhook_disabled")
    assert (enabled["status"], enabled["disabled_reason"]) == ("active", None)
    assert job["job_id"].startswith("job_")
    assert await statuses() == ["delivered", "delivered", "delivered"]
    types = [got.headers["harbor-event-type"] for got in receiver.got]
    assert sorted(types) == ["order.first", "order.second", "order.third"]
    assert types.index("order.first") < types.index("order.third")
    (delivery,) = await slow_shop.deliveries(skipped["id"])
    assert [attempt["trigger"] for attempt in await slow_shop.attempts(delivery["id"])] == ["recovery"]


async def test_one_success_in_five_days_keeps_an_endpoint_active(slow_shop: Tenant, receiver: Receiver) -> None:
    hook = await slow_shop.webhook(receiver.url())
    for day in range(8):
        receiver.otherwise = Answer(status=200 if day == 4 else 500)
        await slow_shop.event()
        await slow_shop.advance(DAY_S)

    assert (await slow_shop.api.get(f"/v1/webhooks/{hook['id']}")).expect(200)["status"] == "active"


async def test_fewer_than_ten_failures_disable_nobody(slow_shop: Tenant, receiver: Receiver) -> None:
    receiver.otherwise = Answer(status=500)
    hook = await slow_shop.webhook(receiver.url())
    await slow_shop.event()

    await slow_shop.advance(7 * DAY_S)

    assert len(receiver.got) == 9
    assert (await slow_shop.api.get(f"/v1/webhooks/{hook['id']}")).expect(200)["status"] == "active"


async def test_a_receiver_that_reports_a_bad_signature_is_noted_on_the_attempt(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    cases = (
        (Answer(status=400, body=b"Invalid signature"), "webhook_signature_invalid"),
        (Answer(status=401, body=b'{"error":"signature verification failed"}'), "webhook_signature_invalid"),
        (Answer(status=403, body=b"", headers={"Harbor-Error": "signature mismatch"}), "webhook_signature_invalid"),
        (Answer(status=500, body=b"Invalid signature"), "http_status"),
        (Answer(status=400, body=b"Invalid order"), "http_status"),
    )
    await slow_shop.webhook(receiver.url())
    for answer, error in cases:
        receiver.answers.append(answer)
        delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")
        assert delivery["last_error"] == error, answer


async def test_an_attempt_tells_what_happened(slow_shop: Tenant, receiver: Receiver) -> None:
    body = b"x" * 100_000
    receiver.answers.append(Answer(status=500, body=body, headers={"X-Trace": "t-1", "Set-Cookie": "secret=1"}))
    await slow_shop.webhook(receiver.url())
    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    (attempt,) = await slow_shop.attempts(delivery["id"])

    assert list(attempt) == [
        "id",
        "delivery_id",
        "number",
        "trigger",
        "started_at",
        "duration_ms",
        "url",
        "response_status",
        "response_headers",
        "response_body",
        "response_truncated",
        "error",
        "signature_timestamp",
        "resolved_ip",
    ]
    assert attempt["url"] == receiver.url()
    assert attempt["resolved_ip"] == "127.0.0.1"
    assert attempt["response_headers"]["x-trace"] == "t-1"
    assert "set-cookie" not in attempt["response_headers"]
    assert (len(attempt["response_body"]), attempt["response_truncated"]) == (16_384, True)
    assert attempt["signature_timestamp"] == int(receiver.got[0].headers["harbor-timestamp"])
    assert abs(attempt["signature_timestamp"] - datetime.now().timestamp()) < 60


@pytest.mark.slow
async def test_a_retry_schedule_of_ones_own_and_the_calendar_outlive_a_restart(
    installation: Installation, receiver: Receiver
) -> None:
    settings = {**LOOPBACK, **MANUAL, "HARBOR_RETRY_SCHEDULE": "0,60,600", "HARBOR_RETRY_SCHEDULE_PRODUCTION": "0,5"}
    receiver.otherwise = Answer(status=500)
    with serving(installation, settings) as server:
        async with caller(server.url, installation.admin_key) as admin:
            sandbox = await new_tenant(server, admin)
            live = await new_tenant(server, admin, environment="production")
            await sandbox.webhook(receiver.url("/sandbox"))
            await live.webhook(receiver.url("/live"))
            events = [await sandbox.event(), await live.event()]
            moved = await sandbox.advance(70)
            statuses = [(await sandbox.settled(events[0]["id"], "retrying"))["status"]]
            statuses.append((await live.settled(events[1]["id"], "failed"))["status"])
            counts = [len(receiver.at("/sandbox")), len(receiver.at("/live"))]

    with serving(installation, settings) as server:
        async with open_shop(server) as other:
            now = await other.now()
            await other.advance(700)

    assert (counts, statuses) == ([2, 2], ["retrying", "failed"])
    assert now == moved
    assert len(receiver.at("/sandbox")) == 3
