"""What an account has, asked about in SQL as Harper's super users ask: the same numbers, their own account, no key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.products.harvest_timesheets.office import Office, open_office

from harbor.app.opening import areas
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.identity.store import Account
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.rights import EverythingAllowed, User
from harbor.products.harper_tables.sql import service
from harbor.products.harper_tables.sql.bounds import Bounds
from harbor.products.harper_tables.sql.parsing import parsed
from harbor.products.harper_tables.sql.views import by_name
from harbor.products.harvest_timesheets.sql_views import VIEWS

DAY = "2026-05-25"


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An account beside the tables of Harper."""
    await migrate(database, areas(database.engine))
    async with open_office(database, clock, tmp_path) as opened:
        yield opened


async def ask(office: Office, sql: str, account: Account | None = None) -> Any:
    """The rows of a statement, for a super user."""
    where = account or office.organization.production

    def act(call: Call) -> Any:
        call.principal = User(
            account_id=where.id,
            organization_id=office.organization.id,
            environment=where.environment,
            actor="mira",
            username="mira",
            rights=EverythingAllowed(),
        )
        return service.run(call, parsed(sql), Compat.V5, Bounds(), by_name(VIEWS))

    return await office.house.read(where, act)


async def test_an_account_is_asked_about_in_sql(office: Office) -> None:
    project = await office.project(name="Apples", bill_by="Project", hourly_rate="99.5", budget_by="project", budget=20)
    client_id = project["client"]["id"]
    task = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][-1]["task"]
    about = {"project_id": project["id"], "task_id": task["id"], "spent_date": DAY}
    await office.admin.made("/v2/time_entries", {**about, "hours": 1.25, "notes": "pruning"})
    await office.admin.made("/v2/time_entries", {**about, "hours": 2})
    category = await office.admin.made("/v2/expense_categories", {"name": "Ladders"})
    await office.admin.made(
        "/v2/expenses",
        {"project_id": project["id"], "expense_category_id": category["id"], "spent_date": DAY, "total_cost": "12.34"},
    )
    lines = {
        "project_ids": [project["id"]],
        "time": {"summary_type": "project"},
        "expenses": {"summary_type": "project"},
    }
    invoice = await office.admin.made("/v2/invoices", {"client_id": client_id, "line_items_import": lines})
    await office.admin.made(f"/v2/invoices/{invoice['id']}/payments", {"amount": 100})
    await office.admin.made("/v2/time_entries", about)  # a timer

    by_project = await ask(
        office,
        "SELECT p.name, SUM(t.rounded_hours) AS hours, SUM(t.rounded_hours * t.billable_rate) AS worth "
        "FROM harvest.time_entries t JOIN harvest.projects p ON p.id = t.project_id "
        f"WHERE t.is_billed = true AND t.spent_date >= '{DAY}' GROUP BY p.name",
    )
    entries = await ask(office, "SELECT hours, is_running, billable, invoice_id FROM harvest.time_entries ORDER BY id")
    bills = await ask(office, "SELECT amount, due_amount, state, period_start FROM harvest.invoices")
    items = await ask(office, "SELECT kind, quantity, unit_price, amount FROM harvest.invoice_line_items ORDER BY id")

    assert by_project == [{"name": "Apples", "hours": 3.25, "worth": 323.375}]
    assert [(each["hours"], each["is_running"]) for each in entries] == [(1.25, False), (2, False), (0, True)]
    assert [each["invoice_id"] for each in entries] == [invoice["id"], invoice["id"], None]
    assert bills == [{"amount": 335.72, "due_amount": 235.72, "state": "draft", "period_start": DAY}]
    assert [(each["kind"], each["quantity"], each["amount"]) for each in items] == [
        ("Service", 3.25, 323.38),
        ("Product", 1, 12.34),
    ]
    assert await ask(office, "SELECT budget, hourly_rate FROM harvest.projects") == [
        {"budget": 20, "hourly_rate": 99.5}
    ]
    assert await ask(office, "SELECT total_cost, has_receipt FROM harvest.expenses WHERE total_cost > 12") == [
        {"total_cost": 12.34, "has_receipt": False}
    ]
    people = await ask(office, "SELECT first_name, access_roles FROM harvest.users")
    assert people == [{"first_name": "Ada", "access_roles": ["administrator"]}]
    for view in VIEWS:
        assert await ask(office, f"SELECT * FROM harvest.{view.name}", office.organization.sandbox) == []


def test_no_view_shows_a_key_or_a_token() -> None:
    for view in VIEWS:
        assert not [name for name in view.columns if "key" in name or "token" in name or "digest" in name]
        assert "tokens" not in view.select
