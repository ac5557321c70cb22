"""Sums of expenses for reports: costs by some of project, person, category, client, billable and billed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Row
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.expenses import sums_store
from harbor.products.harvest_timesheets.time_entries.model import Reach


def by(
    call: Call,
    columns: Sequence[str],
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    reach: Reach | None = None,
    narrow: Callable[[Where], Where] = lambda where: where,
) -> list[Row]:
    """Rows of `columns`, `expenses` and `total_cost_e2`: of a period or of all time, as far as `reach` goes.

    `narrow` adds terms.
    """
    return sums_store.by(call.tx, call.account_id, columns, from_on=from_on, to_on=to_on, reach=reach, narrow=narrow)
