"""How rows of reports look on the wire, in the order of the vendor's pages."""

from __future__ import annotations

from typing import Any, TypedDict

from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.reports.model import BudgetRow, ExpenseRow, TimeRow, UninvoicedRow


class UninvoicedBody(TypedDict):
    """What of a project is not invoiced."""

    client_id: int
    client_name: str
    project_id: int
    project_name: str
    currency: str
    total_hours: float
    uninvoiced_hours: float
    uninvoiced_expenses: float
    uninvoiced_amount: float


class BudgetBody(TypedDict):
    """The budget of a project."""

    project_id: int
    project_name: str
    client_id: int
    client_name: str
    budget_is_monthly: bool
    budget_by: str
    is_active: bool
    budget: float | None
    budget_spent: float | None
    budget_remaining: float | None


def show_time(row: TimeRow) -> dict[str, Any]:
    """Hours of a client, project, task or person."""
    return {
        **row.subject.fields,
        "total_hours": wire.exact(row.total_e2, 2),
        "billable_hours": wire.exact(row.billable_e2, 2),
        "currency": row.currency,
        "billable_amount": wire.number(row.amount_e2, 2),
        **row.subject.after,
    }


def show_expenses(row: ExpenseRow) -> dict[str, Any]:
    """Expenses of a client, project, category or person."""
    return {
        **row.subject.fields,
        "total_amount": wire.exact(row.total_e2, 2),
        "billable_amount": wire.number(row.amount_e2, 2),
        "currency": None if row.amount_e2 is None else row.currency,
    }


def show_uninvoiced(row: UninvoicedRow) -> UninvoicedBody:
    """What of a project is not invoiced. Its name comes without the code."""
    return {
        "client_id": row.project.client_id,
        "client_name": row.client_name,
        "project_id": row.project.id,
        "project_name": row.project.name,
        "currency": row.currency,
        "total_hours": wire.exact(row.total_e2, 2),
        "uninvoiced_hours": wire.exact(row.uninvoiced_e2, 2),
        "uninvoiced_expenses": wire.exact(row.expenses_e2, 2),
        "uninvoiced_amount": wire.exact(row.amount_e2, 2),
    }


def show_budget(row: BudgetRow) -> BudgetBody:
    """The budget of a project. Its name comes without the code."""
    return {
        "project_id": row.project.id,
        "project_name": row.project.name,
        "client_id": row.project.client_id,
        "client_name": row.client_name,
        "budget_is_monthly": row.project.budget_is_monthly,
        "budget_by": row.project.budget_by.value,
        "is_active": row.project.is_active,
        "budget": wire.number(row.budget_e2, 2),
        "budget_spent": wire.number(row.spent_e2, 2),
        "budget_remaining": wire.number(row.remaining_e2, 2),
    }
