"""Locked periods as imported invoices and approvals leave them. What is tracked keeps its moments: nobody has changed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where

_TRACKED: Final = (("time", "harvest_time_entries"), ("expenses", "harvest_expenses"))


def lock_bills(tx: Tx, account_id: str, invoice_ids: Sequence[int]) -> None:
    """Lock each project from the first to the last day that an invoice bills of it, time and expenses each for itself."""
    gone = Where(account_id=account_id).among("cause", [f"invoice/{id_}" for id_ in invoice_ids])
    tx.run(f"DELETE FROM harvest_period_locks {gone}", **gone.values)
    for kind, table in _TRACKED:
        where = Where(account_id=account_id).among("invoice_id", invoice_ids)
        tx.run(
            f"""
            INSERT INTO harvest_period_locks (account_id, kind, holder, holder_id, from_on, to_on, cause, created_at)
            SELECT account_id, :kind, 'project', project_id, MIN(spent_on), MAX(spent_on),
                'invoice/' || CAST(invoice_id AS TEXT), CAST(:now AS BIGINT)
            FROM {table} {where} GROUP BY account_id, project_id, invoice_id
            """,
            kind=kind,
            now=tx.now_us,
            **where.values,
        )


def approved_days(tx: Tx, account_id: str, user_id: int) -> list[date]:
    """The days on which a person has approved time or expenses."""
    rows = tx.rows(
        """
        SELECT spent_on FROM harvest_time_entries
        WHERE account_id = :account_id AND user_id = :user_id AND approval_status = 'approved'
        UNION
        SELECT spent_on FROM harvest_expenses
        WHERE account_id = :account_id AND user_id = :user_id AND approval_status = 'approved'
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return [date.fromisoformat(row["spent_on"]) for row in rows]


def lock_weeks(tx: Tx, account_id: str, user_id: int, weeks: Sequence[tuple[date, date]]) -> None:
    """Let these weeks of a person be locked by approval, and no others."""
    tx.run(
        """
        DELETE FROM harvest_period_locks
        WHERE account_id = :account_id AND holder = 'user' AND holder_id = :user_id AND cause LIKE 'approval/%'
        """,
        account_id=account_id,
        user_id=user_id,
    )
    tx.run_many(
        """
        INSERT INTO harvest_period_locks (account_id, kind, holder, holder_id, from_on, to_on, cause, created_at)
        VALUES (:account_id, :kind, 'user', :user_id, :from_on, :to_on, :cause, :now)
        """,
        [
            {
                "account_id": account_id,
                "kind": kind,
                "user_id": user_id,
                "from_on": start.isoformat(),
                "to_on": end.isoformat(),
                "cause": f"approval/{user_id}/{start.isoformat()}",
                "now": tx.now_us,
            }
            for start, end in weeks
            for kind, _ in _TRACKED
        ],
    )
