"""Table `harvest_tasks`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.tasks.model import Task

_TABLE = "harvest_tasks"


def insert(tx: Tx, account_id: str, task: Task) -> None:
    """Add a task."""
    tx.run(
        """
        INSERT INTO harvest_tasks (account_id, id, name, name_key, billable_by_default, default_hourly_rate_e4, is_default,
            is_active, created_at, updated_at)
        VALUES (:account_id, :id, :name, :name_key, :billable_by_default, :default_hourly_rate_e4, :is_default, :is_active,
            :created_at, :updated_at)
        """,
        account_id=account_id,
        created_at=micros(task.created_at),
        **_changeable(task),
    )


def put(tx: Tx, account_id: str, task: Task) -> None:
    """Write what may change of a task."""
    tx.run(
        """
        UPDATE harvest_tasks
        SET name = :name, name_key = :name_key, billable_by_default = :billable_by_default,
            default_hourly_rate_e4 = :default_hourly_rate_e4, is_default = :is_default, is_active = :is_active,
            updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(task),
    )


def delete(tx: Tx, account_id: str, task_id: int) -> None:
    """Remove a task and its assignments."""
    tx.run(
        "DELETE FROM harvest_task_assignments WHERE account_id = :account_id AND task_id = :task_id",
        account_id=account_id,
        task_id=task_id,
    )
    tx.run("DELETE FROM harvest_tasks WHERE account_id = :account_id AND id = :id", account_id=account_id, id=task_id)


def find(tx: Tx, account_id: str, task_id: int) -> Task | None:
    """One task."""
    row = tx.row(
        "SELECT * FROM harvest_tasks WHERE account_id = :account_id AND id = :id", account_id=account_id, id=task_id
    )
    return _task(row) if row else None


def by_name(tx: Tx, account_id: str, name: str) -> Task | None:
    """The task with a name, however it is written."""
    row = tx.row(
        "SELECT * FROM harvest_tasks WHERE account_id = :account_id AND name_key = :name_key",
        account_id=account_id,
        name_key=name_key(name),
    )
    return _task(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, Task]:
    """Tasks by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _task)


def defaults(tx: Tx, account_id: str) -> list[Task]:
    """The active tasks that join each new project."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_tasks WHERE account_id = :account_id AND is_default = 1 AND is_active = 1 ORDER BY id
        """,
        account_id=account_id,
    )
    return [_task(row) for row in rows]


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
    of_projects: frozenset[int] | None = None,
) -> Listed[Task]:
    """Tasks, newest first; with `of_projects`, those that are used on one of these projects."""
    where = Where(account_id=account_id).equal(is_active=None if is_active is None else int(is_active))
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    if of_projects is not None:
        where.among("id", _used_on(tx, account_id, of_projects))
    return listing.newest_first(tx, _TABLE, where, page, _task)


def _used_on(tx: Tx, account_id: str, project_ids: frozenset[int]) -> list[int]:
    where = Where(account_id=account_id).among("project_id", sorted(project_ids))
    rows = tx.rows(f"SELECT DISTINCT task_id FROM harvest_task_assignments {where}", **where.values)
    return [row["task_id"] for row in rows]


def is_used_on(tx: Tx, account_id: str, task_id: int, project_ids: frozenset[int]) -> bool:
    """Whether a task is used on one of these projects."""
    return task_id in _used_on(tx, account_id, project_ids)


def _changeable(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "name": task.name,
        "name_key": name_key(task.name),
        "billable_by_default": int(task.billable_by_default),
        "default_hourly_rate_e4": task.default_hourly_rate_e4,
        "is_default": int(task.is_default),
        "is_active": int(task.is_active),
        "updated_at": micros(task.updated_at),
    }


def _task(row: Row) -> Task:
    return Task(
        account_id=row["account_id"],
        id=row["id"],
        name=row["name"],
        billable_by_default=bool(row["billable_by_default"]),
        default_hourly_rate_e4=row["default_hourly_rate_e4"],
        is_default=bool(row["is_default"]),
        is_active=bool(row["is_active"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
