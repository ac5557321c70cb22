"""Estimates: the list with what it comes to, one estimate with its history, its way from state to state, and its invoice."""

from __future__ import annotations

from typing import Any

from msgspec import field

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.estimates import messages, model, service
from harbor.products.harvest_timesheets.estimates.model import MOVES, Estimate, Event, State
from harbor.products.harvest_timesheets.invoices import converting, reading
from harbor.products.harvest_timesheets.invoices.model import Filter as InvoiceFilter
from harbor.products.harvest_timesheets.invoices.model import InvoiceSeen
from harbor.products.harvest_timesheets.pages import invoices, lists
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.wire import read_id

ESTIMATES = f"{PATH}/estimates"
ONE = f"{ESTIMATES}/{{estimate_id}}"
TRAIL = (("Estimates", ESTIMATES),)
NOTICES = {
    "estimate_moved": "The estimate is in its new state.",
    "estimate_deleted": "The estimate is gone. Invoices made from it stay.",
    "estimate_invoiced": "The invoice is there, as a draft.",
}
_TABS = (
    ("All", "all"),
    ("Draft", State.DRAFT.value),
    ("Sent", State.SENT.value),
    ("Accepted", State.ACCEPTED.value),
    ("Declined", State.DECLINED.value),
)
_MOVES = {
    Event.SEND: "Mark as sent",
    Event.ACCEPT: "Mark as accepted",
    Event.DECLINE: "Mark as declined",
    Event.REOPEN: "Open again",
}


class Shown(Query, kw_only=True):
    """Which estimates: of a state (`all` is every one), of a client, issued from one day to another; a part by its number."""

    state: str = "all"
    client: str = ""
    from_: str = field(default="", name="from")
    to: str = ""
    number: int = 1


class Move(Form, kw_only=True):
    """Where an estimate goes."""

    event: str = ""


class Conversion(Form, kw_only=True):
    """What had happened to the estimate when its page was loaded."""

    seen: str = ""


def index(call: Call, query: Shown) -> Html:
    """The estimates, those issued last first."""
    service.to_manage(call)
    filter_ = model.Filter(
        state=None if query.state == "all" else model.known_state(query.state),
        client_id=read_id(query.client) if query.client else None,
        from_on=parts.day(query.from_, "from"),
        to_on=parts.day(query.to, "to"),
    )
    shown = lists.Shown(number=query.number)
    found = service.listed(call, shown.page, filter_)
    asked = {"client": query.client, "from": query.from_, "to": query.to}
    context = {
        **lists.around(shown, found),
        "estimates": found.items,
        "sums": service.sums(call, filter_),
        "money": parts.money,
        "tabs": [(label, parts.query({"state": word, **asked}), word == query.state) for label, word in _TABS],
        "asked": parts.query({"state": query.state, **asked}),
        "filter": asked,
        "state": query.state,
        "clients": parts.client_choices(call, *([filter_.client_id] if filter_.client_id else []), for_projects=False),
    }
    return Html("estimates.html", "Estimates", context)


def show(call: Call, estimate_id: str, query: invoices.Part) -> Html:
    """One estimate."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    seen = service.seen_one(call, estimate)
    context = {
        **parts.lines_shown(seen.lines, query.lines),
        "seen": seen,
        "estimate": estimate,
        "history": [(each, parts.told(each)) for each in parts.history(call, BillKind.ESTIMATE, estimate.id)],
        "latest": parts.latest(call, BillKind.ESTIMATE, estimate.id),
        "moves": [(event.value, _MOVES[event]) for state, event in MOVES if state is estimate.state],
        "address": messages.address(call, estimate),
        "can_invoice": _may_invoice(call),
        "invoices": _invoices_of(call, estimate),
        "money": parts.money,
        "number": parts.number,
    }
    return Html("estimate.html", f"Estimate {estimate.number}", context, TRAIL)


def move(call: Call, environment: str, estimate_id: str, body: Move) -> Answer:
    """Move an estimate without a mail."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    messages.mark(call, estimate, model.known_event(body.event))
    return go(ONE.format(environment=environment, estimate_id=estimate.id), done="estimate_moved")


def delete(call: Call, environment: str, estimate_id: str) -> Answer:
    """Remove an estimate."""
    service.delete(call, service.to_manage_one(call, read_id(estimate_id)))
    return go(ESTIMATES.format(environment=environment), done="estimate_deleted")


def convert(call: Call, environment: str, estimate_id: str, body: Conversion) -> Answer:
    """Make an invoice from an estimate: once for each time it is pressed and seen."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    parts.refuse_news(call, BillKind.ESTIMATE, estimate.id, body.seen)
    made = converting.convert(call, estimate)
    return go(invoices.ONE.format(environment=environment, invoice_id=made.id), done="estimate_invoiced")


def trail(estimate: Estimate) -> tuple[Any, ...]:
    """The way to a page of an estimate."""
    return (*TRAIL, (f"Estimate {estimate.number}", f"{ESTIMATES}/{estimate.id}"))


def _may_invoice(call: Call) -> bool:
    member = access.me(call)
    return member.has(AccessRole.INVOICE_DRAFTER) or member.has(AccessRole.INVOICE_MANAGER)


def _invoices_of(call: Call, estimate: Estimate) -> list[InvoiceSeen]:
    """The invoices made from an estimate that the caller handles."""
    if not _may_invoice(call):
        return []
    filter_ = InvoiceFilter(estimate_id=estimate.id)
    return list(reading.listed(call, PageRequest(limit=lists.SIZE), filter_).items)


ROUTES: tuple[Route, ...] = (
    get("harvest.estimates", ESTIMATES, index, read="long"),
    get("harvest.estimate", ONE, show, read="long"),
    post("harvest.estimate.move", f"{ONE}/move", move),
    post("harvest.estimate.delete", f"{ONE}/delete", delete),
    post("harvest.estimate.convert", f"{ONE}/invoice", convert),
)
