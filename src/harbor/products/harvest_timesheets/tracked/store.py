"""Reading of tracked time, for those who must not remove what it stands on."""

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


def touch(
    tx: Tx, account_id: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Mark as changed what shows a person, a project or a task: time entries, and the assignments to projects."""
    _touch(tx, "harvest_time_entries", account_id, user_id=user_id, project_id=project_id, task_id=task_id)
    if task_id is None:
        _touch(tx, "harvest_user_assignments", account_id, user_id=user_id, project_id=project_id)
    if user_id is None:
        _touch(tx, "harvest_task_assignments", account_id, task_id=task_id, project_id=project_id)


def touch_assignments(tx: Tx, account_id: str, user_id: int) -> None:
    """Mark a person's assignments as changed: they show a rate that changed."""
    _touch(tx, "harvest_user_assignments", account_id, user_id=user_id)


def touch_entries(
    tx: Tx, account_id: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> None:
    """Mark as changed the time entries alone: they show the assignments that changed."""
    _touch(tx, "harvest_time_entries", account_id, user_id=user_id, project_id=project_id, task_id=task_id)


def _touch(tx: Tx, table: str, account_id: str, **of: int | None) -> None:
    where = Where(account_id=account_id).equal(**of)
    tx.run(f"UPDATE {table} SET updated_at = :now {where}", now=tx.now_us, **where.values)
