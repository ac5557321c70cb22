"""From a new table to a role that may read half of it: what a person does with Harper, one page after the other."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect
from tests.browser.console import Console
from tests.browser.looking import faults_of

HOME = "/console/sandbox/harper"
TABLE = f"{HOME}/databases/data/tables/dog"
CSV = """id,name,age,born,note
1,Rex,3,2021-04-01,<script>alert(1)</script>
2,Fido,7,2017-09-12,"likes ""the"" sea"
3,Bella,5,2019-01-30,{{ 7 * 7 }}
1,Rex again,,,a key that is there already
"""


async def test_a_table_is_made_filled_searched_changed_and_shared(console: Console, pictures: Path) -> None:
    page = console.page
    seen: list[str] = []

    async def look(name: str) -> None:
        seen.extend(await faults_of(page, pictures, f"tables.{name}"))

    await page.goto(f"{HOME}/databases")
    await look("nothing-yet")
    await page.get_by_role("link", name="New table").first.click()
    await page.get_by_label("Name", exact=True).fill("dog")
    await look("new-table")
    await page.get_by_role("button", name="Create table").click()
    await expect(page.get_by_text("The table is there.")).to_be_visible()
    await look("no-records")

    await page.get_by_role("link", name="Import CSV").click()
    file = {"name": "dogs.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    await page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
    await expect(page.get_by_role("textbox", name="CSV")).to_have_value(CSV)
    await look("import")
    await page.get_by_role("button", name="Import").click()
    await expect(page.locator("[data-progress=ended]")).to_be_visible()
    await expect(page.get_by_text("successfully loaded 3 of 4 records").first).to_be_visible()
    await look("job")
    await page.get_by_role("link", name="To the records").click()

    rows = page.get_by_role("region", name="Records").locator("tbody tr")
    await expect(rows).to_have_count(3)
    await look("records")
    await page.get_by_label("Attribute").select_option("age")
    await page.get_by_label("Comparison").select_option("greater_than")
    await page.get_by_label("Value").fill("4")
    await expect(rows).to_have_count(2)
    await rows.filter(has_text="Bella").get_by_role("link").click()
    await look("record")

    await page.get_by_role("link", name="Edit").click()
    editor = page.get_by_role("textbox", name="Record")
    await editor.fill((await editor.input_value()).replace('"age": 5', '"age": six'))
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".summary")).to_contain_text("record is not valid JSON")
    await editor.fill((await editor.input_value()).replace('"age": six', '"age": 6'))
    await look("edit")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The record is saved.")).to_be_visible()
    await page.get_by_role("link", name="History").click()
    await expect(page.locator("del", has_text="5")).to_be_visible()
    await look("history")

    await page.goto(f"{HOME}/sql")
    await _run(page, "SELECT name, age FROM data.dog WHERE age > 4 ORDER BY age")
    await expect(page.get_by_role("region", name="Rows").locator("tbody tr")).to_have_text([r"Bella6", r"Fido7"])
    await look("sql-rows")
    await page.get_by_role("button", name="Plan").click()
    await expect(page.get_by_role("heading", name="Plan")).to_be_visible()
    await _run(page, "UPDATE data.dog SET age = 8 WHERE id = 2")
    await expect(page.get_by_text("Nothing has been changed yet.")).to_be_visible()
    await look("sql-asked")
    await page.get_by_role("button", name="Run the change").click()
    await expect(page.get_by_text("updated 1 of 1 records")).to_be_visible()
    await page.get_by_role("button", name="SELECT name, age").click()
    await expect(page.get_by_role("textbox", name="Statement")).to_have_value(
        r"SELECT name, age FROM data.dog WHERE age > 4 ORDER BY age"
    )

    await page.get_by_role("link", name="Roles").click()
    await page.get_by_role("link", name="New role").first.click()
    await page.get_by_label("Name", exact=True).fill("dog_reader")
    await look("new-role")
    await page.get_by_role("button", name="Create role").click()
    await page.get_by_label("Read dog").check()
    await page.get_by_text("All attributes").click()
    await page.get_by_label("Only some attributes of dog").check()
    await page.get_by_label("Read name of dog").check()
    await look("role")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("1 of 5 attributes")).to_be_visible()
    await page.get_by_role("link", name="As JSON").click()
    await look("role-json")

    await page.goto(f"{HOME}/users/new")
    await look("new-user")
    for name in ("databases", "databases/data", "jobs", "users", "roles", "logs", "analytics"):
        await page.goto(f"{HOME}/{name}")
        await look(name.replace("/", "-"))
    await page.goto(TABLE)
    await page.get_by_text("Drop this table").click()
    await look("structure")
    await page.get_by_label("Name of the table").fill("cat")
    await page.get_by_role("button", name="Drop table").click()
    await expect(page.locator(".summary")).to_contain_text("Type dog to confirm")
    await page.get_by_label("Name of the table").fill("dog")
    await page.get_by_role("button", name="Drop table").click()
    await expect(page.get_by_text("The table is gone.")).to_be_visible()
    assert seen == []


async def _run(page: Page, statement: str) -> None:
    editor = page.get_by_role("textbox", name="Statement")
    await editor.fill(statement)
    await editor.press("Control+Enter")
