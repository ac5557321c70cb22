"""Environments and workspaces: where one is can be seen, and what is there is not elsewhere. And events as they come."""

from __future__ import annotations

from playwright.async_api import expect
from tests.browser.console import Console
from tests.browser.forms import Forms
from tests.browser.pages import Objects


async def test_production_looks_different_and_has_nothing_of_the_sandbox(console: Console, objects: Objects) -> None:
    page = await console.open("webhooks")
    band = page.locator(".band")
    await expect(band).to_contain_text("Test data, apart from production")
    in_sandbox = await band.evaluate(
        "(band) => getComputedStyle(band).backgroundImage + getComputedStyle(band).backgroundColor"
    )
    await page.get_by_role("navigation", name="Environment").get_by_role("link", name="Production").click()

    await expect(band).to_contain_text("Live data")
    await expect(page).to_have_title("Events · Production · Harbor")
    assert in_sandbox != await band.evaluate(
        "(band) => getComputedStyle(band).backgroundImage + getComputedStyle(band).backgroundColor"
    )
    for word in ("webhooks", "events", "deliveries"):
        identifier = objects.parameters[f"{word.removesuffix('s').replace('deliverie', 'delivery')}_id"]
        for environment in ("sandbox", "production"):
            elsewhere = await page.goto(console.path(f"{word}/{identifier}", environment))
            assert elsewhere is not None
            assert elsewhere.status == (200 if environment == "sandbox" else 404), (word, environment)


async def test_the_workspace_switch_leads_to_the_same_page_of_another_one(console: Console) -> None:
    forms = await Forms.of(console)
    await forms.post("/console/sandbox/harbor/workspaces", name="Second warehouse")
    page = await console.open("events/live")
    await page.locator("summary", has_text="Workspace:").click()
    await page.get_by_role("link", name="Second warehouse").click()

    await expect(page.get_by_role("heading", name="Events", level=1)).to_be_visible()
    await expect(page.get_by_text("No events yet")).to_be_visible()
    await expect(page.locator("summary", has_text="Workspace:")).to_contain_text("Second warehouse")


async def test_the_live_tail_shows_an_event_as_it_comes_and_rests_when_told_to(console: Console) -> None:
    forms = await Forms.of(console)
    page = await console.open("events/live")
    await expect(page.locator("[data-live-state]")).to_have_text("Live")
    rows = page.get_by_role("region", name="Events as they come").locator("tbody tr")
    await forms.post(console.path("events"), type="tail.first", payload="{}")
    await expect(rows.first).to_contain_text("tail.first")

    await page.get_by_role("button", name="Pause").click()
    await forms.post(console.path("events"), type="tail.second", payload="{}")
    await expect(page.locator("[data-live-state]")).to_contain_text("1")
    await expect(rows.first).to_contain_text("tail.first")
    await page.get_by_role("button", name="Go on").click()

    await expect(rows.first).to_contain_text("tail.second")
    await rows.first.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="tail.second")).to_be_visible()
