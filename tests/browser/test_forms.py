"""Forms, lists and menus, on the gallery: what was typed survives every fault, and all is done by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect
from tests.browser.gallery import HTML, Gallery, open_gallery
from tests.console.gallery_page import page, refusal


@pytest_asyncio.fixture(loop_scope="session")
async def gallery(browser: Browser) -> AsyncIterator[Gallery]:
    async for opened in open_gallery(browser):
        yield opened


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
