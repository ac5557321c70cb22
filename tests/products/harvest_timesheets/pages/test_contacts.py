"""Contacts of a client in the console."""

from __future__ import annotations

from tests.products.harvest_timesheets.pages.studio import Studio


async def test_contacts_are_added_changed_and_removed(studio: Studio) -> None:
    admin = studio.office.admin
    client = await studio.office.client(name="Globex")
    other = await studio.office.client(name="Initech")
    at = f"clients/{client['id']}/contacts"
    assert "No contacts yet" in (await studio.page(at)).text
    wrong = await studio.post(at, {"first_name": "", "email": "x"}, status=422)
    assert wrong.refusal[0] == "first_name"
    grace = {"first_name": "Grace <b>", "last_name": "Hopper", "email": "grace@example.com", "phone_office": "1"}
    added = await studio.post(at, grace)
    assert "Grace <b> Hopper grace@example.com" in added.text
    full = await admin.got(f"/v2/clients/{client['id']}")
    assert f"/harvest/client/statements/{full['statement_key']}" in added.main
    [path] = [row.removeprefix("/console") for row in added.rows]
    assert (await studio.page(path)).value_of("last_name") == "Hopper"
    saved = await studio.post(path, {**grace, "first_name": "Amazing", "title": "Admiral"})
    assert "Amazing Hopper grace@example.com Admiral 1" in saved.text
    number = path.rpartition("/")[2]
    elsewhere = f"clients/{other['id']}/contacts/{number}"
    await studio.page(elsewhere, status=404)
    await studio.post(f"{elsewhere}/delete", status=404)
    await studio.page("clients/7777/contacts", status=404)
    await studio.page(at, at=studio.max_, status=403)
    await studio.post(at, grace, at=studio.max_, status=403)
    await studio.post(f"{path}/delete", at=studio.max_, status=403)
    gone = await studio.post(f"{path}/delete")
    assert "The contact is gone." in gone.text
    assert (await admin.got("/v2/contacts"))["contacts"] == []
