"""Projects, clients, tasks and people in the console."""

from __future__ import annotations

import re
from datetime import date, timedelta

from tests.products.harvest_timesheets.pages.studio import Studio


async def test_a_project_from_its_client_to_the_archive(studio: Studio) -> None:
    client = await studio.post("clients/new", {"name": "Globex <b>", "currency": "EUR", "address": "Bern"})
    assert "The client is there." in client.text
    taken = await studio.post("clients/new", {"name": "globex <B>", "currency": "EUR"}, status=422)
    assert taken.refusal == ("name", "Name has already been taken")
    client_path = client.rows[0]
    client_id = client_path.rpartition("/")[2]
    await studio.post(client_path, {"name": "Globex", "currency": "CHF"})

    task = await studio.post("tasks/new", {"name": "Welding", "default_hourly_rate": "90.5"})
    assert "Welding No No 90.50 USD" in task.text
    worse = await studio.post("tasks/new", {"name": "", "default_hourly_rate": "x"}, status=422)
    assert "Default hourly rate is not a number" in worse.refusal[1]
    task_path = task.rows[0]
    renamed = await studio.post(task_path, {"name": "Gluing", "is_default": "true"})
    assert "Gluing No Yes –" in renamed.text

    facts = {
        "client_id": client_id,
        "name": "Bridge",
        "is_billable": "true",
        "bill_by": "Project",
        "hourly_rate": "100",
    }
    budget = {"budget_by": "project_cost", "cost_budget": "1000"}
    made = await studio.post("projects/new", {**facts, **budget})
    assert "The project is there." in made.text
    assert "One rate for the project · 100.00 CHF" in made.text
    at = re.findall(r'href="/console([^"]*)/edit"', made.main)[0]
    gluing = task_path.rpartition("/")[2]
    assert "Gluing" in made.text.partition("Add a task")[0], "default tasks join"
    max_id = str(studio.colleague.id)
    on_it = await studio.post(f"{at}/people", {"colleague": max_id})
    assert "Max Member No" in on_it.text
    await studio.post(f"{at}/people", {"colleague": ""}, status=422)
    seat = re.findall(r'name="assignment" value="(\d+)"', on_it.main.partition('id="people"')[2])
    managed = await studio.post(
        f"{at}/people/change", {"assignment": seat[-1], "role": "1", "is_project_manager": "true"}
    )
    assert "Max Member Yes" in managed.text

    # What is worked is seen in the budget.
    day = date(2026, 5, 25)
    for back, hours in ((0, "2"), (9, "3")):
        work = {"work": f"{at.rpartition('/')[2]}-{gluing}", "date": str(day - timedelta(days=back)), "hours": hours}
        await studio.post("time", work)
    use = re.findall(r'Gluing.*?name="assignment" value="(\d+)"', made.main.partition('id="people"')[0], re.DOTALL)
    shown = await studio.page(at)
    assert "0.00 CHF of 1,000.00 CHF (0 %)" in shown.text, "the task is not billable"
    await studio.office.admin.changed(
        f"/v2/{at.partition('harvest/')[2]}/task_assignments/{use[0]}", {"billable": True}
    )
    burnt = await studio.page(at)
    assert "500.00 CHF of 1,000.00 CHF (50 %)" in burnt.text
    assert "Left of the budget" in burnt.text
    assert "25 May 500 CHF" in burnt.text
    assert "18 May 700 CHF" in burnt.text
    assert "11 May 700 CHF" in burnt.text
    assert "4 May 1,000 CHF" in burnt.text
    listed = await studio.page("projects")
    assert "Bridge Globex 500.00 CHF of 1,000.00 CHF (50 %)" in listed.text
    assert "Website" in listed.text

    changed = await studio.post(
        f"{at}/edit", {**facts, "name": "Tunnel", "budget_by": "none", "starts_on": "2026-01-01"}
    )
    assert "The project is saved." in changed.text
    assert "This project has no budget." in changed.text
    wrong = await studio.post(f"{at}/edit", {**facts, "starts_on": "soon"}, status=422)
    assert wrong.refusal[0] == "starts_on"
    off = await studio.post(f"{at}/tasks/change", {"assignment": use[0], "is_active": "false"})
    assert "Put back" in off.text
    await studio.post(client_path + "/archive", {"is_active": "false"}, status=409)
    archived = await studio.post(f"{at}/archive", {"is_active": "false"})
    assert "This project is in the archive" in archived.text
    gone = await studio.post(client_path + "/archive", {"is_active": "false"})
    assert "Globex" not in gone.text
    assert "Globex" in (await studio.page("clients?archived=1")).text
    await studio.post(task_path + "/archive", {"is_active": "false"})
    assert "Gluing" in (await studio.page("tasks?archived=1")).text


async def test_people_are_added_changed_and_archived_by_administrators(on_sqlite: Studio) -> None:
    studio = on_sqlite
    facts = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com", "capacity": "20"}
    extras = {"role": "manager", "extras": "project_creator"}
    added = await studio.post("team/new", {**facts, **extras})
    assert "Grace Hopper Manager grace@example.com 20" in added.text
    at = re.findall(r'href="/console([^"]*/team/\d+)">Grace', added.main)[0]
    form = await studio.page(at)
    assert form.ticked("extras") == {"project_creator"}
    wrong = await studio.post(at, {**facts, "capacity": "much"}, status=422)
    assert wrong.refusal == ("capacity", "Capacity is a number of hours, not much.")
    odd = await studio.post(at, {**facts, "capacity": "20.1"}, status=422)
    assert "multiple of 1800 seconds" in odd.refusal[1]
    saved = await studio.post(at, {**facts, "role": "member", "extras": "project_creator"})
    assert "Grace Hopper Member" in saved.text
    await studio.post(f"{at}/archive", {"is_active": "false"})
    assert "Grace" in (await studio.page("team?archived=1")).text
    assert "Grace" not in (await studio.page("team")).text

    for path in ("team", "projects", "clients", "tasks", at, "projects/new", f"projects/{studio.project['id']}"):
        refused = await studio.page(path, at=studio.max_, status=403)
        assert "You are not allowed to" in refused.text
    for path in (f"{at}/archive", f"projects/{studio.project['id']}/archive", f"tasks/{studio.task['id']}/archive"):
        await studio.post(path, {"is_active": "true"}, at=studio.max_, status=403)
    for path in ("team/7777", "projects/7777", "clients/x"):
        await studio.page(path, status=404)
