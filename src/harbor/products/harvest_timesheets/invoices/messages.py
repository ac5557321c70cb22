"""Sending invoices, and moving them from state to state without a mail. Every message is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import Message, NewMessage, Recipient
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.bills.wording import amount_shown, day_shown, filled, one_line
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import moves, reading, writing
from harbor.products.harvest_timesheets.invoices.model import Invoice, State
from harbor.products.harvest_timesheets.invoices.moves import Event

_KIND = BillKind.INVOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a mail would say, from the account's templates."""

    invoice_id: int
    subject: str
    body: str
    reminder: bool
    thank_you: bool


def to_remove(call: Call, invoice_id: int, message_id: int) -> Message:
    """A message to remove. Raises `Missing` and `Denied`."""
    reading.find(call, invoice_id)
    found = messages.find(call, _KIND, invoice_id, message_id)
    reading.to_settle(call, invoice_id)
    return found


def preview(call: Call, invoice: Invoice, *, thank_you: bool = False, reminder: bool = False) -> Preview:
    """A mail about the invoice: a plain one, thanks for its payment, or a reminder that it is due."""
    own, words = settings.of(call), _words(call, invoice)
    subject, body = own.message_subject, own.message_body
    if thank_you:
        subject, body = own.thank_you_subject, own.thank_you_body
    elif reminder:
        subject, body = own.reminder_subject, own.reminder_body
    return Preview(
        invoice_id=invoice.id,
        subject=one_line(filled(subject, words))[:255],
        body=filled(body, words),
        reminder=reminder,
        thank_you=thank_you,
    )


def send(call: Call, invoice: Invoice, new: NewMessage) -> Message:
    """Mail the invoice: a draft is open from then on. Raises `Invalid` for nobody to mail, `Conflict` for a closed one."""
    after = moves.mailed(invoice, call.tx.now)
    if not (new.subject and new.body):
        texts = preview(call, invoice, thank_you=new.thank_you, reminder=new.reminder)
        new = replace(new, subject=new.subject or texts.subject, body=new.body or texts.body)
    message = messages.mail(call, _KIND, invoice.id, new, link=address(call, invoice))
    writing.put(call, invoice, after)
    return message


def mark(call: Call, invoice: Invoice, event: Event) -> Message:
    """Move the invoice without a mail. Raises `Conflict` where its state does not allow it."""
    after = moves.moved(invoice, event, call.tx.now)
    message = messages.record(call, _KIND, invoice.id, event.value)
    writing.put(call, invoice, after)
    return message


def view(call: Call, invoice: Invoice) -> None:
    """Note that the client has opened the page of an invoice that was sent: once for each time it was sent."""
    if not counts_views(invoice):
        return
    client = clients.find(call, invoice.client_id)
    messages.record_view(call, _KIND, invoice.id, since=invoice.sent_at, by=Recipient(name=client.name, email=""))


def counts_views(invoice: Invoice) -> bool:
    """Whether it matters that the client looks: not at a draft."""
    return invoice.state is not State.DRAFT


def without_payment_options(call: Call, invoice: Invoice) -> Invoice:
    """The invoice, which is not paid online: what an old parameter of messages still asks for."""
    return writing.put(call, invoice, replace(invoice, payment_options=()))


def address(call: Call, invoice: Invoice) -> str:
    """Where the client sees the invoice."""
    return f"{call.base_url}/client/invoices/{invoice.client_key}"


def _words(call: Call, invoice: Invoice) -> dict[str, str]:
    here, client = company.of(call), clients.find(call, invoice.client_id)
    return {
        "number": invoice.number,
        "company": here.name,
        "client": client.name,
        "purchase_order": invoice.purchase_order,
        "subject": invoice.subject,
        "amount": amount_shown(invoice.amount_e2, invoice.currency, here),
        "due_amount": amount_shown(invoice.due_e2, invoice.currency, here),
        "issue_date": day_shown(invoice.issued_on, here),
        "due_date": day_shown(invoice.due_on, here),
        "payment_term": invoice.payment_term,
        "days_late": str(max(0, (here.day_of(call.tx.now) - invoice.due_on).days)),
        "address": address(call, invoice),
    }
