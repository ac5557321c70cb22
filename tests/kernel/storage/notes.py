"""Rows of the table `notes`, as the examinations of the port write and read them."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx

INSERT = "INSERT INTO notes (account_id, id, body, size, data) VALUES (:account_id, :id, :body, :size, :data)"


def add(tx: Tx, id: int, body: str | None = None, *, size: int | None = None, data: bytes | None = None) -> int:
    return tx.run(INSERT, account_id="a", id=id, body=body, size=size, data=data)


def ids(tx: Tx) -> list[int]:
    return [
        row["id"] for row in tx.rows("SELECT id FROM notes WHERE account_id = :account_id ORDER BY id", account_id="a")
    ]


def count(tx: Tx) -> int:
    row = tx.row("SELECT COUNT(*) AS notes FROM notes")
    assert row is not None
    return int(row["notes"])
