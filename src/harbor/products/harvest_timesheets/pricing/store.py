"""Pricing of time entries in one statement: all that follows from project, assignments, rates and rounding.

Invoiced entries stay as they were invoiced. Only entries of which something differs are written, and their `updated_at`
moves. Source: docs/products/harvest.md#rates.
"""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.company.model import Company

_OF_DAY = """
    (SELECT r.amount_e4 FROM harvest_rates r
     WHERE r.account_id = e.account_id AND r.kind = '{kind}' AND r.user_id = e.user_id AND r.start_on <= e.spent_on
     ORDER BY r.start_on DESC LIMIT 1)
"""
# An open rate has an empty start, which is before every date.
_BILLABLE_RATE, _COST_RATE = _OF_DAY.format(kind="billable"), _OF_DAY.format(kind="cost")

_REPRICE = f"""
    UPDATE harvest_time_entries
    SET client_id = priced.client_id, billable = priced.billable, budgeted = priced.budgeted, rate_e4 = priced.rate_e4,
        cost_rate_e4 = priced.cost_rate_e4, rounded_e2 = priced.rounded_e2, updated_at = :now
    FROM (
        SELECT e.id AS entry_id, p.client_id,
            CASE WHEN p.is_billable = 1 AND t.billable = 1 THEN 1 ELSE 0 END AS billable,
            CASE
                WHEN p.budget_by = 'none' THEN 0
                WHEN p.budget_by = 'person' AND u.budget_e2 IS NULL THEN 0
                WHEN p.budget_by IN ('task', 'task_fees') AND t.budget_e2 IS NULL THEN 0
                WHEN :billable_hours_only = 1 AND p.budget_by IN ('project', 'person', 'task')
                    AND (p.is_billable = 0 OR t.billable = 0) THEN 0
                ELSE 1
            END AS budgeted,
            CASE
                WHEN p.is_billable = 0 OR t.billable = 0 THEN NULL
                WHEN p.bill_by = 'Project' THEN p.hourly_rate_e4
                WHEN p.bill_by = 'Tasks' THEN t.hourly_rate_e4
                WHEN p.bill_by = 'People' AND u.use_default_rates = 0 THEN u.hourly_rate_e4
                WHEN p.bill_by = 'People' THEN {_BILLABLE_RATE}
                ELSE NULL
            END AS rate_e4,
            {_COST_RATE} AS cost_rate_e4,
            CASE
                WHEN :step_e2 = 0 OR e.hours_e2 = 0 THEN e.hours_e2
                WHEN :rounds_up = 1 THEN (e.hours_e2 + :step_e2 - 1) / :step_e2 * :step_e2
                ELSE (2 * e.hours_e2 + :step_e2) / (2 * :step_e2) * :step_e2
            END AS rounded_e2
        FROM harvest_time_entries e
        JOIN harvest_projects p ON p.account_id = e.account_id AND p.id = e.project_id
        JOIN harvest_task_assignments t
            ON t.account_id = e.account_id AND t.project_id = e.project_id AND t.task_id = e.task_id
        JOIN harvest_user_assignments u
            ON u.account_id = e.account_id AND u.project_id = e.project_id AND u.user_id = e.user_id
        {{where}}
    ) AS priced
    WHERE harvest_time_entries.account_id = :own_account_id AND harvest_time_entries.id = priced.entry_id
        AND (harvest_time_entries.client_id <> priced.client_id
            OR harvest_time_entries.billable <> priced.billable
            OR harvest_time_entries.budgeted <> priced.budgeted
            OR harvest_time_entries.rate_e4 IS DISTINCT FROM priced.rate_e4
            OR harvest_time_entries.cost_rate_e4 IS DISTINCT FROM priced.cost_rate_e4
            OR harvest_time_entries.rounded_e2 <> priced.rounded_e2)
"""


def reprice(
    tx: Tx,
    account_id: str,
    company: Company,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    from_day: str | None = None,
    after_id: int | None = None,
    until_id: int | None = None,
) -> int:
    """Price anew the entries that are not invoiced and of all these; how many changed. With `after_id`, a step by id.

    Whoever calls this keeps their sums (`time_entries/sums.py`).
    """
    where = _of(account_id, user_id=user_id, project_id=project_id, task_id=task_id)
    where.compare("e.spent_on", ">=", from_day)
    where.compare("e.id", ">", after_id).compare("e.id", "<=", until_id)
    return tx.run(
        _REPRICE.format(where=where),
        own_account_id=account_id,
        now=tx.now_us,
        step_e2=company.rounding_e2,
        rounds_up=int(company.rounding.value == "up"),
        billable_hours_only=int(company.budget_hours.value == "billable"),
        **where.values,
    )


def count_up_to(
    tx: Tx,
    account_id: str,
    most: int,
    *,
    user_id: int | None = None,
    project_id: int | None = None,
    task_id: int | None = None,
    client_id: int | None = None,
) -> int:
    """How many entries there are to price, counted until there are more than `most`."""
    where = _of(account_id, user_id=user_id, project_id=project_id, task_id=task_id, client_id=client_id)
    row = tx.row(
        f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM harvest_time_entries e {where} LIMIT :most) AS part",
        most=most + 1,
        **where.values,
    )
    assert row is not None
    return int(row["n"])


def step_end(tx: Tx, account_id: str, after_id: int, size: int) -> int | None:
    """The last id of the next `size` entries after `after_id`, or None if there are no more."""
    row = tx.row(
        """
        SELECT MAX(id) AS last FROM (
            SELECT id FROM harvest_time_entries WHERE account_id = :account_id AND id > :after_id ORDER BY id LIMIT :size
        ) AS part
        """,
        account_id=account_id,
        after_id=after_id,
        size=size,
    )
    assert row is not None
    return None if row["last"] is None else int(row["last"])


def _of(account_id: str, **equal: int | None) -> Where:
    where = Where().also("e.account_id = :account_id", account_id=account_id).also("e.invoice_id IS NULL")
    return where.equal(**{f"e.{column}": value for column, value in equal.items()})
