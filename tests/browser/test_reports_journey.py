"""From a report to the steps behind one of its amounts, with the keyboard and in every width."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from playwright.async_api import expect
from tests.browser.console import Console
from tests.browser.forms import Forms
from tests.browser.looking import faults_of

HOME = "/console/production/harvest"
# Pages that are made as the others are, so one look is enough for all of them.
_LOOKED_AT = ("", "/time-entries?by=task", "/capacity")


async def test_an_amount_is_followed_from_the_report_to_its_entry(console: Console, pictures: Path) -> None:
    page, seen = console.page, list[str]()
    await page.goto(f"{HOME}/time")
    forms = await Forms.of(console)
    await forms.post(f"{HOME}/clients/new", name="Reports & Sons", currency="EUR")
    client = await forms.find(f"{HOME}/clients", r'clients/(\d+)">Reports')
    facts = {"client_id": client, "name": "A lighthouse", "is_billable": "true", "bill_by": "Project"}
    budget = {"hourly_rate": "90.5", "budget_by": "project", "budget": "40"}
    await forms.post(f"{HOME}/projects/new", **facts, **budget)
    project = await forms.find(f"{HOME}/projects", r'projects/(\d+)">A lighthouse')
    tasks = re.findall(rf'value="({project}-\d+)"', await _text(console, f"{HOME}/time"))
    for back in range(12):
        day = date.today().replace(day=1) + timedelta(days=back)
        work = {"work": tasks[back % len(tasks)], "date": day.isoformat(), "hours": f"{1 + back % 4}:20"}
        await forms.post(f"{HOME}/time", **work, notes="=a formula, " + "and words " * back)

    for place in _LOOKED_AT:
        await page.goto(f"{HOME}/reports{place}")
        seen += await faults_of(page, pictures, f"reports.{re.sub('[^a-z]+', '-', place) or 'time'}")
    await page.goto(f"{HOME}/reports?by=project")
    await page.get_by_role("link", name=re.compile(r"^[\d,.]+ EUR$")).first.press("Enter")
    await expect(page.get_by_text("Together, as the report shows it")).to_be_visible()
    seen += await faults_of(page, pictures, "reports.explain")
    await page.get_by_role("link", name="The entries").click()
    await page.get_by_role("link", name=re.compile(r"^[1-9][\d,.]+ EUR$")).first.click()
    await expect(page.get_by_text("rate of the project")).to_be_visible()
    async with page.expect_download() as waiting:
        await page.goto(f"{HOME}/reports/time-entries")
        await page.get_by_role("link", name="CSV").click()
    assert (await waiting.value).suggested_filename.endswith(".csv")
    assert seen == []


async def _text(console: Console, path: str) -> str:
    await console.page.goto(path)
    return await console.page.content()
