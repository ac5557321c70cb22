"""Bytes that belong to what administration keeps: archives of deployments, and backups. Table `harper_archives`."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def put(tx: Tx, account_id: str, kind: str, name: str, content: bytes) -> None:
    """Keep bytes in place of those of that name."""
    tx.run(
        """
        INSERT INTO harper_archives (account_id, kind, name, content) VALUES (:account_id, :kind, :name, :content)
        ON CONFLICT (account_id, kind, name) DO UPDATE SET content = :content
        """,
        account_id=account_id,
        kind=kind,
        name=name,
        content=content,
    )


def get(tx: Tx, account_id: str, kind: str, name: str) -> bytes | None:
    """The bytes of a name."""
    row = tx.row(
        "SELECT content FROM harper_archives WHERE account_id = :account_id AND kind = :kind AND name = :name",
        account_id=account_id,
        kind=kind,
        name=name,
    )
    return bytes(row["content"]) if row else None


def delete(tx: Tx, account_id: str, kind: str, name: str) -> int:
    """Forget the bytes of a name; how many there were."""
    found = tx.row(
        """
        DELETE FROM harper_archives WHERE account_id = :account_id AND kind = :kind AND name = :name
        RETURNING length(content) AS size
        """,
        account_id=account_id,
        kind=kind,
        name=name,
    )
    return int(found["size"]) if found else 0
