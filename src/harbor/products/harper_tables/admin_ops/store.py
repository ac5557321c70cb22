"""What administration keeps of an account: table `harper_kept`, by kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.storage.database import Row, Tx
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.values import from_text, to_text

# Of each kind an account keeps no more than these, so a listing is always whole.
KEPT_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One document. `secret` is sealed; moments are microseconds."""

    name: str
    doc: dict[str, Any]
    secret: str | None = field(repr=False)
    created_at: int
    updated_at: int


def get(tx: Tx, account_id: str, kind: str, name: str) -> Kept | None:
    """One document."""
    row = tx.row(
        "SELECT * FROM harper_kept WHERE account_id = :account_id AND kind = :kind AND name = :name",
        account_id=account_id,
        kind=kind,
        name=name,
    )
    return _kept(row) if row else None


def listing(tx: Tx, account_id: str, kind: str) -> list[Kept]:
    """All documents of a kind, by name."""
    rows = tx.rows(
        "SELECT * FROM harper_kept WHERE account_id = :account_id AND kind = :kind ORDER BY name LIMIT :limit",
        account_id=account_id,
        kind=kind,
        limit=KEPT_MAX,
    )
    return [_kept(row) for row in rows]


def put(tx: Tx, account_id: str, kind: str, name: str, doc: Mapping[str, Any], *, secret: str | None = None) -> None:
    """Keep a document in place of the one of that name. Raises `Invalid` when there are too many of the kind."""
    if get(tx, account_id, kind, name) is None and _count(tx, account_id, kind) >= KEPT_MAX:
        raise invalid(f"At most {KEPT_MAX} can be kept; remove some first.", code="too_many")
    tx.run(
        """
        INSERT INTO harper_kept (account_id, kind, name, doc, secret, created_at, updated_at)
        VALUES (:account_id, :kind, :name, :doc, :secret, :now, :now)
        ON CONFLICT (account_id, kind, name) DO UPDATE SET doc = :doc, secret = :secret, updated_at = :now
        """,
        account_id=account_id,
        kind=kind,
        name=name,
        doc=to_text(dict(doc)),
        secret=secret,
        now=tx.now_us,
    )


def delete(tx: Tx, account_id: str, kind: str, name: str) -> bool:
    """Whether there was one to forget."""
    return (
        tx.run(
            "DELETE FROM harper_kept WHERE account_id = :account_id AND kind = :kind AND name = :name",
            account_id=account_id,
            kind=kind,
            name=name,
        )
        > 0
    )


def _count(tx: Tx, account_id: str, kind: str) -> int:
    row = tx.row(
        "SELECT count(*) AS n FROM harper_kept WHERE account_id = :account_id AND kind = :kind",
        account_id=account_id,
        kind=kind,
    )
    assert row is not None
    return int(row["n"])


def _kept(row: Row) -> Kept:
    return Kept(
        name=row["name"],
        doc=from_text(row["doc"]),
        secret=row["secret"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
