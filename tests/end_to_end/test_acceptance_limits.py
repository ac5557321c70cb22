"""Rate limits of the API: the documented numbers, and what their replies tell."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from tests.end_to_end.client import Answer, Api
from tests.end_to_end.fixtures import open_shop
from tests.end_to_end.server import Server
from tests.end_to_end.tenant import Tenant


async def documented(shop: Tenant) -> Api:
    """A caller with the environment's own limit."""
    return await shop.caller(rate_limit=None)


async def spend(api: Api, count: int) -> list[Answer]:
    """The answers to so many requests at once."""
    return await asyncio.gather(*(api.get("/v1/key") for _ in range(count)))


async def test_the_31st_instant_sandbox_request_is_429_and_says_when_to_come_back(each_shop: Tenant) -> None:
    api = await documented(each_shop)
    began = time.time()

    answers = await spend(api, 30)
    refused = await api.get("/v1/key")
    took_s = time.time() - began

    assert {answer.status for answer in answers} == {200}
    # The bucket gets two tokens a second, so a slow machine may be let through once more.
    while refused.status == 200 and took_s > 0.4:
        refused = await api.get("/v1/key")
    assert refused.status == 429
    error = refused.error
    assert error["code"] == "rate_limit_exceeded"
    seconds = int(refused.headers["Retry-After"])
    assert error["message"] == f"Too many requests. Retry after {seconds} seconds."
    assert 0 < error["retry_after_ms"] <= 1_000 * seconds <= 1_000
    assert refused.headers["Harbor-RateLimit-Limit"] == "120"
    assert refused.headers["RateLimit-Policy"] == '"default";q=120;w=60'


async def test_headers_tell_the_window(each_shop: Tenant) -> None:
    api = await documented(each_shop)

    first, second = await api.get("/v1/key"), await api.get("/v1/events/evt_000000")

    for answer, left in ((first, 119), (second, 118)):
        assert answer.headers["Harbor-RateLimit-Limit"] == "120"
        assert answer.headers["Harbor-RateLimit-Remaining"] == str(left)
        assert 0 <= int(answer.headers["Harbor-RateLimit-Reset"]) - time.time() <= 61
        assert re.fullmatch(rf'"default";r={left};t=(\d|[1-5]\d|60)', answer.headers["RateLimit"])
    assert second.status == 404


async def test_a_production_key_has_600_a_minute_and_60_at_once(sqlite_server: Server) -> None:
    async with open_shop(sqlite_server, environment="production") as shop:
        api = await documented(shop)

        answers = await spend(api, 90)

    good = sum(answer.status == 200 for answer in answers)
    assert 60 <= good < 80
    assert answers[0].headers["Harbor-RateLimit-Limit"] == "600"


async def test_all_methods_draw_from_one_quota(slow_shop: Tenant) -> None:
    api = await documented(slow_shop)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"):
        await api.request(method, "/v1/webhooks/wh_00000000000000000000000000" if method != "POST" else "/v1/events")

    assert (await api.get("/v1/key")).headers["Harbor-RateLimit-Remaining"] == "113"


async def test_a_refused_request_consumes_nothing_and_tokens_come_back(slow_shop: Tenant) -> None:
    """With a calendar that stands still each number is exact."""
    api = await documented(slow_shop)
    good = await spend(api, 30)
    refused = await spend(api, 10)
    assert {answer.status for answer in good} == {200}
    assert [(answer.status, answer.error["retry_after_ms"]) for answer in refused] == [(429, 500)] * 10
    assert {answer.headers["Harbor-RateLimit-Remaining"] for answer in refused} == {"90"}

    await slow_shop.advance(0.5)
    assert [answer.status for answer in [await api.get("/v1/key"), await api.get("/v1/key")]] == [200, 429]


async def test_the_quota_of_a_minute_holds_too(slow_shop: Tenant) -> None:
    api = await documented(slow_shop)
    good = 0
    for _ in range(10):
        good += sum(answer.status == 200 for answer in await spend(api, 16))
        await slow_shop.advance(5)
    last = await api.get("/v1/key")

    assert good == 120
    assert (last.status, last.error["retry_after_ms"]) == (429, 10_000)
    await slow_shop.advance(10)
    assert (await api.get("/v1/key")).headers["Harbor-RateLimit-Remaining"] == "119"


async def test_keys_have_quotas_of_their_own(slow_shop: Tenant) -> None:
    one, two = await documented(slow_shop), await documented(slow_shop)
    await spend(one, 31)

    assert (await one.get("/v1/key")).status == 429
    assert (await two.get("/v1/key")).headers["Harbor-RateLimit-Remaining"] == "119"


@pytest.mark.parametrize(("limit", "good"), [("10:3", 3), ("4:4", 4), ("off", 60)])
async def test_a_key_may_have_a_limit_of_its_own(slow_shop: Tenant, limit: str, good: int) -> None:
    api = await slow_shop.caller(rate_limit=limit)

    answers = await spend(api, 60)

    assert sum(answer.status == 200 for answer in answers) == good
