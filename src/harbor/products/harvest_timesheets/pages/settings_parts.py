"""What the pages of settings share: the ways to one another, each for those who may go it."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.pages.acting import PATH

SETTINGS = f"{PATH}/settings"
BILLING = f"{SETTINGS}/billing"
EXPENSE_CATEGORIES = f"{SETTINGS}/expense-categories"
ROLES = f"{SETTINGS}/roles"
ITEMS = {kind: f"{SETTINGS}/{kind}-items" for kind in BillKind}
TRAIL = (("Settings", SETTINGS),)


def tabs(call: Call, current: str) -> dict[str, Any]:
    """The pages of settings that the person may open, for the context of each of them."""
    me = access.me(call)
    makes_invoices = me.has(AccessRole.INVOICE_DRAFTER) or me.has(AccessRole.INVOICE_MANAGER)
    all_ = (
        ("Company", SETTINGS, me.is_administrator),
        ("Billing", BILLING, me.is_administrator),
        ("Expense categories", EXPENSE_CATEGORIES, me.is_administrator),
        ("Invoice items", ITEMS[BillKind.INVOICE], makes_invoices),
        ("Estimate items", ITEMS[BillKind.ESTIMATE], me.has(AccessRole.ESTIMATES_MANAGER)),
        ("Roles", ROLES, me.is_administrator),
    )
    return {"tabs": [(label, path, path == current) for label, path, may in all_ if may]}
