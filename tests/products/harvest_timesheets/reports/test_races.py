"""Sums stay those of the entries when many write at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from tests.products.harvest_timesheets.office import Office
from tests.products.harvest_timesheets.reports.test_reports import raw


async def test_sums_are_right_after_many_wrote_at_once(office: Office) -> None:
    admin = office.admin
    project = await office.project(bill_by="Project", hourly_rate=10)
    uses = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    people = [await office.person() for _ in range(3)]
    for person in people:
        await admin.made(f"/v2/projects/{project['id']}/user_assignments", {"user_id": person.id})
    task_id = next(each["task"]["id"] for each in uses if each["billable"])
    about = {"project_id": project["id"], "task_id": task_id, "spent_date": "2026-05-04", "hours": 1}
    made = [await person.desk.made("/v2/time_entries", about) for person in people for _ in range(2)]

    await asyncio.gather(
        *(person.desk.ask("POST", "/v2/time_entries", about) for person in people for _ in range(4)),
        *(admin.ask("PATCH", f"/v2/time_entries/{each['id']}", {"hours": 2}) for each in made[:4]),
        *(admin.ask("DELETE", f"/v2/time_entries/{each['id']}") for each in made[4:]),
        *(admin.ask("PATCH", f"/v2/projects/{project['id']}", {"hourly_rate": rate}) for rate in (20, 30, 40)),
    )

    expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in await raw(office, "harvest_time_entries"):
        sums = expected[row["user_id"], row["rate_e4"]]
        sums[0] += 1
        sums[1] += row["rounded_e2"]
    found = {
        (row["user_id"], row["rate_e4"]): [row["entries"], row["rounded_e2"]]
        for row in await raw(office, "harvest_time_sums")
        if row["month"] == ""
    }
    assert found == expected
    assert sum(entries for entries, _ in found.values()) == 16
