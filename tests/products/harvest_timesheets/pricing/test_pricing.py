"""Pricing: rates over time, rounding, and that every change reaches exactly the entries it is about."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.harvest_timesheets.office import Json, Office

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import BudgetHours, Company, Rounding
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.pricing.rules import elapsed_e2, rounded_e2
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import BillBy, BudgetBy
from harbor.products.harvest_timesheets.rates import service as rates
from harbor.products.harvest_timesheets.rates.model import RateKind
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.time_entries import reading
from harbor.products.harvest_timesheets.time_entries.model import TimeEntry
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments

DAY = date(2026, 5, 25)


@pytest.mark.parametrize(
    ("rounding", "minutes", "hours_e2", "rounded"),
    [
        # Published samples, which fit "up to 15".
        (Rounding.UP, 15, 211, 225),
        (Rounding.UP, 15, 135, 150),
        (Rounding.UP, 15, 2, 25),
        (Rounding.UP, 15, 100, 100),
        (Rounding.UP, 6, 1, 10),
        (Rounding.UP, 30, 0, 0),
        (Rounding.NEAREST, 30, 25, 50),
        (Rounding.NEAREST, 30, 24, 0),
        (Rounding.NEAREST, 15, 12, 0),
        (Rounding.NEAREST, 15, 13, 25),
        (Rounding.NEAREST, 6, 5, 10),
        (Rounding.OFF, 15, 211, 211),
    ],
)
async def test_hours_are_rounded_as_the_company_says(
    sqlite_office: Office, rounding: Rounding, minutes: int, hours_e2: int, rounded: int
) -> None:
    here = replace(await sqlite_office.read(company.of), rounding=rounding, rounding_minutes=minutes)

    assert rounded_e2(hours_e2, here) == rounded


@given(hours_e2=st.integers(0, 999_99), seconds=st.integers(0, 10**7))
def test_running_hours_are_rounded_half_up(hours_e2: int, seconds: int) -> None:
    added = elapsed_e2(hours_e2, seconds * 1_000_000) - hours_e2

    assert 36 * added - 18 <= seconds < 36 * added + 18


async def _place(office: Office, **facts: object) -> Json:
    project = await office.project(**facts)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    use = next(each for each in uses if each["task"]["name"] == "Design")
    return {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": "2026-05-25", "use": use["id"]}


async def test_the_rate_is_the_one_of_the_day(office: Office) -> None:
    me = office.opened.administrator.id
    about = await _place(office)
    await office.admin.made(f"/v2/users/{me}/billable_rates", {"amount": 100})
    await office.admin.made(f"/v2/users/{me}/billable_rates", {"amount": 120, "start_date": "2026-05-10"})
    before = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-05-09"})
    since = await office.admin.made("/v2/time_entries", {**about, "hours": 1, "spent_date": "2026-05-10"})

    await office.admin.made(f"/v2/users/{me}/billable_rates", {"amount": 150, "start_date": "2026-05-05"})

    again = [(await office.admin.got(f"/v2/time_entries/{each['id']}"))["billable_rate"] for each in (before, since)]
    assert [before["billable_rate"], since["billable_rate"]] == [100.0, 120.0]
    assert again == [150.0, 150.0]


@pytest.mark.parametrize(
    ("facts", "rate"),
    [
        ({"bill_by": "Project", "hourly_rate": 80}, 80.0),
        ({"bill_by": "Tasks"}, 40.0),
        ({"bill_by": "People"}, 100.0),
        ({"bill_by": "none"}, None),
        ({"bill_by": "Project", "hourly_rate": 80, "is_billable": False}, None),
    ],
)
async def test_who_is_billed_decides_the_rate(sqlite_office: Office, facts: Json, rate: float | None) -> None:
    office = sqlite_office
    me = office.opened.administrator.id
    await office.admin.made(f"/v2/users/{me}/billable_rates", {"amount": 100})
    about = await _place(office, **facts)
    await office.admin.changed(
        f"/v2/projects/{about['project_id']}/task_assignments/{about['use']}", {"hourly_rate": 40, "billable": True}
    )

    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})

    assert (entry["billable_rate"], entry["billable"]) == (rate, facts.get("is_billable", True))


async def test_turning_billing_off_reaches_what_is_not_invoiced(office: Office) -> None:
    about = await _place(office, bill_by="Project", hourly_rate=80)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})
    office.house.clock.advance(60)

    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"is_billable": False})

    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")
    assert (shown["billable"], shown["billable_rate"]) == (False, None)
    assert shown["updated_at"] == "2026-05-25T12:01:00Z"


async def test_another_rounding_reaches_every_entry(office: Office) -> None:
    about = await _place(office)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": "2.11"})

    await office.write(
        lambda call: company.change_rules(call, company.of(call), rounding=Rounding.UP, rounding_minutes=15)
    )

    shown = await office.admin.got(f"/v2/time_entries/{entry['id']}")
    assert (entry["rounded_hours"], shown["rounded_hours"], shown["hours"]) == (2.11, 2.25, 2.11)


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_changes_every_entry_is_priced_as_if_from_scratch(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    people = [office.opened.administrator.id, (await office.person()).id]
    places = [await _place(office) for _ in range(2)]
    for place in places:
        await office.admin.made(f"/v2/projects/{place['project_id']}/user_assignments", {"user_id": people[1]})
    for _ in range(12):
        place, day = chance.choice(places), DAY - timedelta(days=chance.randrange(30))
        about = {**place, "spent_date": day.isoformat(), "hours": chance.randrange(0, 500) / 100}
        await office.admin.made("/v2/time_entries", {**about, "user_id": chance.choice(people)})

    for _ in range(15):
        await office.write(lambda call: _change(call, chance, people, places))

    wrong = await office.read(lambda call: [each for each in _entries(call) if each != _from_scratch(call, each)])
    assert wrong == []


async def test_an_entry_that_is_invoiced_keeps_its_price(office: Office) -> None:
    about = await _place(office, bill_by="Project", hourly_rate=80)
    entry = await office.admin.made("/v2/time_entries", {**about, "hours": 1})
    await office.write(
        lambda call: call.tx.run(
            "UPDATE harvest_time_entries SET invoice_id = 1, is_billed = 1 WHERE account_id = :account_id",
            account_id=call.account_id,
        )
    )

    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"hourly_rate": 90})

    assert (await office.admin.got(f"/v2/time_entries/{entry['id']}"))["billable_rate"] == 80.0


async def test_many_entries_are_priced_by_a_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    about = await _place(office, bill_by="Project", hourly_rate=80)
    entries = [await office.admin.made("/v2/time_entries", {**about, "hours": 1}) for _ in range(3)]
    monkeypatch.setattr(pricing, "ENTRIES_AT_ONCE_MAX", 2)

    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"hourly_rate": 90})

    assert (await office.admin.got(f"/v2/time_entries/{entries[0]['id']}"))["billable_rate"] == 80.0
    with pytest.raises(Exception, match="priced anew"):
        await office.read(pricing.refuse_while_repricing)
    await office.house.settle()
    rates_ = {each["billable_rate"] for each in (await office.admin.got("/v2/time_entries"))["time_entries"]}
    assert rates_ == {90.0}
    await office.read(pricing.refuse_while_repricing)


def _change(call: Call, chance: random.Random, people: list[int], places: list[Json]) -> None:
    """One of the things that prices follow from, changed at random."""
    place, person = chance.choice(places), chance.choice(people)
    project = projects.find(call, place["project_id"])
    amount_e4 = chance.randrange(0, 200) * 10_000
    match chance.randrange(7):
        case 0:
            facts = {"is_billable": True, "bill_by": chance.choice(list(BillBy)), "hourly_rate_e4": amount_e4}
            projects.change(call, project, {**facts, "budget_by": chance.choice(list(BudgetBy))})
        case 1:
            if project.budget_by not in (BudgetBy.PROJECT_COST, BudgetBy.TASK_FEES):
                projects.change(call, project, {"is_billable": not project.is_billable})
        case 2 | 3:
            kind = chance.choice(list(RateKind))
            start = None if chance.random() < 0.3 else DAY - timedelta(days=chance.randrange(30))
            rates.add(call, kind, person, amount_e4=amount_e4, start_on=start)
        case 4:
            seat = user_assignments.of(call, project.id, person)
            assert seat is not None
            budget_e2 = chance.choice([None, 0, 500])
            facts = {"use_default_rates": chance.random() < 0.5, "hourly_rate_e4": amount_e4, "budget_e2": budget_e2}
            user_assignments.change(call, seat, facts)
        case 5:
            use = task_assignments.of(call, project.id, place["task_id"])
            assert use is not None
            facts = {"billable": chance.random() < 0.7, "hourly_rate_e4": amount_e4}
            task_assignments.change(call, use, {**facts, "budget_e2": chance.choice([None, 100])})
        case _:
            company.change_rules(
                call,
                company.of(call),
                rounding=chance.choice(list(Rounding)),
                rounding_minutes=chance.choice([6, 15, 30]),
                budget_hours=chance.choice(list(BudgetHours)),
            )


def _entries(call: Call) -> list[TimeEntry]:
    rows = call.tx.rows(
        "SELECT id FROM harvest_time_entries WHERE account_id = :account_id", account_id=call.account_id
    )
    return [reading.find(call, row["id"]) for row in rows]


def _from_scratch(call: Call, entry: TimeEntry) -> TimeEntry:
    """The entry priced by the rules as they are written down, in plain words."""
    here, project = company.of(call), projects.find(call, entry.project_id)
    seat = user_assignments.of(call, project.id, entry.user_id)
    use = task_assignments.of(call, project.id, entry.task_id)
    assert seat is not None
    assert use is not None
    billable = project.is_billable and use.billable
    own = rates.in_force(call, [entry.user_id], entry.spent_on)
    of_people = own.get((entry.user_id, RateKind.BILLABLE)) if seat.use_default_rates else seat.hourly_rate_e4
    by = {
        BillBy.PROJECT: project.hourly_rate_e4,
        BillBy.TASKS: use.hourly_rate_e4,
        BillBy.PEOPLE: of_people,
        BillBy.NONE: None,
    }
    return msgspec.structs.replace(
        entry,
        client_id=project.client_id,
        billable=billable,
        budgeted=_counts(here, project.budget_by, billable, seat.budget_e2, use.budget_e2),
        rate_e4=by[project.bill_by] if billable else None,
        cost_rate_e4=own.get((entry.user_id, RateKind.COST)),
        rounded_e2=rounded_e2(entry.hours_e2, here),
    )


def _counts(here: Company, by: BudgetBy, billable: bool, of_person: int | None, of_task: int | None) -> bool:
    if by is BudgetBy.NONE:
        return False
    if by is BudgetBy.PERSON and of_person is None:
        return False
    if by in (BudgetBy.TASK, BudgetBy.TASK_FEES) and of_task is None:
        return False
    counts_hours = by in (BudgetBy.PROJECT, BudgetBy.PERSON, BudgetBy.TASK)
    return billable or not (counts_hours and here.budget_hours is BudgetHours.BILLABLE)
