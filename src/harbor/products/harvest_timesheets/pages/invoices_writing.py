"""Writing invoices: a new one by hand, and changes of one with a part of its lines."""

from __future__ import annotations

from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.billing_settings.model import CUSTOM
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import api, reading
from harbor.products.harvest_timesheets.invoices.model import Invoice
from harbor.products.harvest_timesheets.pages import invoices, invoices_form
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "invoice_added": "The invoice is there, as a draft.",
    "invoice_saved": "The invoice is saved.",
}
_NEW = f"{invoices.INVOICES}/new"
_OPTIONS = [("ach", "Bank transfer (ACH)"), ("credit_card", "Credit card"), ("paypal", "PayPal")]


class Facts(invoices_form.Bill, kw_only=True):
    """An invoice as it is typed."""

    payment_term: str = ""
    due_date: str = ""
    payment_options: list[str] = msgspec.field(default_factory=list)


def new(call: Call, query: invoices_form.Part) -> Html:
    """The empty form of an invoice for a client."""
    reading.to_list(call)
    choices = parts.client_choices(call)
    client = clients.find(call, read_id(query.client)) if query.client else None
    if client is not None and str(client.id) not in dict(choices):
        raise access.denied("invoice this client")
    context: dict[str, Any] = {"clients": choices, "client": client, "invoice": None}
    if client is not None:
        own = settings.of(call)
        context |= {
            **invoices_form.around(call, BillKind.INVOICE, None, (), 1),
            "projects": parts.project_choices(call, client.id),
            "own": own,
            "options": [pair for pair in _OPTIONS if pair[0] in own.payment_options],
            "today": company.today(call),
        }
    title = "New invoice" if client is None else f"New invoice for {client.name}"
    return Html("invoice_form.html", title, context, invoices.TRAIL)


def add(call: Call, environment: str, body: Facts) -> Answer:
    """Make a draft."""
    reading.to_list(call)
    given = {**_given(call, body), "client_id": body.client_id, "line_items": invoices_form.lines(call, body)}
    made = api.create(call, bodies.build(api.AddInvoice, given)).value.invoice
    return go(invoices.ONE.format(environment=environment, invoice_id=made.id), done="invoice_added")


def edit(call: Call, invoice_id: str, query: invoices_form.Part) -> Html:
    """The form of an invoice, with a part of its lines."""
    invoice = reading.to_change(call, read_id(invoice_id))
    all_lines = reading.lines_of(call, invoice)
    shown = invoices_form.around(call, BillKind.INVOICE, invoice, all_lines, query.lines)
    own = settings.of(call)
    of_lines = invoices_form.chosen_projects(all_lines)
    context = {
        **shown,
        "invoice": invoice,
        "client": clients.find(call, invoice.client_id),
        "clients": parts.client_choices(call, invoice.client_id),
        "projects": parts.project_choices(call, invoice.client_id, of_lines),
        "own": own,
        "options": [pair for pair in _OPTIONS if pair[0] in {*own.payment_options, *invoice.payment_options}],
        "today": company.today(call),
    }
    return Html("invoice_form.html", f"Change invoice {invoice.number}", context, invoices.trail(invoice))


def save(call: Call, environment: str, invoice_id: str, body: Facts) -> Answer:
    """Change an invoice."""
    invoice = reading.to_change(call, read_id(invoice_id))
    was = reading.lines_of(call, invoice)
    invoices_form.refuse_changed(invoice, was, body.seen)
    given = {**_given(call, body), "line_items": invoices_form.lines(call, body, was)}
    if body.client_id:
        given["client_id"] = body.client_id
    changes = {name: value for name, value in given.items() if name == "number" or not _is_same(invoice, name, value)}
    place = Place(workspace_id="", thing=invoice)
    api.change(call, bodies.build(api.ChangeInvoice, changes), place)
    return go(invoices.ONE.format(environment=environment, invoice_id=invoice.id), done="invoice_saved")


def _given(call: Call, body: Facts) -> dict[str, Any]:
    given = invoices_form.facts(call, body, "payment_term")
    if body.payment_term == CUSTOM and body.due_date:
        given["due_date"] = body.due_date
    return given | {"payment_options": body.payment_options}


def _is_same(invoice: Invoice, name: str, value: Any) -> bool:
    """Whether a way to pay is what it was: one that the account has given up since may stay."""
    return name == "payment_options" and sorted(value) == sorted(invoice.payment_options)


ROUTES: tuple[Route, ...] = (
    get("harvest.invoice.new", _NEW, new),
    post("harvest.invoice.add", _NEW, add),
    get("harvest.invoice.edit", f"{invoices.ONE}/edit", edit, read="long"),
    post("harvest.invoice.save", f"{invoices.ONE}/edit", save),
)
