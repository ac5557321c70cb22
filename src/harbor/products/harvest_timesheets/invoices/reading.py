"""Reading invoices: who handles which, and with what they are shown. A list takes the same few queries however long it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.model import BillKind, Line
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.invoices import store
from harbor.products.harvest_timesheets.invoices.model import Filter, Invoice, InvoiceSeen, Reach, State, Sum
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.projects import service as projects

STATEMENT_INVOICES_MAX: Final = 1_000


def find(call: Call, invoice_id: int) -> Invoice:
    """An invoice of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, invoice_id)
    if found is None:
        raise Missing(f"There is no invoice {invoice_id}.")
    return found


def by_key(tx: Tx, client_key: str) -> Invoice | None:
    """The invoice that a public address leads to, of whatever account."""
    return store.by_key(tx, client_key)


def sent_to(call: Call, client_id: int) -> Sequence[Invoice]:
    """The invoices of a client that are no drafts, those issued last first, as many as a statement holds."""
    return store.sent_to(call.tx, call.account_id, client_id, limit=STATEMENT_INVOICES_MAX)


def highest_template(call: Call) -> int:
    """The highest id of a template that an invoice names, also one that was imported; 0 if none names one."""
    return store.highest_template(call.tx, call.account_id)


def to_list(call: Call) -> None:
    """Whether the caller handles invoices: administrators all, managers who may draft or manage those of their projects."""
    member = access.me(call)
    if not (member.has(AccessRole.INVOICE_DRAFTER) or member.has(AccessRole.INVOICE_MANAGER)):
        raise access.denied("see invoices")


def to_read(call: Call, invoice_id: int) -> Invoice:
    """An invoice that the caller handles. Raises `Missing` and `Denied`."""
    found = find(call, invoice_id)
    to_list(call)
    reach = reach_of(call)
    if reach is not None and not reach.holds(found, lines_of(call, found)):
        raise access.denied("see this invoice")
    return found


def to_change(call: Call, invoice_id: int) -> Invoice:
    """An invoice to change or delete; who may only draft changes drafts. Raises `Missing` and `Denied`."""
    found = to_read(call, invoice_id)
    if found.state is not State.DRAFT:
        _require_manager(call, "change invoices that are no drafts")
    return found


def to_settle(call: Call, invoice_id: int) -> Invoice:
    """An invoice to send, to close, or to record payments of. Raises `Missing` and `Denied`."""
    found = to_read(call, invoice_id)
    _require_manager(call, "send invoices and record payments")
    return found


def reach_of(call: Call) -> Reach | None:
    """What the caller handles; None is everything."""
    member = access.me(call)
    if member.is_administrator:
        return None
    return Reach(user_id=member.user_id, project_ids=access.managed_projects(call))


def listed(call: Call, page: PageRequest, filter_: Filter) -> Listed[InvoiceSeen]:
    """Invoices that the caller handles, those issued last first."""
    found = store.newest_issued_first(call.tx, call.account_id, page, filter_, reach_of(call))
    return found.of(seen(call, found.items))


def sums(call: Call, filter_: Filter) -> Sequence[Sum]:
    """What the invoices of a list come to, by currency: currencies are never added up."""
    return store.sums(call.tx, call.account_id, filter_, reach_of(call))


def seen(call: Call, invoices: Iterable[Invoice]) -> list[InvoiceSeen]:
    """Invoices with all that they are shown with."""
    found = list(invoices)
    of_clients = clients.named(call, (each.client_id for each in found))
    lines = bills.lines_of(call, BillKind.INVOICE, [each.id for each in found])
    of_projects = projects.named(
        call, {line.project_id for of in lines.values() for line in of if line.project_id is not None}
    )
    return [
        InvoiceSeen(invoice=each, client=of_clients[each.client_id], lines=lines[each.id], projects=dict(of_projects))
        for each in found
    ]


def seen_one(call: Call, invoice: Invoice) -> InvoiceSeen:
    """One invoice with all that it is shown with."""
    return seen(call, [invoice])[0]


def lines_of(call: Call, invoice: Invoice) -> Sequence[Line]:
    """The lines of an invoice, in their order."""
    return bills.lines_of(call, BillKind.INVOICE, [invoice.id])[invoice.id]


def _require_manager(call: Call, what: str) -> None:
    access.require(call, AccessRole.INVOICE_MANAGER, what)
