"""People, their rates, teams and labels."""

from __future__ import annotations

import pytest
from tests.products.harvest_timesheets.office import Json, Office

NEW: Json = {"first_name": "George", "last_name": "Frank", "email": "george@example.com"}


async def test_a_new_person_has_what_is_usual_and_is_invited(office: Office) -> None:
    made = await office.admin.made("/v2/users", {**NEW, "default_hourly_rate": 120, "cost_rate": "50.5"})

    assert (made["timezone"], made["weekly_capacity"], made["telephone"]) == ("Eastern Time (US & Canada)", 126000, "")
    assert (made["default_hourly_rate"], made["cost_rate"]) == (120.0, 50.5)
    assert (made["access_roles"], made["roles"], made["is_active"]) == (["member"], [], True)
    assert made["permissions_claims"] == [
        "expenses:read:own",
        "expenses:write:own",
        "timers:read:own",
        "timers:write:own",
    ]
    rates = await office.admin.got(f"/v2/users/{made['id']}/billable_rates")
    assert [(each["amount"], each["start_date"], each["end_date"]) for each in rates["billable_rates"]] == [
        (120.0, None, None)
    ]
    mails = await office.read(
        lambda call: call.tx.rows("SELECT recipient FROM mails WHERE account_id = :a", a=call.account_id)
    )
    assert [mail["recipient"] for mail in mails] == ["george@example.com"]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"email": ""}, "Email can't be blank"),
        ({"email": "nobody"}, "Email is not a valid email address"),
        ({"email": "ADA@example.com"}, "Email has already been taken"),
        ({"first_name": " "}, "First name can't be blank"),
        ({"timezone": "Nowhere"}, "Timezone is not included in the list"),
        ({"weekly_capacity": 100}, "Weekly capacity must be a multiple of 1800 seconds"),
        ({"default_hourly_rate": -1}, "Default hourly rate must be greater than or equal to 0"),
        ({"default_hourly_rate": "0.00001"}, "Default hourly rate has more than 4 decimal places"),
        ({"access_roles": ["administrator", "member"]}, "Access roles must include exactly one of"),
        ({"access_roles": ["member", "project_creator"]}, "Access roles gives member what only managers can have"),
        ({"access_roles": ["emperor"]}, "Access roles does not know emperor"),
    ],
)
async def test_a_person_who_cannot_be_is_refused(sqlite_office: Office, facts: Json, message: str) -> None:
    status, told = await sqlite_office.admin.refused("POST", "/v2/users", {**NEW, **facts})

    assert status == 422
    assert message in told


@pytest.mark.parametrize(
    ("given", "shown"),
    [("Europe/Berlin", "Berlin"), ("America/New_York", "Eastern Time (US & Canada)"), ("Asia/Tokyo", "Tokyo")],
)
async def test_iana_zones_are_shown_by_the_names_of_rails(sqlite_office: Office, given: str, shown: str) -> None:
    assert (await sqlite_office.admin.made("/v2/users", {**NEW, "timezone": given}))["timezone"] == shown


async def test_roles_are_labels_that_come_about_by_name(office: Office) -> None:
    made = await office.admin.made("/v2/users", {**NEW, "roles": ["Founder", "CEO"]})

    changed = await office.admin.changed(f"/v2/users/{made['id']}", {"roles": ["ceo"]})

    assert (made["roles"], changed["roles"]) == (["CEO", "Founder"], ["CEO"])
    roles = (await office.admin.got("/v2/roles"))["roles"]
    assert [(role["name"], role["user_ids"]) for role in roles] == [("CEO", [made["id"]]), ("Founder", [])]


async def test_a_role_is_made_changed_and_deleted(office: Office) -> None:
    person = await office.person()
    made = await office.admin.made("/v2/roles", {"name": "Designer", "user_ids": [person.id]})
    path = f"/v2/roles/{made['id']}"

    assert (await office.admin.got(f"/v2/users/{person.id}"))["roles"] == ["Designer"]
    assert await office.admin.refused("POST", "/v2/roles", {"name": "designer"}) == (422, "Name has already been taken")
    assert (await office.admin.refused("PATCH", path, {"user_ids": [4711]}))[0] == 422
    assert (await office.admin.changed(path, {"user_ids": []}))["user_ids"] == []
    await office.admin.deleted(path)
    assert (await office.admin.ask("GET", path)).status == 404


async def test_names_of_the_archived_stay(office: Office) -> None:
    person = await office.person()
    path = f"/v2/users/{person.id}"
    await office.admin.changed(path, {"is_active": False})

    assert await office.admin.refused("PATCH", path, {"first_name": "X"}) == (
        422,
        "First name can't be changed while the user is archived",
    )
    assert (await office.admin.changed(path, {"is_active": True, "first_name": "X"}))["first_name"] == "X"


@pytest.mark.parametrize("change", [{"is_active": False}, {"access_roles": ["member"]}])
async def test_the_last_administrator_stays_one(office: Office, change: Json) -> None:
    me = office.opened.administrator.id

    status, message = await office.admin.refused("PATCH", f"/v2/users/{me}", change)

    assert (status, message) == (422, "The last administrator can't be archived, demoted or deleted")
    second = await office.person("administrator")
    await office.admin.changed(f"/v2/users/{me}", change)
    assert (await second.desk.got("/v2/users/me"))["id"] == second.id


async def test_who_has_tracked_time_is_not_deleted(office: Office) -> None:
    person = await office.person(has_access_to_all_future_projects=True)
    project = await office.project()
    task = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]["task"]
    about = {"project_id": project["id"], "task_id": task["id"], "spent_date": "2026-05-25", "hours": 1}
    entry = await person.desk.made("/v2/time_entries", about)

    assert (await office.admin.refused("DELETE", f"/v2/users/{person.id}"))[0] == 422
    await person.desk.changed(f"/v2/time_entries/{entry['id']}/restart")
    assert await office.admin.refused("PATCH", f"/v2/users/{person.id}", {"is_active": False}) == (
        422,
        "User can't be archived while a timer is running",
    )
    assert await office.admin.refused("DELETE", f"/v2/users/{office.opened.administrator.id}") == (
        422,
        "You can't delete yourself",
    )


# Rates


async def _amounts(office: Office, user_id: int) -> list[tuple[float, str | None, str | None]]:
    page = await office.admin.got(f"/v2/users/{user_id}/cost_rates")
    return [(each["amount"], each["start_date"], each["end_date"]) for each in page["cost_rates"]]


async def test_rates_follow_one_another(office: Office) -> None:
    person = await office.person(cost_rate=10)
    path = f"/v2/users/{person.id}/cost_rates"

    await office.admin.made(path, {"amount": 20, "start_date": "2026-02-01"})
    await office.admin.made(path, {"amount": 30, "start_date": "2026-04-01"})
    assert await _amounts(office, person.id) == [
        (10.0, None, "2026-01-31"),
        (20.0, "2026-02-01", "2026-03-31"),
        (30.0, "2026-04-01", None),
    ]
    assert (await office.admin.got(f"/v2/users/{person.id}"))["cost_rate"] == 30.0

    await office.admin.made(path, {"amount": 25, "start_date": "2026-02-01"})
    assert await _amounts(office, person.id) == [(10.0, None, "2026-01-31"), (25.0, "2026-02-01", None)]

    await office.admin.made(path, {"amount": 40})
    assert await _amounts(office, person.id) == [(40.0, None, None)]


async def test_a_rate_does_not_begin_in_the_future(office: Office) -> None:
    person = await office.person()
    path = f"/v2/users/{person.id}/billable_rates"

    assert await office.admin.refused("POST", path, {"amount": 1, "start_date": "2026-05-26"}) == (
        422,
        "Start date can't be in the future",
    )
    assert await office.admin.refused("POST", path, {}) == (422, "Amount can't be blank")
    assert (await office.admin.made(path, {"amount": 1, "start_date": "2026-05-25"}))["start_date"] == "2026-05-25"


# Teams


async def test_the_first_teammate_makes_a_people_manager_and_the_last_unmakes_one(office: Office) -> None:
    boss, worker = await office.person("manager"), await office.person()
    path = f"/v2/users/{boss.id}/teammates"

    team = await office.admin.changed(path, {"teammate_ids": [str(worker.id)]})
    assert [each["id"] for each in team["teammates"]] == [worker.id]
    assert (await boss.desk.got("/v2/users/me"))["access_roles"] == ["manager", "people_manager"]
    assert (await office.admin.got(path))["total_entries"] == 1

    assert (await office.admin.changed(path, {"teammate_ids": []})) == {"teammates": []}
    assert (await boss.desk.got("/v2/users/me"))["access_roles"] == ["manager"]


async def test_a_demoted_manager_has_no_team(office: Office) -> None:
    boss, worker = await office.person("manager"), await office.person()
    await office.admin.changed(f"/v2/users/{boss.id}/teammates", {"teammate_ids": [worker.id]})
    kept = await office.admin.changed(f"/v2/users/{boss.id}", {"access_roles": ["manager", "project_creator"]})
    assert kept["access_roles"] == ["manager", "people_manager", "project_creator"]

    member = await office.admin.changed(f"/v2/users/{boss.id}", {"access_roles": ["member"]})

    assert member["access_roles"] == ["member"]
    assert await office.admin.refused("GET", f"/v2/users/{boss.id}/teammates") == (422, "User is not a manager")
    await office.admin.changed(f"/v2/users/{boss.id}", {"access_roles": ["manager"]})
    assert (await office.admin.got(f"/v2/users/{boss.id}/teammates"))["teammates"] == []


async def test_a_team_has_known_people_and_never_its_manager(office: Office) -> None:
    boss = await office.person("manager")
    path = f"/v2/users/{boss.id}/teammates"

    assert (await office.admin.refused("PATCH", path, {"teammate_ids": [boss.id]}))[0] == 422
    assert (await office.admin.refused("PATCH", path, {"teammate_ids": [4711]}))[0] == 422


async def test_changes_are_told_with_what_was_before(office: Office) -> None:
    person = await office.person()

    await office.admin.changed(f"/v2/users/{person.id}", {"telephone": "123"})

    row = await office.read(
        lambda call: call.tx.row(
            """
            SELECT * FROM audit WHERE account_id = :a AND action = 'harvest.user.updated' ORDER BY id DESC
            """,
            a=call.account_id,
        )
    )
    assert row is not None
    assert (row["before"], row["after"]) == ('{"telephone":""}', '{"telephone":"123"}')
    assert row["actor"] == f"harvest:user:{office.opened.administrator.id}"


async def test_somebody_without_a_rate_has_an_empty_list_of_them(sqlite_office: Office) -> None:
    me = await sqlite_office.admin.got("/v2/users/me")

    found = await sqlite_office.admin.got(f"/v2/users/{me['id']}/cost_rates")

    assert found["cost_rates"] == []
