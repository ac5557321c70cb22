"""A day at work: a project, its people, a timer, and what it is worth."""

from __future__ import annotations

from tests.products.harvest_timesheets.office import Office


async def test_a_timer_is_started_stopped_and_worth_its_rate(office: Office) -> None:
    project = await office.project(bill_by="Project", hourly_rate=100, budget_by="project", budget="20")
    tasks = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    billable = next(each for each in tasks if each["task"]["name"] == "Programming")
    about = {"project_id": project["id"], "task_id": billable["task"]["id"], "spent_date": "2026-05-25"}

    started = await office.admin.made("/v2/time_entries", about)
    office.house.clock.advance(78)
    stopped = await office.admin.changed(f"/v2/time_entries/{started['id']}/stop")

    assert (started["is_running"], started["hours"], started["timer_started_at"]) == (True, 0.0, "2026-05-25T12:00:00Z")
    assert (stopped["is_running"], stopped["hours"], stopped["timer_started_at"]) == (False, 0.02, None)
    assert (stopped["billable"], stopped["budgeted"], stopped["billable_rate"]) == (True, True, 100.0)
    listed = await office.admin.got("/v2/time_entries?from=20260525&to=2026-05-25&is_running=False")
    assert [each["id"] for each in listed["time_entries"]] == [started["id"]]
