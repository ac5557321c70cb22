"""Categories of expenses: the list, a new one, changes, the archive and their end."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies, wire
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expense_categories import api, service
from harbor.products.harvest_timesheets.pages import amounts, lists
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.clients import Archived
from harbor.products.harvest_timesheets.pages.settings_parts import EXPENSE_CATEGORIES, TRAIL, tabs

_ONE = f"{EXPENSE_CATEGORIES}/{{expense_category_id}}"
_TRAIL = (*TRAIL, ("Expense categories", EXPENSE_CATEGORIES))
NOTICES = {
    "category_added": "The category is there.",
    "category_saved": "The category is saved. Expenses keep what they cost.",
    "category_archived": "The category is in the archive.",
    "category_restored": "The category is back.",
    "category_deleted": "The category is gone.",
}


class Facts(Form, kw_only=True):
    """A category as it is typed. With a price its expenses are counted in units."""

    name: str = ""
    unit_name: str = ""
    unit_price: str = ""


def index(call: Call, query: lists.Shown) -> Html:
    """The categories, newest first."""
    service.to_add(call)
    found, here = service.listed(call, query.page, is_active=not query.archived), company.of(call)
    context = {
        **tabs(call, EXPENSE_CATEGORIES),
        **lists.around(query, found),
        "categories": [
            (each, None if each.unit_price_e4 is None else amounts.word(each.unit_price_e4, 4, here))
            for each in found.items
        ],
    }
    return Html("settings_expenses.html", "Expense categories", context, TRAIL)


def new(call: Call) -> Html:
    """The empty form."""
    service.to_add(call)
    return Html("settings_expense.html", "New category", {"category": None, "price": ""}, _TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Add a category."""
    service.to_add(call)
    api.create(call, bodies.build(api.AddExpenseCategory, _given(call, body)))
    return _back(environment, "category_added")


def edit(call: Call, expense_category_id: str) -> Html:
    """One category and its form."""
    found = service.to_change(call, wire.read_id(expense_category_id))
    price = "" if found.unit_price_e4 is None else amounts.word(found.unit_price_e4, 4, company.of(call))
    return Html("settings_expense.html", found.name, {"category": found, "price": price}, _TRAIL)


def save(call: Call, environment: str, expense_category_id: str, body: Facts) -> Answer:
    """Change a category."""
    found = service.to_change(call, wire.read_id(expense_category_id))
    api.change(call, bodies.build(api.ChangeExpenseCategory, _given(call, body)), Place(workspace_id="", thing=found))
    return _back(environment, "category_saved")


def archive(call: Call, environment: str, expense_category_id: str, body: Archived) -> Answer:
    """Put a category into the archive, or take it back."""
    found = service.to_change(call, wire.read_id(expense_category_id))
    service.change(call, found, {"is_active": body.is_active})
    return _back(environment, "category_restored" if body.is_active else "category_archived")


def delete(call: Call, environment: str, expense_category_id: str) -> Answer:
    """Remove a category that no expense has."""
    service.delete(call, service.to_change(call, wire.read_id(expense_category_id)))
    return _back(environment, "category_deleted")


def _given(call: Call, body: Facts) -> dict[str, Any]:
    price = amounts.read(body.unit_price, company.of(call), field="unit_price")
    return {"name": body.name, "unit_name": body.unit_name.strip() or None, "unit_price": price}


def _back(environment: str, done: str) -> Answer:
    return go(EXPENSE_CATEGORIES.format(environment=environment), done=done)


ROUTES: tuple[Route, ...] = (
    get("harvest.expense_categories", EXPENSE_CATEGORIES, index),
    get("harvest.expense_category.new", f"{EXPENSE_CATEGORIES}/new", new),
    post("harvest.expense_category.add", f"{EXPENSE_CATEGORIES}/new", add),
    get("harvest.expense_category", _ONE, edit),
    post("harvest.expense_category.save", _ONE, save),
    post("harvest.expense_category.archive", f"{_ONE}/archive", archive),
    post("harvest.expense_category.delete", f"{_ONE}/delete", delete),
)
