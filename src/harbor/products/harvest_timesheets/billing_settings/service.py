"""Reading and changing the settings of billing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import store
from harbor.products.harvest_timesheets.billing_settings.model import BillingSettings, checked
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.telling import tell


def of(call: Call) -> BillingSettings:
    """The settings of the account."""
    return store.find(call.tx, call.account_id)


def change(call: Call, **changes: Any) -> BillingSettings:
    """Other settings, by the fields of `BillingSettings`. Bills that are there stay as they are."""
    access.require_administrator(call, "change the settings of billing")
    before = of(call)
    after = checked(replace(before, **changes))
    if after != before:
        store.put(call.tx, call.account_id, after)
        tell(call, "billing_settings.updated", company.of(call).number, before=before, after=after)
    return after
