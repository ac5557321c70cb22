"""Entries and expenses of detailed reports, by day and id: the order of the indexes that begin with what they are grouped by.

Source of the indexes: migrations 0003 and 0005.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.reports.model import Subject
from harbor.products.harvest_timesheets.reports.wanted import Cursor, Ledger, Wanted
from harbor.products.harvest_timesheets.time_entries.model import Reach

_TABLES: Final = {Ledger.TIME: "harvest_time_entries", Ledger.EXPENSES: "harvest_expenses"}
_COLUMNS: Final = {
    Ledger.TIME: (
        "id, spent_on, client_id, project_id, task_id, user_id, notes, hours_e2, rounded_e2, timer_started_at, started_time, "
        "ended_time, billable, is_billed, invoice_number, approval_status, rate_e4, cost_rate_e4"
    ),
    Ledger.EXPENSES: (
        "id, spent_on, client_id, project_id, expense_category_id, user_id, notes, units_e4, total_cost_e2, billable, "
        "is_billed, invoice_number, approval_status"
    ),
}


def narrowed(where: Where, ledger: Ledger, wanted: Wanted, role_user_ids: Iterable[int] | None) -> Where:
    """Narrow to what is wanted, but for the days. `role_user_ids` are the people of the role, if one is wanted."""
    where.equal(
        client_id=wanted.client_id,
        project_id=wanted.project_id,
        user_id=wanted.user_id,
        billable=None if wanted.billable is None else int(wanted.billable),
        is_billed=None if wanted.is_billed is None else int(wanted.is_billed),
        approval_status=None if wanted.approval is None else wanted.approval.value,
    )
    if ledger is Ledger.TIME:
        where.equal(task_id=wanted.task_id)
    else:
        where.equal(expense_category_id=wanted.category_id)
    if role_user_ids is not None:
        # Names of their own: several such parts may stand in one statement.
        names = {f"role_{number}": user_id for number, user_id in enumerate(sorted(set(role_user_ids)))}
        where.also(f"user_id IN ({', '.join(f':{name}' for name in names) or 'NULL'})", **names)
    return where


def part(
    tx: Tx,
    account_id: str,
    ledger: Ledger,
    wanted: Wanted,
    *,
    reach: Reach | None,
    role_user_ids: Iterable[int] | None,
    group: tuple[Subject, int] | None,
    after: Cursor | None,
    limit: int,
) -> list[Row]:
    """The next rows of a group, or of all, by day and id."""
    where = Where(account_id=account_id)
    if group is not None:
        where.also(f"{group[0].value} = :group_id", group_id=group[1])
    narrowed(where, ledger, wanted, role_user_ids)
    where.compare("spent_on", ">=", wanted.period.from_on.isoformat())
    where.compare("spent_on", "<=", wanted.period.to_on.isoformat())
    if reach is not None:
        listing.within(where, reach.user_ids, reach.project_ids)
    if after is not None:
        where.also("(spent_on, id) > (:after_on, :after_id)", after_on=after.spent_on.isoformat(), after_id=after.id)
    return tx.rows(
        f"SELECT {_COLUMNS[ledger]} FROM {_TABLES[ledger]} {where} ORDER BY spent_on, id LIMIT :limit",
        **where.values,
        limit=limit,
    )
