"""Which expenses an invoice bills, in `harvest_expenses`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where

_STEP = 2_000


def billable_ids(
    tx: Tx, account_id: str, project_ids: Iterable[int], *, from_on: date | None, to_on: date | None
) -> list[int]:
    """The billable expenses of projects that no invoice bills yet, by day and id."""
    where = Where(account_id=account_id).among("project_id", sorted(set(project_ids)))
    where.compare("spent_on", ">=", from_on and from_on.isoformat())
    where.compare("spent_on", "<=", to_on and to_on.isoformat()).also("billable = 1 AND is_billed = 0")
    return [
        row["id"] for row in tx.rows(f"SELECT id FROM harvest_expenses {where} ORDER BY spent_on, id", **where.values)
    ]


def bill(tx: Tx, account_id: str, ids: list[int], *, invoice_id: int, number: str) -> int:
    """Put expenses that are still to be billed on an invoice; how many there were."""
    billed = 0
    for start in range(0, len(ids), _STEP):
        where = Where(account_id=account_id, is_billed=0, billable=1).among("id", ids[start : start + _STEP])
        billed += tx.run(
            f"""
            UPDATE harvest_expenses
            SET is_billed = 1, invoice_id = :invoice_id, invoice_number = :number, updated_at = :now {where}
            """,
            invoice_id=invoice_id,
            number=number,
            now=tx.now_us,
            **where.values,
        )
    return billed


def release(tx: Tx, account_id: str, invoice_id: int) -> None:
    """Take all expenses off an invoice; from now on they belong to the client that their project has."""
    tx.run(
        """
        UPDATE harvest_expenses
        SET is_billed = 0, invoice_id = NULL, invoice_number = NULL, updated_at = :now,
            client_id = (SELECT p.client_id FROM harvest_projects p
                         WHERE p.account_id = harvest_expenses.account_id AND p.id = harvest_expenses.project_id)
        WHERE account_id = :account_id AND invoice_id = :invoice_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        now=tx.now_us,
    )


def is_billed_on(tx: Tx, account_id: str, invoice_id: int) -> bool:
    """Whether an expense is on an invoice."""
    where = Where(account_id=account_id, invoice_id=invoice_id)
    return tx.row(f"SELECT 1 AS one FROM harvest_expenses {where} LIMIT 1", **where.values) is not None


def renumber(tx: Tx, account_id: str, invoice_id: int, number: str) -> None:
    """Another number of an invoice, where its expenses show it."""
    tx.run(
        """
        UPDATE harvest_expenses SET invoice_number = :number, updated_at = :now
        WHERE account_id = :account_id AND invoice_id = :invoice_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        number=number,
        now=tx.now_us,
    )
