"""Finding what an address of the public leads to, in whatever account, and noting that the client has looked."""

from __future__ import annotations

from collections.abc import Callable

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Principal, system
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.billing_settings import branding
from harbor.products.harvest_timesheets.bills import messages as bill_messages
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.estimates import messages as estimate_messages
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.estimates.model import Estimate
from harbor.products.harvest_timesheets.invoices import messages as invoice_messages
from harbor.products.harvest_timesheets.invoices import payments
from harbor.products.harvest_timesheets.invoices import reading as invoices
from harbor.products.harvest_timesheets.invoices.model import Invoice
from harbor.products.harvest_timesheets.public_pages.model import Document, of_account, of_estimate, of_invoice

CallIn = Callable[[Tx, Principal], Call]


def invoice(tx: Tx, call_in: CallIn, key: str) -> Document:
    """The invoice with this key. Raises `Missing`."""
    found = _invoice(tx, key)
    return _of_invoice(_acting(tx, call_in, found.account_id), found)


def estimate(tx: Tx, call_in: CallIn, key: str) -> Document:
    """The estimate with this key. Raises `Missing`."""
    found = _estimate(tx, key)
    return _of_estimate(_acting(tx, call_in, found.account_id), found)


def document(call: Call, kind: BillKind, bill_id: int) -> Document:
    """A bill of the account as its client sees it. Raises `Missing`."""
    if kind is BillKind.INVOICE:
        return _of_invoice(call, invoices.find(call, bill_id))
    return _of_estimate(call, estimates.find(call, bill_id))


def statement(tx: Tx, call_in: CallIn, key: str) -> Document:
    """The statement of account of the client with this key. Raises `Missing`."""
    found: Client | None = clients.by_statement_key(tx, key)
    if found is None:
        raise _nothing()
    call = _acting(tx, call_in, found.account_id)
    sent = invoices.sent_to(call, found.id)
    made = of_account(found, sent, payments.of_invoices(call, sent), company.of(call))
    return made.in_the_look_of(call.account_id, branding.of(call))


def is_unseen_invoice(tx: Tx, call_in: CallIn, key: str) -> bool:
    """Whether it is still to be noted that the client has looked at an invoice."""
    found = _invoice(tx, key)
    call = _acting(tx, call_in, found.account_id)
    return invoice_messages.counts_views(found) and not bill_messages.is_viewed(
        call, BillKind.INVOICE, found.id, since=found.sent_at
    )


def is_unseen_estimate(tx: Tx, call_in: CallIn, key: str) -> bool:
    """Whether it is still to be noted that the client has looked at an estimate."""
    found = _estimate(tx, key)
    call = _acting(tx, call_in, found.account_id)
    return estimate_messages.counts_views(found) and not bill_messages.is_viewed(
        call, BillKind.ESTIMATE, found.id, since=found.sent_at
    )


def see_invoice(tx: Tx, call_in: CallIn, key: str) -> None:
    """Note that the client has looked at an invoice."""
    found = _invoice(tx, key)
    invoice_messages.view(_acting(tx, call_in, found.account_id), found)


def see_estimate(tx: Tx, call_in: CallIn, key: str) -> None:
    """Note that the client has looked at an estimate."""
    found = _estimate(tx, key)
    estimate_messages.view(_acting(tx, call_in, found.account_id), found)


def _of_invoice(call: Call, found: Invoice) -> Document:
    lines = bills.lines_of(call, BillKind.INVOICE, [found.id])[found.id]
    made = of_invoice(found, lines, clients.find(call, found.client_id), company.of(call))
    return made.in_the_look_of(call.account_id, branding.of(call))


def _of_estimate(call: Call, found: Estimate) -> Document:
    lines = bills.lines_of(call, BillKind.ESTIMATE, [found.id])[found.id]
    made = of_estimate(found, lines, clients.find(call, found.client_id), company.of(call))
    return made.in_the_look_of(call.account_id, branding.of(call))


def _invoice(tx: Tx, key: str) -> Invoice:
    found = invoices.by_key(tx, key)
    if found is None:
        raise _nothing()
    return found


def _estimate(tx: Tx, key: str) -> Estimate:
    found = estimates.by_key(tx, key)
    if found is None:
        raise _nothing()
    return found


def _acting(tx: Tx, call_in: CallIn, account_id: str) -> Call:
    account = identity.account(tx, account_id)
    assert account is not None, account_id
    return call_in(tx, system(account.id, account.organization_id, account.environment))


def _nothing() -> Missing:
    return Missing("There is nothing at this address.")
