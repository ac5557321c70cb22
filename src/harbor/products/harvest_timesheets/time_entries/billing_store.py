"""Which entries an invoice bills, in `harvest_time_entries`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.time_entries import sums_store as sums

_STEP = 2_000


def billable(
    tx: Tx, account_id: str, project_ids: Iterable[int], *, from_on: date | None, to_on: date | None
) -> list[tuple[int, int]]:
    """The billable entries of projects that no invoice bills yet, by day and id: each with whose it is."""
    where = _of(account_id, project_ids, from_on, to_on).also("billable = 1 AND is_billed = 0")
    rows = tx.rows(f"SELECT id, user_id FROM harvest_time_entries {where} ORDER BY spent_on, id", **where.values)
    return [(row["id"], row["user_id"]) for row in rows]


def has_running(
    tx: Tx, account_id: str, project_ids: Iterable[int], *, from_on: date | None, to_on: date | None
) -> bool:
    """Whether a timer runs on projects in a period."""
    where = _of(account_id, project_ids, from_on, to_on).also("timer_started_at IS NOT NULL")
    return tx.row(f"SELECT 1 AS one FROM harvest_time_entries {where} LIMIT 1", **where.values) is not None


def bill(tx: Tx, account_id: str, ids: list[int], *, invoice_id: int, number: str) -> int:
    """Put entries that are still to be billed on an invoice; how many there were."""
    billed = 0
    for start in range(0, len(ids), _STEP):
        where = Where(account_id=account_id, is_billed=0, billable=1).also("timer_started_at IS NULL")
        where.among("id", ids[start : start + _STEP])
        sums.billed(tx, account_id, where, is_billed=True)
        billed += tx.run(
            f"""
            UPDATE harvest_time_entries
            SET is_billed = 1, invoice_id = :invoice_id, invoice_number = :number, updated_at = :now {where}
            """,
            invoice_id=invoice_id,
            number=number,
            now=tx.now_us,
            **where.values,
        )
    return billed


def release(tx: Tx, account_id: str, invoice_id: int) -> list[int]:
    """Take all entries off an invoice; the projects they are on."""
    rows = tx.rows(
        """
        SELECT DISTINCT project_id FROM harvest_time_entries
        WHERE account_id = :account_id AND invoice_id = :invoice_id ORDER BY project_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
    )
    sums.billed(tx, account_id, Where(account_id=account_id, invoice_id=invoice_id), is_billed=False)
    tx.run(
        """
        UPDATE harvest_time_entries
        SET is_billed = 0, invoice_id = NULL, invoice_number = NULL, updated_at = :now
        WHERE account_id = :account_id AND invoice_id = :invoice_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        now=tx.now_us,
    )
    return [row["project_id"] for row in rows]


def is_billed_on(tx: Tx, account_id: str, invoice_id: int) -> bool:
    """Whether an entry is on an invoice."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    return tx.row(f"SELECT 1 AS one FROM harvest_time_entries {where} LIMIT 1", **where.values) is not None


def renumber(tx: Tx, account_id: str, invoice_id: int, number: str) -> None:
    """Another number of an invoice, where its entries show it."""
    tx.run(
        """
        UPDATE harvest_time_entries SET invoice_number = :number, updated_at = :now
        WHERE account_id = :account_id AND invoice_id = :invoice_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        number=number,
        now=tx.now_us,
    )


def _of(account_id: str, project_ids: Iterable[int], from_on: date | None, to_on: date | None) -> Where:
    where = Where(account_id=account_id).among("project_id", sorted(set(project_ids)))
    where.compare("spent_on", ">=", from_on and from_on.isoformat())
    return where.compare("spent_on", "<=", to_on and to_on.isoformat())
