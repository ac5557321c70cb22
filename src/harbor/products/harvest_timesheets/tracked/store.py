"""Reading of tracked time and expenses, for those who must not remove what they stand on."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where


def has_entries(
    tx: Tx,
    account_id: str,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    is_running: bool = False,
) -> bool:
    """Whether there is a time entry of all these, or one whose timer runs."""
    where = Where(account_id=account_id).equal(user_id=user_id, project_id=project_id, task_id=task_id)
    if is_running:
        where.also("timer_started_at IS NOT NULL")
    return tx.row(f"SELECT 1 AS one FROM harvest_time_entries {where} LIMIT 1", **where.values) is not None


def has_expenses(tx: Tx, account_id: str, **of: int | None) -> bool:
    """Whether there is an expense of all these."""
    where = Where(account_id=account_id).equal(**of)
    return tx.row(f"SELECT 1 AS one FROM harvest_expenses {where} LIMIT 1", **where.values) is not None


def touch_assignments(
    tx: Tx, account_id: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Mark as changed the assignments that show a person, a project or a task."""
    if task_id is None:
        _touch(tx, "harvest_user_assignments", account_id, user_id=user_id, project_id=project_id)
    if user_id is None:
        _touch(tx, "harvest_task_assignments", account_id, task_id=task_id, project_id=project_id)


def touch_projects(tx: Tx, account_id: str, client_id: int) -> None:
    """Mark as changed the projects of a client, which show it."""
    _touch(tx, "harvest_projects", account_id, client_id=client_id)


def touch_bills(tx: Tx, account_id: str, client_id: int) -> None:
    """Mark as changed the invoices and estimates of a client, which show it."""
    _touch(tx, "harvest_invoices", account_id, client_id=client_id)
    _touch(tx, "harvest_estimates", account_id, client_id=client_id)


def touch_invoices(tx: Tx, account_id: str, project_id: int) -> None:
    """Mark as changed the invoices with lines of a project, which show it."""
    tx.run(
        """
        UPDATE harvest_invoices SET updated_at = :now
        WHERE account_id = :account_id AND id IN (
            SELECT bill_id FROM harvest_bill_lines
            WHERE account_id = :account_id AND project_id = :project_id AND kind = 'invoice'
        )
        """,
        account_id=account_id,
        project_id=project_id,
        now=tx.now_us,
    )


def is_invoiced(tx: Tx, account_id: str, project_id: int) -> bool:
    """Whether an invoice has lines of a project, or bills what is tracked on it."""
    of_lines = Where(account_id=account_id, project_id=project_id, kind="invoice")
    of_tracked = Where(account_id=account_id, project_id=project_id).also("invoice_id IS NOT NULL")
    places = (
        ("harvest_bill_lines", of_lines),
        ("harvest_time_entries", of_tracked),
        ("harvest_expenses", of_tracked),
    )
    return any(
        tx.row(f"SELECT 1 AS one FROM {table} {where} LIMIT 1", **where.values) is not None for table, where in places
    )


def touch_entries(tx: Tx, account_id: str, **of: int | None) -> None:
    """Mark as changed the time entries of a person, project, task or client."""
    _touch(tx, "harvest_time_entries", account_id, **of)


def touch_expenses(tx: Tx, account_id: str, **of: int | None) -> None:
    """Mark as changed the expenses of a person, project, category or client."""
    _touch(tx, "harvest_expenses", account_id, **of)


def move_expenses(tx: Tx, account_id: str, project_id: int, client_id: int) -> None:
    """Note another client of a project with its expenses, except those that are invoiced."""
    tx.run(
        """
        UPDATE harvest_expenses SET client_id = :client_id, updated_at = :now
        WHERE account_id = :account_id AND project_id = :project_id AND invoice_id IS NULL
        """,
        account_id=account_id,
        project_id=project_id,
        client_id=client_id,
        now=tx.now_us,
    )


def count_up_to(tx: Tx, account_id: str, most: int, **of: int | None) -> int:
    """How many entries there are, counted until there are more than `most`."""
    where = Where(account_id=account_id).equal(**of)
    row = tx.row(
        f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM harvest_time_entries {where} LIMIT :most) AS part",
        most=most + 1,
        **where.values,
    )
    assert row is not None
    return int(row["n"])


def touch_step(tx: Tx, account_id: str, *, after_id: int, size: int, **of: int | None) -> int | None:
    """Mark as changed the next `size` entries after an id; the last of them, or None if there are no more."""
    where = Where(account_id=account_id).equal(**of).compare("id", ">", after_id)
    rows = tx.rows(
        f"""
        UPDATE harvest_time_entries SET updated_at = :now WHERE account_id = :own_account_id AND id IN (
            SELECT id FROM harvest_time_entries {where} ORDER BY id LIMIT :size
        ) RETURNING id
        """,
        now=tx.now_us,
        own_account_id=account_id,
        size=size,
        **where.values,
    )
    return max((row["id"] for row in rows), default=None)


def _touch(tx: Tx, table: str, account_id: str, **of: int | None) -> None:
    where = Where(account_id=account_id).equal(**of)
    tx.run(f"UPDATE {table} SET updated_at = :now {where}", now=tx.now_us, **where.values)
