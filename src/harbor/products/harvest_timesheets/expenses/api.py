"""Expenses on the wire."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import UNSET, UnsetType, field

from harbor.kernel import money
from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.multipart import Upload
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.dialect import BODY_BYTES_MAX
from harbor.products.harvest_timesheets.expenses import reading, service
from harbor.products.harvest_timesheets.expenses.model import ExpenseSeen, Filter
from harbor.products.harvest_timesheets.expenses.receipts_api import Kept, keep
from harbor.products.harvest_timesheets.expenses.showing import show
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.time_entries.api import approval_of


class ListExpenses(Query, kw_only=True):
    """Which expenses to list. `from` and `to` are days, both inclusive."""

    user_id: int | None = None
    client_id: int | None = None
    project_id: int | None = None
    is_billed: bool | None = None
    approval_status: str | None = None
    updated_since: str | None = None
    from_: str | None = field(default=None, name="from")
    to: str | None = None


class ChangeExpense(OpenBody, kw_only=True):
    """What may change of an expense. `receipt` is a file of a multipart body."""

    project_id: int | UnsetType = UNSET
    expense_category_id: int | UnsetType = UNSET
    spent_date: date | UnsetType = UNSET
    units: Decimal | UnsetType = UNSET
    total_cost: Decimal | UnsetType = UNSET
    notes: str | UnsetType | None = UNSET
    billable: bool | UnsetType = UNSET
    receipt: Upload | UnsetType = UNSET
    delete_receipt: bool = False


class AddExpense(OpenBody, kw_only=True):
    """An expense to track: `units` where its kind has a price a unit, else `total_cost`."""

    project_id: int
    expense_category_id: int
    spent_date: date
    user_id: int | None = None
    units: Decimal | None = None
    total_cost: Decimal | None = None
    notes: str | None = None
    billable: bool = True
    receipt: Upload | None = None


def index(call: Call, query: ListExpenses, page: PageRequest) -> Listed[ExpenseSeen]:
    """Expenses, the latest first."""
    filter_ = Filter(
        user_id=query.user_id,
        client_id=query.client_id,
        project_id=query.project_id,
        is_billed=query.is_billed,
        approval_status=None if query.approval_status is None else approval_of(query.approval_status),
        updated_since=wire.since(query.updated_since),
        from_on=None if query.from_ is None else wire.read_date(query.from_, field="from"),
        to_on=None if query.to is None else wire.read_date(query.to, field="to"),
    )
    return reading.listed(call, page, filter_)


def retrieve(call: Call, place: Place) -> ExpenseSeen:
    """One expense."""
    return reading.seen_one(call, place.thing)


def create(call: Call, body: AddExpense, prepared: Kept) -> Created[ExpenseSeen]:
    """Track an expense."""
    new = service.NewExpense(
        project_id=body.project_id,
        expense_category_id=body.expense_category_id,
        spent_on=body.spent_date,
        user_id=body.user_id,
        units_e4=None if body.units is None else _rounded(body.units, 4, "units"),
        total_cost_e2=None if body.total_cost is None else _rounded(body.total_cost, 2, "total_cost"),
        notes=body.notes,
        billable=body.billable,
        receipt=prepared.taken(),
    )
    return Created(service.add(call, new))


def change(call: Call, body: ChangeExpense, place: Place, prepared: Kept) -> ExpenseSeen:
    """Change an expense."""
    facts = wire.given(body)
    names = ("project_id", "expense_category_id", "notes", "billable")
    changes: dict[str, Any] = {name: facts[name] for name in names if name in facts}
    if "spent_date" in facts:
        changes["spent_on"] = facts["spent_date"]
    for name, places in (("units", 4), ("total_cost", 2)):
        if name in facts:
            changes[f"{name}_e{places}"] = _rounded(facts[name], places, name)
    if body.delete_receipt:
        changes["receipt"] = None
    if (receipt := prepared.taken()) is not None:
        changes["receipt"] = receipt
    return service.change(call, place.thing, changes)


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove an expense."""
    service.delete(call, place.thing)
    return {}


def _rounded(value: Decimal, places: int, name: str) -> int:
    """Units and costs are rounded half up, as hours are: clients multiply in binary fractions and send what comes out."""
    return money.scaled(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), places, field=name)


_ALL, _ONE, _TAGS = "/v2/expenses", "/v2/expenses/{expense_id}", ("Expenses",)
_SHOWN: dict[str, Any] = {"show": show, "tags": _TAGS}
_WRITES: dict[str, Any] = {"writes": True, "prepare": keep, "body_bytes_max": BODY_BYTES_MAX}
_TO_READ, _TO_CHANGE = at(reading.to_read, "expense_id"), at(service.to_change, "expense_id")
ROUTES = (
    Route("expenses.list", "GET", _ALL, index, key="expenses", paged=True, summary="List expenses", **_SHOWN),
    Route("expenses.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve an expense", **_SHOWN),
    Route("expenses.create", "POST", _ALL, create, status=201, summary="Create an expense", **_WRITES, **_SHOWN),
    Route(
        "expenses.update", "PATCH", _ONE, change, locate=_TO_CHANGE, summary="Update an expense", **_WRITES, **_SHOWN
    ),
    Route(
        "expenses.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete an expense",
        tags=_TAGS,
    ),
)
