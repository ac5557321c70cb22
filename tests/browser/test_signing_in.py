"""The ways in: password, first set-up, second step, a link from a colleague; and out again from elsewhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pyotp
from playwright.async_api import Page, expect
from tests.browser.console import Console, OpenPage
from tests.browser.forms import PASSWORD, Forms, join
from tests.browser.looking import faults_of
from tests.end_to_end.server import Server


async def test_a_wrong_password_is_said_and_the_right_one_leads_on(page: Page, server: Server) -> None:
    made = server.installation.made["console"]
    there = f"/console/sandbox/harbor/{server.installation.made['harbor']['sandbox']['workspace_id']}/webhooks"
    await page.goto(there)
    await expect(page).to_have_url(f"{server.url}/console/sign-in?next={there.replace('/', '%2F')}".replace("%2F", "/"))
    await page.get_by_label("E-mail").fill(made["email"])
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("The e-mail or the password is wrong.")
    await expect(page.get_by_label("E-mail")).to_have_value(made["email"])

    await page.get_by_label("Password").fill(made["password"])
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_role("heading", name="Webhooks", level=1)).to_be_visible()
    assert urlsplit(page.url).path == there


async def test_the_first_administrator_becomes_somebody(open_page: OpenPage, another_server: Server) -> None:
    console = Console(await open_page(another_server), another_server)
    await console.sign_in()
    page = console.page
    await page.get_by_role("link", name="Go there").click()
    await page.get_by_label("Organization").fill("Analytical Engines")
    await page.get_by_label("Your name").fill("Ada Lovelace")
    await page.get_by_label("Your e-mail").fill("ada@example.com")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill("something else")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_label("The same again")).to_be_focused()
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Begin").click()
    await page.wait_for_url("**/console/sandbox/**")
    await expect(page.get_by_text("You still sign in as the first administrator.")).to_have_count(0)

    again = Console(await open_page(another_server), another_server)
    await again.sign_in("ada@example.com", PASSWORD)
    await again.page.goto("/console/account")
    await expect(again.page.locator("dl.kv").get_by_text("Analytical Engines")).to_be_visible()


async def test_with_a_second_step_the_password_alone_does_not_lead_in(
    console: Console, open_page: OpenPage, server: Server, pictures: Path
) -> None:
    person = await join(await Forms.of(console), "Emmy Noether")
    emmy = Console(await open_page(server), server)
    await emmy.sign_in(person.email, PASSWORD)
    page = emmy.page
    await page.goto("/console/account/second-step")
    await page.get_by_role("button", name="Set up").click()
    secret = (await page.locator(".copyable code").inner_text()).replace(" ", "")
    assert await faults_of(page, pictures, "way.second-step") == []
    await page.get_by_role("textbox", name="Code").fill("000000")
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_role("textbox", name="Code")).to_be_focused()
    await page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_text("The second step is on.")).to_be_visible()
    codes = (await page.get_by_role("region", name="Recovery codes").locator("pre").inner_text()).split()
    assert await faults_of(page, pictures, "way.recovery-codes") == []

    elsewhere = Console(await open_page(server), server)
    await elsewhere.give_password(person.email, PASSWORD)
    page = elsewhere.page
    await expect(page.get_by_role("heading", name="Second step", level=1)).to_be_visible()
    assert await faults_of(page, pictures, "second_step.ask") == []
    await page.goto("/console/sandbox")
    await expect(page.get_by_role("heading", name="Sign in to Harbor")).to_be_visible()
    await page.go_back()
    await page.get_by_role("textbox", name="Code").fill(codes[0])
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/console/sandbox/**")


async def test_a_session_that_is_ended_elsewhere_leads_to_the_sign_in(
    console: Console, open_page: OpenPage, server: Server
) -> None:
    person = await join(await Forms.of(console), "Sofja Kowalewskaja")
    here, there = Console(await open_page(server), server), Console(await open_page(server), server)
    for one in (here, there):
        await one.sign_in(person.email, PASSWORD)
    await here.page.goto("/console/account/sessions")
    await expect(here.page.get_by_role("row")).to_have_count(1 + 3)  # joining was a session too
    await here.page.get_by_role("button", name="Sign out the others").click()
    await here.page.get_by_role("dialog").get_by_role("button", name="Sign out the others").click()
    await expect(here.page.get_by_role("row")).to_have_count(1 + 1)

    await there.open("webhooks")

    await expect(there.page.get_by_text("Your session has ended.")).to_be_visible()
    await there.page.get_by_label("E-mail").fill(person.email)
    await there.page.get_by_label("Password").fill(PASSWORD)
    await there.page.get_by_role("button", name="Sign in").click()
    await expect(there.page).to_have_url(server.url + there.path("webhooks"))
