"""Invoices on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType, field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.bodies import ChangeProjectLine, line_changes, percentages
from harbor.products.harvest_timesheets.invoices import reading, service
from harbor.products.harvest_timesheets.invoices.import_rules import (
    ExpenseImport,
    ExpenseSummary,
    Import,
    TimeImport,
    TimeSummary,
    check_period,
)
from harbor.products.harvest_timesheets.invoices.model import Filter, InvoiceSeen, known_state, known_term
from harbor.products.harvest_timesheets.invoices.showing import show
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.places import at
from harbor.products.harvest_timesheets.sentences import problem

S = TypeVar("S", TimeSummary, ExpenseSummary)


class ListInvoices(Query, kw_only=True):
    """Which invoices to list. `from` and `to` are days of issue, both inclusive."""

    client_id: int | None = None
    project_id: int | None = None
    updated_since: str | None = None
    from_: str | None = field(default=None, name="from")
    to: str | None = None
    state: str | None = None


class ImportTime(OpenBody, kw_only=True):
    """Which time becomes lines: by project, task, people, or detailed. Without days all that is not billed yet."""

    summary_type: str
    from_: date | None = field(default=None, name="from")
    to: date | None = None


class ImportExpenses(OpenBody, kw_only=True):
    """Which expenses become lines: by project, category, people, or detailed."""

    summary_type: str
    from_: date | None = field(default=None, name="from")
    to: date | None = None
    attach_receipt: bool | None = None
    attach_receipts: bool | None = None


class ImportLines(OpenBody, kw_only=True):
    """What is tracked on which projects and becomes lines."""

    project_ids: list[int]
    time: ImportTime | None = None
    expenses: ImportExpenses | None = None


class ChangeInvoice(OpenBody, kw_only=True):
    """What may change of an invoice. Lines that are not named stay."""

    client_id: int | UnsetType = UNSET
    retainer_id: int | UnsetType | None = UNSET
    estimate_id: int | UnsetType | None = UNSET
    number: str | UnsetType = UNSET
    purchase_order: str | UnsetType | None = UNSET
    tax: Decimal | UnsetType | None = UNSET
    tax2: Decimal | UnsetType | None = UNSET
    discount: Decimal | UnsetType | None = UNSET
    subject: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    issue_date: date | UnsetType = UNSET
    due_date: date | UnsetType = UNSET
    payment_term: str | UnsetType = UNSET
    payment_options: list[str] | UnsetType = UNSET
    line_items: list[ChangeProjectLine] | UnsetType = UNSET


class AddInvoice(ChangeInvoice, kw_only=True):
    """A new invoice: with lines of its own, with lines out of what was tracked, or both."""

    client_id: int
    line_items_import: ImportLines | None = None


def index(call: Call, query: ListInvoices, page: PageRequest) -> Listed[InvoiceSeen]:
    """Invoices, those issued last first."""
    filter_ = Filter(
        client_id=query.client_id,
        project_id=query.project_id,
        state=None if query.state is None else known_state(query.state),
        updated_since=wire.since(query.updated_since),
        from_on=None if query.from_ is None else wire.read_date(query.from_, field="from"),
        to_on=None if query.to is None else wire.read_date(query.to, field="to"),
    )
    return reading.listed(call, page, filter_)


def retrieve(call: Call, place: Place) -> InvoiceSeen:
    """One invoice."""
    return reading.seen_one(call, place.thing)


def create(call: Call, body: AddInvoice) -> Created[InvoiceSeen]:
    """Make a draft; what is imported comes first and is locked from then on."""
    lines = [] if isinstance(body.line_items, UnsetType) else body.line_items
    facts = _facts(body)
    new = service.NewInvoice(
        client_id=facts.pop("client_id"),
        facts=facts,
        lines=line_changes(lines, are_new=True),
        import_=None if body.line_items_import is None else import_of(body.line_items_import),
    )
    return Created(reading.seen_one(call, service.add(call, new)))


def change(call: Call, body: ChangeInvoice, place: Place) -> InvoiceSeen:
    """Change an invoice and its lines."""
    lines = [] if isinstance(body.line_items, UnsetType) else body.line_items
    return reading.seen_one(call, service.change(call, place.thing, _facts(body), line_changes(lines)))


def delete(call: Call, place: Place) -> dict[str, object]:
    """Remove an invoice and let go of what it bills."""
    service.delete(call, place.thing)
    return {}


def _facts(body: ChangeInvoice) -> dict[str, Any]:
    """What was sent, by the fields of `Invoice`."""
    facts = percentages(wire.given(body))
    for name in ("line_items", "line_items_import"):
        facts.pop(name, None)
    for name in ("purchase_order", "subject", "notes"):
        if name in facts:
            facts[name] = facts[name] or ""
    for sent, kept in (("issue_date", "issued_on"), ("due_date", "due_on")):
        if sent in facts:
            facts[kept] = facts.pop(sent)
    if not str(facts.get("payment_term", "x")).strip():
        del facts["payment_term"]
    if "payment_term" in facts:
        facts["payment_term"] = known_term(facts["payment_term"])
    return facts


def import_of(body: ImportLines) -> Import:
    """What is asked to become lines. Raises `Invalid`."""
    return Import(
        project_ids=tuple(dict.fromkeys(body.project_ids)),
        time=None if body.time is None else _time(body.time),
        expenses=None if body.expenses is None else _expenses(body.expenses),
    )


def _time(body: ImportTime) -> TimeImport:
    check_period(body.from_, body.to)
    return TimeImport(summary=_summary(TimeSummary, body.summary_type), from_on=body.from_, to_on=body.to)


def _expenses(body: ImportExpenses) -> ExpenseImport:
    check_period(body.from_, body.to)
    return ExpenseImport(summary=_summary(ExpenseSummary, body.summary_type), from_on=body.from_, to_on=body.to)


def _summary(known: type[S], text: str) -> S:
    try:
        return known(text.strip().lower())
    except ValueError:
        raise problem("summary_type", f"must be one of {', '.join(known)}") from None


_ALL, _ONE, _TAGS = "/v2/invoices", "/v2/invoices/{invoice_id}", ("Invoices",)
_route = partial(Route, show=show, tags=_TAGS)
_TO_LIST = at(reading.to_list)
_TO_READ, _TO_CHANGE = at(reading.to_read, "invoice_id"), at(reading.to_change, "invoice_id")
ROUTES = (
    _route("invoices.list", "GET", _ALL, index, key="invoices", paged=True, locate=_TO_LIST, summary="List invoices"),
    _route("invoices.retrieve", "GET", _ONE, retrieve, locate=_TO_READ, summary="Retrieve an invoice"),
    _route(
        "invoices.create",
        "POST",
        _ALL,
        create,
        status=201,
        locate=_TO_LIST,
        writes=True,
        summary="Create an invoice",
    ),
    _route("invoices.update", "PATCH", _ONE, change, locate=_TO_CHANGE, writes=True, summary="Update an invoice"),
    Route(
        "invoices.delete",
        "DELETE",
        _ONE,
        delete,
        locate=_TO_CHANGE,
        writes=True,
        summary="Delete an invoice",
        tags=_TAGS,
    ),
)
