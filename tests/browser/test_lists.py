"""Lists that narrow while one types: what is being pressed stays where it is."""

from __future__ import annotations

import asyncio

from playwright.async_api import Route, expect
from tests.browser.console import Console


async def test_a_link_that_is_pressed_while_its_list_is_replaced_is_still_followed(console: Console) -> None:
    page = console.page
    await page.goto(f"/console/sandbox/explorer/{console.made['harbor']['sandbox']['workspace_id']}")
    is_asked, is_pressed = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        is_asked.set()
        await is_pressed.wait()
        await route.continue_()

    await page.route("**/explorer/*?q=*", hold)
    await page.get_by_label("Search").press_sequentially("list")
    await is_asked.wait()
    link = page.get_by_role("link", name="List events", exact=True)
    await link.hover()
    await page.mouse.down()
    async with page.expect_response("**/explorer/*?q=*"):
        is_pressed.set()
    await page.mouse.up()

    await expect(page.get_by_role("heading", name="List events", level=1)).to_be_visible()


async def test_leaving_a_search_field_does_not_ask_again(console: Console) -> None:
    page = await console.open("logs")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    field = page.get_by_label("Key id")
    async with page.expect_response("**/logs?*"):
        await field.fill("key_none")
    await expect(page.locator("[data-results][aria-busy]")).to_have_count(0)
    await field.blur()
    await page.get_by_label("Method").focus()

    assert len(asked) == 1
