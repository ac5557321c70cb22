"""A project, how it is billed and budgeted. Source: docs/products/harvest.md#projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255
PERCENTAGE_E2_DEFAULT: Final = 80_00


class BillBy(StrEnum):
    """Whose rate an hour is billed at. The case is that of the wire."""

    PROJECT = "Project"
    TASKS = "Tasks"
    PEOPLE = "People"
    NONE = "none"


class BudgetBy(StrEnum):
    """What a budget counts: hours or money, of the whole project, of tasks or of people."""

    PROJECT = "project"
    PROJECT_COST = "project_cost"
    TASK = "task"
    TASK_FEES = "task_fees"
    PERSON = "person"
    NONE = "none"


MONEY_BUDGETS: Final = frozenset({BudgetBy.PROJECT_COST, BudgetBy.TASK_FEES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project. Budgets of people and tasks stand on their assignments; `fee_e2` counts for a fixed fee alone."""

    account_id: str
    id: int
    client_id: int
    name: str
    code: str | None
    is_active: bool
    is_billable: bool
    is_fixed_fee: bool
    bill_by: BillBy
    hourly_rate_e4: int | None
    budget_by: BudgetBy
    budget_e2: int | None
    cost_budget_e2: int | None
    budget_is_monthly: bool
    notify_when_over_budget: bool
    over_budget_notification_percentage_e2: int
    over_budget_notified_on: date | None
    show_budget_to_all: bool
    cost_budget_include_expenses: bool
    fee_e2: int | None
    notes: str | None
    starts_on: date | None
    ends_on: date | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSeen:
    """A project with its client, and the sum of the budgets of its people or tasks where that is its budget."""

    project: Project
    client: Client
    assigned_budget_e2: int | None = None

    @property
    def budget_e2(self) -> int | None:
        """The budget in hours, in hundredths."""
        if self.project.budget_by is BudgetBy.PROJECT:
            return self.project.budget_e2
        return self.assigned_budget_e2 if self.project.budget_by in (BudgetBy.PERSON, BudgetBy.TASK) else None

    @property
    def cost_budget_e2(self) -> int | None:
        """The budget in money, in hundredths."""
        if self.project.budget_by is BudgetBy.PROJECT_COST:
            return self.project.cost_budget_e2
        return self.assigned_budget_e2 if self.project.budget_by is BudgetBy.TASK_FEES else None


def checked(project: Project) -> Project:
    """The project, if its facts go together. Raises `Invalid`."""
    name = project.name.strip()
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX or len(project.code or "") > NAME_LENGTH_MAX:
        raise problem("name" if len(name) > NAME_LENGTH_MAX else "code", "is too long (maximum is 255 characters)")
    if project.is_fixed_fee and not project.is_billable:
        raise problem("is_fixed_fee", "needs a billable project")
    if project.budget_by in MONEY_BUDGETS and not project.is_billable:
        raise problem("budget_by", f"can't be {project.budget_by} on a project that is not billable")
    if project.starts_on and project.ends_on and project.ends_on < project.starts_on:
        raise problem("ends_on", "can't be before starts on")
    return project


def known_bill_by(text: str) -> BillBy:
    """The way of billing. Raises `Invalid`."""
    for known in BillBy:
        if text.strip().lower() == known.value.lower():
            return known
    raise problem("bill_by", f"must be one of {', '.join(BillBy)}")


def known_budget_by(text: str) -> BudgetBy:
    """What the budget counts. Raises `Invalid`."""
    try:
        return BudgetBy(text.strip().lower())
    except ValueError:
        raise problem("budget_by", f"must be one of {', '.join(BudgetBy)}") from None
