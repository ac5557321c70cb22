"""The form of an expense: what may be chosen, what was typed, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.multipart import Fields, Upload
from harbor.kernel.http.page import Form
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Place
from harbor.kernel.http.services import Services
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.dialect import BODY_BYTES_MAX
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.expenses import api
from harbor.products.harvest_timesheets.expenses.model import Expense
from harbor.products.harvest_timesheets.expenses.receipts_api import Kept, keep_upload
from harbor.products.harvest_timesheets.pages import amounts, days, lists
from harbor.products.harvest_timesheets.project_assignments import service as project_assignments
from harbor.products.harvest_timesheets.project_assignments.model import ProjectAssignment
from harbor.products.harvest_timesheets.sentences import BLANK, problem

BYTES_MAX = BODY_BYTES_MAX  # as much as the API takes


class Facts(Form, kw_only=True):
    """An expense as it is typed: `units` where its kind has a price a unit, else `total_cost`."""

    person: str = ""
    spent_date: str = ""
    project_id: str = ""
    expense_category_id: str = ""
    units: str = ""
    total_cost: str = ""
    notes: str = ""
    billable: bool = False
    receipt: Upload | None = None
    delete_receipt: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of expense to choose. `price` is that of a unit, as the form's script reads it."""

    id: int
    name: str
    told: str
    price: str | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from."""

    work: Sequence[ProjectAssignment]
    categories: Sequence[Choice]


async def keep(value: object, request: Request, services: Services) -> Kept:
    """Look at the file of the form and keep it, outside the transaction."""
    return await keep_upload(value.file("receipt") if isinstance(value, Fields) else None, request, services)


def choices(call: Call, sheet: days.Sheet, *, present: ExpenseCategory | None = None) -> Choices:
    """The projects of the person and the kinds of expenses by name, with the `present` one though it is archived."""
    found = list(categories.listed(call, PageRequest(limit=lists.CHOICES_MAX), is_active=True).items)
    if present is not None and present.id not in {each.id for each in found}:
        found.append(present)
    found.sort(key=lambda each: (each.name.casefold(), each.id))
    return Choices(_work(call, sheet), [_choice(each, sheet.here) for each in found])


def _work(call: Call, sheet: days.Sheet) -> Sequence[ProjectAssignment]:
    """The projects of the person; nothing for who manages one project and does not see the others."""
    try:
        project_assignments.to_read(call, sheet.user.id)
    except Denied:
        return ()
    return days.work(call, sheet.user.id)


def add(call: Call, sheet: days.Sheet, body: Facts, receipt: Kept) -> None:
    """Track what was typed. Raises `Invalid`, `Denied` and `Conflict`."""
    facts = {**_given(call, sheet.here, body), "user_id": sheet.user.id}
    api.create(call, bodies.build(api.AddExpense, facts), receipt)


def change(call: Call, sheet: days.Sheet, expense: Expense, body: Facts, receipt: Kept) -> None:
    """Change an expense to what was typed."""
    facts = {**_given(call, sheet.here, body), "delete_receipt": body.delete_receipt}
    api.change(call, bodies.build(api.ChangeExpense, facts), Place(workspace_id="", thing=expense), receipt)


def _given(call: Call, here: Company, body: Facts) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "project_id": body.project_id,
        "expense_category_id": body.expense_category_id,
        "spent_date": body.spent_date,
        "notes": body.notes.strip() or None,
        "billable": body.billable,
    }
    for name in ("project_id", "expense_category_id", "spent_date"):
        if not facts[name].strip():
            raise problem(name, BLANK)
    found = None
    if body.expense_category_id.isascii() and body.expense_category_id.isdigit() and len(body.expense_category_id) < 19:
        found = categories.named(call, [int(body.expense_category_id)]).get(int(body.expense_category_id))
    # What the kind does not count by is not looked at: without its script the form shows both fields.
    name = "total_cost" if found is None or found.unit_price_e4 is None else "units"
    amount = amounts.read(getattr(body, name), here, field=name)
    if amount is None:
        raise problem(name, BLANK)
    return {**facts, name: amount}


def _choice(category: ExpenseCategory, here: Company) -> Choice:
    if category.unit_price_e4 is None:
        return Choice(category.id, category.name, category.name, None)
    price = amounts.number(category.unit_price_e4, 4, here)
    told = f"{category.name} ({price} a {category.unit_name or 'unit'})"
    return Choice(category.id, category.name, told, f"{category.unit_price_e4 / 10**4:.4f}")
