"""Removing and rewriting records in steps: tables `harper_records`, `harper_index` and `harper_audit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harbor.kernel.storage.database import Row, Tx
from harbor.products.harper_tables.records.store import Stored, doc_out

_WHOLE: dict[str, str] = {"harper_records": "key", "harper_audit": "position"}


def delete_entries(tx: Tx, attribute_id: int, limit: int) -> int:
    """Remove at most `limit` entries of an attribute; how many there were."""
    return tx.run(
        """
        DELETE FROM harper_index
        WHERE attribute_id = :attribute_id AND (value_key, record_key) IN (
            SELECT value_key, record_key FROM harper_index WHERE attribute_id = :attribute_id LIMIT :limit
        )
        """,
        attribute_id=attribute_id,
        limit=limit,
    )


def delete_rows(tx: Tx, name: Literal["harper_records", "harper_audit"], table_id: int, limit: int) -> int:
    """Remove at most `limit` rows of a dropped table; how many there were."""
    key = _WHOLE[name]
    return tx.run(
        f"""
        DELETE FROM {name}
        WHERE table_id = :table_id AND {key} IN (SELECT {key} FROM {name} WHERE table_id = :table_id LIMIT :limit)
        """,
        table_id=table_id,
        limit=limit,
    )


def written_before(tx: Tx, table_id: int, epoch: int, limit: int) -> list[Stored]:
    """At most `limit` records that were written before a table's epoch."""
    rows = tx.rows(
        f"""
        SELECT key, {doc_out(tx)} AS doc, epoch, created_at, updated_at, expires_at FROM harper_records
        WHERE table_id = :table_id AND epoch < :epoch
        ORDER BY key
        LIMIT :limit {_hold(tx)}
        """,
        table_id=table_id,
        epoch=epoch,
        limit=limit,
    )
    return [_stored(row) for row in rows]


def after(tx: Tx, table_id: int, key: bytes, limit: int) -> list[Stored]:
    """At most `limit` records with larger keys."""
    rows = tx.rows(
        f"""
        SELECT key, {doc_out(tx)} AS doc, epoch, created_at, updated_at, expires_at FROM harper_records
        WHERE table_id = :table_id AND key > :key
        ORDER BY key
        LIMIT :limit {_hold(tx)}
        """,
        table_id=table_id,
        key=key,
        limit=limit,
    )
    return [_stored(row) for row in rows]


def created_before(tx: Tx, table_id: int, moment_us: int, limit: int) -> list[Stored]:
    """At most `limit` records that were created before a moment, oldest first (harper_records_created)."""
    rows = tx.rows(
        f"""
        SELECT key, {doc_out(tx)} AS doc, epoch, created_at, updated_at, expires_at FROM harper_records
        WHERE table_id = :table_id AND created_at < :moment
        ORDER BY created_at
        LIMIT :limit {_hold(tx)}
        """,
        table_id=table_id,
        moment=moment_us,
        limit=limit,
    )
    return [_stored(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Expired:
    """A record that has expired, and where it lies."""

    account_id: str
    table_id: int
    record: Stored


def expired(tx: Tx, limit: int) -> list[Expired]:
    """At most `limit` records that have expired, of all accounts (harper_records_expired)."""
    rows = tx.rows(
        f"""
        SELECT t.account_id, r.table_id, r.key, {doc_out(tx)} AS doc, r.epoch, r.created_at, r.updated_at, r.expires_at
        FROM harper_records AS r JOIN harper_tables AS t ON t.id = r.table_id
        WHERE r.expires_at <= :now
        ORDER BY r.expires_at
        LIMIT :limit {_hold(tx, "OF r SKIP LOCKED")}
        """,
        now=tx.now_us,
        limit=limit,
    )
    return [Expired(row["account_id"], row["table_id"], _stored(row)) for row in rows]


def _hold(tx: Tx, how: str = "") -> str:
    """Records that are about to be rewritten or removed are nobody else's meanwhile. SQLite has one writer."""
    return f"FOR UPDATE {how}" if tx.engine == "postgres" else ""


def _stored(row: Row) -> Stored:
    return Stored(bytes(row["key"]), row["doc"], row["epoch"], row["created_at"], row["updated_at"], row["expires_at"])
