"""Which invoices managers handle: those of the projects they manage alone, and their own that bill no project."""

from __future__ import annotations

from tests.products.harvest_timesheets.billing.work import begin, service
from tests.products.harvest_timesheets.office import Office


async def test_managers_list_the_invoices_of_their_projects_and_their_own(office: Office) -> None:
    admin = office.admin
    drafter = await office.person("manager", "managed_projects_invoice_drafter")
    newcomer = await office.person("manager", "managed_projects_invoice_manager")
    mine = await begin(office)
    other = await begin(office, client_id=mine.client_id)
    seat = {"user_id": drafter.id, "is_project_manager": True}
    await admin.made(f"/v2/projects/{mine.id}/user_assignments", seat)
    of_mine, of_other = service(1, project_id=mine.id), service(1, project_id=other.id)
    managed = await mine.invoice(line_items=[of_mine, service(2)])
    await mine.invoice(line_items=[of_mine, of_other])
    await mine.invoice(line_items=[of_other])
    await mine.invoice(line_items=[service(3)])
    own = await drafter.desk.made("/v2/invoices", {"client_id": mine.client_id, "line_items": [service(4)]})

    listed = await drafter.desk.got("/v2/invoices")
    of_project = await drafter.desk.got(f"/v2/invoices?project_id={mine.id}")

    assert [each["id"] for each in listed["invoices"]] == [own["id"], managed["id"]]
    assert (listed["total_entries"], [each["id"] for each in of_project["invoices"]]) == (2, [managed["id"]])
    assert (await newcomer.desk.got("/v2/invoices"))["invoices"] == []
    assert (await admin.got("/v2/invoices"))["total_entries"] == 5
    # An invoice that a project of somebody else joins is out of reach.
    await admin.changed(f"/v2/invoices/{own['id']}", {"line_items": [of_other]})
    assert (await drafter.desk.refused("GET", f"/v2/invoices/{own['id']}"))[0] == 403


async def test_who_may_only_draft_keeps_to_drafts(sqlite_office: Office) -> None:
    drafter = await sqlite_office.person("manager", "managed_projects_invoice_drafter")
    work = await begin(sqlite_office)
    seat = {"user_id": drafter.id, "is_project_manager": True}
    await sqlite_office.admin.made(f"/v2/projects/{work.id}/user_assignments", seat)
    await work.track("2026-05-04", 1)
    asked = {"project_ids": [work.id], "time": {"summary_type": "task"}}
    made = await drafter.desk.made("/v2/invoices", {"client_id": work.client_id, "line_items_import": asked})
    path = f"/v2/invoices/{made['id']}"

    changed = await drafter.desk.changed(path, {"subject": "May"})
    sent = await drafter.desk.refused("POST", f"{path}/messages", {"event_type": "send"})
    await sqlite_office.admin.made(f"{path}/messages", {"event_type": "send"})

    assert (changed["subject"], changed["creator"]["id"]) == ("May", drafter.id)
    assert sent == (403, "You are not allowed to send invoices and record payments.")
    assert (await drafter.desk.refused("PATCH", path, {"subject": "June"}))[0] == 403
    assert (await drafter.desk.got(path))["subject"] == "May"
