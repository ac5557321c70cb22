"""Invoices: the list with what it comes to, one invoice with its payments and its history, and its way from state to state."""

from __future__ import annotations

from typing import Any

from msgspec import field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.invoices import messages, moves, payments, reading, service
from harbor.products.harvest_timesheets.invoices.model import Filter, Invoice, State, known_state
from harbor.products.harvest_timesheets.invoices.moves import MOVES, Event
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages import lists
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.recurring_invoices import service as recurring_invoices
from harbor.products.harvest_timesheets.wire import read_id

INVOICES = f"{PATH}/invoices"
ONE = f"{INVOICES}/{{invoice_id}}"
TRAIL = (("Invoices", INVOICES),)
NOTICES = {
    "invoice_moved": "The invoice is in its new state.",
    "invoice_deleted": "The invoice is gone. What it billed can be billed again.",
}
_TABS = (
    ("Open", State.OPEN.value),
    ("Draft", State.DRAFT.value),
    ("Paid", State.PAID.value),
    ("Closed", State.CLOSED.value),
    ("All", ""),
)
_MOVES = {
    Event.SEND: "Mark as sent",
    Event.DRAFT: "Back to draft",
    Event.CLOSE: "Write off",
    Event.REOPEN: "Open again",
}


class Shown(Query, kw_only=True):
    """Which invoices: of a state (`all` is every one), of a client, issued from one day to another; a part by its number."""

    state: str = State.OPEN.value
    client: str = ""
    from_: str = field(default="", name="from")
    to: str = ""
    number: int = 1


class Part(Query, kw_only=True):
    """A part of the lines of an invoice."""

    lines: int = 1


class Move(Form, kw_only=True):
    """Where an invoice goes."""

    event: str = ""


def index(call: Call, query: Shown) -> Html:
    """The invoices, those issued last first."""
    reading.to_list(call)
    state = "" if query.state == "all" else query.state
    filter_ = Filter(
        state=known_state(state) if state else None,
        client_id=read_id(query.client) if query.client else None,
        from_on=parts.day(query.from_, "from"),
        to_on=parts.day(query.to, "to"),
    )
    shown = lists.Shown(number=query.number)
    found = reading.listed(call, shown.page, filter_)
    asked = {"client": query.client, "from": query.from_, "to": query.to}
    context = {
        **lists.around(shown, found),
        "invoices": found.items,
        "sums": reading.sums(call, filter_),
        "money": parts.money,
        "today": company.today(call),
        "tabs": [(label, parts.query({"state": word or "all", **asked}), word == state) for label, word in _TABS],
        "asked": parts.query({"state": query.state, **asked}),
        "filter": asked,
        "state": query.state,
        "clients": parts.client_choices(call, *([filter_.client_id] if filter_.client_id else [])),
        "sets_up": access.me(call).is_administrator,
    }
    return Html("invoices.html", "Invoices", context)


def show(call: Call, invoice_id: str, query: Part) -> Html:
    """One invoice."""
    invoice = reading.to_read(call, read_id(invoice_id))
    seen = reading.seen_one(call, invoice)
    can_handle = parts.is_handling(call)
    estimate = invoice.estimate_id and estimates.client_of(call, invoice.estimate_id) and invoice.estimate_id
    context = {
        **parts.lines_shown(seen.lines, query.lines),
        "seen": seen,
        "invoice": invoice,
        "payments": payments.listed(call, invoice, PageRequest(limit=lists.CHOICES_MAX)).items,
        "history": [(each, parts.told(each)) for each in parts.history(call, BillKind.INVOICE, invoice.id)],
        "is_late": is_late(call, invoice),
        "days_late": max(0, (company.today(call) - invoice.due_on).days),
        "today": company.today(call),
        "can_change": can_handle or invoice.state is State.DRAFT,
        "can_handle": can_handle,
        "moves": [(event.value, _MOVES[event]) for state, event in MOVES if state is invoice.state]
        if can_handle
        else [],
        "address": messages.address(call, invoice),
        "statement": _statement(call, seen.client),
        "estimate_id": estimate,
        "template_id": _template(call, invoice),
        "money": parts.money,
        "number": parts.number,
    }
    return Html("invoice.html", f"Invoice {invoice.number}", context, TRAIL)


def move(call: Call, environment: str, invoice_id: str, body: Move) -> Answer:
    """Move an invoice without a mail."""
    invoice = reading.to_settle(call, read_id(invoice_id))
    messages.mark(call, invoice, moves.known_event(body.event))
    return go(ONE.format(environment=environment, invoice_id=invoice.id), done="invoice_moved")


def delete(call: Call, environment: str, invoice_id: str) -> Answer:
    """Remove an invoice and let go of what it bills."""
    service.delete(call, reading.to_change(call, read_id(invoice_id)))
    return go(INVOICES.format(environment=environment), done="invoice_deleted")


def _template(call: Call, invoice: Invoice) -> int | None:
    """The recurring invoice that made it, for who sets those up; an imported invoice may name one that is not here."""
    found = invoice.recurring_invoice_id
    may_see = found is not None and access.me(call).is_administrator and recurring_invoices.is_there(call, found)
    return found if may_see else None


def _statement(call: Call, client: Client) -> str | None:
    """Where the client sees all of their invoices: not for managers, who handle some of them."""
    all_of_it = access.me(call).is_administrator
    return f"{call.base_url}/client/statements/{client.statement_key}" if all_of_it else None


def is_late(call: Call, invoice: Invoice) -> bool:
    """Whether it should have been paid before today."""
    return invoice.state is State.OPEN and invoice.due_on < company.today(call)


def trail(invoice: Invoice) -> tuple[Any, ...]:
    """The way to a page of an invoice."""
    return (*TRAIL, (f"Invoice {invoice.number}", f"{INVOICES}/{invoice.id}"))


ROUTES: tuple[Route, ...] = (
    get("harvest.invoices", INVOICES, index, read="long"),
    get("harvest.invoice", ONE, show, read="long"),
    post("harvest.invoice.move", f"{ONE}/move", move),
    post("harvest.invoice.delete", f"{ONE}/delete", delete),
)
