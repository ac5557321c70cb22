"""Reports: recomputed from raw rows, and the rules that numbers alone do not show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import pytest
from tests.products.harvest_timesheets.office import Json, Office

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.bills import lines_store
from harbor.products.harvest_timesheets.bills.model import BillKind, Line
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Rounding
from harbor.products.harvest_timesheets.expenses import billing as expense_billing
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.time_entries import billing
from harbor.products.harvest_timesheets.time_entries import service as time_entries

SPAN = "from=2026-01-10&to=20260620"
FIRST, LAST = date(2026, 1, 10), date(2026, 6, 20)
PROJECTS: tuple[Json, ...] = (
    {"name": "Online Store", "code": "OS1", "bill_by": "Project", "hourly_rate": "100.5", "budget_by": "project", "budget": 200},
    {"name": "Website", "bill_by": "People", "budget_by": "project_cost", "cost_budget": 5000, "cost_budget_include_expenses": True},
    {"name": "[Beta]", "code": "B", "bill_by": "Tasks", "budget_by": "task_fees", "budget_is_monthly": True},
    {"name": "Fixed", "bill_by": "Project", "hourly_rate": 80, "is_fixed_fee": True, "fee": 21900, "budget_by": "person", "starts_on": "2026-02-01"},
    {"name": "Idle", "bill_by": "none", "budget_by": "none"},
    {"name": "Inside", "bill_by": "none", "budget_by": "task", "is_billable": False},
)  # fmt: skip


def cents(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


async def world(office: Office, *, seed: int = 7, entries: int = 120) -> dict[str, Any]:
    """Two clients of two currencies, six projects, three people, and time and expenses on random days."""
    random, admin = Random(seed), office.admin
    people = [office.opened.administrator.id]
    people += [(await office.person(default_hourly_rate=f"{60 + number}.25", cost_rate=30)).id for number in range(2)]
    clients = [
        await office.client(name="ABC Corp", currency="USD"),
        await office.client(name="[SAMPLE] X", currency="EUR"),
    ]
    made, places = [], []
    for number, facts in enumerate(PROJECTS):
        project = await office.project(client_id=clients[number % 2]["id"], **facts)
        for person in people[1:]:
            await admin.made(f"/v2/projects/{project['id']}/user_assignments", {"user_id": person, "budget": 40})
        uses = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
        for place, use in enumerate(uses[:2]):
            change = {"hourly_rate": f"{70 + place}.33", "budget": 15 * (1 - place) or None, "billable": place == 0}
            await admin.changed(f"/v2/projects/{project['id']}/task_assignments/{use['id']}", change)
        made.append(project)
        if facts["name"] != "Idle":
            places += [(project["id"], use["task"]["id"]) for use in uses]
    kinds = [each["id"] for each in (await admin.got("/v2/expense_categories"))["expense_categories"][1:]]

    def track(call: Call) -> None:
        company.change_rules(call, company.of(call), rounding=Rounding.UP, rounding_minutes=15)
        for _ in range(entries):
            project_id, task_id = random.choice(places)
            day, person = date(2026, 1, 1) + timedelta(days=random.randrange(180)), random.choice(people)
            new = time_entries.NewEntry(
                project_id=project_id, task_id=task_id, spent_on=day, user_id=person, hours_e2=random.randrange(500)
            )
            time_entries.add(call, new)
            if random.random() < 0.4:
                expenses.add(
                    call,
                    expenses.NewExpense(
                        project_id=project_id,
                        expense_category_id=random.choice(kinds),
                        spent_on=day,
                        user_id=person,
                        total_cost_e2=random.randrange(100_000),
                        billable=random.random() < 0.7,
                    ),
                )
        first = [made[0]["id"], made[1]["id"]]
        until = date(2026, 3, 1)
        time: list[Any] = [getattr(each, "entry", each) for each in billing.to_bill(call, first, to_on=until)]
        billing.bill(call, time, invoice_id=1, number="1")
        spent = [each.expense for each in expense_billing.to_bill(call, first, to_on=until)]
        expense_billing.bill(call, spent, invoice_id=1, number="1")
        lines_store.insert(call.tx, call.account_id, BillKind.INVOICE, 1, [_line(made[3]["id"], 1, 22_000_00)])

    await office.write(track)
    await admin.changed(f"/v2/users/{people[1]}", {"last_name": "Zander"})
    await admin.made(f"/v2/users/{people[1]}/billable_rates", {"amount": 99.99, "start_date": "2026-04-01"})
    await admin.changed(f"/v2/projects/{made[0]['id']}", {"hourly_rate": "123.45"})
    return {"projects": made, "people": people, "clients": clients}


def _line(project_id: int, id_: int, amount_e2: int) -> Line:
    return Line(
        id=id_,
        category="Service",
        description="Work",
        quantity_e4=10_000,
        unit_price_e4=amount_e2 * 100,
        amount_e2=amount_e2,
        taxed=False,
        taxed2=False,
        project_id=project_id,
    )


async def raw(office: Office, table: str) -> list[dict[str, Any]]:
    """The rows of a table as they are kept."""
    account_id = office.organization.production.id
    return await office.read(
        lambda call: call.tx.rows(f"SELECT * FROM {table} WHERE account_id = :account_id", account_id=account_id)
    )


def inside(row: dict[str, Any]) -> bool:
    """Whether something was tracked in the period."""
    return FIRST <= date.fromisoformat(row["spent_on"]) <= LAST


async def results(office: Office, path: str) -> list[Json]:
    found: list[Json] = (await office.admin.got(f"/v2/reports/{path}"))["results"]
    return found


def hours(rows: Iterable[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["rounded_e2"]) / 100 for row in rows), Decimal(0))


def worth(rows: Iterable[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["rounded_e2"]) * Decimal(row["rate_e4"] or 0) / 10**6 for row in rows), Decimal(0))


def cost(rows: Iterable[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["total_cost_e2"]) / 100 for row in rows), Decimal(0))


async def test_reports_are_what_raw_rows_add_up_to(office: Office) -> None:
    at = await world(office, entries=90)
    projects = {each["id"]: each for each in at["projects"]}
    currency = {each["id"]: each["currency"] for each in at["clients"]}
    time = [row for row in await raw(office, "harvest_time_entries") if inside(row)]
    costs = [row for row in await raw(office, "harvest_expenses") if inside(row)]

    for path, column in (
        ("clients", "client_id"),
        ("projects", "project_id"),
        ("tasks", "task_id"),
        ("team", "user_id"),
    ):
        groups = by_subject(time, column, currency)
        for with_fees in (False, True):
            shown = await results(office, f"time/{path}?{SPAN}&include_fixed_fee={with_fees}")
            assert {
                (each[column], each["currency"]): (each["total_hours"], each["billable_hours"], each["billable_amount"])
                for each in shown
            } == {
                key: (
                    cents(hours(rows)),
                    cents(hours(row for row in rows if row["billable"])),
                    cents(worth(r for r in rows if with_fees or not projects[r["project_id"]]["is_fixed_fee"])),
                )
                for key, rows in groups.items()
            }, path
            assert len(shown) == len(groups)

    for path, column in (
        ("clients", "client_id"),
        ("projects", "project_id"),
        ("categories", "expense_category_id"),
        ("team", "user_id"),
    ):
        shown = await results(office, f"expenses/{path}?{SPAN}")
        assert {
            (each[column], each["currency"]): (each["total_amount"], each["billable_amount"]) for each in shown
        } == {
            key: (cents(cost(rows)), cents(cost(row for row in rows if row["billable"])))
            for key, rows in by_subject(costs, column, currency).items()
        }, path


def by_subject(
    rows: Iterable[dict[str, Any]], column: str, currency: dict[int, str]
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Rows by what they are about and the currency of their client."""
    groups: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[column], currency[row["client_id"]]].append(row)
    return groups


async def test_uninvoiced_and_budgets_are_what_raw_rows_add_up_to(office: Office) -> None:
    at = await world(office, seed=11)
    time, costs = await raw(office, "harvest_time_entries"), await raw(office, "harvest_expenses")

    shown = await results(office, f"uninvoiced?{SPAN}")
    # By client, [SAMPLE] X before ABC Corp, and then by project.
    assert [each["project_name"] for each in shown] == ["Fixed", "Website", "[Beta]", "Idle", "Online Store"]
    for each in shown:
        of = [row for row in time if inside(row) and row["project_id"] == each["project_id"]]
        is_open = [row for row in of if row["billable"] and not row["is_billed"]]
        spent = cost(
            row
            for row in costs
            if inside(row) and row["project_id"] == each["project_id"] and row["billable"] and not row["is_billed"]
        )
        amount = worth(is_open).quantize(Decimal("0.01"), ROUND_HALF_UP) + spent
        assert (each["total_hours"], each["uninvoiced_hours"], each["uninvoiced_expenses"]) == (
            cents(hours(of)),
            cents(hours(is_open)),
            cents(spent),
        )
        # 21900 - 22000, whatever was tracked.
        assert each["uninvoiced_amount"] == (-100.0 if each["project_name"] == "Fixed" else cents(amount))
    assert shown[0]["currency"] == "EUR"
    late = await results(office, "uninvoiced?from=2026-02-02&to=2026-06-20")
    assert [each["uninvoiced_amount"] for each in late if each["project_name"] == "Fixed"] == [0.0]
    without = await results(office, f"uninvoiced?{SPAN}&include_fixed_fee=false")
    assert "Fixed" not in {each["project_name"] for each in without}

    month = "2026-05"  # the office's clock stands in it
    names = {each["id"]: each["name"] for each in at["projects"]}
    for each in await results(office, "project_budget"):
        of = [row for row in time if row["project_id"] == each["project_id"]]
        budget, spent = {
            "Online Store": (200.0, hours(of)),
            "Website": (5000.0, worth(of) + cost(row for row in costs if row["project_id"] == each["project_id"])),
            "[Beta]": (15.0, worth(row for row in of if row["budgeted"] and row["spent_on"].startswith(month))),
            "Fixed": (80.0, hours(row for row in of if row["user_id"] != at["people"][0])),
            "Inside": (15.0, hours(row for row in of if row["budgeted"])),
        }[names[each["project_id"]]]
        assert (each["budget"], each["budget_spent"]) == (budget, cents(spent)), each
        assert each["budget_remaining"] == pytest.approx(budget - cents(spent))


async def test_sums_are_those_of_the_entries_whatever_happened(office: Office) -> None:
    at = await world(office, seed=3, entries=60)
    project = at["projects"][0]
    await office.write(lambda call: billing.release(call, 1))
    await office.write(lambda call: expense_billing.release(call, 1))
    await office.admin.changed(f"/v2/projects/{project['id']}", {"client_id": at["clients"][1]["id"]})
    entries = (await office.admin.got("/v2/time_entries"))["time_entries"]
    await office.admin.changed(f"/v2/time_entries/{entries[0]['id']}", {"hours": 7.77, "spent_date": "2025-12-31"})
    await office.admin.deleted(f"/v2/time_entries/{entries[1]['id']}")
    await office.admin.deleted(f"/v2/projects/{at['projects'][2]['id']}")
    await office.admin.changed(f"/v2/projects/{at['projects'][1]['id']}", {"is_billable": False, "budget_by": "none"})

    names = ("project_id", "user_id", "task_id", "client_id", "billable", "budgeted", "is_billed")
    expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in await raw(office, "harvest_time_entries"):
        for month in ("", row["spent_on"][:7]):
            sums = expected[month, -1 if row["rate_e4"] is None else row["rate_e4"], *(row[name] for name in names)]
            sums[0] += 1
            sums[1] += row["rounded_e2"]

    found = {
        (row["month"], row["rate_e4"], *(row[name] for name in names)): [row["entries"], row["rounded_e2"]]
        for row in await raw(office, "harvest_time_sums")
    }
    assert found == expected


async def test_rows_name_their_subject_as_the_pages_do(sqlite_office: Office) -> None:
    office = sqlite_office
    at = await world(office, entries=40)

    projects = await results(office, f"time/projects?{SPAN}")
    assert list(projects[0]) == [
        "project_id", "project_name", "client_id", "client_name", "total_hours", "billable_hours", "currency",
        "billable_amount",
    ]  # fmt: skip
    assert [each["project_name"] for each in projects] == [
        "[B] [Beta]",
        "[OS1] Online Store",
        "Fixed",
        "Inside",
        "Website",
    ]
    assert [each["client_name"] for each in await results(office, f"time/clients?{SPAN}")] == ["[SAMPLE] X", "ABC Corp"]
    team = await results(office, f"time/team?{SPAN}")
    assert list(team[0])[:3] == ["user_id", "user_name", "is_contractor"]
    assert list(team[0])[-2:] == ["weekly_capacity", "avatar_url"]
    assert (team[0]["weekly_capacity"], team[0]["user_name"]) == (126000, "Ada Admin")
    spent = await results(office, f"expenses/projects?{SPAN}")
    assert list(spent[0]) == [
        "client_id", "client_name", "project_id", "project_name", "total_amount", "billable_amount", "currency",
    ]  # fmt: skip
    assert list((await results(office, f"expenses/categories?{SPAN}"))[0])[:2] == [
        "expense_category_id",
        "expense_category_name",
    ]
    assert list((await results(office, f"expenses/team?{SPAN}"))[0])[:3] == ["user_id", "user_name", "is_contractor"]
    budget = await results(office, "project_budget?is_active=true")
    assert list(budget[0]) == [
        "project_id", "project_name", "client_id", "client_name", "budget_is_monthly", "budget_by", "is_active",
        "budget", "budget_spent", "budget_remaining",
    ]  # fmt: skip
    assert "Idle" not in {each["project_name"] for each in budget}
    assert await results(office, "project_budget?is_active=false") == []
    page = await office.admin.got(f"/v2/reports/time/projects?{SPAN}&per_page=2&page=2")
    assert ([each["project_name"] for each in page["results"]], page["total_entries"], page["next_page"]) == (
        ["Fixed", "Inside"],
        5,
        3,
    )
    assert page["links"]["next"].endswith("/v2/reports/time/projects?from=2026-01-10&page=3&per_page=2&to=20260620")
    assert at["projects"][4]["id"] not in {each["project_id"] for each in projects}
    assert await office.admin.refused("GET", "/v2/reports/time/team?from=2026-01-01") == (422, "To can't be blank")
    assert await office.admin.refused("GET", "/v2/reports/uninvoiced") == (
        422,
        "From can't be blank, To can't be blank",
    )


async def test_people_see_reports_of_what_they_see(sqlite_office: Office) -> None:
    office = sqlite_office
    at = await world(office, entries=60)
    drafter = await office.person("manager", "managed_projects_invoice_drafter", "billable_rates_manager")
    manager, member = await office.person("manager"), await office.person()
    store, website = at["projects"][0]["id"], at["projects"][1]["id"]
    for person in (drafter, manager, member):
        seat = {"user_id": person.id, "is_project_manager": person is not member}
        await office.admin.made(f"/v2/projects/{store}/user_assignments", seat)
        await office.admin.made(
            f"/v2/projects/{website}/user_assignments", {"user_id": person.id, "is_project_manager": False}
        )
    await office.admin.changed(f"/v2/projects/{website}", {"show_budget_to_all": True})
    await office.admin.changed(f"/v2/users/{manager.id}/teammates", {"teammate_ids": [at["people"][1]]})

    async def ids(desk: Any, path: str, column: str) -> set[int]:
        return {each[column] for each in (await desk.got(f"/v2/reports/{path}"))["results"]}

    assert await ids(drafter.desk, f"time/projects?{SPAN}", "project_id") == {store}
    assert await ids(drafter.desk, f"uninvoiced?{SPAN}", "project_id") == {store}
    assert at["people"][1] in await ids(manager.desk, f"time/team?{SPAN}", "user_id")
    assert len(await ids(manager.desk, f"time/projects?{SPAN}", "project_id")) > 1
    assert await ids(member.desk, f"time/clients?{SPAN}", "client_id") == set()
    assert await ids(member.desk, f"expenses/team?{SPAN}", "user_id") == set()
    assert await ids(manager.desk, "project_budget", "project_id") == {store}  # no money of a project they are only on
    await office.admin.changed(f"/v2/projects/{store}", {"show_budget_to_all": True})
    assert await ids(member.desk, "project_budget", "project_id") == {store}
    for row in (await manager.desk.got(f"/v2/reports/time/team?{SPAN}"))["results"]:
        assert (row["currency"], row["billable_amount"]) == (None, None)
    for row in (await drafter.desk.got(f"/v2/reports/time/team?{SPAN}"))["results"]:
        assert row["currency"] == "USD"
    hidden = (await manager.desk.got("/v2/reports/project_budget"))["results"]
    assert hidden[0]["budget"] == 200.0
    await office.admin.changed(f"/v2/projects/{store}", {"budget_by": "project_cost", "cost_budget": 5})
    money = (await manager.desk.got("/v2/reports/project_budget"))["results"]
    assert [(each["budget"], each["budget_spent"], each["budget_remaining"]) for each in money] == [(None, None, None)]


@pytest.mark.parametrize(("hours_", "rounded"), [(2.11, 2.25), (1.35, 1.5), (0.02, 0.25), (1.0, 1.0), (0, 0.0)])
async def test_each_entry_is_rounded_before_it_is_summed(sqlite_office: Office, hours_: float, rounded: float) -> None:
    office = sqlite_office
    project = await office.project(bill_by="Project", hourly_rate="100.10", budget_by="project", budget=10)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    task = next(each["task"]["id"] for each in uses if each["billable"])
    await office.write(
        lambda call: company.change_rules(call, company.of(call), rounding=Rounding.UP, rounding_minutes=15)
    )
    for _ in range(2):
        about = {"project_id": project["id"], "task_id": task, "spent_date": "2026-05-04", "hours": hours_}
        await office.admin.made("/v2/time_entries", about)

    row = (await results(office, "time/projects?from=2026-05-04&to=2026-05-04"))[0]
    budget = (await results(office, "project_budget"))[0]

    assert (row["total_hours"], row["billable_amount"]) == (
        2 * rounded,
        cents(Decimal(str(2 * rounded)) * Decimal("100.10")),
    )
    assert (budget["budget_spent"], budget["budget_remaining"]) == (2 * rounded, 10 - 2 * rounded)


async def test_the_uninvoiced_sample_adds_expenses_to_time(sqlite_office: Office) -> None:
    """20431.0 and 23.0 are 20454.0; of 166.21 hours 142.7 are billable. Source: a recorded reply."""
    office = sqlite_office
    project = await office.project(bill_by="Project", hourly_rate="143.1745")
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    billable = next(each["task"]["id"] for each in uses if each["billable"])
    free = next(each["task"]["id"] for each in uses if not each["billable"])
    for task, tracked in ((billable, 142.7), (free, 23.51)):
        about = {"project_id": project["id"], "task_id": task, "spent_date": "2026-05-04", "hours": tracked}
        await office.admin.made("/v2/time_entries", about)
    kind = (await office.admin.got("/v2/expense_categories"))["expense_categories"][-1]["id"]
    spent = {"project_id": project["id"], "expense_category_id": kind, "spent_date": "2026-05-05", "total_cost": 23}
    await office.admin.made("/v2/expenses", spent)

    row = (await results(office, "uninvoiced?from=2026-05-01&to=2026-05-31"))[0]

    assert (row["total_hours"], row["uninvoiced_hours"], row["uninvoiced_expenses"], row["uninvoiced_amount"]) == (
        166.21,
        142.7,
        23.0,
        20454.0,
    )
