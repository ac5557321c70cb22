"""An export: everything that the API shows, in one archive that is written while it is sent."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from tests.console.session import sign_in
from tests.products.harper_tables.pages.workshop import page_of
from tests.products.harvest_timesheets.importing.company import PICTURE, fill
from tests.products.harvest_timesheets.importing.compared import LISTS, OF_ONE
from tests.products.harvest_timesheets.importing.source import World
from tests.products.harvest_timesheets.pages.downloads import download as taken
from tests.products.harvest_timesheets.pages.downloads import whole

from harbor.kernel.identity.people_model import Role
from harbor.products.harvest_timesheets.exporting import lists
from harbor.products.harvest_timesheets.exporting.archive import receipt_name

PAGE = "/production/harvest/export"


async def download(world: World, query: str = "") -> zipfile.ZipFile:
    client = world.there.admin.client
    reply = await whole(client, f"/v2/export.zip{query}", client.headers)
    assert reply.status == 200, reply.body
    return zipfile.ZipFile(io.BytesIO(reply.body))


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]


async def test_an_archive_holds_what_the_api_shows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(world.there)
    monkeypatch.setattr(lists, "AT_ONCE", 2)

    archive = await download(world)

    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    for name in LISTS:
        shown = (await world.there.admin.got(f"/v2/{name}"))[name]
        found = lines(archive, name)
        assert manifest["counts"][name] == len(found) == len(shown), name
        by_id = {each["id"]: each for each in found}
        for each in shown:
            assert by_id[each["id"]] | {"hours": 0, "avatar_url": 0} == each | {"hours": 0, "avatar_url": 0}, name
    for of, path, key in OF_ONE:
        if path != "project_assignments":
            owners = (await world.there.admin.got(f"/v2/{of}"))[of]
            shown = [
                one["id"]
                for owner in owners
                for one in (await world.there.admin.got(f"/v2/{of}/{owner['id']}/{path}"))[key]
            ]
            assert sorted(one["id"] for one in lines(archive, key)) == sorted(shown)
    assert archive.read("receipts/1-bill.png") == PICTURE
    assert manifest["is_complete"]
    assert json.loads(archive.read("company.json"))["name"] == "Old Corp"


async def test_a_table_calculates_nothing(sqlite_world: World) -> None:
    await sqlite_world.there.client(name='=HYPERLINK("http://evil")', address="+1\n2")

    archive = await download(sqlite_world, "?format=csv")

    rows = list(csv.DictReader(io.StringIO(archive.read("clients.csv").decode(), newline="")))
    assert [(row["name"], row["address"], row["is_active"]) for row in rows] == [
        ('\'=HYPERLINK("http://evil")', "'+1\n2", "true")
    ]


async def test_only_administrators_take_everything_out(sqlite_world: World) -> None:
    manager = await sqlite_world.there.person("manager")

    assert (await manager.desk.refused("GET", "/v2/export.zip"))[0] == 403
    assert (await sqlite_world.there.admin.refused("GET", "/v2/export.zip?format=exe"))[0] == 422


async def test_the_page_leads_to_the_archive(sqlite_world: World) -> None:
    world = sqlite_world
    ada = await sign_in(world.house, world.there.organization, role=Role.OWNER, email="ada@example.com")
    await world.there.person(email="mia@example.com")
    mia = await sign_in(world.house, world.there.organization, role=Role.MEMBER, email="mia@example.com", name="Mia")

    page = page_of(await ada.get(PAGE), 200)
    file = await taken(ada, f"{PAGE}.zip?format=csv")

    assert f"{PAGE}.zip?format=jsonl" in page.main
    assert (file.status, file.headers["content-type"]) == (200, "application/zip")
    assert (await mia.get(PAGE)).status == 403
    assert (await mia.get(f"{PAGE}.zip")).status == 403


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "receipts/7-passwd"),
        ("C:\\Windows\\evil.exe", "receipts/7-evil.exe"),
        ("..", "receipts/7-receipt"),
        ("", "receipts/7-receipt"),
        ("a/../b.png", "receipts/7-b.png"),
        ("\x00\n.png", "receipts/7-png"),
        ("Beleg für Söhne.pdf", "receipts/7-Beleg_für_Söhne.pdf"),
        ("x" * 300 + ".pdf", "receipts/7-" + "x" * 96 + ".pdf"),
    ],
)
def test_names_of_receipts_stay_in_their_folder(name: str, kept: str) -> None:
    assert receipt_name(7, name) == kept
