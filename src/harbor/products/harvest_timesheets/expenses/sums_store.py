"""Sums over `harvest_expenses`. They are few beside time, so they are added up when they are asked for, from an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.time_entries.model import Reach


def by(
    tx: Tx,
    account_id: str,
    columns: Sequence[str],
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    reach: Reach | None = None,
    narrow: Callable[[Where], Where] = lambda where: where,
) -> list[Row]:
    """Numbers of expenses and what they cost, by some columns. `narrow` adds terms over any column."""
    where = narrow(Where(account_id=account_id))
    where.compare("spent_on", ">=", from_on and from_on.isoformat())
    where.compare("spent_on", "<=", to_on and to_on.isoformat())
    if reach is not None:
        listing.within(where, reach.user_ids, reach.project_ids)
    names = ", ".join(columns)
    return tx.rows(
        f"""
        SELECT {names}, COUNT(*) AS expenses, CAST(SUM(total_cost_e2) AS BIGINT) AS total_cost_e2
        FROM harvest_expenses {where} GROUP BY {names}
        """,
        **where.values,
    )
