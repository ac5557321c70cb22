"""What may be done with kinds of expenses. Everybody reads them, to track expenses; administrators change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.expense_categories import store
from harbor.products.harvest_timesheets.expense_categories.model import ExpenseCategory, checked
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked


def find(call: Call, category_id: int) -> ExpenseCategory:
    """A category of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, category_id)
    if found is None:
        raise Missing(f"There is no expense category {category_id}.")
    return found


def to_add(call: Call) -> None:
    """Whether the caller may manage categories. Raises `Denied`."""
    access.require_administrator(call, "manage expense categories")


def to_change(call: Call, category_id: int) -> ExpenseCategory:
    """A category to change or delete. Raises `Missing` and `Denied`."""
    found = find(call, category_id)
    to_add(call)
    return found


def listed(
    call: Call, page: PageRequest, *, is_active: bool | None = None, updated_since: datetime | None = None
) -> Listed[ExpenseCategory]:
    """Categories, newest first."""
    return store.newest_first(call.tx, call.account_id, page, is_active=is_active, updated_since=updated_since)


def named(call: Call, ids: Iterable[int]) -> Mapping[int, ExpenseCategory]:
    """Categories by their ids, to refer to them."""
    return store.named(call.tx, call.account_id, ids)


def add(
    call: Call,
    *,
    name: str,
    unit_name: str | None = None,
    unit_price_e4: int | None = None,
    is_active: bool = True,
) -> ExpenseCategory:
    """A new category."""
    category = checked(
        ExpenseCategory(
            account_id=call.account_id,
            id=0,
            name=name.strip(),
            unit_name=unit_name,
            unit_price_e4=unit_price_e4,
            is_active=is_active,
            created_at=call.tx.now,
            updated_at=call.tx.now,
        )
    )
    category = replace(category, id=call.next_serial("harvest_expense_categories"))
    store.insert(call.tx, call.account_id, category)
    tell(call, "expense_category.created", category.id, after=category)
    return category


def change(call: Call, before: ExpenseCategory, changes: Mapping[str, Any]) -> ExpenseCategory:
    """A category with other facts. Expenses keep what they cost, and show the new name and price of their kind."""
    after = replace(before, **changes)
    after = checked(replace(after, name=after.name.strip()))
    if after == before:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tracked.touch_expenses(call, expense_category_id=after.id)
    tell(call, "expense_category.updated", after.id, before=before, after=after)
    return after


def delete(call: Call, category: ExpenseCategory) -> None:
    """Remove a category that no expense has."""
    if tracked.has_expenses(call, expense_category_id=category.id):
        raise Conflict("Expense category can't be deleted because expenses are tracked to it")
    store.delete(call.tx, call.account_id, category.id)
    tell(call, "expense_category.deleted", category.id, before=category)
