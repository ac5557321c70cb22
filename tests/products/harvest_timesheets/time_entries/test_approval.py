"""Approval: from submitted to closed and back."""

from __future__ import annotations

from datetime import date

import pytest
from tests.products.harvest_timesheets.office import Json, Office, Person

from harbor.products.harvest_timesheets.time_entries.approval import week_end, week_of

DAY = "2026-05-27"  # a Wednesday


async def _entry(office: Office, person: Person, **facts: object) -> Json:
    project = await office.project()
    path = f"/v2/projects/{project['id']}"
    use = (await office.admin.got(f"{path}/task_assignments"))["task_assignments"][0]
    await office.admin.made(f"{path}/user_assignments", {"user_id": person.id})
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": DAY}
    return await person.desk.made("/v2/time_entries", {**about, **({"hours": 1} if "running" not in facts else {})})


async def _ask(person: Person | Office, what: str, *ids: int) -> int:
    desk = person.admin if isinstance(person, Office) else person.desk
    reply = await desk.ask("POST", f"/v2/time_entries/{what}", {"time_entry_ids": list(ids)})
    if reply.status == 200:
        assert reply.json() == {}
    return reply.status


async def test_submitted_time_is_approved_and_its_week_is_locked(office: Office) -> None:
    person = await office.person()
    entry = await _entry(office, person)
    path = f"/v2/time_entries/{entry['id']}"

    assert await _ask(person, "submit_for_approval", entry["id"]) == 200
    submitted = await person.desk.changed(path, {"notes": "still mine"})
    assert (submitted["approval_status"], submitted["is_locked"]) == ("submitted", False)

    assert await _ask(office, "approve", entry["id"]) == 200
    approved = await person.desk.got(path)
    assert (approved["approval_status"], approved["is_closed"], approved["locked_reason"]) == (
        "approved",
        True,
        "Item Approved and Locked for this Time Period",
    )
    about = {"project_id": entry["project"]["id"], "task_id": entry["task"]["id"], "hours": 1}
    assert (await person.desk.refused("POST", "/v2/time_entries", {**about, "spent_date": "2026-05-31"}))[0] == 422
    await person.desk.made("/v2/time_entries", {**about, "spent_date": "2026-06-01"})
    assert [
        each["id"] for each in (await office.admin.got("/v2/time_entries?approval_status=approved"))["time_entries"]
    ] == [entry["id"]]


async def test_only_administrators_withdraw_an_approval_and_that_opens_the_week(office: Office) -> None:
    person = await office.person()
    entry = await _entry(office, person)
    await _ask(office, "approve", entry["id"])

    assert await _ask(person, "unsubmit", entry["id"]) == 403
    assert await _ask(person, "submit_for_approval", entry["id"]) == 422
    assert await _ask(office, "reject", entry["id"]) == 422
    assert await _ask(office, "unsubmit", entry["id"]) == 200
    opened = await person.desk.got(f"/v2/time_entries/{entry['id']}")
    assert (opened["approval_status"], opened["is_locked"]) == ("unsubmitted", False)


async def test_a_running_timer_refuses_submitting_and_approving(office: Office) -> None:
    person = await office.person()
    entry = await _entry(office, person, running=True)

    assert await _ask(person, "submit_for_approval", entry["id"]) == 422
    assert await _ask(office, "approve", entry["id"]) == 422


async def test_rejected_time_is_unsubmitted_again(office: Office) -> None:
    person = await office.person()
    entry = await _entry(office, person)
    await _ask(person, "submit_for_approval", entry["id"])

    assert await _ask(person, "approve", entry["id"]) == 403
    assert await _ask(office, "reject", entry["id"]) == 200
    assert (await person.desk.got(f"/v2/time_entries/{entry['id']}"))["approval_status"] == "unsubmitted"


async def test_unknown_entries_are_refused(sqlite_office: Office) -> None:
    assert await sqlite_office.admin.refused("POST", "/v2/time_entries/approve", {"time_entry_ids": [4711]}) == (
        422,
        "Time entry ids include 4711, which can't be found",
    )
    assert (await sqlite_office.admin.refused("POST", "/v2/time_entries/approve", {"time_entry_ids": []}))[0] == 422


@pytest.mark.parametrize(
    ("first", "start"), [("Monday", date(2026, 5, 25)), ("Sunday", date(2026, 5, 24)), ("Saturday", date(2026, 5, 23))]
)
def test_a_week_begins_on_the_companys_day(first: str, start: date) -> None:
    assert week_of(date(2026, 5, 27), first) == start
    assert week_of(start, first) == start


def test_the_first_and_the_last_week_are_weeks() -> None:
    assert week_of(date.min, "Saturday") == date.min
    assert week_end(week_of(date.max, "Monday")) == date.max
