"""What follows from things that are there: locked periods of invoices and approved weeks, and how the source rounds time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import ROUNDING_MINUTES, Rounding
from harbor.products.harvest_timesheets.importing import locks_store, rows_store
from harbor.products.harvest_timesheets.importing.taking import Taken
from harbor.products.harvest_timesheets.pricing.rules import rounded_e2
from harbor.products.harvest_timesheets.time_entries.approval import week_end, week_of

BILLS_AT_ONCE: Final = 200
# The first one that fits all entries is how the source rounds; most round not at all.
ROUNDINGS: Final = (
    (Rounding.OFF, ROUNDING_MINUTES[1]),
    *((rounding, minutes) for rounding in (Rounding.NEAREST, Rounding.UP) for minutes in ROUNDING_MINUTES),
)
ALL_FIT: Final = (1 << len(ROUNDINGS)) - 1


def lock_bills(call: Call, after_id: int) -> int | None:
    """Lock the periods of some invoices as billing them here would have; the last of them, None after the end."""
    ids = rows_store.next_ids(call.tx, "harvest_invoices", call.account_id, after_id, limit=BILLS_AT_ONCE)
    if not ids:
        return None
    locks_store.lock_bills(call.tx, call.account_id, ids)
    return ids[-1]


def lock_weeks(call: Call, after_id: int) -> int | None:
    """Lock the weeks in which one person has approved time; the person, None after the end."""
    ids = rows_store.next_ids(call.tx, "harvest_users", call.account_id, after_id, limit=1)
    if not ids:
        return None
    first = company.of(call).week_start_day
    days = locks_store.approved_days(call.tx, call.account_id, ids[0])
    weeks = sorted({week_of(day, first) for day in days})
    locks_store.lock_weeks(call.tx, call.account_id, ids[0], [(start, week_end(start)) for start in weeks])
    return ids[0]


def fitting(call: Call, found: Taken, mask: int) -> int:
    """Of the ways of rounding that fitted so far, those that fit the entries of a page too, a bit each."""
    here = company.of(call)
    ways = [replace(here, rounding=rounding, rounding_minutes=minutes) for rounding, minutes in ROUNDINGS]
    pairs = {
        (row.values["hours_e2"], row.values["rounded_e2"])
        for row in found.rows.values()
        if row.values["timer_started_at"] is None
    }
    for bit, way in enumerate(ways):
        if mask >> bit & 1 and any(rounded_e2(hours, way) != rounded for hours, rounded in pairs):
            mask &= ~(1 << bit)
    return mask


def round_alike(call: Call, mask: int) -> None:
    """Round here as the source does, where our own way does not fit its entries."""
    fit = [way for bit, way in enumerate(ROUNDINGS) if mask >> bit & 1]
    here = company.of(call)
    if not fit or (here.rounding, here.rounding_minutes) in fit or (here.rounding is Rounding.OFF and mask & 1):
        return
    rounding, minutes = fit[0]
    rows_store.set_company(call.tx, call.account_id, {"rounding": rounding.value, "rounding_minutes": minutes})
