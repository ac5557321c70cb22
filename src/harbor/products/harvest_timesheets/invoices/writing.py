"""Writing invoices and telling of it: one event for each change, which says what became of the invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.invoices import store
from harbor.products.harvest_timesheets.invoices.model import Invoice, State
from harbor.products.harvest_timesheets.telling import tell

# What the event of a new state is called; all other changes are updates.
_BECAME: Final[Mapping[tuple[State, State], str]] = {
    (State.DRAFT, State.OPEN): "sent",
    (State.OPEN, State.DRAFT): "drafted",
    (State.OPEN, State.CLOSED): "closed",
    (State.CLOSED, State.OPEN): "reopened",
    (State.PAID, State.OPEN): "reopened",
    (State.DRAFT, State.PAID): "paid",
    (State.OPEN, State.PAID): "paid",
    (State.CLOSED, State.PAID): "paid",
}


def insert(call: Call, invoice: Invoice, lines: Sequence[Line]) -> None:
    """Add an invoice whose lines are written."""
    store.insert(call.tx, call.account_id, invoice)
    _tell(call, "created", invoice, after=_facts(invoice, lines))


def put(
    call: Call,
    before: Invoice,
    after: Invoice,
    *,
    lines: tuple[Sequence[Line], Sequence[Line]] = ((), ()),
) -> Invoice:
    """The changed invoice, written; `lines` are those of before and of now. What is the same is not written."""
    was, becomes = bills.differing(*lines)
    if after == before and was == becomes:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    _tell(
        call,
        _BECAME.get((before.state, after.state), "updated"),
        after,
        before=_facts(before, list(was.values())),
        after=_facts(after, list(becomes.values())),
    )
    return after


def remove(call: Call, invoice: Invoice, lines: Sequence[Line]) -> None:
    """Remove an invoice of which nothing else is left."""
    store.delete(call.tx, call.account_id, invoice.id)
    _tell(call, "deleted", invoice, before=_facts(invoice, lines))


def _facts(invoice: Invoice, lines: Sequence[Line]) -> dict[str, Any]:
    """What the audit keeps; not the key, which opens the public page."""
    facts = {name: value for name, value in asdict(invoice).items() if name not in ("account_id", "client_key")}
    return facts | {"line_items": bills.audited(lines)}


def _tell(
    call: Call,
    what: str,
    invoice: Invoice,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    tell(
        call,
        f"invoice.{what}",
        invoice.id,
        before=before,
        after=after,
        client_id=invoice.client_id,
        state=invoice.state.value,
        currency=invoice.currency,
        amount_e2=invoice.amount_e2,
        due_e2=invoice.due_e2,
    )
