"""What an entry is worth, and how hours are rounded. One entry is priced here, many by the statement in `store.py`.

A test lets both price the same entries after random changes. Source: docs/products/harvest.md#rates, #rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harbor.products.harvest_timesheets.company.model import BudgetHours, Company, Rounding
from harbor.products.harvest_timesheets.projects.model import BillBy, BudgetBy, Project
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment

# Beyond, a job goes through them in steps. So many take half a second, with the sums they move.
ENTRIES_AT_ONCE_MAX: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What follows for an entry from where it is tracked. None is no rate."""

    client_id: int
    billable: bool
    budgeted: bool
    rate_e4: int | None
    cost_rate_e4: int | None


def price(
    company: Company,
    project: Project,
    task: TaskAssignment,
    person: UserAssignment,
    *,
    own_rate_e4: int | None,
    cost_rate_e4: int | None,
) -> Price:
    """The price of time on a project; `own_rate_e4` and `cost_rate_e4` are the person's rates of that day."""
    billable = project.is_billable and task.billable
    rate_e4 = {
        BillBy.PROJECT: project.hourly_rate_e4,
        BillBy.TASKS: task.hourly_rate_e4,
        BillBy.PEOPLE: own_rate_e4 if person.use_default_rates else person.hourly_rate_e4,
        BillBy.NONE: None,
    }[project.bill_by]
    return Price(
        client_id=project.client_id,
        billable=billable,
        budgeted=_counts_to_budget(company, project, task, person, billable=billable),
        rate_e4=rate_e4 if billable else None,
        cost_rate_e4=cost_rate_e4,
    )


def _counts_to_budget(
    company: Company, project: Project, task: TaskAssignment, person: UserAssignment, *, billable: bool
) -> bool:
    by = project.budget_by
    if by is BudgetBy.NONE:
        return False
    if by is BudgetBy.PERSON and person.budget_e2 is None:
        return False
    if by in (BudgetBy.TASK, BudgetBy.TASK_FEES) and task.budget_e2 is None:
        return False
    counts_hours = by in (BudgetBy.PROJECT, BudgetBy.PERSON, BudgetBy.TASK)
    return billable or not (counts_hours and company.budget_hours is BudgetHours.BILLABLE)


def rounded_e2(hours_e2: int, company: Company) -> int:
    """Hundredths of an hour as the company rounds: to the nearest step with half going up, or up to a whole step."""
    step = company.rounding_e2
    if step == 0 or hours_e2 <= 0:
        return hours_e2
    if company.rounding is Rounding.UP:
        return -(-hours_e2 // step) * step
    return (2 * hours_e2 + step) // (2 * step) * step


def elapsed_e2(hours_e2: int, elapsed_us: int) -> int:
    """Hours with a timer that ran for `elapsed_us` on top: hours plus seconds / 3600, rounded half up."""
    # One hundredth of an hour is 36 s; half of it is added, so that the division cuts to the nearest.
    return hours_e2 + (max(0, elapsed_us) + 18_000_000) // 36_000_000
