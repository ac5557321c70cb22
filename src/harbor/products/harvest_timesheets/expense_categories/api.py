"""Kinds of expenses on the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.expense_categories import service
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at


class ExpenseCategoryBody(TypedDict):
    """A category as it is shown."""

    id: int
    name: str
    unit_name: str | None
    unit_price: float | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ListExpenseCategories(Query, kw_only=True):
    """Which categories to list."""

    is_active: bool | None = None
    updated_since: str | None = None


class AddExpenseCategory(OpenBody):
    """A new category. With `unit_price` its expenses are counted in units."""

    name: str
    unit_name: str | None = None
    unit_price: Decimal | None = None
    is_active: bool = True


class ChangeExpenseCategory(OpenBody):
    """What may change of a category."""

    name: str | UnsetType = UNSET
    unit_name: str | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


def index(call: Call, query: ListExpenseCategories, page: PageRequest) -> Listed[ExpenseCategory]:
    """Categories, newest first."""
    return service.listed(call, page, is_active=query.is_active, updated_since=wire.since(query.updated_since))


def retrieve(place: Place) -> ExpenseCategory:
    """One category."""
    found: ExpenseCategory = place.thing
    return found


def create(call: Call, body: AddExpenseCategory) -> Created[ExpenseCategory]:
    """Add a category."""
    return Created(
        service.add(
            call,
            name=body.name,
            unit_name=body.unit_name,
            unit_price_e4=wire.units(body.unit_price, 4, field="unit_price"),
            is_active=body.is_active,
        )
    )


def change(call: Call, body: ChangeExpenseCategory, place: Place) -> ExpenseCategory:
    """Change a category."""
    return service.change(call, place.thing, wire.scaled_fields(wire.given(body), unit_price=4))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove a category that no expense has."""
    service.delete(call, place.thing)
    return {}


def show(category: ExpenseCategory) -> ExpenseCategoryBody:
    """The fields of a category."""
    return {
        "id": category.id,
        "name": category.name,
        "unit_name": category.unit_name,
        "unit_price": wire.number(category.unit_price_e4, 4),
        "is_active": category.is_active,
        "created_at": wire.whole(category.created_at),
        "updated_at": wire.whole(category.updated_at),
    }


_ALL, _ONE = "/v2/expense_categories", "/v2/expense_categories/{expense_category_id}"
_TAGS = ("Expense categories",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_TO_ADD, _TO_CHANGE = at(service.to_add), at(service.to_change, "expense_category_id")
_TO_READ = at(service.find, "expense_category_id")
ROUTES = (
    Route(
        "expense_categories.list",
        "GET",
        _ALL,
        index,
        key="expense_categories",
        paged=True,
        summary="List expense categories",
        **_SHOWN,
    ),
    Route(
        "expense_categories.retrieve",
        "GET",
        _ONE,
        retrieve,
        locate=_TO_READ,
        summary="Retrieve an expense category",
        **_SHOWN,
    ),
    Route(
        "expense_categories.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_ADD,
        writes=True,
        summary="Create an expense category",
        **_SHOWN,
    ),
    Route(
        "expense_categories.update",
        "PATCH",
        _ONE,
        change,
        locate=_TO_CHANGE,
        writes=True,
        summary="Update an expense category",
        **_SHOWN,
    ),
    Route(
        "expense_categories.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete an expense category",
        tags=_TAGS,
    ),
)
