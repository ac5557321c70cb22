"""Table `harvest_task_assignments`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.task_assignments.model import TaskAssignment


def insert(tx: Tx, account_id: str, assignment: TaskAssignment) -> None:
    """Put a task on a project."""
    tx.run(
        """
        INSERT INTO harvest_task_assignments (account_id, id, project_id, task_id, is_active, billable, hourly_rate_e4,
            budget_e2, created_at, updated_at)
        VALUES (:account_id, :id, :project_id, :task_id, :is_active, :billable, :hourly_rate_e4, :budget_e2, :created_at,
            :updated_at)
        """,
        account_id=account_id,
        project_id=assignment.project_id,
        task_id=assignment.task_id,
        created_at=micros(assignment.created_at),
        **_changeable(assignment),
    )


def put(tx: Tx, account_id: str, assignment: TaskAssignment) -> None:
    """Write what may change of an assignment."""
    tx.run(
        """
        UPDATE harvest_task_assignments
        SET is_active = :is_active, billable = :billable, hourly_rate_e4 = :hourly_rate_e4, budget_e2 = :budget_e2,
            updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(assignment),
    )


def delete(tx: Tx, account_id: str, assignment_id: int) -> None:
    """Take a task off a project."""
    tx.run(
        "DELETE FROM harvest_task_assignments WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=assignment_id,
    )


def find(tx: Tx, account_id: str, project_id: int, assignment_id: int) -> TaskAssignment | None:
    """One assignment of a project."""
    row = tx.row(
        "SELECT * FROM harvest_task_assignments WHERE account_id = :account_id AND id = :id AND project_id = :project_id",
        account_id=account_id,
        id=assignment_id,
        project_id=project_id,
    )
    return _assignment(row) if row else None


def of(tx: Tx, account_id: str, project_id: int, task_id: int) -> TaskAssignment | None:
    """A task's assignment to a project, active or not."""
    row = tx.row(
        """
        SELECT * FROM harvest_task_assignments
        WHERE account_id = :account_id AND project_id = :project_id AND task_id = :task_id
        """,
        account_id=account_id,
        project_id=project_id,
        task_id=task_id,
    )
    return _assignment(row) if row else None


def among(tx: Tx, account_id: str, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], TaskAssignment]:
    """The assignments of projects and tasks that occur in pairs of them, by such a pair."""
    wanted = set(pairs)
    where = Where(account_id=account_id).among("project_id", sorted({project_id for project_id, _ in wanted}))
    where.among("task_id", sorted({task_id for _, task_id in wanted}))
    rows = tx.rows(f"SELECT * FROM harvest_task_assignments {where}", **where.values)
    return {(row["project_id"], row["task_id"]): _assignment(row) for row in rows}


def active_of(tx: Tx, account_id: str, project_ids: Iterable[int]) -> list[TaskAssignment]:
    """The active assignments of projects."""
    where = Where(account_id=account_id, is_active=1).among("project_id", sorted(set(project_ids)))
    return [_assignment(row) for row in tx.rows(f"SELECT * FROM harvest_task_assignments {where}", **where.values)]


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    project_id: int | None = None,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
    managed: Iterable[int] | None = None,
) -> Listed[TaskAssignment]:
    """Assignments, newest first. With `managed`, only those of these projects."""
    where = Where(account_id=account_id).equal(
        project_id=project_id, is_active=None if is_active is None else int(is_active)
    )
    where.compare("updated_at", ">=", micros_or_none(updated_since)).among("project_id", managed)
    return listing.newest_first(tx, "harvest_task_assignments", where, page, _assignment)


def _changeable(assignment: TaskAssignment) -> dict[str, object]:
    return {
        "id": assignment.id,
        "is_active": int(assignment.is_active),
        "billable": int(assignment.billable),
        "hourly_rate_e4": assignment.hourly_rate_e4,
        "budget_e2": assignment.budget_e2,
        "updated_at": micros(assignment.updated_at),
    }


def _assignment(row: Row) -> TaskAssignment:
    return TaskAssignment(
        account_id=row["account_id"],
        id=row["id"],
        project_id=row["project_id"],
        task_id=row["task_id"],
        is_active=bool(row["is_active"]),
        billable=bool(row["billable"]),
        hourly_rate_e4=row["hourly_rate_e4"],
        budget_e2=row["budget_e2"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
