"""What was left of a project's budget, week by week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.projects.model import MONEY_BUDGETS, BudgetBy, Project
from harbor.products.harvest_timesheets.reports.model import BudgetRow
from harbor.products.harvest_timesheets.reports.rules import amount_e2
from harbor.products.harvest_timesheets.time_entries import approval, sums
from harbor.products.harvest_timesheets.time_entries.model import Reach

# What fits side by side on a phone.
WEEKS: Final = 6
_COLUMNS = ("project_id", "budgeted", "billable", "rate_e4")


def weeks_left(call: Call, row: BudgetRow) -> tuple[list[str], list[float]] | None:
    """The first days of the last weeks, and what was left at the end of each: hours or money.

    None where no such line can be drawn: without figures, for a budget that begins anew each month, and where expenses
    count too.
    """
    project, left = row.project, row.remaining_e2
    if left is None or project.budget_is_monthly or project.cost_budget_include_expenses:
        return None
    here = company.of(call)
    start = approval.week_of(here.day_of(call.tx.now), here.week_start_day)
    at: list[str] = []
    values: list[float] = []
    for back in range(WEEKS):
        week = start - timedelta(days=7 * back)
        at.append(f"{week.day} {week:%b}")
        values.append(left / 100)
        # Before this week there was left what it used, too.
        left += _used(call, project, week, week + timedelta(days=6))
    return at[::-1], values[::-1]


def _used(call: Call, project: Project, from_on: date, to_on: date) -> int:
    reach = Reach(user_ids=frozenset(), project_ids=frozenset({project.id}))
    rows = sums.of_period(call, _COLUMNS, from_on, to_on, reach=reach)
    if project.budget_by not in MONEY_BUDGETS:
        return sum(int(row["rounded_e2"]) for row in rows if row["budgeted"])
    return amount_e2(
        sum(
            int(row["rounded_e2"]) * int(row["rate_e4"])
            for row in rows
            if row["billable"]
            and row["rate_e4"] != sums.NO_RATE_E4
            and (row["budgeted"] or project.budget_by is BudgetBy.PROJECT_COST)
        )
    )
