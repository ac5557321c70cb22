"""How an expense looks on the wire, in the order of the fields that live replies have."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen
from harbor.products.harvest_timesheets.expenses.receipts_api import address
from harbor.products.harvest_timesheets.time_entries.showing import (
    ClientRef,
    InvoiceRef,
    OnProject,
    ProjectRef,
    Ref,
    on_project,
)


class ReceiptBody(TypedDict):
    """The file of an expense."""

    url: str
    file_name: str
    file_size: int
    content_type: str


class CategoryRef(TypedDict):
    """The kind of expense."""

    id: int
    name: str
    unit_price: float | None
    unit_name: str | None


class ExpenseBody(TypedDict):
    """An expense as it is shown."""

    id: int
    spent_date: date
    notes: str | None
    total_cost: float
    units: float
    billable: bool
    receipt: ReceiptBody | None
    is_closed: bool
    approval_status: str
    is_locked: bool
    is_billed: bool
    locked_reason: str | None
    created_at: datetime
    updated_at: datetime
    user: Ref
    client: ClientRef
    project: ProjectRef
    expense_category: CategoryRef
    user_assignment: OnProject | None
    invoice: InvoiceRef | None


def show(seen: ExpenseSeen, call: Call) -> ExpenseBody:
    """The fields of an expense, as far as the caller may see them."""
    expense, around = seen.expense, seen.around
    receipt, category = expense.receipt, around.category
    return {
        "id": expense.id,
        "spent_date": expense.spent_on,
        "notes": expense.notes,
        "total_cost": wire.exact(expense.total_cost_e2, 2),
        "units": wire.exact(expense.units_e4, 4),
        "billable": expense.billable,
        "receipt": None
        if receipt is None
        else {
            "url": address(expense, call),
            "file_name": receipt.file_name,
            "file_size": receipt.size_bytes,
            "content_type": receipt.content_type,
        },
        "is_closed": expense.is_closed,
        "approval_status": expense.approval_status.value,
        "is_locked": seen.is_locked,
        "is_billed": expense.is_billed,
        "locked_reason": seen.locked_reason,
        "created_at": wire.whole(expense.created_at),
        "updated_at": wire.whole(expense.updated_at),
        "user": {"id": around.user.id, "name": around.user.name},
        "client": {"id": around.client.id, "name": around.client.name, "currency": around.client.currency},
        "project": {"id": around.project.id, "name": around.project.name, "code": around.project.code},
        "expense_category": {
            "id": category.id,
            "name": category.name,
            "unit_price": wire.number(category.unit_price_e4, 4),
            "unit_name": category.unit_name,
        },
        "user_assignment": on_project(
            around.user_assignment, around.user_rate_e4, sees_rates=access.me(call).sees_rates
        ),
        "invoice": None if expense.invoice_id is None else {"id": expense.invoice_id, "number": expense.invoice_number},
    }
