"""Lines of the list of entries: each with all that it is shown with, as a tuple.

A page of 2,000 entries may have as many assignments around it. SQLite joins them in one query. PostgreSQL, whose planner
joins tables it has no statistics of in ways that take seconds, reads each table once and the lines are put together here.
Dicts and models of the rows would cost more than reading them.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Final

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where

Line = tuple[Any, ...]

_ENTRY: Final = (
    "id", "spent_on", "hours_e2", "rounded_e2", "notes", "approval_status", "is_billed", "timer_started_at", "started_time",
    "ended_time", "billable", "budgeted", "rate_e4", "cost_rate_e4", "created_at", "updated_at", "invoice_id",
    "invoice_number", "external_id", "external_group_id", "external_account_id", "external_permalink", "project_id",
    "user_id", "task_id",
)  # fmt: skip
_USER: Final = ("u.first_name", "u.last_name", "u.is_active")
_CLIENT: Final = ("c.id", "c.name", "c.currency", "c.is_active")
_PROJECT: Final = ("p.name", "p.code", "p.is_active")
_TASK: Final = ("t.name", "t.is_active")
_SEAT: Final = (
    "s.id", "s.is_project_manager", "s.is_active", "s.use_default_rates", "s.budget_e2", "s.created_at", "s.updated_at",
    "s.hourly_rate_e4",
)  # fmt: skip
_USE: Final = ("w.id", "w.billable", "w.is_active", "w.created_at", "w.updated_at", "w.hourly_rate_e4", "w.budget_e2")
# Where the parts of a line begin and end.
ENTRY: Final = slice(0, len(_ENTRY) - 3)
IDS: Final = slice(ENTRY.stop, len(_ENTRY))
USER: Final = slice(IDS.stop, IDS.stop + len(_USER))
CLIENT: Final = slice(USER.stop, USER.stop + len(_CLIENT))
PROJECT: Final = slice(CLIENT.stop, CLIENT.stop + len(_PROJECT))
TASK: Final = slice(PROJECT.stop, PROJECT.stop + len(_TASK))
SEAT: Final = slice(TASK.stop, TASK.stop + len(_SEAT))
USE: Final = slice(SEAT.stop, SEAT.stop + len(_USE))

# The order of the list, along the index of days; and the same order for few entries that are found in another way, which
# no index has, so that none is walked for it.
BY_DAY: Final = "spent_on DESC, id DESC"
SORTED: Final = "spent_on || '' DESC, id DESC"

_ENTRIES = f"""
    SELECT account_id, {", ".join(_ENTRY)} FROM harvest_time_entries {{where}}
    ORDER BY {{order}} LIMIT :limit OFFSET :offset
"""
_JOINED = f"""
    SELECT {", ".join(f"e.{name}" for name in _ENTRY)}, {", ".join((*_USER, *_CLIENT, *_PROJECT, *_TASK, *_SEAT, *_USE))}
    FROM ({_ENTRIES}) AS e
    JOIN harvest_users u ON u.account_id = e.account_id AND u.id = e.user_id
    JOIN harvest_projects p ON p.account_id = e.account_id AND p.id = e.project_id
    JOIN harvest_clients c ON c.account_id = e.account_id AND c.id = p.client_id
    JOIN harvest_tasks t ON t.account_id = e.account_id AND t.id = e.task_id
    LEFT JOIN harvest_user_assignments s
        ON s.account_id = e.account_id AND s.project_id = e.project_id AND s.user_id = e.user_id
    LEFT JOIN harvest_task_assignments w
        ON w.account_id = e.account_id AND w.project_id = e.project_id AND w.task_id = e.task_id
"""


def read(tx: Tx, account_id: str, where: Where, *, limit: int, offset: int, order: str = BY_DAY) -> list[Line]:
    """Lines of the entries that `where` holds for, by day and id, the latest first."""
    values = {**where.values, "limit": limit, "offset": offset}
    if tx.engine == "sqlite":
        found = tx.tuples(_JOINED.format(where=where, order=order), **values)
        found.sort(key=_day_and_id, reverse=True)  # what is joined comes in no order
        return found
    entries = tx.tuples(_ENTRIES.format(where=where, order=order), **values)
    return _put_together(tx, account_id, [entry[1:] for entry in entries])


def _day_and_id(line: Line) -> tuple[str, int]:
    return line[1], line[0]


def _put_together(tx: Tx, account_id: str, entries: list[Line]) -> list[Line]:
    """Lines of entries, and of what stands around them, read table by table."""
    if not entries:
        return []
    project_ids, user_ids, task_ids = ({entry[IDS][place] for entry in entries} for place in range(3))
    read = _Tables(tx, account_id)
    users = read.by_id("harvest_users u", _USER, user_ids)
    projects = read.by_id("harvest_projects p", ("p.client_id", *_PROJECT), project_ids)
    clients = read.by_id("harvest_clients c", _CLIENT, {project[0] for project in projects.values()})
    tasks = read.by_id("harvest_tasks t", _TASK, task_ids)
    places = {entry[IDS] for entry in entries}
    seats = read.by_pair("harvest_user_assignments s", "user_id", _SEAT, {(one, person) for one, person, _ in places})
    uses = read.by_pair("harvest_task_assignments w", "task_id", _USE, {(one, task) for one, _, task in places})
    no_seat, no_use = (None,) * len(_SEAT), (None,) * len(_USE)
    found = []
    for entry in entries:
        project_id, user_id, task_id = entry[IDS]
        client_id, *project = projects[project_id,]
        around = (*users[user_id,], *clients[client_id,], *project, *tasks[task_id,])
        found.append(
            (*entry, *around, *seats.get((project_id, user_id), no_seat), *uses.get((project_id, task_id), no_use))
        )
    return found


class _Tables:
    """Reads rows of an account by their keys. Ids go as arrays, so that each statement is the same text every time."""

    def __init__(self, tx: Tx, account_id: str) -> None:
        self._tx = tx
        self._account_id = account_id

    def by_id(self, table: str, columns: Sequence[str], ids: Set[int]) -> dict[Line, Line]:
        """Values of `columns` by id."""
        name = table[-1]
        rows = self._tx.tuples(
            f"""
            SELECT {name}.id, {", ".join(columns)} FROM {table}
            WHERE {name}.account_id = :account_id AND {name}.id = ANY(CAST(:ids AS BIGINT[]))
            """,
            account_id=self._account_id,
            ids=list(ids),
        )
        return {row[:1]: row[1:] for row in rows}

    def by_pair(self, table: str, column: str, columns: Sequence[str], pairs: Set[tuple[int, int]]) -> dict[Line, Line]:
        """Values of `columns` by a project and another id, which `column` holds."""
        name = table[-1]
        rows = self._tx.tuples(
            f"""
            SELECT {name}.project_id, {name}.{column}, {", ".join(columns)}
            FROM UNNEST(CAST(:projects AS BIGINT[]), CAST(:others AS BIGINT[])) AS pair (project_id, other_id)
            JOIN {table} ON {name}.account_id = :account_id AND {name}.project_id = pair.project_id
                AND {name}.{column} = pair.other_id
            """,
            account_id=self._account_id,
            projects=[pair[0] for pair in pairs],
            others=[pair[1] for pair in pairs],
        )
        return {row[:2]: row[2:] for row in rows}
