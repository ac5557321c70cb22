"""Two transactions at once: time has the rate that is in force when both are done, and stands on nothing that is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.products.harvest_timesheets.office import Json, Office
from tests.racing import overlapping, together

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.identity.model import system
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.projects import ending
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.time_entries import approval, reading, timers
from harbor.products.harvest_timesheets.time_entries import service as time_entries

Act = Callable[[Call], Any]
DAY = date(2026, 5, 4)


def _work(office: Office, act: Act) -> Callable[[Tx], Any]:
    account = office.organization.production
    principal = system(account.id, account.organization_id, account.environment)
    return lambda tx: act(office.house.services.call(tx, principal))


async def _place(office: Office) -> tuple[int, Json]:
    """A project billed at 10 an hour, and the assignment of its first billable task."""
    project = await office.project(bill_by="Project", hourly_rate=10)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    return project["id"], next(each for each in uses if each["billable"])


async def _entries(office: Office) -> list[Json]:
    found: list[Json] = (await office.admin.got("/v2/time_entries"))["time_entries"]
    return found


def _tracking(office: Office, project_id: int, use: Json) -> Act:
    new = time_entries.NewEntry(
        project_id=project_id,
        task_id=use["task"]["id"],
        spent_on=DAY,
        hours_e2=100,
        user_id=office.opened.administrator.id,
    )
    return lambda call: time_entries.add(call, new).entry.id


async def test_time_has_the_rate_that_changes_while_it_is_written(office: Office) -> None:
    project_id, use = await _place(office)
    track = _tracking(office, project_id, use)
    entry_id = await office.write(track)
    running_id = (
        await office.admin.made(
            "/v2/time_entries",
            {"project_id": project_id, "task_id": use["task"]["id"], "spent_date": "2026-05-04"},
        )
    )["id"]
    acts: list[Act] = [
        track,
        lambda call: time_entries.change(call, reading.find(call, entry_id), {"notes": "later"}),
        lambda call: timers.stop(call, reading.find(call, running_id)),
        lambda call: time_entries.restart(call, reading.find(call, running_id)),
        lambda call: approval.submit(call, [entry_id]),
    ]
    rate = 10
    for act in acts:
        for is_first in (True, False):
            rate += 1
            if not is_first and act in (acts[2], acts[3]):
                continue  # the timer stands or runs already

            def dearer(call: Call, rate_e4: int = rate * 10_000) -> None:
                projects.change(call, projects.find(call, project_id), {"hourly_rate_e4": rate_e4})

            works = (dearer, act) if is_first else (act, dearer)
            await together(office.house.database, *(_work(office, each) for each in works))

            assert {each["billable_rate"] for each in await _entries(office)} == {float(rate)}, (
                acts.index(act),
                is_first,
            )


async def test_nothing_is_left_on_what_is_deleted_meanwhile(office: Office) -> None:
    category_id = (await office.admin.got("/v2/expense_categories"))["expense_categories"][-1]["id"]
    for is_first in (True, False):
        project_id, use = await _place(office)
        track_time = _tracking(office, project_id, use)

        def track(call: Call, project_id: int = project_id, track_time: Act = track_time) -> None:
            spent = expenses.NewExpense(
                project_id=project_id,
                expense_category_id=category_id,
                spent_on=DAY,
                user_id=office.opened.administrator.id,
                total_cost_e2=500,
            )
            expenses.add(call, spent)
            track_time(call)

        def without_task(call: Call, project_id: int = project_id, use: Json = use) -> None:
            task_assignments.delete(call, task_assignments.to_manage(call, project_id, use["id"]))

        def without_project(call: Call, project_id: int = project_id) -> None:
            ending.end(call, projects.find(call, project_id))

        for remove in (without_task, without_project):
            works = (remove, track)
            did = await overlapping(
                office.house.database, *(_work(office, each) for each in (works if is_first else works[::-1]))
            )
            assert all(isinstance(each, HarborError) for each in did if isinstance(each, BaseException)), did
            left = await _entries(office), (await office.admin.got("/v2/expenses"))["expenses"]
            is_left = remove is without_task and not is_first
            assert [len(each) for each in left] == [int(is_left)] * 2, (remove, is_first)
