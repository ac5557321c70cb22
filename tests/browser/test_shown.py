"""Payloads, streams, moments and the look, on the gallery: large and hostile ones leave the page as it is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Route, expect
from tests.browser.gallery import HTML, ORIGIN, STREAM, Gallery, event, open_gallery
from tests.console.gallery_page import refusal


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(browser: Browser) -> AsyncIterator[Gallery]:
    async for opened in open_gallery(browser):
        yield opened


async def test_the_chosen_look_stays_and_stands_before_the_first_paint(gallery: Gallery) -> None:
    opened = await gallery.open()

    await opened.locator("header details.menu").last.locator("summary").click()
    await opened.get_by_label("Dark").check()
    # Kept by the script in the head: the modules come later than the first paint.
    await opened.route("**/main.js", lambda route: route.abort())
    await opened.reload()

    assert await opened.evaluate("document.documentElement.dataset.look") == "dark"
    assert await opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 23, 27)"


async def test_moments_are_in_the_persons_zone_with_utc_on_hover(gallery: Gallery) -> None:
    opened = await gallery.open()

    moment = opened.locator(".kv time").first
    await expect(moment).to_have_text("15 Apr 2026, 21:30")
    assert "2026-04-15T12:30:00.000Z (UTC)" in (await moment.get_attribute("title") or "")


async def test_a_payload_of_ten_thousand_members_comes_in_steps_and_is_searched_whole(gallery: Gallery) -> None:
    opened = await gallery.open(payload=json.dumps({f"k{index}": index for index in range(10_000)}))
    lines = opened.locator(".json-line")
    await expect(lines).to_have_count(200)

    await opened.get_by_role("button", name="Show 200 more of 9,800").click()
    await expect(lines).to_have_count(400)
    await opened.get_by_label("Find in the payload").fill("k9876")

    await expect(opened.locator(".json .hit")).to_have_text('"k9876": 9876')


async def test_a_payload_of_256_kilobytes_in_one_text_is_cut_and_shown_on_demand(gallery: Gallery) -> None:
    opened = await gallery.open(payload=json.dumps({"text": "a" * 262_000}))

    assert len(await opened.locator(".json-line").first.inner_text()) < 2_100
    await opened.get_by_role("button", name="Show all 262,002 letters").click()

    assert len(await opened.locator(".json-line").first.inner_text()) > 262_000


async def test_a_payload_is_shown_as_it_was_written(gallery: Gallery) -> None:
    opened = await gallery.open(
        payload='{"n": 9007199254740993, "e": 1e400, "t": "<img src=x>\\u0041\u202eabc", "n": 1}'
    )

    lines = await opened.locator(".json-line").all_inner_texts()

    assert lines == ['"n": 9007199254740993', '"e": 1e400', '"t": "<img src=x>\\u0041\\u202eabc"', '"n": 1']


async def test_a_deep_payload_does_not_break_the_page(gallery: Gallery) -> None:
    opened = await gallery.open(payload="[" * 5_000 + "1" + "]" * 5_000)

    await expect(opened.locator("[data-json-view].ready")).to_be_visible()


async def test_what_is_not_json_stays_as_it_came(gallery: Gallery) -> None:
    opened = await gallery.open(payload="not {json")

    await expect(opened.locator("pre[data-json]")).to_have_text("not {json")


async def test_a_fast_stream_is_bounded_and_what_is_not_shown_is_counted(gallery: Gallery) -> None:
    frames = "".join(f"id: e{n}\nevent: order.paid\ndata: {event(n)}\n\n" for n in range(1_000))
    gallery.streams(frames + 'event: sampled\ndata: {"count": 4000}\n\n')

    opened = await gallery.open()

    await expect(opened.locator("[data-rows] tr").first).to_contain_text("e999")
    await expect(opened.locator("[data-live-missed]")).to_have_text("4,975 not shown")
    await expect(opened.locator("[data-rows] tr")).to_have_count(25)


async def test_rows_of_a_stream_are_text_and_lead_only_here(gallery: Gallery) -> None:
    hostile = {"id": "<b>1</b>", "type": "<img src=x onerror=alert(1)>", "href": "https://evil.test/"}
    gallery.streams(f"data: {json.dumps(hostile)}\n\n")

    opened = await gallery.open()

    row = opened.locator("[data-rows] tr").first
    await expect(row).to_contain_text("<img src=x onerror=alert(1)>")
    assert await row.locator("a[href]").count() == 0
    assert await row.locator("img").count() == 0


async def test_a_paused_stream_holds_its_rows(gallery: Gallery) -> None:
    gallery.streams(f"data: {event(1)}\n\n")
    opened = await gallery.open()
    await expect(opened.locator("[data-rows] tr")).not_to_have_count(0)

    await opened.get_by_role("button", name="Pause").click()

    await expect(opened.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")


async def test_a_lost_stream_says_so_and_goes_on_after_its_last_frame(gallery: Gallery) -> None:
    asked: list[str | None] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.headers.get("last-event-id"))
        await route.fulfill(body=f"id: e7\ndata: {event(7)}\n\n", content_type=STREAM)

    gallery.stream = answer
    opened = await gallery.open()

    await expect(opened.locator("[data-live-state]")).to_contain_text("The connection is lost; trying again in")
    await expect(opened.locator("[data-rows] tr")).to_have_count(2)
    assert asked[:2] == [None, "e7"]


async def test_a_stream_whose_session_ended_says_so_and_stops(gallery: Gallery) -> None:
    gallery.stream = lambda route: route.fulfill(status=401, body=refusal("Gone.", status=401), content_type=HTML)

    opened = await gallery.open()

    await expect(opened.locator("[data-live-state]")).to_contain_text("Your session has ended. Sign in again.")
    await expect(opened.locator("[data-live-state] a")).to_have_attribute("href", f"{ORIGIN}/console/sign-in")
