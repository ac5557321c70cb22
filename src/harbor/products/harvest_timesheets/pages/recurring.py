"""Recurring invoices: the list, one of them with what it has made, its form, and stopping it."""

from __future__ import annotations

from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets import bodies, wire
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills.bodies import ChangeProjectLine, line_changes, percentages
from harbor.products.harvest_timesheets.bills.messages_model import Recipient
from harbor.products.harvest_timesheets.bills.model import BillKind, LineChange
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import api, reading
from harbor.products.harvest_timesheets.invoices.model import Filter
from harbor.products.harvest_timesheets.pages import invoices_form, invoices_recipients, lists
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.pages.invoices import INVOICES
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.recurring_invoices import model, service
from harbor.products.harvest_timesheets.recurring_invoices.model import RecurringInvoice, known_unit, told
from harbor.products.harvest_timesheets.wire import read_id

RECURRING = f"{PATH}/recurring"
ONE = f"{RECURRING}/{{recurring_id}}"
TRAIL = (("Invoices", INVOICES), ("Recurring invoices", RECURRING))
NOTICES = {
    "recurring_added": "The recurring invoice is set up.",
    "recurring_saved": "The recurring invoice is saved. Invoices that are made stay as they are.",
    "recurring_stopped": "No more invoices are made of it.",
    "recurring_resumed": "Invoices are made of it again.",
    "recurring_deleted": "The recurring invoice is gone. Invoices that it made stay.",
}
_NEW = f"{RECURRING}/new"
_UNITS = [(unit.value, f"{unit}s") for unit in model.Unit]


class Facts(invoices_form.Bill, kw_only=True):
    """A recurring invoice as it is typed."""

    payment_term: str = ""
    every: str = "1"
    unit: str = "month"
    next_on: str = ""
    sends: bool = False
    attach_pdf: bool = False
    contact: list[str] = msgspec.field(default_factory=list)
    others: str = ""


def index(call: Call, query: lists.Shown) -> Html:
    """The recurring invoices, newest first."""
    service.to_manage(call)
    found = service.listed(call, query.page)
    of = clients.named(call, {each.client_id for each in found.items})
    is_compound = settings.of(call).is_compound
    context = {
        **lists.around(query, found),
        "recurring": [
            (each, of.get(each.client_id), parts.money(each.totals(is_compound=is_compound).amount_e2, each.currency))
            for each in found.items
        ],
        "told": told,
    }
    return Html("recurring.html", "Recurring invoices", context, TRAIL[:1])


def show(call: Call, recurring_id: str) -> Html:
    """One recurring invoice and what it has made."""
    recurring = service.to_manage_one(call, read_id(recurring_id))
    client = clients.named(call, [recurring.client_id]).get(recurring.client_id)
    made = reading.listed(call, PageRequest(limit=lists.SIZE), Filter(recurring_invoice_id=recurring.id))
    sums = recurring.totals(is_compound=settings.of(call).is_compound)
    context = {
        "each": recurring,
        "client": client,
        "lines": recurring.lines,
        "amount": parts.money(sums.amount_e2, recurring.currency),
        "told": told(recurring.every, recurring.unit),
        "made": made.items,
        "total": made.total,
        "money": parts.money,
        "number": parts.number,
    }
    title = "Recurring invoice" if client is None else f"Recurring invoice for {client.name}"
    return Html("recurring_one.html", title, context, TRAIL)


def new(call: Call, query: invoices_form.Part) -> Html:
    """The empty form for a client."""
    service.to_manage(call)
    client = clients.find(call, read_id(query.client)) if query.client else None
    context: dict[str, Any] = {"clients": parts.client_choices(call), "client": client, "each": None}
    if client is not None:
        context |= {
            **_around(call, None, client.id),
            **invoices_recipients.around(call, BillKind.INVOICE, 0, client.id),
            "others": "",
        }
    title = "New recurring invoice" if client is None else f"New recurring invoice for {client.name}"
    return Html("recurring_form.html", title, context, TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Set it up."""
    service.to_manage(call)
    client_id = read_id(body.client_id)
    made = service.add(call, client_id, _given(call, body, client_id, None), _changes(call, body, None))
    return go(ONE.format(environment=environment, recurring_id=made.id), done="recurring_added")


def edit(call: Call, recurring_id: str) -> Html:
    """The form of one."""
    recurring = service.to_manage_one(call, read_id(recurring_id))
    around = invoices_recipients.around(call, BillKind.INVOICE, 0, recurring.client_id)
    chosen, others = invoices_recipients.split(call, recurring.client_id, recurring.recipients)
    context = {
        **_around(call, recurring, recurring.client_id),
        **around,
        "chosen": chosen,
        "others": others,
        "each": recurring,
        "client": clients.find(call, recurring.client_id),
        "clients": [],
    }
    return Html(
        "recurring_form.html", "Change recurring invoice", context, (*TRAIL, ("It", f"{RECURRING}/{recurring.id}"))
    )


def save(call: Call, environment: str, recurring_id: str, body: Facts) -> Answer:
    """Change one."""
    recurring = service.to_manage_one(call, read_id(recurring_id))
    invoices_form.refuse_changed(recurring, (), body.seen)
    given = _given(call, body, recurring.client_id, recurring)
    service.change(call, recurring, given, _changes(call, body, recurring))
    return go(ONE.format(environment=environment, recurring_id=recurring.id), done="recurring_saved")


def stop(call: Call, environment: str, recurring_id: str) -> Answer:
    """Make no more of it."""
    recurring = service.stop(call, service.to_manage_one(call, read_id(recurring_id)))
    return go(ONE.format(environment=environment, recurring_id=recurring.id), done="recurring_stopped")


def resume(call: Call, environment: str, recurring_id: str) -> Answer:
    """Go on."""
    recurring = service.resume(call, service.to_manage_one(call, read_id(recurring_id)))
    return go(ONE.format(environment=environment, recurring_id=recurring.id), done="recurring_resumed")


def delete(call: Call, environment: str, recurring_id: str) -> Answer:
    """Remove one."""
    service.delete(call, service.to_manage_one(call, read_id(recurring_id)))
    return go(RECURRING.format(environment=environment), done="recurring_deleted")


def _around(call: Call, recurring: RecurringInvoice | None, client_id: int) -> dict[str, Any]:
    lines = () if recurring is None else recurring.lines
    around = invoices_form.around(call, BillKind.INVOICE, None, lines, 1)
    return {
        **around,
        "seen": "" if recurring is None else invoices_form.digest(recurring, ()),
        "projects": parts.project_choices(call, client_id, invoices_form.chosen_projects(lines)),
        "own": settings.of(call),
        "today": company.today(call),
        "units": _UNITS,
        "terms": [pair for pair in invoices_form.TERM_WORDS if pair[0] != "custom"],
    }


def _given(call: Call, body: Facts, client_id: int, was: RecurringInvoice | None) -> dict[str, Any]:
    """What was typed, by the fields of a recurring invoice. Raises `Invalid`."""
    typed = invoices_form.facts(call, body, "payment_term")
    typed = {name: value for name, value in typed.items() if name not in ("number", "issue_date")}
    read = percentages(wire.given(bodies.build(api.ChangeInvoice, typed)))
    if not body.every.isascii() or not body.every.isdigit() or len(body.every) > 4:
        raise Invalid("Every is a whole number.", field="every")
    day = wire.read_date(body.next_on, field="next_on")
    recipients: tuple[Recipient, ...] = invoices_recipients.read(call, client_id, body.contact, body.others)
    given = {
        **{name: value for name, value in read.items() if name not in ("line_items", "payment_options")},
        "every": int(body.every),
        "unit": known_unit(body.unit),
        "sends": body.sends,
        "recipients": recipients,
        "attach_pdf": body.attach_pdf,
    }
    # The day that the form shows is the next one of its rhythm; another one is a new start.
    return given if was is not None and day == was.next_on else given | {"starts_on": day}


def _changes(call: Call, body: Facts, was: RecurringInvoice | None) -> list[LineChange]:
    typed = invoices_form.lines(call, body, () if was is None else was.lines)
    return line_changes([bodies.build(ChangeProjectLine, each) for each in typed], are_new=was is None)


ROUTES: tuple[Route, ...] = (
    get("harvest.recurring", RECURRING, index),
    get("harvest.recurring.new", _NEW, new),
    post("harvest.recurring.add", _NEW, add),
    get("harvest.recurring.one", ONE, show),
    get("harvest.recurring.edit", f"{ONE}/edit", edit),
    post("harvest.recurring.save", f"{ONE}/edit", save),
    post("harvest.recurring.stop", f"{ONE}/stop", stop),
    post("harvest.recurring.resume", f"{ONE}/resume", resume),
    post("harvest.recurring.delete", f"{ONE}/delete", delete),
)
