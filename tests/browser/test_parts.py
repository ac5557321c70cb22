"""What the scripts do with the parts of pages, on the gallery. Answers are made up, so that every fault can be had."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect
from tests.console.gallery_page import FOLDER, page, refusal

from harbor.console.dialect import _POLICY as POLICY

ORIGIN = "http://console.test"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HTML = "text/html; charset=utf-8"
Answering = Callable[[Route], Awaitable[None]]


@dataclass
class Gallery:
    """The gallery in a browser, and a server that does what a test says."""

    page: Page
    answer: Answering | None = None
    sent: list[dict[str, list[str]]] = field(default_factory=list)
    html: str = ""
    stream: Answering | None = None

    async def route(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/console/static/"):
            file = FOLDER / "static" / path.rpartition("/")[2]
            await route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
        elif path.endswith("/stream"):
            await (self.stream or _no_stream)(route)
        elif route.request.method == "POST":
            self.sent.append(parse_qs(route.request.post_data or "", keep_blank_values=True))
            assert self.answer is not None
            await self.answer(route)
        else:
            await route.fulfill(body=self.html or page(), content_type=HTML, headers=_headers())

    async def open(self, **context: Any) -> Page:
        """The gallery, loaded; `context` replaces what it shows."""
        self.html = page(**context)
        await self.page.goto(f"{ORIGIN}/console/gallery")
        await expect(self.page.locator("[data-json-view].ready, [data-json-view] pre:visible").first).to_be_visible()
        return self.page

    def refuses(self, status: int, message: str, **told: str) -> None:
        """All forms are answered with an error's page."""
        body = refusal(message, status=status, **told)

        async def answer(route: Route) -> None:
            await route.fulfill(status=status, body=body, content_type=HTML, headers=_headers())

        self.answer = answer

    async def save(self, name: str = "typed <b>") -> None:
        """Fill in the form and send it."""
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_role("button", name="Save").click()


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(browser: Browser) -> Any:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="Asia/Tokyo", reduced_motion="reduce"
    )
    context.set_default_timeout(5_000)
    faults: list[str] = []
    context.on("weberror", lambda thrown: faults.append(str(thrown.error)))
    made = Gallery(await context.new_page())
    await context.route("**/*", made.route)
    yield made
    await context.close()
    assert faults == []


async def test_a_refused_field_is_named_and_focused_and_all_stays_typed(gallery: Gallery) -> None:
    await gallery.open()
    gallery.refuses(422, "url must begin with https://.", field="url")

    await gallery.save()

    field_ = gallery.page.get_by_label("URL")
    await expect(gallery.page.get_by_role("alert")).to_contain_text("url must begin with https://.")
    await expect(field_).to_be_focused()
    await expect(field_).to_have_attribute("aria-describedby", "f-url-error f-url-help")
    await expect(gallery.page.get_by_label("Name")).to_have_value("typed <b>")
    await expect(gallery.page.get_by_role("button", name="Save")).to_be_enabled()


@pytest.mark.parametrize(
    ("status", "code", "message", "shown"),
    [
        (401, "session_ended", "Gone.", "Your session has ended. Sign in in another tab, then send this again."),
        (503, "disk_full", "The disk is full.", "The disk is full."),
        (409, "webhook_busy", "It is being changed.", "It is being changed."),
    ],
)
async def test_a_refusal_is_told_and_all_stays_typed(
    gallery: Gallery, status: int, code: str, message: str, shown: str
) -> None:
    await gallery.open()
    gallery.refuses(status, message, code=code)

    await gallery.save()

    await expect(gallery.page.get_by_role("alert")).to_contain_text(shown)
    await expect(gallery.page.get_by_role("alert")).to_be_focused()
    await expect(gallery.page.get_by_label("Name")).to_have_value("typed <b>")


async def test_a_silent_server_is_told(gallery: Gallery) -> None:
    await gallery.open()
    gallery.answer = lambda route: route.abort()

    await gallery.save()

    await expect(gallery.page.get_by_role("alert")).to_contain_text(
        "Harbor did not answer. What you typed is still here"
    )


async def test_a_new_sign_in_in_another_tab_renews_the_token(gallery: Gallery) -> None:
    await gallery.open()
    wrong = refusal("Another session.", code="form_token_wrong", status=403)
    gallery.html = page(csrf="second-token")

    async def answer(route: Route) -> None:
        is_new = gallery.sent[-1]["_token"] == ["second-token"]
        await route.fulfill(status=200 if is_new else 403, body=page() if is_new else wrong, content_type=HTML)

    gallery.answer = answer
    await gallery.save()

    await expect(gallery.page.locator("[data-focus]")).to_be_focused()
    assert [sent["_token"] for sent in gallery.sent] == [["first-token"], ["second-token"]]


async def test_another_persons_session_does_not_send_the_form(gallery: Gallery) -> None:
    await gallery.open()
    gallery.refuses(403, "This form belongs to another session.", code="form_token_wrong")
    gallery.html = page(csrf="second-token", person={"name": "Eve", "email": "eve@example.com"})

    await gallery.save()

    await expect(gallery.page.get_by_role("alert")).to_contain_text("This form belongs to another session.")
    assert len(gallery.sent) == 1


async def test_a_page_shown_once_comes_in_place_and_takes_the_focus(gallery: Gallery) -> None:
    await gallery.open()
    body = page(page={"title": "Key created", "section": None, "trail": []})
    gallery.answer = lambda route: route.fulfill(body=body, content_type=HTML)

    await gallery.save()

    await expect(gallery.page.get_by_role("heading", name="Key created")).to_be_visible()
    await expect(gallery.page.locator("[data-focus]")).to_be_focused()


async def test_a_question_comes_first_and_cancel_sends_nothing(gallery: Gallery) -> None:
    opened = await gallery.open()
    gallery.refuses(409, "Not now.")
    dialog = opened.get_by_role("dialog")

    await opened.get_by_role("button", name="Replay").nth(1).click()
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await opened.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert gallery.sent == []

    await opened.get_by_role("button", name="Replay").nth(1).click()
    await dialog.get_by_role("button", name="Replay").click()
    await expect(opened.get_by_role("alert")).to_contain_text("Not now.")
    assert gallery.sent == [{"_token": ["first-token"], "id": ["dlv_01J8Z0X4"]}]


async def test_a_word_must_be_typed_to_delete(gallery: Gallery) -> None:
    opened = await gallery.open()
    gallery.refuses(409, "Not now.")
    await opened.get_by_role("button", name="Delete webhook").click()
    go = opened.get_by_role("dialog").get_by_role("button", name="Delete webhook")

    await opened.keyboard.type("order")
    await expect(go).to_be_disabled()
    await opened.keyboard.type("s")
    await expect(go).to_be_enabled()
    await opened.keyboard.press("Enter")

    await expect(opened.get_by_role("alert")).to_contain_text("Not now.")


async def test_chosen_rows_are_counted_and_sent(gallery: Gallery) -> None:
    opened = await gallery.open()
    gallery.refuses(409, "Not now.")
    replay = opened.locator("[data-needs-chosen]")
    await expect(replay).to_be_disabled()

    await opened.get_by_label("Choose all rows").check()
    await expect(opened.locator("[data-chosen]")).to_have_text("5 chosen")
    await opened.get_by_label("Choose dlv_01J8Z0X4").uncheck()
    await expect(opened.locator("[data-chosen]")).to_have_text("4 chosen")
    await replay.click()
    await opened.get_by_role("dialog").get_by_role("button", name="Replay").click()

    await expect(opened.get_by_role("alert")).to_be_visible()
    assert len(gallery.sent[0]["ids"]) == 4


async def test_rows_are_walked_by_keyboard(gallery: Gallery) -> None:
    opened = await gallery.open()
    links = opened.locator("tr[data-href] td a")

    await links.first.focus()
    await opened.keyboard.press("ArrowDown")

    await expect(links.nth(1)).to_be_focused()


async def test_a_filter_sends_itself_and_the_focus_stays(gallery: Gallery) -> None:
    opened = await gallery.open()

    await opened.get_by_label("Find", exact=True).fill("dlv")

    await opened.wait_for_url("**/gallery?q=dlv")
    await expect(opened.get_by_label("Find", exact=True)).to_be_focused()
    await expect(opened.locator("#announced")).to_have_text("5 rows")


async def test_menus_are_used_by_keyboard(gallery: Gallery) -> None:
    opened = await gallery.open()
    menu = opened.locator("details.workspaces")

    await menu.locator("summary").focus()
    await opened.keyboard.press("ArrowDown")
    await expect(opened.get_by_label("Find a workspace")).to_be_focused()
    await opened.keyboard.type("team 3")
    await expect(menu.get_by_role("link")).to_have_count(1)
    await opened.keyboard.press("Escape")

    await expect(menu.locator("summary")).to_be_focused()
    await expect(menu).not_to_have_attribute("open", "")


async def test_the_drawer_of_small_screens_holds_the_focus(gallery: Gallery) -> None:
    await gallery.page.set_viewport_size({"width": 320, "height": 640})
    opened = await gallery.open()
    button = opened.locator("[data-drawer]")

    await button.click()
    await expect(opened.get_by_role("link", name="All", exact=True)).to_be_focused()
    await expect(opened.locator("main")).to_have_attribute("inert", "")
    await opened.keyboard.press("Escape")

    await expect(button).to_be_focused()


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
    frames = "".join(f"id: e{n}\nevent: order.paid\ndata: {_event(n)}\n\n" for n in range(1_000))
    await _streams(gallery, frames + 'event: sampled\ndata: {"count": 4000}\n\n')

    opened = await gallery.open()

    await expect(opened.locator("[data-rows] tr").first).to_contain_text("e999")
    await expect(opened.locator("[data-live-missed]")).to_have_text("4,975 not shown")
    await expect(opened.locator("[data-rows] tr")).to_have_count(25)


async def test_rows_of_a_stream_are_text_and_lead_only_here(gallery: Gallery) -> None:
    event = {"id": "<b>1</b>", "type": "<img src=x onerror=alert(1)>", "href": "https://evil.test/"}
    await _streams(gallery, f"data: {json.dumps(event)}\n\n")

    opened = await gallery.open()

    row = opened.locator("[data-rows] tr").first
    await expect(row).to_contain_text("<img src=x onerror=alert(1)>")
    assert await row.locator("a[href]").count() == 0
    assert await row.locator("img").count() == 0


async def test_a_paused_stream_holds_its_rows(gallery: Gallery) -> None:
    await _streams(gallery, f"data: {_event(1)}\n\n")
    opened = await gallery.open()
    await expect(opened.locator("[data-rows] tr")).not_to_have_count(0)

    await opened.get_by_role("button", name="Pause").click()

    await expect(opened.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")


async def test_a_lost_stream_says_so_and_goes_on_after_its_last_frame(gallery: Gallery) -> None:
    asked: list[str | None] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.headers.get("last-event-id"))
        await route.fulfill(body=f"id: e7\ndata: {_event(7)}\n\n", content_type="text/event-stream")

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


async def _streams(gallery: Gallery, text: str) -> None:
    """One answer with these frames, then none."""
    answered: list[Route] = []

    async def answer(route: Route) -> None:
        answered.append(route)
        if len(answered) == 1:
            await route.fulfill(body=text, content_type="text/event-stream")
        else:
            await _no_stream(route)

    gallery.stream = answer


async def _no_stream(route: Route) -> None:
    await route.fulfill(status=409, body=refusal("No stream here.", status=409), content_type=HTML)


def _event(number: int) -> str:
    return json.dumps(
        {"id": f"e{number}", "type": "order.paid", "href": "/console/x", "created_at": "2026-05-25T12:00:00Z"}
    )


def _headers() -> dict[str, str]:
    return {"Content-Security-Policy": POLICY}
