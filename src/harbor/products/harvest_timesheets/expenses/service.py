"""Tracking expenses: adding, changing and deleting them. Reading is in `reading.py`, invoicing in `billing.py`.

What is locked only administrators touch, and its project and kind stay. Source: docs/products/harvest.md#expenses.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from msgspec.structs import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory
from harbor.products.harvest_timesheets.expenses import reading, store
from harbor.products.harvest_timesheets.expenses.model import Expense, ExpenseSeen, Receipt, cost_of
from harbor.products.harvest_timesheets.locks import service as locks
from harbor.products.harvest_timesheets.locks.model import LockKind
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments
from harbor.products.harvest_timesheets.users import service as users

# Changes of these are dropped without a word where an expense is locked. Source: the vendor's page.
_FIXED_WHILE_LOCKED = frozenset({"project_id", "expense_category_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExpense:
    """An expense to track: units or a total cost, by its kind."""

    project_id: int
    expense_category_id: int
    spent_on: date
    user_id: int | None = None
    units_e4: int | None = None
    total_cost_e2: int | None = None
    notes: str | None = None
    billable: bool = True
    receipt: Receipt | None = None


def to_change(call: Call, expense_id: int) -> Expense:
    """An expense to change: their own, or of others where the caller may. Raises `Missing` and `Denied`."""
    found = reading.to_read(call, expense_id)
    require_may_write(call, user_id=found.user_id, project_id=found.project_id)
    return found


def require_may_write(call: Call, *, user_id: int, project_id: int) -> None:
    """Raise `Denied` unless the caller may track expenses of this person on this project, as with time."""
    member = access.me(call)
    if member.is_administrator or user_id == member.user_id:
        return
    reaches = user_id in access.own_people(call) or project_id in access.managed_projects(call)
    if not (member.has(AccessRole.TIME_AND_EXPENSES_MANAGER) and reaches):
        raise access.denied("track expenses of others")


def add(call: Call, new: NewExpense) -> ExpenseSeen:
    """A new expense. Raises `Invalid` and `Denied`."""
    user_id = access.me(call).user_id if new.user_id is None else new.user_id
    sums.hold(call, user_id)
    if user_id != access.me(call).user_id and user_id not in users.named(call, [user_id]):
        raise problem("user_id", NOT_FOUND)
    require_may_write(call, user_id=user_id, project_id=new.project_id)
    client_id = _place(call, project_id=new.project_id, user_id=user_id)
    units_e4, total_cost_e2 = cost_of(
        _category(call, new.expense_category_id), units_e4=new.units_e4, total_cost_e2=new.total_cost_e2
    )
    expense = Expense(
        account_id=call.account_id,
        id=0,
        user_id=user_id,
        project_id=new.project_id,
        expense_category_id=new.expense_category_id,
        client_id=client_id,
        spent_on=new.spent_on,
        units_e4=units_e4,
        total_cost_e2=total_cost_e2,
        billable=new.billable,
        notes=new.notes,
        receipt=new.receipt,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    _refuse_locked_period(call, expense)
    expense = replace(expense, id=call.next_serial("harvest_expenses"))
    store.insert(call.tx, call.account_id, expense)
    _tell(call, "created", expense, after=expense)
    return reading.seen_one(call, expense)


def change(call: Call, before: Expense, changes: Mapping[str, Any]) -> ExpenseSeen:
    """An expense with other facts: `changes` by the fields of `Expense`. Raises `Invalid`, `Denied` and `Conflict`."""
    before = _held(call, before)
    seen = reading.seen_one(call, before)
    facts = dict(changes)
    if seen.is_locked:
        _refuse_locked(call, seen, "changed")
        facts = {name: value for name, value in facts.items() if name not in _FIXED_WHILE_LOCKED}
    sent = {name: facts.pop(name, None) for name in ("units_e4", "total_cost_e2")}
    after = replace(before, **facts)
    category = seen.around.category
    if after.expense_category_id != before.expense_category_id:
        category = _category(call, after.expense_category_id)
    if after.project_id != before.project_id:
        require_may_write(call, user_id=after.user_id, project_id=after.project_id)
        after = replace(after, client_id=_place(call, project_id=after.project_id, user_id=after.user_id))
    after = _costed(before, after, seen.around.category, category, sent)
    if (after.project_id, after.spent_on) != (before.project_id, before.spent_on):
        _refuse_locked_period(call, after)
    if after == before:
        return seen
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    _tell(call, "updated", after, before=before, after=after)
    return reading.seen_one(call, after)


def delete(call: Call, expense: Expense) -> None:
    """Remove an expense; one that is locked only administrators remove."""
    expense = _held(call, expense)
    seen = reading.seen_one(call, expense)
    if seen.is_locked:
        _refuse_locked(call, seen, "deleted")
    store.delete(call.tx, call.account_id, expense.id)
    _tell(call, "deleted", expense, before=expense)


def forget_project(call: Call, project_id: int) -> None:
    """Remove all expenses of a project that is deleted."""
    count = store.delete_of_project(call.tx, call.account_id, project_id)
    if count:
        tell(call, "expenses.deleted", project_id, count=count, project_id=project_id)


def _held(call: Call, expense: Expense) -> Expense:
    """The expense as it is now, and nobody else changes or invoices it until this transaction ends."""
    sums.hold(call, expense.user_id)
    return reading.find(call, expense.id)


def _costed(
    before: Expense, after: Expense, was: ExpenseCategory, category: ExpenseCategory, sent: Mapping[str, int | None]
) -> Expense:
    """The changed expense with its cost. A kind that is counted in the same way keeps units and cost."""
    units_e4, total_cost_e2 = sent["units_e4"], sent["total_cost_e2"]
    has_units = category.unit_price_e4 is not None
    kept: tuple[int, int] | None = (before.units_e4, before.total_cost_e2)
    if category.id != was.id and has_units:
        units_e4 = before.units_e4 if units_e4 is None and was.unit_price_e4 is not None else units_e4
        kept = None
    units_e4, total_cost_e2 = cost_of(category, units_e4=units_e4, total_cost_e2=total_cost_e2, before=kept)
    return replace(after, units_e4=units_e4, total_cost_e2=total_cost_e2)


def _place(call: Call, *, project_id: int, user_id: int) -> int:
    """The client of a project to spend on. Raises `Invalid` where this person's expenses cannot be tracked."""
    project = projects.named(call, [project_id]).get(project_id)
    if project is None:
        raise problem("project_id", NOT_FOUND)
    if not project.is_active:
        raise problem("project_id", "is archived")
    seat = user_assignments.of(call, project_id, user_id)
    if seat is None or not seat.is_active:
        raise problem("user_id", "is not assigned to this project")
    return project.client_id


def _category(call: Call, category_id: int) -> ExpenseCategory:
    found = categories.named(call, [category_id]).get(category_id)
    if found is None:
        raise problem("expense_category_id", NOT_FOUND)
    if not found.is_active:
        raise problem("expense_category_id", "is archived")
    return found


def _refuse_locked_period(call: Call, expense: Expense) -> None:
    if access.me(call).is_administrator:
        return
    day = expense.spent_on
    if locks.is_locked(call, LockKind.EXPENSES, project_id=expense.project_id, user_id=expense.user_id, day=day):
        raise problem("spent_date", "is in a locked time period")


def _refuse_locked(call: Call, seen: ExpenseSeen, what: str) -> None:
    if not access.me(call).is_administrator:
        raise Conflict(f"Expense can't be {what}: {seen.locked_reason}")


def _tell(
    call: Call, what: str, expense: Expense, *, before: Expense | None = None, after: Expense | None = None
) -> None:
    tell(
        call,
        f"expense.{what}",
        expense.id,
        before=before,
        after=after,
        user_id=expense.user_id,
        project_id=expense.project_id,
        expense_category_id=expense.expense_category_id,
        total_cost_e2=expense.total_cost_e2,
    )


def receipts_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are receipts: for the sweep of blobs, which takes what nobody names."""
    return store.receipts_among(tx, account_id, keys)
