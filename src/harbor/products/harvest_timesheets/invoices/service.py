"""Making, changing and deleting invoices. Importing is in `importing.py`, payments and messages in their own files.

Whatever an invoice bills is billed, changed and let go in the transaction of the invoice itself.
Source: docs/products/harvest.md#invoices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.billing_settings.model import CUSTOM, BillingSettings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.lines import applied
from harbor.products.harvest_timesheets.bills.model import (
    LINES_MAX,
    BillKind,
    Line,
    LineChange,
    check_number,
    new_client_key,
)
from harbor.products.harvest_timesheets.bills.rules import totals
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.invoices import importing, payments_store, reading, store, writing
from harbor.products.harvest_timesheets.invoices.import_rules import Import
from harbor.products.harvest_timesheets.invoices.model import (
    Invoice,
    check_payment_options,
    check_texts,
    due_on,
)
from harbor.products.harvest_timesheets.invoices.moves import settled
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.sentences import BLANK, NOT_FOUND, TAKEN, problem

_KIND = BillKind.INVOICE
_DATED = frozenset({"issued_on", "payment_term", "due_on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """An invoice to make. `facts` are those that were given, by the fields of `Invoice`; `import_` becomes lines first."""

    client_id: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[LineChange] = ()
    import_: Import | None = None


def add(call: Call, new: NewInvoice) -> Invoice:
    """A new draft, with the time and expenses that it bills. Raises `Invalid`, `Denied` and `Conflict`."""
    client = _client(call, new.client_id)
    own, facts = settings.of(call), dict(new.facts)
    number = _free_number(call, facts.pop("number", None))
    if (estimate_id := facts.get("estimate_id")) is not None:
        _check_estimate(call, estimate_id, client)
    if new.import_ is not None:
        facts = {"tax_e4": own.tax_e4, "tax2_e4": own.tax2_e4, **facts}
    by = access.me(call).user_id
    invoice = Invoice(
        account_id=call.account_id,
        id=call.next_serial("harvest_invoices"),
        client_id=client.id,
        client_key=new_client_key(),
        number=number,
        is_compound=own.is_compound,
        creator_id=by,
        creator_name=messages.sender(call).name or "",
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **_begun(call, client, own, facts),
    )
    lines: list[Line] = []
    if new.import_ is not None:
        imported = importing.collect(call, invoice, new.import_, own, reading.reach_of(call))
        lines += imported.lines
        if imported.period is not None:
            invoice = replace(invoice, period_start=imported.period[0], period_end=imported.period[1])
    lines += applied((), new.lines, item_categories.names(call, _KIND))
    if len(lines) > LINES_MAX:
        raise problem("line_items", f"are too many (maximum is {LINES_MAX})")
    _check_lines(call, invoice, lines)
    written = bills.write_lines(call, _KIND, invoice.id, (), lines)
    invoice = _summed(check_texts(invoice), written)
    writing.insert(call, invoice, written)
    if estimate_id is not None:
        estimates.invoiced(call, estimate_id)
    return invoice


def change(call: Call, before: Invoice, changes: Mapping[str, Any], line_changes: Sequence[LineChange] = ()) -> Invoice:
    """An invoice with other facts and lines; what is paid and due follows. Tracked time stays as it is.

    Raises `Invalid` and `Denied`.
    """
    facts = dict(changes)
    if "number" in facts:
        facts["number"] = _free_number(call, facts["number"], but=before)
    if "payment_options" in facts:
        facts["payment_options"] = check_payment_options(facts["payment_options"], settings.of(call).payment_options)
    after = check_texts(_dated(before, facts))
    if "currency" in facts:
        after = replace(after, currency=known_currency(after.currency))
    client = _client(call, after.client_id)
    if after.client_id != before.client_id:
        importing.refuse_moving(call, before.id)
    if after.estimate_id is not None and (after.estimate_id, after.client_id) != (before.estimate_id, before.client_id):
        _check_estimate(call, after.estimate_id, client)
    was = reading.lines_of(call, before)
    lines: Sequence[Line] = applied(was, line_changes, item_categories.names(call, _KIND)) if line_changes else was
    if line_changes or after.client_id != before.client_id:
        _check_lines(call, after, lines, but={line.id: line for line in was if after.client_id == before.client_id})
        lines = bills.write_lines(call, _KIND, before.id, was, lines)
    after = _summed(after, lines)
    after = settled(after, payments_store.latest(call.tx, call.account_id, after.id))
    after = writing.put(call, before, after, lines=(was, lines))
    if after.number != before.number:
        importing.renumber(call, after.id, after.number)
    if after.estimate_id is not None and after.estimate_id != before.estimate_id:
        estimates.invoiced(call, after.estimate_id)
    return after


def delete(call: Call, invoice: Invoice) -> None:
    """Remove an invoice with its payments and messages, and let go of the time and expenses that it bills."""
    lines = reading.lines_of(call, invoice)
    importing.release(call, invoice.id)
    payments_store.delete_all(call.tx, call.account_id, invoice.id)
    messages.remove_all(call, _KIND, invoice.id)
    bills.remove_lines(call, _KIND, invoice.id)
    writing.remove(call, invoice, lines)


def _begun(call: Call, client: Client, own: BillingSettings, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that were given, and those that a new invoice has without them."""
    issued_on = facts.get("issued_on") or company.today(call)
    term = facts.get("payment_term") or (CUSTOM if facts.get("due_on") else own.payment_term)
    return {
        "subject": own.invoice_subject,
        "notes": own.invoice_notes,
        **facts,
        "currency": known_currency(facts.get("currency") or client.currency),
        "issued_on": issued_on,
        "payment_term": term,
        "due_on": due_on(issued_on, term, facts.get("due_on")),
        "payment_options": check_payment_options(facts.get("payment_options", ()), own.payment_options),
    }


def _dated(before: Invoice, facts: Mapping[str, Any]) -> Invoice:
    """The invoice with other facts, due when its term says."""
    after = replace(before, **facts)
    if not _DATED & set(facts):
        return after
    term = after.payment_term
    if "due_on" in facts and "payment_term" not in facts:
        term = CUSTOM
    given = facts.get("due_on", before.due_on if before.payment_term == CUSTOM else None)
    return replace(after, payment_term=term, due_on=due_on(after.issued_on, term, given))


def _summed(invoice: Invoice, lines: Sequence[Line]) -> Invoice:
    made = totals(lines, invoice.charges)
    return replace(
        invoice,
        amount_e2=made.amount_e2,
        tax_amount_e2=made.tax_e2,
        tax2_amount_e2=made.tax2_e2,
        discount_amount_e2=made.discount_e2,
    )


def _client(call: Call, client_id: int) -> Client:
    found = clients.named(call, [client_id]).get(client_id)
    if found is None:
        raise problem("client_id", NOT_FOUND)
    return found


def _check_estimate(call: Call, estimate_id: int, client: Client) -> None:
    if estimates.client_of(call, estimate_id) != client.id:
        raise problem("estimate_id", NOT_FOUND)


def _check_lines(call: Call, invoice: Invoice, lines: Sequence[Line], but: Mapping[int, Line] | None = None) -> None:
    """Raise `Invalid` for a line of a project that is not the client's, `Denied` for an invoice out of the caller's reach.

    Lines that are the same in `but` were looked at before.
    """
    new = [line for line in lines if line.project_id is not None and (but or {}).get(line.id) != line]
    found = projects.named(call, {line.project_id for line in new if line.project_id is not None})
    if any(line.project_id not in found for line in new):
        raise problem("project_id", NOT_FOUND)
    reach = reading.reach_of(call)
    if reach is not None and not reach.holds(invoice, lines):
        raise access.denied("invoice this project")
    if any(project.client_id != invoice.client_id for project in found.values()):
        raise problem("project_id", "belongs to another client")


def _free_number(call: Call, given: str | None, but: Invoice | None = None) -> str:
    """The number, if no other invoice has it; without one the next. Numbers are drawn one after the other."""
    call.tx.lock("harvest", call.account_id, "invoice_numbers")
    number = check_number(given or "")
    if not number:
        if but is not None:
            raise problem("number", BLANK)
        number = str(store.highest_value(call.tx, call.account_id) + 1)
        while store.has_number(call.tx, call.account_id, number, but=None):
            number = str(int(number) + 1)  # a number of very many digits is not among those the highest is taken of
        return number
    if store.has_number(call.tx, call.account_id, number, but=but.id if but else None):
        raise problem("number", TAKEN)
    return number
