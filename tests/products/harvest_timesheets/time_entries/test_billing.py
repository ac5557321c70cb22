"""What invoices do with time."""

from __future__ import annotations

from datetime import date

import pytest
from tests.products.harvest_timesheets.office import Json, Office

from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.time_entries import billing


async def _place(office: Office) -> Json:
    project = await office.project(bill_by="Project", hourly_rate=80)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    task = next(each["task"]["id"] for each in uses if each["billable"])
    other = next(each["task"]["id"] for each in uses if not each["billable"])
    return {"project_id": project["id"], "task_id": task, "other": other}


async def _bill(office: Office, project_id: int, **period: date) -> list[int]:
    def bill(call):  # type: ignore[no-untyped-def]
        found = billing.to_bill(call, [project_id], **period)
        return [seen.entry.id for seen in billing.bill(call, found, invoice_id=7, number="1007")]

    return await office.write(bill)


async def test_billed_time_shows_its_invoice_keeps_its_rate_and_locks_its_days(office: Office) -> None:
    about = await _place(office)
    days = ("2026-05-04", "2026-05-11", "2026-06-01")
    entries = [await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": day}) for day in days]
    free = {**about, "task_id": about["other"], "hours": 1, "spent_date": "2026-05-05"}
    unbillable = await office.admin.made("/v2/time_entries", free)

    billed = await _bill(office, about["project_id"], from_on=date(2026, 5, 1), to_on=date(2026, 5, 31))

    assert billed == [entries[0]["id"], entries[1]["id"]]
    shown = await office.admin.got(f"/v2/time_entries/{billed[0]}")
    assert (shown["invoice"], shown["is_billed"]) == ({"id": 7, "number": "1007"}, True)
    assert shown["locked_reason"] == "Item Invoiced and Locked for this Time Period"
    between = await office.admin.got(f"/v2/time_entries/{unbillable['id']}")
    assert between["locked_reason"] == "Item Locked for this Time Period"
    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"hourly_rate": 90})
    rates = [(await office.admin.got(f"/v2/time_entries/{each['id']}"))["billable_rate"] for each in entries]
    assert rates == [80.0, 80.0, 90.0]


async def test_time_that_is_let_go_follows_rates_again(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-05-04"})
    await _bill(office, about["project_id"])
    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"hourly_rate": 90})
    await office.write(lambda call: billing.renumber(call, 7, "X-7"))
    assert (await office.admin.got(f"/v2/time_entries/{entry['id']}"))["invoice"]["number"] == "X-7"

    await office.write(lambda call: billing.release(call, 7))

    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")
    assert (shown["invoice"], shown["is_billed"], shown["is_locked"], shown["billable_rate"]) == (
        None,
        False,
        False,
        90.0,
    )


async def test_a_running_timer_refuses_billing(office: Office) -> None:
    about = await _place(office)
    await office.admin.made("/v2/time_entries", {**about, "spent_date": "2026-05-25"})

    with pytest.raises(Conflict, match="timer is running"):
        await office.read(lambda call: billing.to_bill(call, [about["project_id"]]))


async def test_time_is_billed_once(office: Office) -> None:
    about = await _place(office)
    await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-05-04"})
    found = await office.read(lambda call: billing.to_bill(call, [about["project_id"]]))
    await _bill(office, about["project_id"])

    with pytest.raises(Conflict, match="another invoice"):
        await office.write(lambda call: billing.bill(call, found, invoice_id=8, number="1008"))
