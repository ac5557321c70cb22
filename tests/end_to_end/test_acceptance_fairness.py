"""Endpoints side by side: the dead, the slow, the ordered and the throttled do not hold up the others."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.end_to_end.tenant import HOUR_S, Tenant
from tests.receiver import Answer, Receiver, listening


async def many(shop: Tenant, count: int, type_: str = "order.shipped") -> list[str]:
    """Ids of so many new events, oldest first."""
    items = [{"type": type_, "payload": {"n": n}} for n in range(count)]
    made = await shop.api.post("/v1/events/batch", {"workspace_id": shop.workspace_id, "events": items})
    return [event["id"] for event in made.expect(201)["data"]]


async def test_an_endpoint_that_never_answers_does_not_slow_the_others(each_shop: Tenant, receiver: Receiver) -> None:
    stuck = asyncio.Event()
    async with listening() as dead:
        dead.otherwise = Answer(hold=stuck)
        await each_shop.webhook(dead.url())
        await many(each_shop, 100)
        await dead.until(lambda it: len(it.got) >= 8)
        await each_shop.webhook(receiver.url())
        began = time.monotonic()

        for n in range(20):
            await each_shop.event()
            await receiver.until(lambda it, n=n: len(it.got) == n + 1)  # type: ignore[misc]
        took_s = time.monotonic() - began

        # Alone an endpoint takes a few milliseconds for each; a dead one costs 10 s an attempt.
        assert took_s < 4
        assert len(dead.got) == 8
        stuck.set()


async def test_an_endpoint_gets_at_most_eight_deliveries_at_once(shop: Tenant, receiver: Receiver) -> None:
    hold = asyncio.Event()
    receiver.otherwise = Answer(hold=hold)
    await shop.webhook(receiver.url())
    ids = await many(shop, 30)
    await receiver.until(lambda it: len(it.got) == 8)
    other = await shop.webhook(receiver.url("/other"), ["order.other"])
    await shop.event("order.other")
    await receiver.until(lambda it: bool(it.at("/other")))
    at_once = len(receiver.at("/hook"))

    hold.set()
    await receiver.until(lambda it: len(it.at("/hook")) == len(ids) + 1)

    assert at_once == 8
    assert other["status"] == "active"


async def test_a_strict_endpoint_gets_one_delivery_at_a_time_in_the_order_of_events(
    each_shop: Tenant, receiver: Receiver
) -> None:
    await each_shop.webhook(receiver.url(), ordering="strict")
    ids = await many(each_shop, 60)
    ids += [(await each_shop.event())["id"] for _ in range(20)]

    await receiver.until(lambda it: len(it.got) == 80)

    assert [got.headers["webhook-id"] for got in receiver.got] == ids


async def test_a_failure_holds_back_those_behind_it_and_no_other_endpoint(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    await slow_shop.webhook(receiver.url("/strict"), ordering="strict")
    receiver.answers += [Answer(status=500)]
    first, *later = await many(slow_shop, 5)
    await receiver.until(lambda it: len(it.at("/strict")) == 1)
    await slow_shop.webhook(receiver.url("/free"), ["order.other"])
    await slow_shop.event("order.other")
    await receiver.until(lambda it: len(it.at("/free")) == 1)
    before = [got.headers["webhook-id"] for got in receiver.at("/strict")]

    await slow_shop.advance(400)

    after = [got.headers["webhook-id"] for got in receiver.at("/strict")]
    assert before == [first]
    assert after[:6] == [first, first, *later]


async def test_a_canceled_delivery_lets_those_behind_it_go(slow_shop: Tenant, receiver: Receiver) -> None:
    receiver.answers.append(Answer(status=500))
    await slow_shop.webhook(receiver.url(), ordering="strict")
    first, second = await many(slow_shop, 2)
    held = await slow_shop.settled(first, "retrying")

    (await slow_shop.api.post(f"/v1/deliveries/{held['id']}/cancel")).expect(200)

    await slow_shop.settled(second)
    assert [got.headers["webhook-id"] for got in receiver.got] == [first, second]


@pytest.mark.slow
async def test_a_strict_endpoint_goes_on_after_a_delivery_has_expired(slow_shop: Tenant, receiver: Receiver) -> None:
    receiver.otherwise = Answer(status=500)
    await slow_shop.webhook(receiver.url(), ordering="strict")
    first, second = await many(slow_shop, 2)
    await slow_shop.advance(71 * HOUR_S)
    before = {got.headers["webhook-id"] for got in receiver.got}

    receiver.otherwise = Answer()
    receiver.answers.append(Answer(status=500))
    await slow_shop.advance(2 * HOUR_S)

    assert before == {first}
    assert (await slow_shop.deliveries(first))[0]["status"] == "failed"
    assert (await slow_shop.deliveries(second))[0]["status"] == "delivered"


@pytest.mark.slow
async def test_a_rate_limit_smooths_deliveries_and_those_of_no_other_endpoint(shop: Tenant, receiver: Receiver) -> None:
    per_second = 20
    await shop.webhook(receiver.url("/slow"), rate_limit=per_second)
    await shop.webhook(receiver.url("/free"))
    began = time.monotonic()
    await many(shop, 60)
    await receiver.until(lambda it: len(it.at("/free")) == 60)
    at_that_time = len(receiver.at("/slow"))
    free_s = time.monotonic() - began
    await receiver.until(lambda it: len(it.at("/slow")) == 60)
    slow_s = time.monotonic() - began

    assert at_that_time <= per_second * (1 + free_s) + 1
    # The first 20 may come at once, the other 40 at 20 a second.
    assert slow_s >= 40 / per_second - 0.2
