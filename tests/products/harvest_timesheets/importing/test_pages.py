"""The pages of imports: starting one, watching it, and reading its report."""

from __future__ import annotations

from tests.console.session import Browser, sign_in
from tests.products.harper_tables.pages.workshop import page_of
from tests.products.harvest_timesheets.importing.company import fill
from tests.products.harvest_timesheets.importing.source import URL, World

from harbor.kernel.identity.people_model import Role

IMPORTS = "/production/harvest/imports"


async def nina(world: World, role: Role = Role.OWNER) -> Browser:
    return await sign_in(world.house, world.here.organization, role=role, email="nina@example.com")


async def test_an_import_is_started_watched_and_reported_on_pages(sqlite_world: World) -> None:
    world = sqlite_world
    await fill(world.there)
    browser = await nina(world)
    fields = {
        "source_url": URL,
        "source_account_id": str(world.there.account),
        "source_token": world.there.opened.token,
    }

    form = page_of(await browser.get(IMPORTS), 200)
    started = await browser.post(IMPORTS, fields)
    again = page_of(await browser.post(IMPORTS, fields), 409)
    watched = page_of(await browser.follow(started), 200)

    assert 'type="password"' in form.main
    assert 'data-progress="open"' in watched.main
    assert "goes on" in again.main
    await world.house.settle()
    ended = page_of(await browser.get(f"{IMPORTS}/1"), 200)
    assert 'data-progress="ended"' in ended.main
    assert "Hours by project" in ended.main
    assert world.there.opened.token not in ended.main + watched.main
    listed = page_of(await browser.get(IMPORTS), 200)
    assert "Read everything again" in listed.main


async def test_what_is_wrong_with_a_source_is_said_beside_its_field(sqlite_world: World) -> None:
    browser = await nina(sqlite_world)
    good = {"source_url": URL, "source_account_id": "7", "source_token": "t"}

    for wrong, says in (
        ({"source_url": "http://10.0.0.1"}, "Source url"),
        ({"source_account_id": "seven"}, "number of an account"),
        ({"source_token": " "}, "blank"),
    ):
        page = page_of(await browser.post(IMPORTS, {**good, **wrong}), 422)
        assert says in page.main, page.main


async def test_an_import_is_canceled_on_its_page_and_members_see_none(sqlite_world: World) -> None:
    await sqlite_world.start()
    browser = await nina(sqlite_world)
    await sqlite_world.here.person(first_name="Mia", email="mia@example.com")
    member = await sign_in(
        sqlite_world.house, sqlite_world.here.organization, role=Role.MEMBER, email="mia@example.com", name="Mia"
    )

    canceled = page_of(await browser.follow(await browser.post(f"{IMPORTS}/1/cancel", {})), 200)

    assert "Canceled" in canceled.main
    assert (await member.get(IMPORTS)).status == 403
    assert (await member.get(f"{IMPORTS}/1")).status == 403


async def test_a_file_is_tried_on_a_page_and_its_lines_are_told(sqlite_world: World) -> None:
    browser = await nina(sqlite_world)
    text = b"Date,Client,Project,Task,Hours\n2024-01-01,Acme,<b>Site</b>,Design,1\nyesterday,Acme,Site,Design,1\n"
    files = {"file": ("<i>.csv", text)}
    at = "/production/harvest/csv-imports"

    refused = page_of(await browser.post(at, {"kind": "expenses"}, files=files), 422)
    started = await browser.post(at, {"kind": "time_entries", "is_dry": "true", "makes_missing": "true"}, files=files)
    await sqlite_world.house.settle()
    page = page_of(await browser.follow(started), 200)

    assert "names no column Category" in refused.main
    assert "nothing was written" in page.main
    assert "&#39;yesterday&#39; is no date" in page.main
    assert "<i>" not in page.main
    assert (await sqlite_world.here.admin.got("/v2/clients"))["total_entries"] == 0
    assert "Trial" in page_of(await browser.get(at), 200).main
