"""Filling an account of Harvest: people, projects, and as many time entries of a year as a question needs, in bulk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from harbor.kernel.identity import store as identity
from harbor.kernel.storage.database import Database, Lane, Tx

PEOPLE, PROJECTS, CLIENTS = 200, 400, 50
_DAYS = 365
_APART = 50
_STEP_ROWS = 20_000
# Each entry by its number: spread over people, projects, tasks and days as if by chance, and the same in every run.
_ENTRIES = """
    INSERT INTO harvest_time_entries (account_id, id, user_id, project_id, task_id, spent_on, hours_e2, notes, client_id, billable,
        budgeted, rate_e4, cost_rate_e4, rounded_e2, approval_status, is_billed, created_at, updated_at)
    WITH RECURSIVE numbers (i) AS (
        SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :until
    )
    SELECT :account_id, i + 1, 1000 + (i * 7919 + i / 977) % {people}, 1000 + {project},
        1 + (i * 31 + i / 71) % 4, days.day, 25 + (i * 13) % 800, 'what was done in entry ' || CAST(i AS TEXT),
        1000 + ({project}) % {clients}, CASE WHEN i % 5 = 0 THEN 0 ELSE 1 END, 1,
        CASE WHEN i % 5 = 0 THEN NULL ELSE 800000 + ({project}) % 7 * 50000 END, 400000,
        25 + (i * 13) % 800, 'unsubmitted', 0, :now - (i * 104729000003) % 31536000000000, :now - (i * 104729000003) % 31536000000000
    FROM numbers JOIN harvest_benchmark_days AS days ON days.n = (i * 127 + i / 365) % {days}
"""
# One of the eight projects that the person of the entry is on.
_PROJECT = f"((i * 7919 + i / 977) % {PEOPLE}) % {_APART} + {_APART} * ((i * 104729 + i / 313) % {PROJECTS // _APART})"
_SUMS = """
    INSERT INTO harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4,
        cost_rate_e4, is_billed, approval_status, entries, rounded_e2, hours_e2)
    SELECT account_id, :month, project_id, user_id, task_id, client_id, billable, budgeted, COALESCE(rate_e4, -1),
        COALESCE(cost_rate_e4, -1), is_billed, approval_status, COUNT(*), CAST(SUM(rounded_e2) AS BIGINT),
        CAST(SUM(hours_e2) AS BIGINT)
    FROM harvest_time_entries
    WHERE account_id = :account_id AND spent_on >= :month AND spent_on <= :end
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
"""
_ALL_MONTHS = """
    INSERT INTO harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4,
        cost_rate_e4, is_billed, approval_status, entries, rounded_e2, hours_e2)
    SELECT account_id, '', project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, cost_rate_e4, is_billed,
        approval_status, CAST(SUM(entries) AS BIGINT), CAST(SUM(rounded_e2) AS BIGINT), CAST(SUM(hours_e2) AS BIGINT)
    FROM harvest_time_sums WHERE account_id = :account_id
    GROUP BY account_id, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, cost_rate_e4, is_billed,
        approval_status
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """The account that is filled, and the days of its entries."""

    account_id: str
    first: date
    last: date

    @property
    def span(self) -> str:
        """The year, as reports are asked for it."""
        return f"from={self.first}&to={self.last}"


async def furnish(database: Database, number: int) -> Desk:
    """People, clients and projects in the account with this number, each person on eight projects."""
    last = date.today()
    return await database.write(
        lambda tx: _furnish(tx, number, Desk("", last - timedelta(days=_DAYS - 1), last)), lane=Lane.BACKGROUND
    )


async def fill(database: Database, desk: Desk, *, first: int, until: int) -> None:
    """Entries numbered from `first` up to `until`, and the sums of all."""
    sizes = {"people": PEOPLE, "project": _PROJECT, "clients": CLIENTS, "days": _DAYS}
    for begin in range(first, until, _STEP_ROWS):
        values = {"first": begin, "until": min(begin + _STEP_ROWS, until)}

        def write(tx: Tx, values: Mapping[str, int] = values) -> None:
            tx.run(_ENTRIES.format(**sizes), account_id=desk.account_id, now=tx.now_us, **values)

        await database.write(write, lane=Lane.BACKGROUND)
    of = {"account_id": desk.account_id}
    await database.write(lambda tx: _count(tx, desk, until), lane=Lane.BACKGROUND)
    for month in sorted({(desk.first + timedelta(days=n)).isoformat()[:7] for n in range(_DAYS)}):
        await database.write(lambda tx, month=month: _sum(tx, desk, month), lane=Lane.BACKGROUND)  # type: ignore[misc]
    await database.write(lambda tx: tx.run(_ALL_MONTHS, **of), lane=Lane.BACKGROUND)
    if database.engine == "postgres":  # as its own sweep does some minutes later
        await database.write(_analyze, lane=Lane.BACKGROUND)


def _analyze(tx: Tx) -> None:
    for table in ("time_entries", "time_sums", "users", "projects", "user_assignments", "task_assignments"):
        tx.run(f"ANALYZE harvest_{table}")


def _sum(tx: Tx, desk: Desk, month: str) -> None:
    tx.run(_SUMS, account_id=desk.account_id, month=month, end=f"{month}-31")


def _count(tx: Tx, desk: Desk, entries: int) -> None:
    of = {"account_id": desk.account_id}
    tx.run("DELETE FROM harvest_time_sums WHERE account_id = :account_id", **of)
    tx.run("DELETE FROM harvest_time_totals WHERE account_id = :account_id", **of)
    _insert(tx, "harvest_time_totals", {**of, "entries": entries})
    identity.raise_serial(tx, desk.account_id, "harvest_time_entries", entries)


def _furnish(tx: Tx, number: int, desk: Desk) -> Desk:
    row = tx.row("SELECT account_id FROM harvest_companies WHERE number = :number", number=number)
    assert row is not None, number
    account_id = row["account_id"]
    common = {"account_id": account_id, "created_at": tx.now_us, "updated_at": tx.now_us}
    tx.run("CREATE TABLE harvest_benchmark_days (n BIGINT NOT NULL PRIMARY KEY, day TEXT NOT NULL)")
    for n in range(_DAYS):
        _insert(tx, "harvest_benchmark_days", {"n": n, "day": (desk.first + timedelta(days=n)).isoformat()})
    for n in range(CLIENTS):
        client = {"id": 1000 + n, "name": f"Client {n}", "name_key": f"client {n}", "statement_key": f"benchmark-{n}"}
        _insert(tx, "harvest_clients", {**common, **client, "is_active": 1, "currency": ("USD", "EUR")[n % 2]})
    for n in range(PEOPLE):
        _insert(tx, "harvest_users", {**common, **_person(n)})
    for n in range(PROJECTS):
        _insert(tx, "harvest_projects", {**common, **_project(n)})
        for task in range(1, 5):
            use = {"id": 100_000 + n * 4 + task, "project_id": 1000 + n, "task_id": task}
            _insert(tx, "harvest_task_assignments", {**common, **use, "is_active": 1, "billable": 1})
        for person in range(n % _APART, PEOPLE, _APART):
            seat = {"id": 100_000 + n * PEOPLE + person, "project_id": 1000 + n, "user_id": 1000 + person}
            flags = {"is_active": 1, "is_project_manager": 0, "use_default_rates": 1}
            _insert(tx, "harvest_user_assignments", {**common, **seat, **flags})
    return Desk(account_id, desk.first, desk.last)


def _person(n: int) -> dict[str, object]:
    email = f"person{n}@example.com"
    name = {"first_name": f"Person{n}", "last_name": "Example", "email": email, "email_key": email, "telephone": ""}
    flags = {"has_access_to_all_future_projects": 0, "is_contractor": 0, "is_active": 1, "access_roles": '["member"]'}
    return {
        "id": 1000 + n,
        "identity_id": 1_000_000 + n,
        **name,
        **flags,
        "timezone": "UTC",
        "weekly_capacity_s": 126_000,
    }


def _project(n: int) -> dict[str, object]:
    name = {"id": 1000 + n, "client_id": 1000 + n % CLIENTS, "name": f"Project {n}", "name_key": f"project {n}"}
    flags = ("is_fixed_fee", "budget_is_monthly", "notify_when_over_budget", "show_budget_to_all")
    money = {
        "hourly_rate_e4": 800_000 + n % 7 * 50_000,
        "bill_by": "Project",
        "budget_by": "project",
        "budget_e2": 100_000,
    }
    more = {"is_active": 1, "is_billable": 1, "over_budget_notification_percentage_e2": 8_000}
    return {**name, **dict.fromkeys(flags, 0), **money, **more, "cost_budget_include_expenses": 0}


def _insert(tx: Tx, table: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(f":{name}" for name in row)
    tx.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({names})", **row)
