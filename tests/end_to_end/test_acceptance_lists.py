"""Lists: pages, cursors, filters, and what holds while others write."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import quote

import pytest
from tests.end_to_end.tenant import DAY_S, Tenant

EVENTS_TOTAL = 10_000
BATCH = 100


def events_of(shop: Tenant, more: str = "") -> str:
    """The list of a workspace's events."""
    return f"/v1/events?workspace_id={shop.workspace_id}{more}"


async def fill(shop: Tenant, count: int, marker: str = "old") -> list[str]:
    """Ids of so many new events, oldest first."""
    ids: list[str] = []
    for start in range(0, count, BATCH):
        items = [{"type": "order.shipped", "payload": {marker: n}} for n in range(start, min(start + BATCH, count))]
        made = await shop.api.post("/v1/events/batch", {"workspace_id": shop.workspace_id, "events": items})
        ids += [event["id"] for event in made.expect(201)["data"]]
    return ids


async def test_a_list_is_data_has_more_and_end_cursor(each_shop: Tenant) -> None:
    empty = (await each_shop.api.get(events_of(each_shop))).expect(200)
    ids = await fill(each_shop, 25)
    first = (await each_shop.api.get(events_of(each_shop))).expect(200)
    rest = (await each_shop.api.get(events_of(each_shop, f"&starting_after={first['end_cursor']}"))).expect(200)

    assert empty == {"data": [], "has_more": False, "end_cursor": None}
    assert list(first) == ["data", "has_more", "end_cursor"]
    assert [event["id"] for event in first["data"]] == ids[:4:-1]
    assert (first["has_more"], first["end_cursor"]) == (True, ids[5])
    assert [event["id"] for event in rest["data"]] == ids[4::-1]
    assert (rest["has_more"], rest["end_cursor"]) == (False, ids[0])


async def test_a_limit_of_100_is_fine_and_101_is_refused(each_shop: Tenant) -> None:
    await fill(each_shop, 101)

    page = (await each_shop.api.get(events_of(each_shop, "&limit=100"))).expect(200)
    refused = await each_shop.api.get(events_of(each_shop, "&limit=101"))

    assert (len(page["data"]), page["has_more"]) == (100, True)
    assert refused.told == (400, "invalid_request", "limit must be between 1 and 100.")
    assert refused.error["param"] == "limit"


@pytest.mark.parametrize("limit", ["0", "-1", "ten", "1.5", "", "1e1", "٣", "99999999999999999999"])
async def test_a_limit_that_is_no_number_from_1_to_100_is_refused(shop: Tenant, limit: str) -> None:
    answer = await shop.api.get(events_of(shop, f"&limit={quote(limit)}"))

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "invalid_request", "limit")


@pytest.mark.parametrize("parameter", ["page=2", "startingAfter=evt_1", "sort=type", "LIMIT=5"])
async def test_an_unknown_parameter_is_refused_by_its_name(shop: Tenant, parameter: str) -> None:
    answer = await shop.api.get(events_of(shop, f"&{parameter}"))

    assert (answer.status, answer.error["param"]) == (400, parameter.partition("=")[0])


@pytest.mark.parametrize(
    "target",
    [
        "/v1/events?workspace_id={ws}&starting_after=wh_01j8z0a1b2c3d4e5f6g7h8j9k0",
        "/v1/events?workspace_id={ws}&starting_after=evt_01j8z0c3t4e6g8h0j2k4m6n8pq",
        "/v1/events?workspace_id={ws}&starting_after=x",
        "/v1/events?workspace_id={ws}&starting_after=",
        "/v1/webhooks?workspace_id={ws}&starting_after=wh_01j8z0a1b2c3d4e5f6g7h8j9k0",
        "/v1/deliveries?workspace_id={ws}&starting_after=del_01j8z0c3v5m7k9q1r2s4t6w8xy",
        "/v1/workspaces?starting_after=ws_01j8yxw2v3t4s5r6q7p8n9m0k1",
        "/v1/request_logs?starting_after=req_01j8yxw2v3t4s5r6q7p8n9m0k1",
        "/v1/events/{evt}/deliveries?starting_after=del_01j8z0c3v5m7k9q1r2s4t6w8xy",
        "/v1/deliveries/{del_}/attempts?starting_after=att_01j8z0c9d8e7f6g5h4j3k2m1n0",
        "/admin/v1/workspaces?starting_after=ws_01j8yxw2v3t4s5r6q7p8n9m0k1",
        "/admin/v1/workspaces/{ws}/api_keys?starting_after=key_01j8yxw2v3t4s5r6q7p8n9m0k1",
        "/admin/v1/audit_log?starting_after=aud_01j8yxw2v3t4s5r6q7p8n9m0k1",
    ],
)
async def test_a_cursor_that_names_nothing_of_the_list_is_refused(shop: Tenant, target: str) -> None:
    await shop.webhook("http://127.0.0.1:9/")
    event = await shop.event()
    (delivery,) = await shop.deliveries(event["id"])
    api = shop.admin if target.startswith("/admin") else shop.api

    answer = await api.get(target.format(ws=shop.workspace_id, evt=event["id"], del_=delivery["id"]))

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "invalid_request", "starting_after")


async def test_an_event_of_another_workspace_is_no_cursor(shop: Tenant, slow_shop: Tenant) -> None:
    elsewhere = await slow_shop.event()

    answer = await shop.api.get(events_of(shop, f"&starting_after={elsewhere['id']}"))

    assert (answer.status, answer.error["param"]) == (400, "starting_after")


async def test_a_cursor_works_for_a_day_and_is_expired_a_second_later(slow_shop: Tenant) -> None:
    ids = await fill(slow_shop, 3)
    page = (await slow_shop.api.get(events_of(slow_shop, "&limit=1"))).expect(200)
    on = events_of(slow_shop, f"&limit=1&starting_after={page['end_cursor']}")

    await slow_shop.advance(DAY_S - 1)
    still = (await slow_shop.api.get(on)).expect(200)
    await slow_shop.advance(2)
    expired = await slow_shop.api.get(on)
    (await slow_shop.api.get(events_of(slow_shop, "&limit=1"))).expect(200)
    await slow_shop.advance(1)
    renewed = await slow_shop.api.get(on)

    assert still["data"][0]["id"] == ids[1]
    assert expired.told == (400, "invalid_request", "Cursor expired. Start a new pagination sequence.")
    assert renewed.status == 200


@pytest.mark.slow
async def test_ten_thousand_events_are_listed_without_gap_or_repeat_while_others_write(each_shop: Tenant) -> None:
    ids = await fill(each_shop, EVENTS_TOTAL)
    is_done = asyncio.Event()

    async def write() -> int:
        count = 0
        while not is_done.is_set():
            await each_shop.event("order.placed", {"new": count})
            count += 1
        return count

    writers = [asyncio.create_task(write()) for _ in range(4)]
    oldest_first = await each_shop.items(events_of(each_shop, "&limit=100&order=asc&type=order.shipped"))
    whole = await each_shop.items(events_of(each_shop, "&limit=100"))
    is_done.set()
    written = sum(await asyncio.gather(*writers))

    assert written > 10
    assert [event["id"] for event in oldest_first] == ids
    seen = [event["id"] for event in whole]
    assert len(set(seen)) == len(seen)
    assert [id_ for id_ in seen if id_ in set(ids)] == ids[::-1]


async def test_ascending_pages_see_each_event_that_is_written_meanwhile(each_shop: Tenant) -> None:
    """A reader that follows from a checkpoint misses nothing, even when many write at once."""
    made: list[str] = []
    read: list[str] = []
    is_done = asyncio.Event()

    async def write() -> None:
        made.extend([(await each_shop.event(payload={"n": n}))["id"] for n in range(60)])

    async def follow() -> None:
        cursor = ""
        until = time.monotonic() + 20
        while True:
            # On PostgreSQL any transaction that still runs, also one of somebody else, holds the newest events back.
            last_look = is_done.is_set() and (len(read) >= len(made) or time.monotonic() > until)
            page = (await each_shop.api.get(events_of(each_shop, f"&order=asc&limit=7{cursor}"))).expect(200)
            read.extend(event["id"] for event in page["data"])
            if page["end_cursor"] is not None:
                cursor = f"&starting_after={page['end_cursor']}"
            if last_look and not page["has_more"]:
                return

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write() for _ in range(6)))
    is_done.set()
    await following

    assert sorted(read) == sorted(made)


async def test_a_list_is_narrowed_by_time_and_type(slow_shop: Tenant) -> None:
    first = await slow_shop.event("order.placed")
    await slow_shop.advance(60)
    second = await slow_shop.event("order.item.added")
    await slow_shop.advance(60)
    third = await slow_shop.event("invoice.paid")

    async def found(more: str) -> list[str]:
        return [event["type"] for event in await slow_shop.items(events_of(slow_shop, more))]

    assert await found(f"&created_after={second['created_at']}") == ["invoice.paid", "order.item.added"]
    assert await found(f"&created_before={second['created_at']}") == ["order.placed"]
    assert await found(f"&created_after={first['created_at']}&created_before={third['created_at']}&order=asc") == [
        "order.placed",
        "order.item.added",
    ]
    assert await found("&type=order.*") == ["order.item.added", "order.placed"]
    assert await found("&type=order.placed&type=invoice.*") == ["invoice.paid", "order.placed"]
    assert await found("&type=*") == ["invoice.paid", "order.item.added", "order.placed"]
    assert await found("&type=Order.placed") == []


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z", "1", "2026-05-25T12:00:00+99:00"])
async def test_a_moment_that_is_none_is_refused(shop: Tenant, text: str) -> None:
    answer = await shop.api.get(events_of(shop, f"&created_after={quote(text)}"))

    assert (answer.status, answer.error["param"]) == (400, "created_after")


@pytest.mark.parametrize(
    "text",
    ["2026-05-25T12:00:00Z", "2026-05-25T12:00:00.5Z", "2026-05-25T14:00:00.123456+02:00", "2026-05-25T12:00:00"],
)
async def test_moments_are_read_with_and_without_fraction_and_offset(shop: Tenant, text: str) -> None:
    (await shop.api.get(events_of(shop, f"&created_after={quote(text)}"))).expect(200)


async def test_every_list_pages_the_same_way(shop: Tenant) -> None:
    hooks = [await shop.webhook(f"http://127.0.0.1:9/{n}", ["order.*"]) for n in range(3)]
    event = await shop.event()

    async def walked(target: str) -> list[dict[str, Any]]:
        return await shop.items(target + ("&" if "?" in target else "?") + "limit=1")

    listed = await walked(f"/v1/webhooks?workspace_id={shop.workspace_id}")
    deliveries = await walked(f"/v1/deliveries?workspace_id={shop.workspace_id}")
    of_event = await walked(f"/v1/events/{event['id']}/deliveries")
    workspaces = await walked("/v1/workspaces")

    assert [hook["id"] for hook in listed] == [hook["id"] for hook in hooks[::-1]]
    assert {delivery["webhook_id"] for delivery in deliveries} == {hook["id"] for hook in hooks}
    assert [delivery["id"] for delivery in of_event] == [delivery["id"] for delivery in deliveries]
    assert [workspace["id"] for workspace in workspaces] == [shop.workspace_id]
