"""Timers: one a person, under any race, in both modes, in any zone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from tests.products.harvest_timesheets.office import Desk, Json, Office

from harbor.kernel.errors import Conflict
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.time_entries import store
from harbor.products.harvest_timesheets.time_entries.model import hours_between
from harbor.products.harvest_timesheets.time_entries.timers import later

DAY = "2026-05-25"


async def _place(office: Office, **facts: object) -> Json:
    """A project and a task of it to track time on."""
    project = await office.project(**facts)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    task = next(each["task"]["id"] for each in uses if each["task"]["name"] == "Programming")
    return {"project_id": project["id"], "task_id": task, "spent_date": DAY}


async def _running(desk: Desk) -> list[int]:
    return [each["id"] for each in (await desk.got("/v2/time_entries?is_running=true"))["time_entries"]]


async def test_starting_a_timer_stops_the_one_that_runs(office: Office) -> None:
    about = await _place(office)
    first = await office.admin.made("/v2/time_entries", about)
    office.house.clock.advance(3600)

    second = await office.admin.made("/v2/time_entries", about)

    stopped = await office.admin.got(f"/v2/time_entries/{first['id']}")
    assert (stopped["is_running"], stopped["hours"], stopped["hours_without_timer"]) == (False, 1.0, 1.0)
    assert await _running(office.admin) == [second["id"]]


async def test_a_running_entry_shows_its_hours_as_they_stand(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "notes": ""})
    office.house.clock.advance(5400)

    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")

    assert (shown["hours"], shown["hours_without_timer"], shown["notes"]) == (1.5, 0.0, "")


async def test_a_stopped_entry_goes_on_from_its_hours(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 2.25})

    again = await office.admin.changed(f"/v2/time_entries/{entry['id']}/restart")
    office.house.clock.advance(1800)
    stopped = await office.admin.changed(f"/v2/time_entries/{entry['id']}/stop")

    assert (again["id"], again["is_running"], again["hours_without_timer"]) == (entry["id"], True, 2.25)
    assert stopped["hours"] == 2.75


async def test_stop_and_restart_need_the_other_state(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})
    path = f"/v2/time_entries/{entry['id']}"

    assert await office.admin.refused("PATCH", f"{path}/stop") == (422, "Time entry is not running")
    await office.admin.changed(f"{path}/restart")
    assert await office.admin.refused("PATCH", f"{path}/restart") == (422, "Time entry is already running")


async def test_hours_set_while_a_timer_runs_are_where_it_goes_on(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", about)
    office.house.clock.advance(7200)

    await office.admin.changed(f"/v2/time_entries/{entry['id']}", {"hours": 0.5})
    office.house.clock.advance(360)
    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")

    assert (shown["is_running"], shown["hours"], shown["hours_without_timer"]) == (True, 0.6, 0.5)


async def test_twenty_clients_at_once_leave_one_timer(office: Office) -> None:
    about = await _place(office)
    entries = [await office.admin.made("/v2/time_entries", {**about, "hours": 0}) for _ in range(5)]

    async def once(number: int) -> int:
        if number % 3 == 0:
            return (await office.admin.ask("POST", "/v2/time_entries", about)).status
        what = "restart" if number % 3 == 1 else "stop"
        return (await office.admin.ask("PATCH", f"/v2/time_entries/{entries[number % 5]['id']}/{what}")).status

    statuses = await asyncio.gather(*(once(number) for number in range(20)))

    assert set(statuses) <= {200, 201, 422}
    assert len(await _running(office.admin)) <= 1
    last = await office.admin.made("/v2/time_entries", about)
    assert await _running(office.admin) == [last["id"]]


async def test_the_store_itself_lets_no_second_timer_run(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", about)
    account_id = office.organization.production.id

    def twice(tx: Tx) -> None:
        found = store.find(tx, account_id, entry["id"])
        assert found is not None
        store.insert(tx, account_id, replace(found, id=found.id + 100))

    with pytest.raises(Conflict):
        await office.house.database.write(twice)


async def test_start_and_end_are_kept_and_restarting_makes_a_new_entry(office: Office) -> None:
    await office.admin.changed("/v2/company", {"wants_timestamp_timers": True})
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", about)
    office.house.clock.advance(5400)

    stopped = await office.admin.changed(f"/v2/time_entries/{entry['id']}/stop")
    again = await office.admin.changed(f"/v2/time_entries/{entry['id']}/restart")

    # Noon in UTC is 8 in New York.
    assert (entry["started_time"], entry["ended_time"], entry["timer_started_at"]) == (
        "8:00am",
        None,
        "2026-05-25T12:00:00Z",
    )
    assert (stopped["started_time"], stopped["ended_time"], stopped["hours"]) == ("8:00am", "9:30am", 1.5)
    assert again["id"] != entry["id"]
    assert (again["is_running"], again["hours"], again["started_time"], again["notes"]) == (True, 0.0, "9:30am", None)
    assert (await office.admin.got(f"/v2/time_entries/{entry['id']}"))["hours"] == 1.5


async def test_a_start_told_later_counts_from_then(office: Office) -> None:
    await office.admin.changed("/v2/company", {"wants_timestamp_timers": True})
    about = await _place(office)

    entry = await office.admin.made("/v2/time_entries", {**about, "started_time": "7:15am"})

    assert (entry["hours"], entry["timer_started_at"]) == (0.75, "2026-05-25T11:15:00Z")


@pytest.mark.parametrize(
    ("started", "ended", "hours"),
    [("8:00am", "9:00am", 1.0), ("23:00", "01:30", 2.5), ("9am", "9:20 AM", 0.33), ("12:00am", "12:00pm", 12.0)],
)
async def test_hours_follow_from_start_and_end_also_over_midnight(
    sqlite_office: Office, started: str, ended: str, hours: float
) -> None:
    await sqlite_office.admin.changed("/v2/company", {"wants_timestamp_timers": True})
    about = await _place(sqlite_office)

    entry = await sqlite_office.admin.made("/v2/time_entries", {**about, "started_time": started, "ended_time": ended})

    assert (entry["hours"], entry["is_running"]) == (hours, False)


async def test_where_hours_are_kept_times_give_hours_and_are_not_shown(sqlite_office: Office) -> None:
    about = await _place(sqlite_office)

    entry = await sqlite_office.admin.made(
        "/v2/time_entries", {**about, "started_time": "8:00am", "ended_time": "10:30am"}
    )

    assert (entry["hours"], entry["started_time"], entry["ended_time"]) == (2.5, None, None)


# A timer started an hour before the clocks change and stopped two hours later ran for two hours, whatever the wall says.
CHANGES = [
    ("Eastern Time (US & Canada)", datetime(2027, 3, 14, 6, 0, tzinfo=UTC), ("1:00am", "4:00am")),
    ("Eastern Time (US & Canada)", datetime(2026, 11, 1, 5, 0, tzinfo=UTC), ("1:00am", "2:00am")),
    ("Berlin", datetime(2027, 3, 28, 0, 0, tzinfo=UTC), ("1:00am", "4:00am")),
    ("Berlin", datetime(2026, 10, 25, 0, 0, tzinfo=UTC), ("2:00am", "3:00am")),
    ("Sydney", datetime(2026, 10, 3, 15, 0, tzinfo=UTC), ("1:00am", "4:00am")),
    ("Sydney", datetime(2027, 4, 3, 15, 0, tzinfo=UTC), ("2:00am", "3:00am")),
]


@pytest.mark.parametrize(("zone", "start", "wall"), CHANGES)
async def test_a_timer_counts_real_time_when_the_clocks_change(
    sqlite_office: Office, zone: str, start: datetime, wall: tuple[str, str]
) -> None:
    office = sqlite_office
    await office.admin.changed("/v2/company", {"wants_timestamp_timers": True})
    me = office.opened.administrator
    await office.admin.changed(f"/v2/users/{me.id}", {"timezone": zone})
    about = await _place(office)
    office.house.clock.set(start)

    entry = await office.admin.made("/v2/time_entries", about)
    office.house.clock.advance(7200)
    stopped = await office.admin.changed(f"/v2/time_entries/{entry['id']}/stop")

    assert (stopped["hours"], stopped["started_time"], stopped["ended_time"]) == (2.0, *wall)


def test_times_of_day_are_added_and_subtracted() -> None:
    assert hours_between("08:00", "08:00") == 0
    assert hours_between("23:59", "00:01") == 3
    assert later("23:30", 100) == "00:30"
    assert later("08:00", 33) == "08:20"
