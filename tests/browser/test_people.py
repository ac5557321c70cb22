"""People: an invitation is a link, and a role decides what is seen."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect
from tests.browser.console import Console, OpenPage
from tests.browser.forms import PASSWORD
from tests.browser.looking import faults_of
from tests.end_to_end.server import Server


async def test_who_was_invited_joins_and_sees_what_the_role_allows(
    console: Console, open_page: OpenPage, server: Server, pictures: Path
) -> None:
    page = console.page
    await page.goto("/console/people")
    await page.get_by_role("link", name="Invite somebody").click()
    await page.get_by_label("E-mail").fill("katherine@example.com")
    await page.get_by_label("Name").fill("Katherine")
    await page.get_by_role("button", name="Invite").click()
    link = await page.locator(".secret-text").inner_text()
    assert await faults_of(page, pictures, "way.invited") == []

    hers = await open_page(server)
    await hers.goto(link)
    await hers.get_by_label("Your name").fill("Katherine Johnson")
    await hers.get_by_label("Password").fill(PASSWORD)
    await hers.get_by_label("The same again").fill(PASSWORD)
    await hers.get_by_role("button", name="Join").click()
    await hers.wait_for_url("**/console/sandbox/**")

    sections = hers.get_by_role("navigation", name="Sections")
    await expect(sections.get_by_role("link", name="Webhooks")).to_be_visible()
    for hidden in ("API keys", "Audit log", "People", "State"):
        await expect(sections.get_by_role("link", name=hidden)).to_have_count(0)
    answer = await hers.goto("/console/people")
    assert answer is not None
    assert answer.status == 403
    await expect(hers.get_by_text("Your role does not allow this.")).to_be_visible()
    assert await faults_of(hers, pictures, "way.not-allowed") == []

    await page.goto("/console/people")
    await page.get_by_role("link", name="Katherine Johnson").click()
    await page.get_by_label("Administrator").check()
    await page.get_by_role("button", name="Change role").click()
    await expect(page.get_by_text("The role is changed.")).to_be_visible()
    await hers.reload()
    await expect(hers.get_by_role("heading", name="People", level=1)).to_be_visible()
