"""Expenses: what they cost, where they may be tracked, what locks them, and how an invoice takes them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.harvest_timesheets.office import Json, Office, Person

from harbor.kernel.clock import moment
from harbor.kernel.errors import Conflict, Invalid
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.expenses import billing
from harbor.products.harvest_timesheets.expenses.model import cost_of

DAY = "2026-05-25"


async def kinds(office: Office) -> dict[str, int]:
    """The kinds of expenses that a new account has, by name."""
    listed = await office.admin.got("/v2/expense_categories")
    return {each["name"]: each["id"] for each in listed["expense_categories"]}


async def place(office: Office, person: Person | None = None, **facts: object) -> Json:
    """A project to spend on, the day, and the kind Meals."""
    project = await office.project(**facts)
    if person is not None:
        await office.admin.made(f"/v2/projects/{project['id']}/user_assignments", {"user_id": person.id})
    return {
        "project_id": project["id"],
        "expense_category_id": (await kinds(office))["Meals"],
        "spent_date": DAY,
        "total_cost": 33.35,
    }


def kind(price_e4: int | None) -> ExpenseCategory:
    return ExpenseCategory(
        account_id="a",
        id=1,
        name="Mileage",
        unit_name="mile",
        unit_price_e4=price_e4,
        is_active=True,
        created_at=moment(0),
        updated_at=moment(0),
    )


@pytest.mark.parametrize(
    ("price_e4", "units_e4", "total_e2", "cost"),
    [
        (None, None, 33_35, (1_0000, 33_35)),
        (None, 7_0000, 0, (1_0000, 0)),
        (5350, 120_0000, 99, (120_0000, 64_20)),
        (5350, 1_0000, None, (1_0000, 54)),  # 0.535 is rounded half up
        (5350, 0, None, (0, 0)),
        (0, 3_0000, None, (3_0000, 0)),
    ],
)
def test_a_cost_is_told_or_follows_from_units(
    price_e4: int | None, units_e4: int | None, total_e2: int | None, cost: tuple[int, int]
) -> None:
    assert cost_of(kind(price_e4), units_e4=units_e4, total_cost_e2=total_e2) == cost


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_units_times_price_is_the_cost_to_half_a_cent(units_e4: int, price_e4: int) -> None:
    try:
        _, total_e2 = cost_of(kind(price_e4), units_e4=units_e4, total_cost_e2=None)
    except Invalid:
        assert units_e4 * price_e4 >= (10**12 - 1) * 10**6
        return
    assert (
        -500_000 < units_e4 * price_e4 - total_e2 * 10**6 <= 500_000
        or total_e2 * 10**6 - units_e4 * price_e4 == 500_000
    )


async def test_categories_are_kept_by_administrators_and_read_by_all(office: Office) -> None:
    listed = (await office.admin.got("/v2/expense_categories"))["expense_categories"]
    assert [each["name"] for each in listed] == ["Mileage", "Transportation", "Lodging", "Meals", "Entertainment"]
    assert (listed[0]["unit_name"], listed[0]["unit_price"]) == ("mile", 0.535)

    made = await office.admin.made("/v2/expense_categories", {"name": "Other", "unit_price": "1.25"})
    assert list(made) == ["id", "name", "unit_name", "unit_price", "is_active", "created_at", "updated_at"]
    assert (made["unit_name"], made["unit_price"], made["is_active"]) == (None, 1.25, True)
    changed = await office.admin.changed(
        f"/v2/expense_categories/{made['id']}", {"unit_price": None, "is_active": False}
    )
    assert (changed["unit_price"], changed["is_active"]) == (None, False)
    archived = await office.admin.got("/v2/expense_categories?is_active=false")
    assert [each["id"] for each in archived["expense_categories"]] == [made["id"]]
    await office.admin.deleted(f"/v2/expense_categories/{made['id']}")
    assert (await office.admin.refused("GET", f"/v2/expense_categories/{made['id']}"))[0] == 404
    assert await office.admin.refused("POST", "/v2/expense_categories", {}) == (422, "Name can't be blank")
    for body, message in (
        ({"name": " "}, "Name can't be blank"),
        ({"name": "x", "unit_price": -1}, "Unit price must be greater than or equal to 0"),
        ({"name": "x", "unit_price": 1e9}, "Unit price must be less than or equal to 100000000"),
        ({"name": "x" * 256}, "Name is too long (maximum is 255 characters)"),
    ):
        assert await office.admin.refused("POST", "/v2/expense_categories", body) == (422, message)


async def test_an_expense_is_tracked_changed_and_removed(office: Office) -> None:
    about = await place(office, code="MW")
    made = await office.admin.made("/v2/expenses", {**about, "notes": "Lunch with client"})

    assert list(made) == [
        "id", "spent_date", "notes", "total_cost", "units", "billable", "receipt", "is_closed", "approval_status",
        "is_locked", "is_billed", "locked_reason", "created_at", "updated_at", "user", "client", "project",
        "expense_category", "user_assignment", "invoice",
    ]  # fmt: skip
    assert (made["total_cost"], made["units"], made["billable"], made["receipt"]) == (33.35, 1.0, True, None)
    assert (made["is_locked"], made["locked_reason"], made["invoice"]) == (False, None, None)
    assert (made["project"]["code"], made["client"]["currency"]) == ("MW", "USD")
    assert made["expense_category"] == {
        "id": about["expense_category_id"], "name": "Meals", "unit_price": None, "unit_name": None,
    }  # fmt: skip
    assert made["user_assignment"]["is_project_manager"] is True

    path, mileage = f"/v2/expenses/{made['id']}", (await kinds(office))["Mileage"]
    assert await office.admin.refused("PATCH", path, {"expense_category_id": mileage}) == (422, "Units can't be blank")
    driven = await office.admin.changed(path, {"expense_category_id": mileage, "units": 120, "total_cost": 1})
    assert (driven["units"], driven["total_cost"]) == (120.0, 64.2)
    await office.admin.changed(f"/v2/expense_categories/{mileage}", {"unit_price": 0.6})
    kept = await office.admin.changed(path, {"notes": "Airport", "billable": "False"})
    assert (kept["total_cost"], kept["notes"], kept["billable"]) == (64.2, "Airport", False)
    assert kept["expense_category"]["unit_price"] == 0.6
    assert (await office.admin.changed(path, {"units": "10.5"}))["total_cost"] == 6.3
    back = await office.admin.changed(path, {"expense_category_id": about["expense_category_id"]})
    assert (back["units"], back["total_cost"]) == (1.0, 6.3)
    await office.admin.deleted(path)
    assert (await office.admin.refused("GET", path))[0] == 404


async def test_what_cannot_be_spent_is_refused(office: Office) -> None:
    person = await office.person()
    about, elsewhere = await place(office, person), await office.project()
    archived = await office.admin.made("/v2/expense_categories", {"name": "Old", "is_active": False})
    mileage = {"expense_category_id": (await kinds(office))["Mileage"]}

    for facts, message in (
        ({"total_cost": None}, "Total cost can't be blank"),
        ({"total_cost": -0.01}, "Total cost must be greater than or equal to 0"),
        ({"total_cost": 1e10}, "Total cost must be less than 10000000000"),
        ({"total_cost": 1e300}, "Total cost is out of range"),
        ({"total_cost": "NaN"}, "Total cost is not a number"),
        (mileage, "Units can't be blank"),
        ({**mileage, "units": -1}, "Units must be greater than or equal to 0"),
        ({**mileage, "units": 1e9}, "Units must be less than or equal to 100000000"),
        ({"project_id": 4711}, "Project can't be found"),
        ({"project_id": elsewhere["id"]}, "User is not assigned to this project"),
        ({"expense_category_id": 4711}, "Expense category can't be found"),
        ({"expense_category_id": archived["id"]}, "Expense category is archived"),
        ({"spent_date": "soon"}, "Spent date must be a date, such as 2017-03-21"),
        ({"receipt": "a file"}, "Receipt must be a file"),
    ):
        assert await person.desk.refused("POST", "/v2/expenses", {**about, **facts}) == (422, message)
    assert (await office.admin.refused("POST", "/v2/expenses", {**about, "user_id": 4711}))[0] == 422
    assert await office.admin.refused("POST", "/v2/expenses", {}) == (
        422,
        "Project can't be blank, Expense category can't be blank, Spent date can't be blank",
    )
    rounded = await person.desk.made("/v2/expenses", {**about, "total_cost": 0.1 + 0.2})
    assert rounded["total_cost"] == 0.3
    await office.admin.changed(f"/v2/projects/{about['project_id']}", {"is_active": False})
    assert await person.desk.refused("POST", "/v2/expenses", about) == (422, "Project is archived")
    shown = await office.admin.got(f"/v2/expenses/{rounded['id']}")
    assert (shown["is_locked"], shown["locked_reason"]) == (True, "The project is archived.")


async def test_lists_are_filtered_and_the_latest_day_comes_first(office: Office) -> None:
    person = await office.person()
    about, other = await place(office, person), await place(office)
    early = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-05-01"})
    late = await office.admin.made("/v2/expenses", about)
    same = await office.admin.made("/v2/expenses", other)

    async def ids(query: str) -> list[int]:
        return [each["id"] for each in (await office.admin.got(f"/v2/expenses?{query}"))["expenses"]]

    assert await ids("") == [same["id"], late["id"], early["id"]]
    assert await ids("from=20260502&to=2026-05-25") == [same["id"], late["id"]]
    assert await ids(f"user_id={person.id}") == [early["id"]]
    assert await ids(f"client_id={same['client']['id']}&is_billed=False") == [same["id"]]
    assert await ids(f"project_id={about['project_id']}&approval_status=unsubmitted") == [late["id"], early["id"]]
    assert await ids("is_billed=true") == []
    assert await ids("updated_since=2026-05-25T12:00:01Z") == []
    first = await office.admin.got("/v2/expenses?per_page=2")
    assert (first["total_entries"], first["next_page"], "cursor" in str(first["links"])) == (3, 2, False)
    assert [each["id"] for each in (await person.desk.got("/v2/expenses"))["expenses"]] == [early["id"]]
    assert (await person.desk.refused("GET", f"/v2/expenses/{late['id']}"))[0] == 403


async def test_an_invoice_takes_expenses_locks_them_and_lets_them_go(office: Office) -> None:
    person = await office.person()
    about = await place(office, person)
    inside = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-05-10"})
    await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-05-20"})
    free = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-05-15", "billable": False})
    later = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-06-01"})

    def bill(call):  # type: ignore[no-untyped-def]
        found = billing.to_bill(call, [about["project_id"]], from_on=date(2026, 5, 1), to_on=date(2026, 5, 31))
        billing.bill(call, [each.expense for each in found], invoice_id=7, number="1001")
        return [each.expense for each in found]

    billed = await office.write(bill)

    assert len(billed) == 2
    path = f"/v2/expenses/{inside['id']}"
    shown = await person.desk.got(path)
    assert (shown["invoice"], shown["is_billed"], shown["locked_reason"]) == (
        {"id": 7, "number": "1001"},
        True,
        "Expense is invoiced.",
    )
    between = await person.desk.got(f"/v2/expenses/{free['id']}")
    assert (between["is_billed"], between["locked_reason"]) == (False, "The project is locked for this time period.")
    assert (await person.desk.refused("PATCH", path, {"notes": "x"}))[0] == 422
    assert (await person.desk.refused("DELETE", path))[0] == 422
    assert await person.desk.refused("POST", "/v2/expenses", {**about, "spent_date": "2026-05-12"}) == (
        422,
        "Spent date is in a locked time period",
    )
    moved = await person.desk.refused("PATCH", f"/v2/expenses/{later['id']}", {"spent_date": "2026-05-12"})
    assert moved == (422, "Spent date is in a locked time period")
    elsewhere = await office.project()
    changed = await office.admin.changed(
        path, {"notes": "seen", "project_id": elsewhere["id"], "expense_category_id": 4711}
    )
    assert (changed["notes"], changed["project"]["id"], changed["expense_category"]["name"]) == (
        "seen",
        about["project_id"],
        "Meals",
    )
    with pytest.raises(Conflict, match="another invoice"):
        await office.write(lambda call: billing.bill(call, billed, invoice_id=8, number="1002"))

    await office.write(lambda call: billing.renumber(call, 7, "X-7"))
    assert (await person.desk.got(path))["invoice"]["number"] == "X-7"
    client = await office.client()
    project, other = f"/v2/projects/{about['project_id']}", {"client_id": client["id"]}
    assert (await office.admin.refused("PATCH", project, other))[0] == 422  # an invoice bills what is spent on it
    await office.write(lambda call: billing.release(call, 7))
    let_go = await person.desk.got(path)
    assert (let_go["invoice"], let_go["is_locked"]) == (None, False)
    await office.admin.changed(project, other)
    of_client = await office.admin.got(f"/v2/expenses?client_id={client['id']}")
    assert of_client["total_entries"] == 4


async def test_expenses_of_a_week_go_with_its_time(office: Office) -> None:
    person = await office.person()
    about = await place(office, person)
    uses = (await office.admin.got(f"/v2/projects/{about['project_id']}/task_assignments"))["task_assignments"]
    time = {"project_id": about["project_id"], "task_id": uses[0]["task"]["id"], "spent_date": DAY, "hours": 1}
    entry = await person.desk.made("/v2/time_entries", time)
    expense = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-05-31"})
    next_week = await person.desk.made("/v2/expenses", {**about, "spent_date": "2026-06-01"})

    async def state(of: Json) -> tuple[str, bool, str | None]:
        shown = await office.admin.got(f"/v2/expenses/{of['id']}")
        return shown["approval_status"], shown["is_closed"], shown["locked_reason"]

    ids = {"time_entry_ids": [entry["id"]]}
    await person.desk.ask("POST", "/v2/time_entries/submit_for_approval", ids)
    assert await state(expense) == ("submitted", False, None)
    await office.admin.ask("POST", "/v2/time_entries/approve", ids)
    assert await state(expense) == ("approved", True, "Expense is approved.")
    assert await state(next_week) == ("unsubmitted", False, None)
    assert (await person.desk.refused("PATCH", f"/v2/expenses/{expense['id']}", {"notes": "x"}))[0] == 422
    await office.admin.ask("POST", "/v2/time_entries/unsubmit", ids)
    assert await state(expense) == ("unsubmitted", False, None)


async def test_what_expenses_stand_on_is_kept_and_what_they_show_moves_them(office: Office) -> None:
    person = await office.person()
    about = await place(office, person)
    expense = await person.desk.made("/v2/expenses", about)
    seats = await office.admin.got(f"/v2/projects/{about['project_id']}/user_assignments?user_id={person.id}")
    seat = seats["user_assignments"][0]["id"]

    for path in (
        f"/v2/users/{person.id}",
        f"/v2/projects/{about['project_id']}/user_assignments/{seat}",
        f"/v2/expense_categories/{about['expense_category_id']}",
    ):
        assert (await office.admin.refused("DELETE", path))[0] == 422
    for path, body in (
        (f"/v2/users/{person.id}", {"first_name": "Kim"}),
        (f"/v2/clients/{expense['client']['id']}", {"name": "Other Corp"}),
        (f"/v2/projects/{about['project_id']}", {"code": "OC"}),
        (f"/v2/expense_categories/{about['expense_category_id']}", {"name": "Food"}),
        (f"/v2/projects/{about['project_id']}/user_assignments/{seat}", {"is_project_manager": True}),
    ):
        office.house.clock.advance(1)
        before = (await office.admin.got(f"/v2/expenses/{expense['id']}"))["updated_at"]
        await office.admin.changed(path, body)
        assert (await office.admin.got(f"/v2/expenses/{expense['id']}"))["updated_at"] > before, path
    await office.admin.deleted(f"/v2/projects/{about['project_id']}")
    assert (await office.admin.got("/v2/expenses"))["total_entries"] == 0
