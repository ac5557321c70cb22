"""Budgets of projects and what is spent of them: hours, or money at the rates that hours have.

A monthly budget counts the month it is for the company. Source: docs/products/harvest.md#reports.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import MONEY_BUDGETS, BudgetBy, Project
from harbor.products.harvest_timesheets.reports.model import BudgetRow
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation
from harbor.products.harvest_timesheets.time_entries import sums

_COLUMNS = ("project_id", "budgeted", "billable", "rate_e4")


def budgets(call: Call, *, is_active: bool | None = None) -> list[BudgetRow]:
    """The projects with a budget that the caller sees. Raises `Conflict` while a job prices entries anew."""
    pricing.refuse_while_repricing(call)
    managed = access.managed_projects(call)
    among = None if access.me(call).is_administrator else managed | access.open_budget_projects(call)
    found = [
        project
        for project in projects.every(call, is_active=is_active, among=among)
        if project.budget_by is not BudgetBy.NONE
        # Who is only on a project sees no money of the whole: showing the budget to all does not reach it.
        and (among is None or project.id in managed or project.budget_by is not BudgetBy.PROJECT_COST)
    ]
    today = company.today(call)
    spent = _spent(call, found, today)
    sees = access.me(call).sees_rates
    rows = []
    for seen in projects.seen(call, found):
        project = seen.project
        is_money = project.budget_by in MONEY_BUDGETS
        is_hidden = is_money and not sees
        rows.append(
            BudgetRow(
                project=project,
                client_name=seen.client.name,
                budget_e2=None if is_hidden else seen.cost_budget_e2 if is_money else seen.budget_e2,
                spent_e2=None if is_hidden else spent.get(project.id, 0),
            )
        )
    return sorted(rows, key=lambda row: (collation(row.client_name), collation(row.project.name), row.project.id))


def _spent(call: Call, found: list[Project], today: date) -> dict[int, int]:
    """What is spent by project, in hundredths of hours or of money."""
    monthly = {project.id: project for project in found if project.budget_is_monthly}
    others = {project.id: project for project in found if not project.budget_is_monthly}
    month = today.isoformat()[:7]
    result: dict[int, int] = {}
    for of, word, since in ((monthly, month, today.replace(day=1)), (others, sums.ALL_MONTHS, None)):
        if not of:
            continue
        exact: dict[int, int] = {}
        for row in sums.of_month(call, _COLUMNS, word):
            project = of.get(row["project_id"])
            if project is not None:
                exact[project.id] = exact.get(project.id, 0) + _WORTH[project.budget_by](row)
        for project in of.values():
            spent = exact.get(project.id, 0)
            result[project.id] = amount_e2(spent) if project.budget_by in MONEY_BUDGETS else spent
        with_expenses = [each for each in of.values() if _includes_expenses(each)]
        if with_expenses:
            until = None if since is None else _month_end(today)
            costs = expense_sums.by(call, ("project_id",), from_on=since, to_on=until)
            of_projects = {row["project_id"]: row["total_cost_e2"] for row in costs}
            for project in with_expenses:
                result[project.id] += of_projects.get(project.id, 0)
    return result


def _includes_expenses(project: Project) -> bool:
    return project.budget_by is BudgetBy.PROJECT_COST and project.cost_budget_include_expenses


def _month_end(today: date) -> date:
    return today.replace(day=monthrange(today.year, today.month)[1])


def _hours(row: Row) -> int:
    """Hours that count: the entry says whether it does, by the project's kind of budget and the company's setting."""
    return int(row["rounded_e2"]) if row["budgeted"] else 0


def _fees(row: Row) -> int:
    """Millionths of money: billable hours at their rates."""
    has_rate = row["billable"] and row["rate_e4"] != sums.NO_RATE_E4
    return int(row["rounded_e2"]) * int(row["rate_e4"]) if has_rate else 0


_WORTH: dict[BudgetBy, Callable[[Row], int]] = {
    BudgetBy.PROJECT: _hours,
    BudgetBy.PERSON: _hours,
    BudgetBy.TASK: _hours,
    BudgetBy.PROJECT_COST: _fees,
    BudgetBy.TASK_FEES: lambda row: _fees(row) if row["budgeted"] else 0,
}
