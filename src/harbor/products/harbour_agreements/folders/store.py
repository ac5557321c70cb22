"""Table `harbour_folders`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harbour_agreements.folders.model import Folder


def insert(tx: Tx, account_id: str, folder: Folder) -> None:
    """Add a folder."""
    tx.run(
        "INSERT INTO harbour_folders (account_id, id, title, created_at) VALUES (:account_id, :id, :title, :created_at)",
        account_id=account_id,
        id=folder.id,
        title=folder.title,
        created_at=micros(folder.created_at),
    )


def find(tx: Tx, account_id: str, id_: str) -> Folder | None:
    """One folder."""
    row = tx.row(
        "SELECT * FROM harbour_folders WHERE account_id = :account_id AND id = :id", account_id=account_id, id=id_
    )
    return None if row is None else _folder(row)


def listed(tx: Tx, account_id: str) -> list[Folder]:
    """All folders in the order in which they were made; there are few."""
    rows = tx.rows("SELECT * FROM harbour_folders WHERE account_id = :account_id ORDER BY id", account_id=account_id)
    return [_folder(row) for row in rows]


def _folder(row: Row) -> Folder:
    return Folder(id=row["id"], title=row["title"], created_at=moment(row["created_at"]))
