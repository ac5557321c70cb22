"""What may be done with the company, and what follows: another rounding gives every entry that is not invoiced new hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from msgspec import UNSET, UnsetType

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import store
from harbor.products.harvest_timesheets.company.model import (
    BudgetHours,
    Company,
    Rounding,
    check_weekly_capacity,
    checked,
)
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.zones import DEFAULT, known_zone

FREE_OF_CHARGE = "sponsored"
# What a company is, apart from its settings.
_FIXED = frozenset({"account_id", "number", "created_at", "updated_at"})


def of(call: Call) -> Company:
    """The company of the account. Raises `Missing` where Harvest is not set up."""
    found = store.find(call.tx, call.account_id)
    if found is None:
        raise Missing("Harvest is not set up in this account.")
    return found


def is_set_up(call: Call) -> bool:
    """Whether the account has a company."""
    return store.find(call.tx, call.account_id) is not None


def today(call: Call) -> date:
    """The day it is for the company."""
    return of(call).day_of(call.tx.now)


def to_read(call: Call) -> Company:
    """The company: everybody may know it, since timers need its clock and rounding."""
    return of(call)


def to_change(call: Call) -> Company:
    """The company, for an administrator. Raises `Denied`."""
    access.require_administrator(call, "change the company")
    return of(call)


def add(call: Call, *, number: int, name: str, currency: str = "USD", timezone: str = DEFAULT) -> Company:
    """Set Harvest up in the account, with the settings that a new company has."""
    company = Company(
        account_id=call.account_id,
        number=number,
        name=name,
        is_active=True,
        week_start_day="Monday",
        wants_timestamp_timers=False,
        time_format="hours_minutes",
        date_format="%m/%d/%Y",
        plan_type=FREE_OF_CHARGE,
        expense_feature=True,
        invoice_feature=True,
        estimate_feature=True,
        team_feature=True,
        approval_feature=True,
        weekly_capacity_s=126_000,
        clock="12h",
        currency=known_currency(currency),
        currency_code_display="iso_code_none",
        currency_symbol_display="symbol_before",
        decimal_symbol=".",
        thousands_separator=",",
        color_scheme="orange",
        timezone=known_zone(timezone),
        rounding=Rounding.OFF,
        rounding_minutes=15,
        budget_hours=BudgetHours.ALL,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, company)
    tell(call, "company.created", number, after=company)
    return company


def change(
    call: Call,
    before: Company,
    *,
    wants_timestamp_timers: bool | UnsetType = UNSET,
    weekly_capacity_s: int | UnsetType = UNSET,
) -> Company:
    """What the API lets change of a company."""
    after = replace(
        before,
        wants_timestamp_timers=(
            before.wants_timestamp_timers if wants_timestamp_timers is UNSET else wants_timestamp_timers
        ),
        weekly_capacity_s=(
            before.weekly_capacity_s if weekly_capacity_s is UNSET else check_weekly_capacity(weekly_capacity_s)
        ),
    )
    return _put(call, before, after)


def change_rules(
    call: Call,
    before: Company,
    *,
    rounding: Rounding | UnsetType = UNSET,
    rounding_minutes: int | UnsetType = UNSET,
    budget_hours: BudgetHours | UnsetType = UNSET,
) -> Company:
    """The rules of rounding and budgets."""
    given = {"rounding": rounding, "rounding_minutes": rounding_minutes, "budget_hours": budget_hours}
    return change_settings(call, before, {name: value for name, value in given.items() if value is not UNSET})


def change_settings(call: Call, before: Company, changes: Mapping[str, Any]) -> Company:
    """Any of its settings, by the fields of `Company`. Raises `Invalid`.

    With another rounding or other hours of budgets entries that are not invoiced follow, in this transaction or in a job.
    """
    assert not set(changes) & _FIXED, changes
    after = _put(call, before, checked(replace(before, **changes)))
    if (before.rounding_e2, before.rounding, before.budget_hours) != (
        after.rounding_e2,
        after.rounding,
        after.budget_hours,
    ):
        pricing.reprice(call, after)
    return after


def _put(call: Call, before: Company, after: Company) -> Company:
    if after == before:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tell(call, "company.updated", after.number, before=before, after=after)
    return after
