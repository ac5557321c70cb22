"""Table `organizations`: the name."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def rename_organization(tx: Tx, organization_id: str, name: str) -> None:
    """Give an organization another name."""
    tx.run("UPDATE organizations SET name = :name WHERE id = :id", id=organization_id, name=name)
