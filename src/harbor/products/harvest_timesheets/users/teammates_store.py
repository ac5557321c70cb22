"""Table `harvest_teammates`: which people are assigned to which manager."""

from __future__ import annotations

from collections.abc import Iterable

from harbor.kernel.storage.database import Tx


def of_manager(tx: Tx, account_id: str, manager_id: int) -> list[int]:
    """The ids of a manager's people, the newest first."""
    rows = tx.rows(
        """
        SELECT user_id FROM harvest_teammates WHERE account_id = :account_id AND manager_id = :manager_id
        ORDER BY user_id DESC
        """,
        account_id=account_id,
        manager_id=manager_id,
    )
    return [row["user_id"] for row in rows]


def replace_all(tx: Tx, account_id: str, manager_id: int, user_ids: Iterable[int]) -> None:
    """These people and nobody else."""
    tx.run(
        "DELETE FROM harvest_teammates WHERE account_id = :account_id AND manager_id = :manager_id",
        account_id=account_id,
        manager_id=manager_id,
    )
    tx.run_many(
        "INSERT INTO harvest_teammates (account_id, manager_id, user_id) VALUES (:account_id, :manager_id, :user_id)",
        [{"account_id": account_id, "manager_id": manager_id, "user_id": user_id} for user_id in user_ids],
    )


def forget(tx: Tx, account_id: str, user_id: int) -> None:
    """Take a person out of all teams."""
    tx.run(
        "DELETE FROM harvest_teammates WHERE account_id = :account_id AND user_id = :user_id",
        account_id=account_id,
        user_id=user_id,
    )
