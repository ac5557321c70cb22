"""From a client to an approved week: what a person does with Harvest, by mouse, keyboard and on a phone."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import FilePayload, Page, expect
from tests.browser.console import Console
from tests.browser.looking import faults_of

HOME = "/console/production/harvest"
PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=")
Look = Callable[[str], Awaitable[None]]


async def test_a_week_is_filled_by_keyboard_timed_and_approved(console: Console, pictures: Path) -> None:
    page = console.page
    seen: list[str] = []

    async def look(name: str) -> None:
        seen.extend(await faults_of(page, pictures, f"time.{name}"))

    await page.goto("/console/sandbox/harvest/time")
    await look("nobody")
    for name in ("time", "projects", "clients"):
        await page.goto(f"{HOME}/{name}")
        await look(f"no-{name}")

    await page.goto(f"{HOME}/clients/new")
    await page.get_by_label("Name", exact=True).fill("Globex")
    await look("client")
    await page.get_by_role("button", name="Create client").click()
    await expect(page.get_by_text("The client is there.")).to_be_visible()
    await page.goto(f"{HOME}/projects/new")
    await page.get_by_label("Client").select_option("Globex")
    await page.get_by_label("Name", exact=True).fill("Website")
    await page.get_by_label("Counts", exact=True).select_option("project")
    await page.get_by_label("Hours").fill("40")
    await look("project-form")
    await page.get_by_role("button", name="Create project").click()
    await expect(page.get_by_text("The project is there.")).to_be_visible()

    # The grid, with the keyboard alone once a row is there.
    await page.goto(f"{HOME}/time/week")
    await page.get_by_label("Add a row").select_option("Design · Website")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_label("Add a row").select_option("Programming · Website")
    await page.get_by_role("button", name="Add", exact=True).click()
    cells = page.locator("[data-cell]")
    await expect(cells).to_have_count(14)
    await cells.first.focus()
    for key in ("1:30", "ArrowRight", "2.5", "ArrowDown", "0:45", "Home", "ArrowLeft", "1"):
        await (page.keyboard.press(key) if key.isalpha() else page.keyboard.type(key))
    await expect(page.locator("[data-total]")).to_have_text("5:45")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Save week")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The week is saved.")).to_be_visible()
    await look("week")

    # A timer that counts on.
    await page.goto(f"{HOME}/time")
    await page.get_by_label("Project and task").select_option("Marketing · Website")
    await page.get_by_label("Notes").fill("a call")
    await page.get_by_role("button", name="Add", exact=True).click()
    clock = page.get_by_role("timer")
    await expect(clock).not_to_have_text("0:00:00")
    await look("timer")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("The timer is stopped.")).to_be_visible()
    await page.get_by_role("row").filter(has_text="a call").get_by_role("link").click()
    await look("entry")

    await _spend(page, look)
    await page.goto(f"{HOME}/time/week")
    await page.get_by_role("button", name="Submit week for approval").click()
    await page.get_by_role("dialog").get_by_role("button", name="Submit week for approval").click()
    await expect(page.get_by_text("The week is handed in for approval.")).to_be_visible()
    await page.goto(f"{HOME}/approvals")
    await look("inbox")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_text("The week is approved")).to_be_visible()
    await page.goto(f"{HOME}/time/week")
    # Administrators may still add to a locked week; what is approved stays.
    await expect(page.locator(".week-shut")).to_have_count(5)
    await look("locked")

    await _go_round(page, look)
    assert seen == []


async def _spend(page: Page, look: Look) -> None:
    """An expense with its receipt: the form asks for what the category counts by, and keeps what was typed."""
    await page.goto(f"{HOME}/expenses")
    await page.get_by_label("Project").select_option("Website")
    await page.get_by_label("Category").select_option(label="Mileage (0.535 a mile)")
    await page.get_by_label("Units").fill("100")
    await expect(page.get_by_text("Costs 53.50")).to_be_visible()
    await expect(page.get_by_label("Amount")).to_be_hidden()
    await page.get_by_label("Category").select_option("Meals")
    await page.get_by_label("Amount").fill("12,50")
    await page.get_by_label("Notes").fill("lunch")
    file: FilePayload = {"name": "lunch.html", "mimeType": "image/png", "buffer": b"<script>"}
    await page.get_by_label("Receipt").set_input_files(file)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Receipt must be a picture")
    await expect(page.get_by_label("Notes")).to_have_value("lunch")
    await page.get_by_label("Receipt").set_input_files({**file, "buffer": bytes(11 * 1024 * 1024)})
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("at most 10,485,760 can be sent")
    await page.get_by_label("Receipt").set_input_files({**file, "name": "lunch.gif", "buffer": PICTURE})
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("The expense is tracked.")).to_be_visible()
    await look("expenses")
    await page.get_by_role("link", name="Meals").click()
    picture = page.get_by_role("img", name="The receipt")
    await expect(picture).to_have_js_property("complete", value=True)
    await expect(picture).to_have_js_property("naturalWidth", value=1)
    await look("expense")


async def _go_round(page: Page, look: Look) -> None:
    """The pages that are looked at as they are."""
    lists = ("time/month", "projects", "clients", "tasks", "tasks/new", "team", "team/new", "team/1/rates")
    for name in (*lists, "settings", "settings/billing", "settings/invoice-items"):
        await page.goto(f"{HOME}/{name}")
        await look(name.replace("/", "-"))
    await page.goto(f"{HOME}/projects")
    await page.get_by_role("link", name="Website").click()
    await expect(page.get_by_role("heading", name="People")).to_be_visible()
    await look("project")
    for path in ("/console/harvest/developers", "/console/harvest/developers/applications/new"):
        await page.goto(path)
        await look(path.rpartition("/")[2])
