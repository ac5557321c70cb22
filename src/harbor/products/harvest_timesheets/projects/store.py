"""Table `harvest_projects`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.projects.model import BillBy, BudgetBy, Project

_TABLE = "harvest_projects"
_BOOLEANS = (
    "is_active",
    "is_billable",
    "is_fixed_fee",
    "budget_is_monthly",
    "notify_when_over_budget",
    "show_budget_to_all",
    "cost_budget_include_expenses",
)
_DATES = ("over_budget_notified_on", "starts_on", "ends_on")


def insert(tx: Tx, account_id: str, project: Project) -> None:
    """Add a project."""
    values = _values(project)
    names = ("account_id", *values)
    tx.run(
        f"INSERT INTO harvest_projects ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})",
        account_id=account_id,
        **values,
    )


def put(tx: Tx, account_id: str, project: Project) -> None:
    """Write what may change of a project."""
    values = _values(project)
    names = [name for name in values if name not in ("id", "created_at")]
    tx.run(
        f"""
        UPDATE harvest_projects SET {", ".join(f"{name} = :{name}" for name in names)}
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=project.id,
        **{name: values[name] for name in names},
    )


def delete(tx: Tx, account_id: str, project_id: int) -> None:
    """Remove a project and its assignments."""
    for table in ("harvest_user_assignments", "harvest_task_assignments"):
        tx.run(
            f"DELETE FROM {table} WHERE account_id = :account_id AND project_id = :project_id",
            account_id=account_id,
            project_id=project_id,
        )
    tx.run(
        "DELETE FROM harvest_projects WHERE account_id = :account_id AND id = :id", account_id=account_id, id=project_id
    )


def find(tx: Tx, account_id: str, project_id: int) -> Project | None:
    """One project."""
    row = tx.row(
        "SELECT * FROM harvest_projects WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=project_id,
    )
    return _project(row) if row else None


def by_name(tx: Tx, account_id: str, client_id: int, name: str) -> Project | None:
    """The project of a client with a name, however it is written."""
    row = tx.row(
        """
        SELECT * FROM harvest_projects
        WHERE account_id = :account_id AND client_id = :client_id AND name_key = :name_key
        """,
        account_id=account_id,
        client_id=client_id,
        name_key=name_key(name),
    )
    return _project(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, Project]:
    """Projects by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _project)


def every(
    tx: Tx, account_id: str, *, is_active: bool | None, is_billable: bool | None, among: Iterable[int] | None
) -> list[Project]:
    """All projects of a kind."""
    where = Where(account_id=account_id).equal(
        is_active=None if is_active is None else int(is_active),
        is_billable=None if is_billable is None else int(is_billable),
    )
    where.among("id", None if among is None else sorted(among))
    return [_project(row) for row in tx.rows(f"SELECT * FROM harvest_projects {where}", **where.values)]


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    is_active: bool | None = None,
    client_id: int | None = None,
    updated_since: datetime | None = None,
    among: Iterable[int] | None = None,
) -> Listed[Project]:
    """Projects, newest first; only those `among` some ids, if they are given."""
    where = Where(account_id=account_id).equal(
        is_active=None if is_active is None else int(is_active), client_id=client_id
    )
    where.compare("updated_at", ">=", micros_or_none(updated_since)).among("id", among)
    return listing.newest_first(tx, _TABLE, where, page, _project)


def assigned_budgets(tx: Tx, account_id: str, projects: Iterable[Project]) -> dict[int, int]:
    """The sums of the budgets of people or tasks, by project, where they are the project's budget."""
    found: dict[int, int] = {}
    kinds = {
        "harvest_user_assignments": {BudgetBy.PERSON},
        "harvest_task_assignments": {BudgetBy.TASK, BudgetBy.TASK_FEES},
    }
    projects = list(projects)
    for table, kind in kinds.items():
        ids = sorted(project.id for project in projects if project.budget_by in kind)
        if not ids:
            continue
        where = Where(account_id=account_id).among("project_id", ids)
        rows = tx.rows(
            f"""
            SELECT project_id, CAST(SUM(budget_e2) AS BIGINT) AS budget_e2 FROM {table} {where}
            AND is_active = 1 AND budget_e2 IS NOT NULL GROUP BY project_id
            """,
            **where.values,
        )
        found |= {row["project_id"]: row["budget_e2"] for row in rows}
    return found


def _values(project: Project) -> dict[str, object]:
    values = {name: value for name, value in asdict(project).items() if name != "account_id"}
    values |= {name: int(values[name]) for name in _BOOLEANS}
    values |= {name: values[name] and values[name].isoformat() for name in _DATES}
    return values | {
        "name_key": name_key(project.name),
        "bill_by": project.bill_by.value,
        "budget_by": project.budget_by.value,
        "created_at": micros(project.created_at),
        "updated_at": micros(project.updated_at),
    }


def _project(row: Row) -> Project:
    values = {name: value for name, value in row.items() if name != "name_key"}
    values |= {name: bool(row[name]) for name in _BOOLEANS}
    values |= {name: row[name] and date.fromisoformat(row[name]) for name in _DATES}
    values |= {
        "bill_by": BillBy(row["bill_by"]),
        "budget_by": BudgetBy(row["budget_by"]),
        "created_at": moment(row["created_at"]),
        "updated_at": moment(row["updated_at"]),
    }
    return Project(**values)
