"""Recording payments: an invoice of which nothing is due any more is paid, and open again when a payment goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import NewMessage
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import messages as invoice_messages
from harbor.products.harvest_timesheets.invoices import payments_store as store
from harbor.products.harvest_timesheets.invoices import reading, writing
from harbor.products.harvest_timesheets.invoices.model import Invoice, State
from harbor.products.harvest_timesheets.invoices.moves import settled
from harbor.products.harvest_timesheets.invoices.payments_model import NOTES_LENGTH_MAX, Payment, check_amount
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.telling import tell

STATEMENT_PAYMENTS_MAX: Final = 1_000


def to_remove(call: Call, invoice_id: int, payment_id: int) -> tuple[Invoice, Payment]:
    """A payment to remove, with its invoice. Raises `Missing` and `Denied`."""
    # Whoever settles the invoice holds this lock, as do those who change it.
    call.tx.lock("harvest", call.account_id, "invoice_id", invoice_id)
    invoice = reading.find(call, invoice_id)
    payment = store.find(call.tx, call.account_id, invoice_id, payment_id)
    if payment is None:
        raise Missing(f"There is no payment {payment_id} of invoice {invoice_id}.")
    reading.to_settle(call, invoice_id)
    return invoice, payment


def listed(
    call: Call, invoice: Invoice, page: PageRequest, *, updated_since: datetime | None = None
) -> Listed[Payment]:
    """Payments of an invoice, newest first."""
    return store.newest_first(call.tx, call.account_id, invoice.id, page, updated_since=updated_since)


def of_invoices(call: Call, invoices: Sequence[Invoice]) -> Sequence[Payment]:
    """Payments of some invoices, the latest first, as many as a statement holds."""
    ids = [invoice.id for invoice in invoices]
    return store.of_invoices(call.tx, call.account_id, ids, limit=STATEMENT_PAYMENTS_MAX)


def add(
    call: Call,
    invoice: Invoice,
    *,
    amount_e2: int,
    paid_at: datetime | None = None,
    paid_on: date | None = None,
    notes: str = "",
    sends_thank_you: bool = True,
) -> Payment:
    """A payment, by default of now; moment and day exclude each other. The client is thanked if it completes the invoice.

    Raises `Invalid`, and `Conflict` for an invoice that is written off.
    """
    if paid_at is not None and paid_on is not None:
        raise problem("paid_at", "can't be given together with paid date")
    if len(notes) > NOTES_LENGTH_MAX:
        raise problem("notes", f"is too long (maximum is {NOTES_LENGTH_MAX} characters)")
    if invoice.state is State.CLOSED:
        raise Conflict("Invoice is closed, so no payment can be recorded")
    by = messages.sender(call)
    day = paid_on or (company.today(call) if paid_at is None else paid_at.astimezone(UTC).date())
    payment = Payment(
        account_id=call.account_id,
        invoice_id=invoice.id,
        id=call.next_serial("harvest_invoice_payments"),
        amount_e2=check_amount(amount_e2),
        paid_at=paid_at or (call.tx.now if paid_on is None else datetime.combine(paid_on, time(), UTC)),
        paid_on=day,
        notes=notes,
        recorded_by=by.name or "",
        recorded_by_email=by.email,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, payment)
    _tell(call, "created", payment, after=payment)
    after = _settle(call, invoice)
    if sends_thank_you and after.state is State.PAID and invoice.state is not State.PAID:
        _thank(call, after)
    return payment


def remove(call: Call, invoice: Invoice, payment: Payment) -> None:
    """Remove a payment; what it paid is due again."""
    store.delete(call.tx, call.account_id, invoice.id, payment.id)
    _tell(call, "deleted", payment, before=payment)
    _settle(call, invoice)


def _settle(call: Call, invoice: Invoice) -> Invoice:
    paid_e2 = store.total_e2(call.tx, call.account_id, invoice.id)
    latest = store.latest(call.tx, call.account_id, invoice.id)
    return writing.put(call, invoice, settled(replace(invoice, paid_e2=paid_e2), latest))


def _thank(call: Call, invoice: Invoice) -> None:
    """Thank those who got the invoice, if the account wants that."""
    recipients = messages.latest_recipients(call, BillKind.INVOICE, invoice.id)
    if recipients and settings.of(call).sends_thank_you:
        invoice_messages.send(call, invoice, NewMessage(recipients=recipients, thank_you=True))


def _tell(
    call: Call, what: str, payment: Payment, *, before: Payment | None = None, after: Payment | None = None
) -> None:
    tell(
        call,
        f"invoice_payment.{what}",
        payment.id,
        before=before,
        after=after,
        invoice_id=payment.invoice_id,
        amount_e2=payment.amount_e2,
    )
