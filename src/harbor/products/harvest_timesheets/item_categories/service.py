"""What may be done with item categories. Lines keep the name that their category had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.item_categories import store
from harbor.products.harvest_timesheets.item_categories.model import ItemCategory, check_name
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell

# Name, for imported time, for imported expenses. Source: docs/products/harvest.md#new-accounts.
_SEEDS = {
    BillKind.INVOICE: (("Service", True, False), ("Product", False, True)),
    BillKind.ESTIMATE: (("Service", False, False), ("Product", False, False)),
}
_ROLES = {
    BillKind.INVOICE: (AccessRole.INVOICE_DRAFTER, AccessRole.INVOICE_MANAGER),
    BillKind.ESTIMATE: (AccessRole.ESTIMATES_MANAGER,),
}


def to_manage(call: Call, kind: BillKind) -> None:
    """Whether the caller may see and change categories: who makes invoices, or estimates. Raises `Denied`."""
    if not any(access.me(call).has(role) for role in _ROLES[kind]):
        raise access.denied(f"manage {kind} item categories")


def to_manage_one(call: Call, kind: BillKind, category_id: int) -> ItemCategory:
    """A category. Raises `Missing` and `Denied`."""
    found = store.find(call.tx, call.account_id, kind, category_id)
    if found is None:
        raise Missing(f"There is no {kind} item category {category_id}.")
    to_manage(call, kind)
    return found


def listed(
    call: Call, kind: BillKind, page: PageRequest, *, updated_since: datetime | None = None
) -> Listed[ItemCategory]:
    """Categories of a kind, newest first."""
    return store.newest_first(call.tx, call.account_id, kind, page, updated_since=updated_since)


def names(call: Call, kind: BillKind) -> Mapping[str, str]:
    """The names of all categories of a kind, by their keys."""
    return {name_key(each.name): each.name for each in store.of_kind(call.tx, call.account_id, kind)}


def for_service(call: Call) -> str:
    """The name of the category that imported time is of."""
    return next(each.name for each in store.of_kind(call.tx, call.account_id, BillKind.INVOICE) if each.use_as_service)


def for_expenses(call: Call) -> str:
    """The name of the category that imported expenses are of."""
    return next(each.name for each in store.of_kind(call.tx, call.account_id, BillKind.INVOICE) if each.use_as_expense)


def seed(call: Call) -> None:
    """The categories that a new account has."""
    for kind, seeds in _SEEDS.items():
        for name, use_as_service, use_as_expense in seeds:
            _insert(call, kind, name, use_as_service=use_as_service, use_as_expense=use_as_expense)


def add(call: Call, kind: BillKind, name: str) -> ItemCategory:
    """A new category."""
    name = check_name(name)
    _require_free(call, kind, name)
    return _insert(call, kind, name)


def rename(call: Call, before: ItemCategory, name: str) -> ItemCategory:
    """A category with another name."""
    name = check_name(name)
    _require_free(call, before.kind, name, but=before.id)
    return _put(call, before, replace(before, name=name))


def use(call: Call, category: ItemCategory, *, as_service: bool = False, as_expense: bool = False) -> None:
    """Let imported time or expenses be of this category instead of the one they were of."""
    assert category.kind is BillKind.INVOICE, category
    access.require_administrator(call, "change the settings of billing")
    for each in store.of_kind(call.tx, call.account_id, category.kind):
        is_this = each.id == category.id
        _put(
            call,
            each,
            replace(
                each,
                use_as_service=is_this if as_service else each.use_as_service,
                use_as_expense=is_this if as_expense else each.use_as_expense,
            ),
        )


def delete(call: Call, category: ItemCategory) -> None:
    """Remove a category, unless imported time or expenses are of it."""
    if category.use_as_service or category.use_as_expense:
        raise Conflict("Invoice item category can't be deleted because it is used for time or expenses")
    store.delete(call.tx, call.account_id, category.kind, category.id)
    tell(call, f"{category.kind}_item_category.deleted", category.id, before=category)


def _insert(
    call: Call, kind: BillKind, name: str, *, use_as_service: bool = False, use_as_expense: bool = False
) -> ItemCategory:
    category = ItemCategory(
        account_id=call.account_id,
        kind=kind,
        id=call.next_serial(f"harvest_{kind}_item_categories"),
        name=name,
        use_as_service=use_as_service,
        use_as_expense=use_as_expense,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, category)
    tell(call, f"{kind}_item_category.created", category.id, after=category)
    return category


def _put(call: Call, before: ItemCategory, after: ItemCategory) -> ItemCategory:
    if after == before:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tell(call, f"{after.kind}_item_category.updated", after.id, before=before, after=after)
    return after


def _require_free(call: Call, kind: BillKind, name: str, but: int | None = None) -> None:
    call.tx.lock("harvest", call.account_id, f"{kind}_item_category_names")
    key = name_key(name)
    if any(name_key(each.name) == key and each.id != but for each in store.of_kind(call.tx, call.account_id, kind)):
        raise problem("name", TAKEN)
