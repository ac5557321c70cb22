"""What invoices do with expenses: find what is to be billed, bill it, which locks it, and let go of it again.

Source: docs/products/harvest.md#locks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.expenses import billing_store, reading, store
from harbor.products.harvest_timesheets.expenses.model import Expense, ExpenseSeen
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import Holder, LockKind, PeriodLock
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.billing import cause


def to_bill(
    call: Call, project_ids: Collection[int], *, from_on: date | None = None, to_on: date | None = None
) -> Sequence[ExpenseSeen]:
    """The billable expenses of projects that no invoice bills yet, by day and id."""
    ids = billing_store.billable_ids(call.tx, call.account_id, project_ids, from_on=from_on, to_on=to_on)
    found = store.named(call.tx, call.account_id, ids)
    return reading.seen(call, [found[expense_id] for expense_id in ids])


def bill(call: Call, expenses: Sequence[Expense], *, invoice_id: int, number: str) -> Sequence[ExpenseSeen]:
    """Put expenses on an invoice: as they are then, in their order.

    Each project is locked for expenses from the first to the last of their days. Raises `Conflict` if another invoice has
    taken one meanwhile, or if one is no longer to be billed.
    """
    sums.hold(call, *(expense.user_id for expense in expenses))
    ids = [expense.id for expense in expenses]
    if billing_store.bill(call.tx, call.account_id, ids, invoice_id=invoice_id, number=number) != len(ids):
        raise Conflict("Some of these expenses are on another invoice already, or have changed")
    # They are read again now that nobody else can change them: what is billed is what stands on them.
    present = store.named(call.tx, call.account_id, ids)
    billed = [present[expense_id] for expense_id in ids]
    days: dict[int, list[date]] = {}
    for expense in billed:
        days.setdefault(expense.project_id, []).append(expense.spent_on)
    periods = [
        PeriodLock(
            holder=Holder.PROJECT, holder_id=project_id, from_on=min(spent), to_on=max(spent), cause=cause(invoice_id)
        )
        for project_id, spent in sorted(days.items())
    ]
    locks.lock(call, LockKind.EXPENSES, periods)
    return reading.seen(call, billed)


def is_billed_on(call: Call, invoice_id: int) -> bool:
    """Whether an invoice bills expenses."""
    return billing_store.is_billed_on(call.tx, call.account_id, invoice_id)


def release(call: Call, invoice_id: int) -> None:
    """Take all expenses off an invoice. The periods are opened with those of its time: they have the same cause."""
    billing_store.release(call.tx, call.account_id, invoice_id)
    locks.unlock(call, cause(invoice_id))


def renumber(call: Call, invoice_id: int, number: str) -> None:
    """Show another number of an invoice with its expenses."""
    billing_store.renumber(call.tx, call.account_id, invoice_id, number)
