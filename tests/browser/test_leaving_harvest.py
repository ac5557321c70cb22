"""The ways in and the way out of Harvest: an import that is refused by its source, a file that is tried, and the archive."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import FilePayload, expect
from tests.browser.console import Console, reloaded_until
from tests.browser.looking import faults_of

HOME = "/console/production/harvest"
ROWS = b"Date,Client,Project,Task,Hours\n2026-05-25,Lighthouse,Lamp,Design,1:30\nsome day,Lighthouse,Lamp,Design,1\n"


async def test_people_come_with_their_data_and_leave_with_it(console: Console, pictures: Path) -> None:
    page = console.page
    seen: list[str] = []

    async def look(name: str) -> None:
        seen.extend(await faults_of(page, pictures, f"leaving.{name}"))

    await page.goto(f"{HOME}/imports")
    await look("imports")
    await page.get_by_label("Address of the API").fill(f"{console.server.url}/harvest")
    await page.get_by_label("Number of the account").fill("987654")
    await page.get_by_label("Personal access token").fill("1.pt.none-that-is-good-anywhere")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The import has started.")).to_be_visible()
    await reloaded_until(page, page.get_by_text("does not accept the token"))
    await look("import-failed")

    await page.goto(f"{HOME}/csv-imports")
    await look("csv")
    await page.get_by_label("File").set_input_files(FilePayload(name="hours.csv", mimeType="text/csv", buffer=ROWS))
    await page.get_by_label("Make what is missing").check()
    async with page.expect_navigation():
        await page.get_by_role("button", name="Send").click()
    await reloaded_until(page, page.get_by_text("nothing was written"))
    await expect(page.get_by_text("'some day' is no date")).to_be_visible()
    await look("csv-tried")

    await page.goto(f"{HOME}/export")
    await look("export")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download as JSON lines").click()
    download = await coming.value
    assert (await download.path()).read_bytes().startswith(b"PK")

    assert seen == []
