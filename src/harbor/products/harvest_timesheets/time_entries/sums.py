"""Sums of time for reports: rounded hours by some of project, person, task, client, rate, billable and billed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.products.harvest_timesheets.time_entries import sums_store
from harbor.products.harvest_timesheets.time_entries.model import Reach
from harbor.products.harvest_timesheets.time_entries.sums_store import ALL_MONTHS, NO_RATE_E4

__all__ = ["ALL_MONTHS", "NO_RATE_E4", "of_month", "of_period"]


def of_period(
    call: Call, columns: Sequence[str], from_on: date, to_on: date, *, reach: Reach | None = None
) -> list[Row]:
    """Rows of `columns`, `entries` and `rounded_e2` of a period, as far as `reach` goes. A missing rate is `NO_RATE_E4`."""
    return sums_store.of_period(call.tx, call.account_id, columns, from_on, to_on, reach=reach)


def of_month(call: Call, columns: Sequence[str], month: str) -> list[Row]:
    """The same of one month, such as `2026-05`, or of `ALL_MONTHS`."""
    return sums_store.of_month(call.tx, call.account_id, columns, month)
