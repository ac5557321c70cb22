"""Sending invoices by mail, reminding and thanking, and recording what was paid."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.bills.messages_model import NewMessage
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.invoices import messages, payments, payments_api, reading
from harbor.products.harvest_timesheets.pages import invoices, invoices_form, invoices_recipients
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.pages.invoices_parts import get, post
from harbor.products.harvest_timesheets.wire import read_id

NOTICES = {
    "invoice_sent": "The mail is on its way.",
    "payment_recorded": "The payment is recorded.",
    "payment_removed": "The payment is gone; its amount is due again.",
}
_TITLES = {"": "Send invoice", "reminder": "Remind of invoice", "thanks": "Thank for invoice"}


class About(Query, kw_only=True):
    """Which mail: a plain one, a `reminder`, or `thanks`."""

    about: str = ""


class Mail(invoices_recipients.Chosen, kw_only=True):
    """A mail as it is typed. `seen` is what had happened when the page was loaded."""

    about: str = ""
    seen: str = ""
    subject: str = ""
    body: str = ""
    attach_pdf: bool = False
    send_me_a_copy: bool = False


class Payment(Form, kw_only=True):
    """A payment as it is typed. `paid` is what was paid already when the page was loaded."""

    paid: str = ""
    amount: str = ""
    paid_date: str = ""
    notes: str = ""
    send_thank_you: bool = False


class Removed(Form, kw_only=True):
    """Which payment goes."""

    payment: str = ""


def compose(call: Call, invoice_id: str, query: About) -> Html:
    """The form of a mail, with the account's wording."""
    invoice = reading.to_settle(call, read_id(invoice_id))
    about = query.about if query.about in _TITLES else ""
    texts = messages.preview(call, invoice, thank_you=about == "thanks", reminder=about == "reminder")
    context = {
        **invoices_recipients.around(call, BillKind.INVOICE, invoice.id, invoice.client_id),
        "bill": invoice,
        "at": invoices.ONE,
        "about": about,
        "subject": texts.subject,
        "body": texts.body.replace("\r\n", "\n"),
        "seen": parts.latest(call, BillKind.INVOICE, invoice.id),
    }
    return Html("bill_mail.html", f"{_TITLES[about]} {invoice.number}", context, invoices.trail(invoice))


def send(call: Call, environment: str, invoice_id: str, body: Mail) -> Answer:
    """Send the mail."""
    invoice = reading.to_settle(call, read_id(invoice_id))
    parts.refuse_news(call, BillKind.INVOICE, invoice.id, body.seen)
    messages.send(call, invoice, new_message(call, invoice.client_id, body))
    return go(invoices.ONE.format(environment=environment, invoice_id=invoice.id), done="invoice_sent")


def new_message(call: Call, client_id: int, body: Mail) -> NewMessage:
    """The mail that was typed. Raises `Invalid`."""
    return NewMessage(
        recipients=invoices_recipients.read(call, client_id, body.contact, body.others),
        subject=body.subject,
        # Mails have the line ends of the wire, as those have that come by the API.
        body=body.body.replace("\n", "\r\n"),
        send_me_a_copy=body.send_me_a_copy,
        attach_pdf=body.attach_pdf,
        thank_you=body.about == "thanks",
        reminder=body.about == "reminder",
    )


def pay(call: Call, environment: str, invoice_id: str, body: Payment) -> Answer:
    """Record a payment, unless another came in since the page was loaded: it may be the same one."""
    invoice = reading.to_settle(call, read_id(invoice_id))
    if body.paid != str(invoice.paid_e2):
        raise Conflict("A payment was recorded or removed meanwhile. Load the page anew and look at the payments.")
    given = {
        "amount": invoices_form.typed_number(call, body.amount),
        "paid_date": body.paid_date,
        "notes": body.notes,
        "send_thank_you": body.send_thank_you,
    }
    made = bodies.build(payments_api.AddPayment, given)
    payments_api.create(call, made, Place(workspace_id="", thing=invoice))
    return go(invoices.ONE.format(environment=environment, invoice_id=invoice.id), done="payment_recorded")


def unpay(call: Call, environment: str, invoice_id: str, body: Removed) -> Answer:
    """Remove a payment."""
    invoice, payment = payments.to_remove(call, read_id(invoice_id), read_id(body.payment))
    payments.remove(call, invoice, payment)
    return go(invoices.ONE.format(environment=environment, invoice_id=invoice.id), done="payment_removed")


ROUTES: tuple[Route, ...] = (
    get("harvest.invoice.compose", f"{invoices.ONE}/send", compose),
    post("harvest.invoice.send", f"{invoices.ONE}/send", send),
    post("harvest.invoice.pay", f"{invoices.ONE}/payments", pay),
    post("harvest.invoice.unpay", f"{invoices.ONE}/payments/remove", unpay),
)
