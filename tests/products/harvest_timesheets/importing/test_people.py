"""People that both sides know: their number moves with all that is theirs."""

from __future__ import annotations

from tests.products.harvest_timesheets.importing.source import World
from tests.products.harvest_timesheets.importing.test_hostile import ME, page, run

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
