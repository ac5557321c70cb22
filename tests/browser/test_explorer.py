"""The API explorer: every operation can be read, called and copied."""

from __future__ import annotations

from playwright.async_api import Page, expect
from tests.browser.console import Console


async def open_operation(console: Console, operation: str) -> Page:
    workspace = console.made["harbor"]["sandbox"]["workspace_id"]
    await console.page.goto(f"/console/sandbox/explorer/{workspace}/harbor/{operation}")
    return console.page


async def test_an_operation_is_found_by_a_word_and_called_with_a_key_for_an_hour(console: Console) -> None:
    page = await console.open("events")
    await page.locator("nav summary", has_text="Developers").click()
    await page.get_by_role("link", name="API explorer").click()
    await page.get_by_label("Search").fill("create an event")
    await expect(page.get_by_role("link", name="List events")).to_have_count(0)
    await page.get_by_role("link", name="Create an event", exact=True).click()
    await page.get_by_role("button", name="Make a key for an hour").click()
    await expect(page.get_by_text("You have a key for an hour.")).to_be_visible()

    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(page.locator("[data-reply-line]")).to_contain_text("201")
    await expect(page.locator("[data-reply-body]")).to_contain_text('"id": "evt_')


async def test_examples_follow_the_form_and_never_hold_the_key(console: Console) -> None:
    page = await open_operation(console, "events.create")
    await page.get_by_label("Secret key").fill("hb_test_notforexamples")
    await page.get_by_label("Body", exact=True).fill(
        '{"workspace_id": "ws_1", "type": "order.paid", "payload": {"it\'s": null}}'
    )

    shown = {}
    for language in ("cURL", "Python", "TypeScript"):
        await page.get_by_role("tab", name=language).click()
        shown[language] = await page.get_by_role("tabpanel").locator("pre").inner_text()

    assert "harbor.events.create(" in shown["Python"]
    assert '"it\'s": None' in shown["Python"]
    assert "harbor.events.create(" in shown["TypeScript"]
    assert "workspaceId" in shown["TypeScript"]
    assert r"'\''" in shown["cURL"]
    assert not any("notforexamples" in text for text in shown.values())


async def test_without_a_key_the_explorer_says_what_to_do(console: Console) -> None:
    page = await open_operation(console, "workspaces.list")
    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(page.get_by_text("Paste a secret key first, or make one for an hour.")).to_be_visible()
    await expect(page.get_by_label("Secret key")).to_be_focused()


async def test_a_refusal_is_shown_as_it_came(console: Console) -> None:
    page = await open_operation(console, "workspaces.list")
    await page.get_by_label("Secret key").fill("hb_test_wrong")
    await page.get_by_role("button", name="Send", exact=True).click()

    await expect(page.locator("[data-reply-line]")).to_contain_text("401")
    await expect(page.locator("[data-reply-body]")).to_contain_text("authentication_failed")
