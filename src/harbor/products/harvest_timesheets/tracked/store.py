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


def touch_entries(
    tx: Tx, account_id: str, *, user_id: int | None = None, project_id: int | None = None, task_id: int | None = None
) -> int:
    """Mark time entries as changed whose shown fields follow from something that changed; how many there are."""
    where = Where(account_id=account_id).equal(user_id=user_id, project_id=project_id, task_id=task_id)
    return tx.run(f"UPDATE harvest_time_entries SET updated_at = :now {where}", now=tx.now_us, **where.values)
