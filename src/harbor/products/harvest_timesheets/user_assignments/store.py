"""Table `harvest_user_assignments`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.user_assignments.model import UserAssignment

_TABLE = "harvest_user_assignments"
_ON_ACTIVE_PROJECTS = """
    project_id IN (SELECT p.id FROM harvest_projects p WHERE p.account_id = :account_id AND p.is_active = 1)
"""


def insert(tx: Tx, account_id: str, assignment: UserAssignment) -> None:
    """Put a person on a project."""
    tx.run(
        """
        INSERT INTO harvest_user_assignments (account_id, id, project_id, user_id, is_active, is_project_manager,
            use_default_rates, hourly_rate_e4, budget_e2, created_at, updated_at)
        VALUES (:account_id, :id, :project_id, :user_id, :is_active, :is_project_manager, :use_default_rates, :hourly_rate_e4,
            :budget_e2, :created_at, :updated_at)
        """,
        account_id=account_id,
        project_id=assignment.project_id,
        user_id=assignment.user_id,
        created_at=micros(assignment.created_at),
        **_changeable(assignment),
    )


def put(tx: Tx, account_id: str, assignment: UserAssignment) -> None:
    """Write what may change of an assignment."""
    tx.run(
        """
        UPDATE harvest_user_assignments
        SET is_active = :is_active, is_project_manager = :is_project_manager, use_default_rates = :use_default_rates,
            hourly_rate_e4 = :hourly_rate_e4, budget_e2 = :budget_e2, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(assignment),
    )


def delete(tx: Tx, account_id: str, assignment_id: int) -> None:
    """Take a person off a project."""
    tx.run(
        "DELETE FROM harvest_user_assignments WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=assignment_id,
    )


def find(tx: Tx, account_id: str, project_id: int, assignment_id: int) -> UserAssignment | None:
    """One assignment of a project."""
    row = tx.row(
        "SELECT * FROM harvest_user_assignments WHERE account_id = :account_id AND id = :id AND project_id = :project_id",
        account_id=account_id,
        id=assignment_id,
        project_id=project_id,
    )
    return _assignment(row) if row else None


def of(tx: Tx, account_id: str, project_id: int, user_id: int) -> UserAssignment | None:
    """A person's assignment to a project, active or not."""
    row = tx.row(
        """
        SELECT * FROM harvest_user_assignments
        WHERE account_id = :account_id AND project_id = :project_id AND user_id = :user_id
        """,
        account_id=account_id,
        project_id=project_id,
        user_id=user_id,
    )
    return _assignment(row) if row else None


def among(tx: Tx, account_id: str, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], UserAssignment]:
    """The assignments of projects and people that occur in pairs of them, by such a pair."""
    wanted = set(pairs)
    where = Where(account_id=account_id).among("project_id", sorted({project_id for project_id, _ in wanted}))
    where.among("user_id", sorted({user_id for _, user_id in wanted}))
    rows = tx.rows(f"SELECT * FROM harvest_user_assignments {where}", **where.values)
    return {(row["project_id"], row["user_id"]): _assignment(row) for row in rows}


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    project_id: int | None = None,
    user_id: int | None = None,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
    managed: frozenset[int] | None = None,
    people: frozenset[int] = frozenset(),
    on_active_projects: bool = False,
) -> Listed[UserAssignment]:
    """Assignments, newest first. With `managed`, only those of these projects or of these people."""
    where = Where(account_id=account_id).equal(
        project_id=project_id, user_id=user_id, is_active=None if is_active is None else int(is_active)
    )
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    if managed is not None:
        projects = {f"managed_{number}": id_ for number, id_ in enumerate(sorted(managed))}
        persons = {f"person_{number}": id_ for number, id_ in enumerate(sorted(people))}
        where.also(
            f"(project_id IN ({_names(projects)}) OR user_id IN ({_names(persons)}))",
            **projects,
            **persons,
        )
    if on_active_projects:
        where.also(_ON_ACTIVE_PROJECTS)
    return listing.newest_first(tx, _TABLE, where, page, _assignment)


def _names(values: dict[str, int]) -> str:
    return ", ".join(f":{name}" for name in values) or "NULL"  # nothing is in a list of NULL


def _changeable(assignment: UserAssignment) -> dict[str, object]:
    return {
        "id": assignment.id,
        "is_active": int(assignment.is_active),
        "is_project_manager": int(assignment.is_project_manager),
        "use_default_rates": int(assignment.use_default_rates),
        "hourly_rate_e4": assignment.hourly_rate_e4,
        "budget_e2": assignment.budget_e2,
        "updated_at": micros(assignment.updated_at),
    }


def _assignment(row: Row) -> UserAssignment:
    return UserAssignment(
        account_id=row["account_id"],
        id=row["id"],
        project_id=row["project_id"],
        user_id=row["user_id"],
        is_active=bool(row["is_active"]),
        is_project_manager=bool(row["is_project_manager"]),
        use_default_rates=bool(row["use_default_rates"]),
        hourly_rate_e4=row["hourly_rate_e4"],
        budget_e2=row["budget_e2"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
