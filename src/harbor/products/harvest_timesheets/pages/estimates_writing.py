"""Writing estimates, and sending them by mail."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.estimates import api, messages, service
from harbor.products.harvest_timesheets.pages import estimates, invoices_form, invoices_recipients, invoices_settling
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "estimate_added": "The estimate is there, as a draft.",
    "estimate_saved": "The estimate is saved.",
    "estimate_sent": "The mail is on its way.",
}
_NEW = f"{estimates.ESTIMATES}/new"


def new(call: Call, query: invoices_form.Part) -> Html:
    """The empty form of an estimate for a client."""
    service.to_manage(call)
    client = clients.find(call, read_id(query.client)) if query.client else None
    context: dict[str, Any] = {
        "clients": parts.client_choices(call, for_projects=False),
        "client": client,
        "estimate": None,
    }
    if client is not None:
        context |= {
            **invoices_form.around(call, BillKind.ESTIMATE, None, (), 1),
            "own": settings.of(call),
            "today": company.today(call),
        }
    title = "New estimate" if client is None else f"New estimate for {client.name}"
    return Html("estimate_form.html", title, context, estimates.TRAIL)


def add(call: Call, environment: str, body: invoices_form.Bill) -> Answer:
    """Make a draft."""
    service.to_manage(call)
    lines = invoices_form.lines(call, body)
    given = {**invoices_form.facts(call, body), "client_id": body.client_id, "line_items": lines}
    made = api.create(call, bodies.build(api.AddEstimate, given)).value.estimate
    return go(estimates.ONE.format(environment=environment, estimate_id=made.id), done="estimate_added")


def edit(call: Call, estimate_id: str, query: invoices_form.Part) -> Html:
    """The form of an estimate, with a part of its lines."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    lines = service.lines_of(call, estimate)
    context = {
        **invoices_form.around(call, BillKind.ESTIMATE, estimate, lines, query.lines),
        "estimate": estimate,
        "client": clients.find(call, estimate.client_id),
        "clients": parts.client_choices(call, estimate.client_id, for_projects=False),
        "own": settings.of(call),
        "today": company.today(call),
    }
    return Html("estimate_form.html", f"Change estimate {estimate.number}", context, estimates.trail(estimate))


def save(call: Call, environment: str, estimate_id: str, body: invoices_form.Bill) -> Answer:
    """Change an estimate."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    was = service.lines_of(call, estimate)
    invoices_form.refuse_changed(estimate, was, body.seen)
    given = {**invoices_form.facts(call, body), "line_items": invoices_form.lines(call, body, was)}
    if body.client_id:
        given["client_id"] = body.client_id
    api.change(call, bodies.build(api.ChangeEstimate, given), Place(workspace_id="", thing=estimate))
    return go(estimates.ONE.format(environment=environment, estimate_id=estimate.id), done="estimate_saved")


def compose(call: Call, estimate_id: str) -> Html:
    """The form of a mail, with the account's wording."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    subject, body = messages.wording(call, estimate)
    context = {
        **invoices_recipients.around(call, BillKind.ESTIMATE, estimate.id, estimate.client_id),
        "about": "",
        "subject": subject,
        "body": body.replace("\r\n", "\n"),
        "seen": parts.latest(call, BillKind.ESTIMATE, estimate.id),
    }
    return Html("bill_mail.html", f"Send estimate {estimate.number}", context, estimates.trail(estimate))


def send(call: Call, environment: str, estimate_id: str, body: invoices_settling.Mail) -> Answer:
    """Send the mail."""
    estimate = service.to_manage_one(call, read_id(estimate_id))
    parts.refuse_news(call, BillKind.ESTIMATE, estimate.id, body.seen)
    messages.send(call, estimate, invoices_settling.new_message(call, estimate.client_id, body))
    return go(estimates.ONE.format(environment=environment, estimate_id=estimate.id), done="estimate_sent")


ROUTES: tuple[Route, ...] = (
    get("harvest.estimate.new", _NEW, new),
    post("harvest.estimate.add", _NEW, add),
    get("harvest.estimate.edit", f"{estimates.ONE}/edit", edit, read="long"),
    post("harvest.estimate.save", f"{estimates.ONE}/edit", save),
    get("harvest.estimate.compose", f"{estimates.ONE}/send", compose),
    post("harvest.estimate.send", f"{estimates.ONE}/send", send),
)
