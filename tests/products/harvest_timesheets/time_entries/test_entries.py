"""Entries: where time may be tracked, what locks it, what changes it."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from tests.products.harvest_timesheets.office import Json, Office, Person

from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock
from harbor.products.harvest_timesheets.time_entries import reading, store
from harbor.products.harvest_timesheets.time_entries.model import Approval

DAY = "2026-05-25"


async def _place(office: Office, person: Person | None = None, **facts: object) -> Json:
    project = await office.project(**facts)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    task = next(each["task"]["id"] for each in uses if each["task"]["name"] == "Design")
    if person is not None:
        await office.admin.made(f"/v2/projects/{project['id']}/user_assignments", {"user_id": person.id})
    return {"project_id": project["id"], "task_id": task, "spent_date": DAY}


async def _mark(office: Office, entry_id: int, **facts: object) -> None:
    def mark(call):  # type: ignore[no-untyped-def]
        found = reading.find(call, entry_id)
        store.put(call.tx, call.account_id, replace(found, **facts))

    await office.write(mark)


@pytest.mark.parametrize(("hours", "shown"), [(0, 0.0), (0.1 + 0.2, 0.3), ("1.005", 1.01), (999.99, 999.99)])
async def test_hours_have_two_places(sqlite_office: Office, hours: object, shown: float) -> None:
    about = await _place(sqlite_office)

    entry = await sqlite_office.admin.made("/v2/time_entries", {**about, "hours": hours})

    assert (entry["hours"], entry["is_running"], entry["timer_started_at"]) == (shown, False, None)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"hours": -1}, "Hours must be greater than or equal to 0"),
        ({"hours": 1000}, "Hours must be less than 1000"),
        ({"hours": 1e300}, "Hours is out of range"),
        ({"hours": "NaN"}, "Hours is not a number"),
        ({"spent_date": "2026-02-30"}, "Spent date must be a date, such as 2017-03-21"),
        ({"project_id": 4711}, "Project can't be found"),
        ({"task_id": 4711}, "Task can't be found"),
        ({"user_id": 4711}, "User can't be found"),
    ],
)
async def test_what_cannot_be_is_refused(sqlite_office: Office, facts: Json, message: str) -> None:
    about = await _place(sqlite_office)

    assert await sqlite_office.admin.refused("POST", "/v2/time_entries", {**about, "hours": 1, **facts}) == (
        422,
        message,
    )


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_are_days(office: Office, day: str) -> None:
    about = await _place(office)

    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": day})

    assert entry["spent_date"] == day
    assert (await office.admin.got(f"/v2/time_entries?from={day}&to={day}"))["total_entries"] == 1


async def test_time_needs_an_assignment_and_an_active_project(office: Office) -> None:
    person = await office.person()
    about = await _place(office)

    assert await person.desk.refused("POST", "/v2/time_entries", {**about, "hours": 1}) == (
        422,
        "User is not assigned to this project",
    )
    whose = {**about, "hours": 1, "user_id": person.id}
    assert (await office.admin.refused("POST", "/v2/time_entries", whose))[0] == 422
    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"is_active": False})
    assert await office.admin.refused("POST", "/v2/time_entries", {**about, "hours": 1}) == (422, "Project is archived")


async def test_lists_are_filtered_and_the_latest_day_comes_first(office: Office) -> None:
    about = await _place(office)
    reference = {"id": "42", "group_id": "g", "account_id": "a", "permalink": "https://trello.example/c/1"}
    early = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-05-01"})
    late = await office.admin.made("/v2/time_entries", {**about, "hours": 2, "external_reference": reference})
    same = await office.admin.made("/v2/time_entries", {**about, "hours": 3})

    async def ids(query: str) -> list[int]:
        return [each["id"] for each in (await office.admin.got(f"/v2/time_entries?{query}"))["time_entries"]]

    assert await ids("") == [same["id"], late["id"], early["id"]]
    assert await ids("to=20260501") == [early["id"]]
    assert await ids("from=2026-05-02") == [same["id"], late["id"]]
    assert await ids("external_reference_id=42") == [late["id"]]
    assert await ids(f"project_id={about['project_id']}&task_id={about['task_id']}&is_billed=false") != []
    assert await ids(f"user_id={office.opened.administrator.id}&client_id=4711") == []
    assert await ids("approval_status=approved") == []
    assert await ids("updated_since=2026-05-25T12:00:01Z") == []
    assert late["external_reference"] == {
        **reference,
        "service": "trello.example",
        "service_icon_url": "https://trello.example/favicon.ico",
    }


async def test_a_reference_is_replaced_and_removed(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "external_reference": {"id": 7}})
    path = f"/v2/time_entries/{entry['id']}"

    changed = await office.admin.changed(path, {"external_reference": {"id": "8"}})
    await office.admin.deleted(f"{path}/external_reference")

    assert (entry["external_reference"]["id"], changed["external_reference"]["id"]) == ("7", "8")
    assert (await office.admin.got(path))["external_reference"] is None


async def test_another_project_prices_the_entry_anew(office: Office) -> None:
    cheap = await _place(office, bill_by="Project", hourly_rate=10)
    dear = await _place(office, bill_by="Project", hourly_rate="99.125")
    entry = await office.admin.made("/v2/time_entries", {**cheap, "hours": 1})

    moved = await office.admin.changed(f"/v2/time_entries/{entry['id']}", {"project_id": dear["project_id"]})

    assert (entry["billable_rate"], moved["billable_rate"]) == (10.0, 99.125)
    assert moved["client"] != entry["client"]


async def test_what_is_approved_only_administrators_touch_and_not_all_of_it(office: Office) -> None:
    person = await office.person()
    about = await _place(office, person)
    entry = await person.desk.made("/v2/time_entries", {**about, "hours": 1})
    path = f"/v2/time_entries/{entry['id']}"
    await _mark(office, entry["id"], approval_status=Approval.APPROVED)

    shown = await person.desk.got(path)

    assert (shown["is_locked"], shown["is_closed"], shown["locked_reason"]) == (True, True, "Item Approved")
    assert (await person.desk.refused("PATCH", path, {"notes": "x"}))[0] == 422
    assert (await person.desk.refused("DELETE", path))[0] == 422
    assert (await office.admin.changed(path, {"notes": "x", "hours": 2}))["hours"] == 2.0
    assert (await office.admin.refused("PATCH", path, {"task_id": 2}))[0] == 422
    await office.admin.deleted(path)


async def test_what_is_archived_nobody_deletes(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})
    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"is_active": False})
    path = f"/v2/time_entries/{entry['id']}"

    shown = await office.admin.got(path)

    assert (shown["is_locked"], shown["locked_reason"], shown["is_explicitly_locked"]) == (True, "Item Archived", False)
    assert (await office.admin.refused("DELETE", path))[0] == 422


@pytest.mark.parametrize(
    ("facts", "in_period", "reason"),
    [
        ({}, True, "Item Locked for this Time Period"),
        ({"is_billed": True}, False, "Item Invoiced"),
        ({"is_billed": True}, True, "Item Invoiced and Locked for this Time Period"),
        (
            {"is_billed": True, "approval_status": Approval.APPROVED},
            True,
            "Item Invoiced and Approved and Locked for this Time Period",
        ),
        ({"approval_status": Approval.APPROVED}, True, "Item Approved and Locked for this Time Period"),
    ],
)
async def test_reasons_of_locks_are_told_in_their_order(
    sqlite_office: Office, facts: Json, in_period: bool, reason: str
) -> None:
    about = await _place(sqlite_office)
    entry = await sqlite_office.admin.made("/v2/time_entries", {**about, "hours": 1})
    await _mark(sqlite_office, entry["id"], **facts)
    if in_period:
        await _lock(sqlite_office, about["project_id"])

    shown = await sqlite_office.admin.got(f"/v2/time_entries/{entry['id']}")

    assert (shown["locked_reason"], shown["is_explicitly_locked"]) == (reason, in_period)


async def test_in_a_locked_period_only_administrators_add_time(office: Office) -> None:
    person = await office.person()
    about = await _place(office, person)
    await _lock(office, about["project_id"])

    assert await person.desk.refused("POST", "/v2/time_entries", {**about, "hours": 1}) == (
        422,
        "Spent date is in a locked time period",
    )
    outside = await person.desk.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-06-01"})
    moved = await person.desk.refused("PATCH", f"/v2/time_entries/{outside['id']}", {"spent_date": DAY})
    assert moved == (422, "Spent date is in a locked time period")
    await office.admin.made("/v2/time_entries", {**about, "hours": 1})


async def test_an_unlocked_period_is_open_again_and_entries_say_when(office: Office) -> None:
    person = await office.person()
    about = await _place(office, person)
    entry = await person.desk.made("/v2/time_entries", {**about, "hours": 1})
    office.house.clock.advance(60)
    await _lock(office, about["project_id"])
    locked = await person.desk.got(f"/v2/time_entries/{entry['id']}")
    office.house.clock.advance(60)

    await office.write(lambda call: locks.unlock(call, "invoice/1"))

    opened = await person.desk.got(f"/v2/time_entries/{entry['id']}")
    assert (locked["is_locked"], opened["is_locked"]) == (True, False)
    assert entry["updated_at"] < locked["updated_at"] < opened["updated_at"]
    await person.desk.changed(f"/v2/time_entries/{entry['id']}", {"hours": 3})


async def test_a_project_that_is_deleted_takes_its_time_along(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})

    await office.admin.deleted(f"/v2/projects/{about['project_id']}")

    assert (await office.admin.ask("GET", f"/v2/time_entries/{entry['id']}")).status == 404


async def _lock(office: Office, project_id: int) -> None:
    period = PeriodLock(
        holder=Holder.PROJECT,
        holder_id=project_id,
        from_on=date(2026, 5, 18),
        to_on=date(2026, 5, 31),
        cause="invoice/1",
    )
    await office.write(lambda call: locks.lock(call, LockKind.TIME, [period]))


async def test_a_list_counts_what_came_and_went(office: Office) -> None:
    first, second = await _place(office), await _place(office)
    for about in (first, first, second):
        entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})
    assert (await office.admin.got("/v2/time_entries"))["total_entries"] == 3

    await office.admin.deleted(f"/v2/time_entries/{entry['id']}")
    await office.admin.deleted(f"/v2/projects/{first['project_id']}")

    assert (await office.admin.got("/v2/time_entries"))["total_entries"] == 0
