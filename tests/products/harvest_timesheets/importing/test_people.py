"""People that both sides know: their number moves with all that is theirs."""

from __future__ import annotations

from tests.products.harvest_timesheets.importing.source import World
from tests.products.harvest_timesheets.importing.test_hostile import ME, NOW, client, page, run

from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.importing import people_store


async def test_every_column_that_holds_the_number_of_a_person_is_known(sqlite_world: World) -> None:
    sql = """
        SELECT t.name AS at, c.name AS word FROM sqlite_master t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name LIKE 'harvest_%' AND c.name IN ('user_id', 'manager_id', 'creator_id')
    """
    found = await sqlite_world.house.database.read(lambda tx: tx.rows(sql))

    assert {(row["at"], row["word"]) for row in found} == set(people_store.COLUMNS) - {("harvest_users", "id")}


async def test_an_administrator_who_is_at_the_source_too_keeps_token_time_and_rights(world: World) -> None:
    project = await world.here.project()
    me = await world.here.admin.got("/v2/users/me")
    task = (await world.here.admin.got("/v2/tasks?per_page=1"))["tasks"][0]
    path = f"/v2/projects/{project['id']}/task_assignments"
    if not (await world.here.admin.got(path))["task_assignments"]:
        await world.here.admin.made(path, {"task_id": task["id"]})
    task_id = (await world.here.admin.got(path))["task_assignments"][0]["task"]["id"]
    entry = {"project_id": project["id"], "task_id": task_id, "spent_date": "2026-05-25", "hours": 2}
    entry_id = (await world.here.admin.made("/v2/time_entries", entry))["id"]
    nina = {**ME, "id": 777, "email": "NINA@example.com", "first_name": "Nina", "access_roles": ["member"]}

    done = await run(world, {"/v2/users": lambda _query: page("users", nina)})

    assert done["state"] == "done", done
    now = await world.here.admin.got("/v2/users/me")
    assert (me["id"] != 777, now["id"], now["access_roles"]) == (True, 777, ["administrator"])
    assert (await world.here.admin.got(f"/v2/time_entries/{entry_id}"))["user"]["id"] == 777
    report = await world.here.admin.got("/v2/reports/time/team?from=2026-05-01&to=2026-05-31")
    assert [(each["user_id"], each["total_hours"]) for each in report["results"]] == [(777, 2.0)]


async def test_how_the_source_rounds_is_found_out_from_its_entries(sqlite_world: World) -> None:
    def entry(number: int, hours: float, rounded: float) -> dict[str, object]:
        refs = {name: {"id": 1} for name in ("client", "project", "task")}
        facts = {"spent_date": "2026-05-25", "hours": hours, "rounded_hours": rounded, "billable": True}
        return {"id": number, "created_at": NOW, "updated_at": NOW, "user": {"id": 900}, **facts, **refs}

    project = {**client(1), "is_billable": True, "bill_by": "none", "budget_by": "none", "client": {"id": 1}}
    entries = [entry(1, 1.1, 1.25), entry(2, 0.5, 0.5), entry(3, 2.01, 2.25)]
    done = await run(
        sqlite_world,
        {
            "/v2/users": lambda _query: page("users", ME),
            "/v2/clients": lambda _query: page("clients", client(1)),
            "/v2/tasks": lambda _query: page("tasks", client(1)),
            "/v2/projects": lambda _query: page("projects", project),
            "/v2/time_entries": lambda _query: page("time_entries", *entries),
        },
    )

    assert done["state"] == "done", done
    here = await sqlite_world.here.read(company.of)
    assert (here.rounding.value, here.rounding_minutes) == ("up", 15)
    listed = (await sqlite_world.here.admin.got("/v2/time_entries"))["time_entries"]
    assert sorted(each["rounded_hours"] for each in listed) == [0.5, 1.25, 2.25]
