"""What invoices do with time: find what is to be billed, bill it, which locks it, and let go of it again.

Source: docs/products/harvest.md#locks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.time_entries import billing_store, reading, store
from harbor.products.harvest_timesheets.time_entries.model import TimeEntry, TimeEntrySeen


def to_bill(
    call: Call, project_ids: Collection[int], *, from_on: date | None = None, to_on: date | None = None
) -> Sequence[TimeEntrySeen]:
    """The billable entries of projects that no invoice bills yet, by day and id, with rates and rounded hours.

    Raises `Conflict` while a timer runs among them, or while a job prices entries anew.
    """
    pricing.refuse_while_repricing(call)
    if billing_store.has_running(call.tx, call.account_id, project_ids, from_on=from_on, to_on=to_on):
        raise Conflict("Time can't be invoiced while a timer is running")
    ids = billing_store.billable_ids(call.tx, call.account_id, project_ids, from_on=from_on, to_on=to_on)
    found = store.named(call.tx, call.account_id, ids)
    return reading.seen(call, [found[entry_id] for entry_id in ids])


def bill(call: Call, entries: Iterable[TimeEntry], *, invoice_id: int, number: str) -> None:
    """Put entries on an invoice. Each project is locked for time from the first to the last of their days.

    Raises `Conflict` if another invoice has taken one meanwhile.
    """
    found = list(entries)
    count = billing_store.bill(
        call.tx, call.account_id, [entry.id for entry in found], invoice_id=invoice_id, number=number
    )
    if count != len(found):
        raise Conflict("Some of this time is on another invoice already")
    days: dict[int, list[date]] = {}
    for entry in found:
        days.setdefault(entry.project_id, []).append(entry.spent_on)
    periods = [
        PeriodLock(
            holder=Holder.PROJECT, holder_id=project_id, from_on=min(spent), to_on=max(spent), cause=cause(invoice_id)
        )
        for project_id, spent in sorted(days.items())
    ]
    locks.lock(call, LockKind.TIME, periods)


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


def cause(invoice_id: int) -> str:
    """How the locks of an invoice are known; those of its expenses carry it too."""
    return f"invoice/{invoice_id}"
