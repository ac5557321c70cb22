"""The navigation shows what somebody may open, and an account without Harvest is opened by an owner."""

from __future__ import annotations

import asyncio
import re

from tests.console.session import Browser, sign_in
from tests.products.harper_tables.pages.workshop import page_of
from tests.products.harvest_timesheets.pages.studio import Studio
from tests.products.harvest_timesheets.pages.test_settings import typed

from harbor.kernel.identity.people_model import Role

EVERYBODY = ["Timesheet", "Expenses", "Reports", "Developers"]
OPEN = "/sandbox/harvest/open"


async def links(browser: Browser, path: str = "/production/harvest/time") -> list[tuple[str, str]]:
    """Harvest in the navigation of a page: addresses and words."""
    text = (await browser.get(path)).body.decode().partition('id="nav"')[2].partition("</nav>")[0]
    return re.findall(r'href="/console([^"]*/harvest/[^"]*)"[^>]*>([^<]*)</a>', text)


async def words(browser: Browser, path: str = "/production/harvest/time") -> list[str]:
    """The words of the navigation alone."""
    return [word for _, word in await links(browser, path)]


async def test_everybody_sees_what_they_may_open_and_nothing_else(on_sqlite: Studio) -> None:
    studio = on_sqlite
    manager = await studio.office.person("manager", "estimates_manager", email="mia@example.com")
    assert manager.id
    mia = await sign_in(studio.office.house, studio.office.organization, role=Role.MEMBER, email="mia@example.com")

    everything = await words(studio.ada)
    seen = {who: await words(browser) for who, browser in (("max", studio.max_), ("mia", mia))}

    assert set(everything) >= {*EVERYBODY, "Approvals", "Projects", "Clients", "Tasks", "Team", "Invoices", "Estimates"}
    assert seen["max"] == EVERYBODY
    assert seen["mia"] == [
        "Timesheet",
        "Expenses",
        "Approvals",
        "Reports",
        "Projects",
        "Tasks",
        "Team",
        "Estimates",
        "Settings",
        "Developers",
    ]
    for browser in (studio.ada, studio.max_, mia):
        for path, word in await links(browser):
            assert (await browser.get(path)).status == 200, word
    # A page of an error has what the last page had.
    assert await words(studio.max_, "/production/harvest/projects") == EVERYBODY
    assert await words(studio.nobody) == ["Timesheet", "Developers"]

    form = await studio.page("settings")
    off = {f"{name}_feature": None for name in ("expense", "invoice", "estimate", "team", "approval")}
    await studio.post("settings", typed(form, **off))
    left = set(await words(studio.ada))
    assert left >= {"Timesheet", "Projects", "Settings"}
    assert not left & {"Expenses", "Approvals", "Team", "Invoices", "Estimates"}
    for path, told in (("expenses", "Expenses are switched off"), ("approvals", "Approval is switched off")):
        assert told in (await studio.page(path)).text


async def test_an_owner_opens_harvest_where_it_is_not(studio: Studio) -> None:
    house, organization = studio.office.house, studio.office.organization
    admin = await sign_in(house, organization, role=Role.ADMIN, name="Adam")
    owner = await sign_in(house, organization, name="Olga van Owner")

    closed = page_of(await admin.get("/sandbox/harvest/expenses"))
    refused = await admin.post(OPEN)
    offered = page_of(await owner.get("/sandbox/harvest/time"))
    replies = await asyncio.gather(*(owner.post(OPEN) for _ in range(3)))

    assert "An owner of the organization opens it on this page." in closed.text
    assert refused.status == 403
    assert "Open Harvest" in offered.text
    assert sorted(reply.status for reply in replies) == [303, 409, 409]
    done = await owner.follow(next(reply for reply in replies if reply.status == 303))
    assert "you administer it" in page_of(done).text
    team = page_of(await owner.get("/sandbox/harvest/team"))
    assert "Olga van Owner Administrator" in team.text
    assert "Mileage" in page_of(await owner.get("/sandbox/harvest/settings/expense-categories")).text
    assert "Ask an administrator" in page_of(await admin.get("/sandbox/harvest/time")).text
    assert (await studio.nobody.post("/production/harvest/open")).status == 403
