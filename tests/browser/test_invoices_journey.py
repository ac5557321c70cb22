"""From a line that is typed to a bill that is sent and paid: by mouse, by keyboard and on a phone."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect
from tests.browser.console import Console
from tests.browser.looking import faults_of, sideways

HOME = "/console/production/harvest"


async def test_an_invoice_is_written_by_keyboard_sent_and_paid(console: Console, pictures: Path) -> None:
    page = console.page
    seen: list[str] = []

    async def look(name: str) -> None:
        seen.extend(await faults_of(page, pictures, f"bills.{name}"))

    await page.goto(f"{HOME}/clients/new")
    await page.get_by_label("Name", exact=True).fill("Initech")
    await page.get_by_role("button", name="Create client").click()
    await expect(page.get_by_text("The client is there.")).to_be_visible()
    await page.goto(f"{HOME}/invoices/new")
    await page.get_by_label("For whom").select_option("Initech")
    await page.get_by_role("button", name="Go on").click()
    await _type_lines(page)
    await look("form")
    await page.get_by_role("button", name="Create invoice").click()
    await expect(page.get_by_text("The invoice is there, as a draft.")).to_be_visible()
    await expect(page.get_by_text("32.50 USD").first).to_be_visible()

    await page.get_by_role("link", name="Send", exact=True).click()
    await page.get_by_label("Other recipients").fill("Grace <grace@example.com>")
    await look("mail")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("The mail is on its way.")).to_be_visible()
    await page.get_by_role("button", name="Record payment").click()
    await expect(page.get_by_text("The payment is recorded.")).to_be_visible()
    await look("paid")

    await page.set_viewport_size({"width": 320, "height": 640})
    for name in ("invoices?state=all", "invoices/reminders", "invoices/look", "recurring", "estimates"):
        await page.goto(f"{HOME}/{name}")
        seen.extend(await sideways(page))
    assert seen == []


async def _type_lines(page: Page) -> None:
    """Two lines without the mouse; a third is begun and taken away, and what is no number is told where it stands."""
    rows = page.locator("[data-row-of-bill]")
    await expect(rows).to_have_count(5)
    await rows.first.locator("[name=description]").focus()
    for key in ("Sketches", "Tab", "3", "Tab", "10.5", "Enter", "Coffee", "Tab", "Tab", "x"):
        await (page.keyboard.press(key) if key in ("Tab", "Enter") else page.keyboard.type(key))
    await expect(page.locator("[data-subtotal]")).to_have_text("31.50")
    await page.get_by_role("button", name="Add a line").press("Enter")
    await expect(rows).to_have_count(6)
    await expect(rows.nth(5).locator("[name=description]")).to_be_focused()
    await rows.nth(5).get_by_role("button", name="Remove").press("Enter")
    await expect(rows).to_have_count(5)
    await page.get_by_role("button", name="Create invoice").click()
    await expect(page.get_by_role("alert")).to_have_text("Line 2: Unit price is not a number")
    await expect(page.locator('[name="lines.2"]')).to_be_focused()
    await rows.nth(1).locator("[name=unit_price]").fill("1")
    await expect(page.locator("[data-subtotal]")).to_have_text("32.50")
