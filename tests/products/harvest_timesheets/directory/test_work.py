"""Clients, contacts, tasks, projects and who and what is on them."""

from __future__ import annotations

import pytest
from tests.products.harvest_timesheets.office import Json, Office

from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.tracked import jobs
from harbor.products.harvest_timesheets.tracked import service as tracked


async def test_a_client_is_made_changed_and_deleted(office: Office) -> None:
    made = await office.client(name="123 Industries", address="1\r\n2")
    path = f"/v2/clients/{made['id']}"

    assert (made["currency"], made["is_active"], len(made["statement_key"])) == ("USD", True, 32)
    changed = await office.admin.changed(path, {"address": None, "currency": "eur"})
    assert (changed["address"], changed["currency"], changed["name"]) == (None, "EUR", "123 Industries")
    assert await office.admin.refused("POST", "/v2/clients", {"name": " 123  INDUSTRIES"}) == (
        422,
        "Name has already been taken",
    )
    await office.admin.deleted(path)
    assert (await office.admin.ask("GET", path)).status == 404


async def test_a_client_with_projects_stays(office: Office) -> None:
    project = await office.project()
    path = f"/v2/clients/{project['client']['id']}"

    assert (await office.admin.refused("DELETE", path))[0] == 422
    assert (await office.admin.refused("PATCH", path, {"is_active": False}))[0] == 422
    await office.admin.changed(f"/v2/projects/{project['id']}", {"is_active": False})
    assert (await office.admin.changed(path, {"is_active": False}))["is_active"] is False


async def test_a_contact_belongs_to_a_client_and_may_move(office: Office) -> None:
    first, second = await office.client(), await office.client()
    made = await office.admin.made("/v2/contacts", {"client_id": first["id"], "first_name": "George", "email": None})
    path = f"/v2/contacts/{made['id']}"

    assert made["client"] == {"id": first["id"], "name": first["name"]}
    assert (made["title"], made["last_name"], made["email"], made["fax"]) == (None, None, "", "")
    assert (await office.admin.changed(path, {"client_id": second["id"]}))["client"]["id"] == second["id"]
    assert (await office.admin.got(f"/v2/contacts?client_id={first['id']}"))["contacts"] == []
    assert await office.admin.refused("POST", "/v2/contacts", {"client_id": 9, "first_name": "X"}) == (
        422,
        "Client can't be found",
    )


async def test_a_task_without_a_rate_has_zero_and_seeded_ones_have_none(office: Office) -> None:
    made = await office.task()
    seeded = (await office.admin.got("/v2/tasks?per_page=1&page=7"))["tasks"][0]

    assert (made["default_hourly_rate"], made["billable_by_default"], made["is_default"]) == (0.0, True, False)
    assert (seeded["name"], seeded["default_hourly_rate"]) == ("Design", None)


async def test_a_task_in_use_stays(office: Office) -> None:
    project = await office.project()
    use = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": "2026-05-25"}
    await office.admin.made("/v2/time_entries", about)

    assert (await office.admin.refused("DELETE", f"/v2/tasks/{use['task']['id']}"))[0] == 422
    assert await office.admin.refused("PATCH", f"/v2/tasks/{use['task']['id']}", {"is_active": False}) == (
        422,
        "Task can't be archived while a timer is running",
    )
    assert (await office.admin.refused("PATCH", f"/v2/projects/{project['id']}", {"is_active": False}))[0] == 422
    path = f"/v2/projects/{project['id']}/task_assignments/{use['id']}"
    assert (await office.admin.refused("DELETE", path))[0] == 422


async def test_a_project_begins_with_default_tasks_and_those_who_join_all(office: Office) -> None:
    everybody = await office.person(has_access_to_all_future_projects=True)
    project = await office.project(bill_by="Tasks")

    tasks = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    people = (await office.admin.got(f"/v2/projects/{project['id']}/user_assignments"))["user_assignments"]

    assert {(each["task"]["name"], each["billable"]) for each in tasks} == {
        ("Design", True),
        ("Programming", True),
        ("Marketing", True),
        ("Project Management", True),
        ("Business Development", False),
    }
    assert {(each["user"]["id"], each["is_project_manager"]) for each in people} == {
        (office.opened.administrator.id, True),
        (everybody.id, False),
    }


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"name": ""}, "Name can't be blank"),
        ({"is_billable": None, "bill_by": None}, "Is billable can't be blank, Bill by can't be blank"),
        ({"client_id": 4711}, "Client can't be found"),
        ({"bill_by": "moon"}, "Bill by must be one of Project, Tasks, People, none"),
        ({"budget_by": "moon"}, "Budget by must be one of"),
        ({"is_billable": False, "is_fixed_fee": True}, "Is fixed fee needs a billable project"),
        ({"is_billable": False, "budget_by": "project_cost"}, "Budget by can't be project_cost"),
        ({"starts_on": "2026-02-02", "ends_on": "2026-02-01"}, "Ends on can't be before starts on"),
        ({"fee": "1.001"}, "Fee has more than 2 decimal places"),
    ],
)
async def test_a_project_that_cannot_be_is_refused(sqlite_office: Office, facts: Json, message: str) -> None:
    client = await sqlite_office.client()
    plain: Json = {"client_id": client["id"], "name": "P", "is_billable": True, "bill_by": "none", "budget_by": "none"}

    status, told = await sqlite_office.admin.refused("POST", "/v2/projects", {**plain, **facts})

    assert status == 422
    assert message in told


async def test_project_names_are_unique_within_their_client(office: Office) -> None:
    project = await office.project(name="Site")

    same = {"client_id": project["client"]["id"], "is_billable": True, "bill_by": "none", "budget_by": "none"}
    assert await office.admin.refused("POST", "/v2/projects", {**same, "name": "SITE"}) == (
        422,
        "Name has already been taken",
    )
    await office.project(name="Site")


async def test_money_is_shown_where_it_counts(office: Office) -> None:
    project = await office.project(
        bill_by="Project", hourly_rate="100.5", budget_by="project_cost", cost_budget=5000, is_fixed_fee=True, fee=900
    )
    path = f"/v2/projects/{project['id']}"

    assert (project["hourly_rate"], project["cost_budget"], project["budget"], project["fee"]) == (
        100.5,
        5000.0,
        None,
        900.0,
    )
    changed = await office.admin.changed(path, {"bill_by": "none", "budget_by": "project", "is_fixed_fee": False})
    assert (changed["hourly_rate"], changed["cost_budget"], changed["fee"]) == (None, None, None)
    assert project["over_budget_notification_percentage"] == 80.0


async def test_a_budget_by_person_is_the_sum_of_those_of_people(office: Office) -> None:
    project = await office.project(budget_by="person")
    path = f"/v2/projects/{project['id']}"
    for budget in (100, 50):
        person = await office.person()
        await office.admin.made(f"{path}/user_assignments", {"user_id": person.id, "budget": budget})

    assert (project["budget"], (await office.admin.got(path))["budget"]) == (None, 150.0)


# People and tasks of projects


async def test_a_person_is_put_on_a_project_once_and_may_come_back(office: Office) -> None:
    project, person = await office.project(), await office.person(default_hourly_rate=70)
    path = f"/v2/projects/{project['id']}/user_assignments"
    made = await office.admin.made(path, {"user_id": person.id, "hourly_rate": 5})

    assert (made["use_default_rates"], made["hourly_rate"], made["is_project_manager"]) == (True, 70.0, False)
    assert await office.admin.refused("POST", path, {"user_id": person.id}) == (
        422,
        "User is already assigned to this project",
    )
    own = await office.admin.changed(f"{path}/{made['id']}", {"use_default_rates": False})
    assert own["hourly_rate"] == 5.0
    await office.admin.changed(f"{path}/{made['id']}", {"is_active": False})
    again = await office.admin.made(path, {"user_id": person.id})
    assert (again["id"], again["is_active"]) == (made["id"], True)
    await office.admin.deleted(f"{path}/{made['id']}")


async def test_an_assignment_of_another_project_is_not_there(office: Office) -> None:
    first, second = await office.project(), await office.project()
    seat = (await office.admin.got(f"/v2/projects/{first['id']}/user_assignments"))["user_assignments"][0]
    use = (await office.admin.got(f"/v2/projects/{first['id']}/task_assignments"))["task_assignments"][0]

    for path in (f"user_assignments/{seat['id']}", f"task_assignments/{use['id']}"):
        assert (await office.admin.ask("GET", f"/v2/projects/{first['id']}/{path}")).status == 200
        assert (await office.admin.ask("GET", f"/v2/projects/{second['id']}/{path}")).status == 404


async def test_managers_lead_their_projects_unless_it_is_said_otherwise(office: Office) -> None:
    project, manager = await office.project(), await office.person("manager")
    path = f"/v2/projects/{project['id']}/user_assignments"

    assert (await office.admin.made(path, {"user_id": manager.id}))["is_project_manager"] is True


async def test_a_task_put_on_a_project_is_not_billed_unless_it_is_said(office: Office) -> None:
    project, task = await office.project(), await office.task(default_hourly_rate=9)
    path = f"/v2/projects/{project['id']}/task_assignments"

    made = await office.admin.made(path, {"task_id": task["id"]})

    assert (made["billable"], made["hourly_rate"], made["budget"]) == (False, 0.0, None)
    assert (await office.admin.refused("POST", path, {"task_id": task["id"]}))[0] == 422
    assert (await office.admin.refused("POST", path, {"task_id": 4711})) == (422, "Task can't be found")
    await office.admin.deleted(f"{path}/{made['id']}")


async def test_lists_of_a_project_are_numbered_and_those_of_the_account_have_cursors(office: Office) -> None:
    project = await office.project()
    for kind in ("user_assignments", "task_assignments"):
        own = await office.admin.got(f"/v2/projects/{project['id']}/{kind}?per_page=1")
        all_ = await office.admin.got(f"/v2/{kind}?per_page=1")

        assert "ref" not in own["links"]["first"]
        assert "ref=first" in all_["links"]["first"]


# Pickers


async def test_pickers_hold_active_projects_with_their_active_tasks_by_name(office: Office) -> None:
    project, archived = await office.project(code="S1"), await office.project()
    await office.admin.changed(f"/v2/projects/{archived['id']}", {"is_active": False})

    page = await office.admin.got("/v2/users/me/project_assignments?is_active=true")

    (only,) = page["project_assignments"]
    assert only["project"] == {"id": project["id"], "name": project["name"], "code": "S1", "is_billable": True}
    assert only["client"]["currency"] == "USD"
    assert [each["task"]["name"] for each in only["task_assignments"]] == [
        "Business Development",
        "Design",
        "Marketing",
        "Programming",
        "Project Management",
    ]
    me = office.opened.administrator.id
    assert (await office.admin.got(f"/v2/users/{me}/project_assignments"))["project_assignments"] == [only]


async def test_the_queries_behind_a_picker_do_not_grow(sqlite_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    await sqlite_office.project()
    few = await _count(sqlite_office, asked, monkeypatch)
    for _ in range(5):
        await sqlite_office.project()

    assert await _count(sqlite_office, asked, monkeypatch) == few


async def _count(office: Office, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    from harbor.kernel.storage.sqlite_tx import SqliteTx

    rows = SqliteTx.rows

    def counted(self: Tx, sql: str, /, **values: object) -> object:
        asked.append(sql)
        return rows(self, sql, **values)  # type: ignore[arg-type]

    asked.clear()
    with monkeypatch.context() as patch:
        patch.setattr(SqliteTx, "rows", counted)
        await office.admin.got("/v2/users/me/project_assignments")
    return len(asked)


async def test_a_new_name_moves_updated_at_of_what_shows_it(office: Office) -> None:
    project = await office.project()
    use = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": "2026-05-25", "hours": 1}
    entry = await office.admin.made("/v2/time_entries", about)
    renames = (
        f"/v2/projects/{project['id']}",
        f"/v2/tasks/{use['task']['id']}",
        f"/v2/clients/{project['client']['id']}",
    )

    for path in renames:
        office.house.clock.advance(60)
        since = office.house.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        await office.admin.changed(path, {"name": "Renamed"})

        changed = await office.admin.got(f"/v2/time_entries?updated_since={since}")
        assert [each["id"] for each in changed["time_entries"]] == [entry["id"]], path


async def test_many_entries_that_show_a_new_name_are_left_to_a_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = await office.project()
    use = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": "2026-05-25", "hours": 1}
    entries = [(await office.admin.made("/v2/time_entries", about))["id"] for _ in range(3)]
    monkeypatch.setattr(tracked, "ENTRIES_AT_ONCE_MAX", 2)
    monkeypatch.setattr(jobs, "STEP_ENTRIES", 2)
    office.house.clock.advance(60)

    await office.admin.changed(f"/v2/clients/{project['client']['id']}", {"name": "Renamed"})

    assert (await office.admin.got("/v2/time_entries?updated_since=2026-05-25T12:00:30Z"))["time_entries"] == []
    await office.house.settle()
    changed = await office.admin.got("/v2/time_entries?updated_since=2026-05-25T12:00:30Z")
    assert sorted(each["id"] for each in changed["time_entries"]) == entries
