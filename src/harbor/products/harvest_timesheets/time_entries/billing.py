"""What invoices do with time: find what is to be billed, bill it, which locks it, and let go of it again.

Source: docs/products/harvest.md#locks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.time_entries import billing_store, reading, store, sums
from harbor.products.harvest_timesheets.time_entries.model import TimeEntrySeen


@dataclass(frozen=True, slots=True, kw_only=True)
class ToBill:
    """An entry that an invoice may bill, and whose it is."""

    id: int
    user_id: int


def to_bill(
    call: Call, project_ids: Collection[int], *, from_on: date | None = None, to_on: date | None = None
) -> Sequence[ToBill]:
    """The billable entries of projects that no invoice bills yet, by day and id.

    Raises `Conflict` while a timer runs among them, or while a job prices entries anew.
    """
    pricing.refuse_while_repricing(call)
    if billing_store.has_running(call.tx, call.account_id, project_ids, from_on=from_on, to_on=to_on):
        raise Conflict("Time can't be invoiced while a timer is running")
    found = billing_store.billable(call.tx, call.account_id, project_ids, from_on=from_on, to_on=to_on)
    return [ToBill(id=entry_id, user_id=user_id) for entry_id, user_id in found]


def look(
    call: Call, project_ids: Collection[int], *, from_on: date | None = None, to_on: date | None = None
) -> Sequence[TimeEntrySeen]:
    """What `bill` would put on an invoice now, of which nothing is changed. Raises as `to_bill` does."""
    found = to_bill(call, project_ids, from_on=from_on, to_on=to_on)
    present = store.named(call.tx, call.account_id, [entry.id for entry in found])
    return reading.seen(call, [present[entry.id] for entry in found])


def bill(call: Call, entries: Sequence[ToBill], *, invoice_id: int, number: str) -> Sequence[TimeEntrySeen]:
    """Put entries on an invoice: as they are then, with rates and rounded hours, in their order.

    Each project is locked for time from the first to the last of their days. Raises `Conflict` if another invoice has taken
    one meanwhile, or if one is no longer to be billed.
    """
    sums.hold(call, *(entry.user_id for entry in entries))
    ids = [entry.id for entry in entries]
    if billing_store.bill(call.tx, call.account_id, ids, invoice_id=invoice_id, number=number) != len(ids):
        raise Conflict("Some of this time is on another invoice already, or has changed")
    # They are read only now that nobody else can change them: what is billed is what stands on them.
    present = store.named(call.tx, call.account_id, ids)
    billed = [present[entry_id] for entry_id in ids]
    days: dict[int, list[date]] = {}
    for entry in billed:
        days.setdefault(entry.project_id, []).append(entry.spent_on)
    periods = [
        PeriodLock(
            holder=Holder.PROJECT, holder_id=project_id, from_on=min(spent), to_on=max(spent), cause=cause(invoice_id)
        )
        for project_id, spent in sorted(days.items())
    ]
    locks.lock(call, LockKind.TIME, periods)
    return reading.seen(call, billed)


def release(call: Call, invoice_id: int) -> None:
    """Take all entries off an invoice and open its periods; from now on they follow rates again."""
    here = company.of(call)
    projects = billing_store.release(call.tx, call.account_id, invoice_id)
    locks.unlock(call, cause(invoice_id))
    for project_id in projects:
        pricing.reprice(call, here, project_id=project_id)


def renumber(call: Call, invoice_id: int, number: str) -> None:
    """Show another number of an invoice with its entries."""
    billing_store.renumber(call.tx, call.account_id, invoice_id, number)


def is_billed_on(call: Call, invoice_id: int) -> bool:
    """Whether an invoice bills time."""
    return billing_store.is_billed_on(call.tx, call.account_id, invoice_id)


def cause(invoice_id: int) -> str:
    """How the locks of an invoice are known; those of its expenses carry it too."""
    return f"invoice/{invoice_id}"
