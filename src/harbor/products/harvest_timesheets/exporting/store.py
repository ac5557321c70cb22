"""What an export needs to know to walk through lists: months with something in them, and ids."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where


def months(tx: Tx, account_id: str, table: str) -> list[str]:
    """The months, such as `2026-05`, in which something was tracked, the first one first. The index of the list gives them."""
    found: list[str] = []
    after = ""
    while True:  # a step for each month, however many rows it has
        row = tx.row(
            f"SELECT MIN(spent_on) AS day FROM {table} WHERE account_id = :account_id AND spent_on > :after",
            account_id=account_id,
            after=after,
        )
        if row is None or row["day"] is None:
            return found
        found.append(row["day"][:7])
        after = f"{row['day'][:7]}-99"


def ids(tx: Tx, table: str, account_id: str, after_id: int, *, limit: int) -> list[int]:
    """Ids above another, in their order."""
    where = Where(account_id=account_id).compare("id", ">", after_id)
    rows = tx.rows(f"SELECT id FROM {table} {where} ORDER BY id LIMIT :limit", **where.values, limit=limit)
    return [int(row["id"]) for row in rows]


def receipts(tx: Tx, account_id: str, after_id: int, *, limit: int) -> list[tuple[int, str, str]]:
    """Expense, key and file name of receipts, by expense."""
    where = Where(account_id=account_id).compare("id", ">", after_id).also("receipt_key IS NOT NULL")
    rows = tx.rows(
        f"SELECT id, receipt_key, receipt_name FROM harvest_expenses {where} ORDER BY id LIMIT :limit",
        **where.values,
        limit=limit,
    )
    return [(int(row["id"]), row["receipt_key"], row["receipt_name"]) for row in rows]
