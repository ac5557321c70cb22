"""Records and their entries: tables `harper_records` and `harper_index`. What is read here is about to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from harbor.kernel.storage.database import Tx

# Keys that one statement asks for. Sizes are few, so that few statements are prepared.
_SIZES = (1, 8, 32, 128, 512)
# Entries that are added by one statement; of more, one statement each is quicker.
_FEW = 16


class Stored(msgspec.Struct, frozen=True, gc=False):  # made for each record: ten times quicker than a dataclass
    """A record as it lies in the store; `doc` is JSON text. Moments are microseconds."""

    key: bytes
    doc: str
    epoch: int
    created_at: int
    updated_at: int
    expires_at: int | None


def present(tx: Tx, table_id: int, keys: Sequence[bytes]) -> dict[bytes, Stored]:
    """The records of these keys, also those that have expired, held until the transaction ends."""
    found = {}
    for part in in_parts(keys):
        names = {f"k{place}": key for place, key in enumerate(part)}
        marks = ", ".join(f":{name}" for name in names)
        # Sorted, so that two who hold several wait for one another in turn.
        hold = "ORDER BY key FOR UPDATE" if tx.engine == "postgres" else ""
        for row in tx.rows(
            f"""
            SELECT key, {doc_out(tx)} AS doc, epoch, created_at, updated_at, expires_at FROM harper_records
            WHERE table_id = :table_id AND key IN ({marks}) {hold}
            """,
            table_id=table_id,
            **names,
        ):
            found[bytes(row["key"])] = Stored(
                bytes(row["key"]), row["doc"], row["epoch"], row["created_at"], row["updated_at"], row["expires_at"]
            )
    return found


def in_parts(keys: Sequence[bytes]) -> Iterable[tuple[bytes, ...]]:
    """The keys in parts of few sizes; the last key fills a part up."""
    for first in range(0, len(keys), _SIZES[-1]):
        part = tuple(keys[first : first + _SIZES[-1]])
        size = next(size for size in _SIZES if size >= len(part))
        yield part + (part[-1],) * (size - len(part))


def doc_out(tx: Tx) -> str:
    """The document as JSON text."""
    return "doc::TEXT" if tx.engine == "postgres" else "json(doc)"


def _doc_in(tx: Tx) -> str:
    return ":doc::JSONB" if tx.engine == "postgres" else "jsonb(:doc)"


def insert(tx: Tx, table_id: int, records: Sequence[Stored]) -> None:
    """Add records. On PostgreSQL another's record of the same key makes the work run again."""
    if not records:
        return
    if tx.engine == "postgres":
        tx.run(
            """
            INSERT INTO harper_records (table_id, key, doc, epoch, created_at, updated_at, expires_at)
            SELECT :table_id, key, doc::JSONB, :epoch, created_at, updated_at, expires_at
            FROM unnest(:keys::BYTEA[], :docs::TEXT[], :created::BIGINT[], :updated::BIGINT[], :expires::BIGINT[])
                AS given (key, doc, created_at, updated_at, expires_at)
            """,
            table_id=table_id,
            epoch=records[0].epoch,
            keys=[each.key for each in records],
            docs=[each.doc for each in records],
            created=[each.created_at for each in records],
            updated=[each.updated_at for each in records],
            expires=[each.expires_at for each in records],
        )
        return
    tx.run_many(
        """
        INSERT INTO harper_records (table_id, key, doc, epoch, created_at, updated_at, expires_at)
        VALUES (:table_id, :key, jsonb(:doc), :epoch, :created_at, :updated_at, :expires_at)
        """,
        [(table_id, *msgspec.structs.astuple(each)) for each in records],
    )


def put(tx: Tx, table_id: int, records: Sequence[Stored]) -> None:
    """Write changed records; they are there."""
    if records:
        tx.run_many(
            f"""
            UPDATE harper_records
            SET doc = {_doc_in(tx)}, epoch = :epoch, created_at = :created_at, updated_at = :updated_at,
                expires_at = :expires_at
            WHERE table_id = :table_id AND key = :key
            """,
            [_row(table_id, each) for each in records],
        )


def delete(tx: Tx, table_id: int, keys: Sequence[bytes]) -> None:
    """Remove records; their entries are removed apart."""
    if keys:
        tx.run_many(
            "DELETE FROM harper_records WHERE table_id = :table_id AND key = :key",
            [{"table_id": table_id, "key": key} for key in keys],
        )


def insert_entries(tx: Tx, entries: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Add entries (attribute, value, record); what is there already stays."""
    if not entries:
        return
    if tx.engine == "postgres":
        tx.run(
            """
            INSERT INTO harper_index (attribute_id, value_key, record_key)
            SELECT * FROM unnest(:attributes::BIGINT[], :values::BYTEA[], :records::BYTEA[])
            ON CONFLICT (attribute_id, value_key, record_key) DO NOTHING
            """,
            **_columns(entries),
        )
        return
    if len(entries) <= _FEW:
        few: dict[str, object] = {}
        for place, (attribute, value, record) in enumerate(entries):
            few[f"a{place}"], few[f"v{place}"], few[f"r{place}"] = attribute, value, record
        tx.run(_insert_few(len(entries)), **few)
        return
    tx.run_many(
        """
        INSERT INTO harper_index (attribute_id, value_key, record_key) VALUES (:attribute, :value, :record)
        ON CONFLICT (attribute_id, value_key, record_key) DO NOTHING
        """,
        # In the order of the tree: neighbours are written to the same page (measured on a random load: twice as fast).
        sorted(entries),
    )


@lru_cache
def _insert_few(count: int) -> str:
    """One statement for the entries of one record: half the time, and the interpreter's lock is let go of once."""
    rows = ", ".join(f"(:a{place}, :v{place}, :r{place})" for place in range(count))
    return f"""
        INSERT INTO harper_index (attribute_id, value_key, record_key) VALUES {rows}
        ON CONFLICT (attribute_id, value_key, record_key) DO NOTHING
    """


def delete_entries(tx: Tx, entries: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Remove entries."""
    if not entries:
        return
    if tx.engine == "postgres":
        tx.run(
            """
            DELETE FROM harper_index
            USING unnest(:attributes::BIGINT[], :values::BYTEA[], :records::BYTEA[]) AS gone (attribute, value, record)
            WHERE attribute_id = gone.attribute AND value_key = gone.value AND record_key = gone.record
            """,
            **_columns(entries),
        )
        return
    tx.run_many(
        """
        DELETE FROM harper_index
        WHERE attribute_id = :attribute AND value_key = :value AND record_key = :record
        """,
        sorted(entries),
    )


def _row(table_id: int, record: Stored) -> dict[str, object]:
    return {
        "table_id": table_id,
        "key": record.key,
        "doc": record.doc,
        "epoch": record.epoch,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "expires_at": record.expires_at,
    }


def _columns(entries: Sequence[tuple[int, bytes, bytes]]) -> dict[str, object]:
    ordered = sorted(entries)
    return {
        "attributes": [each[0] for each in ordered],
        "values": [each[1] for each in ordered],
        "records": [each[2] for each in ordered],
    }


def last_number(tx: Tx, table_id: int, *, low: bytes, high: bytes) -> str | None:
    """The document with the largest key in [low, high)."""
    row = tx.row(
        f"""
        SELECT {doc_out(tx)} AS doc FROM harper_records
        WHERE table_id = :table_id AND key >= :low AND key < :high
        ORDER BY key DESC
        LIMIT 1
        """,
        table_id=table_id,
        low=low,
        high=high,
    )
    return None if row is None else row["doc"]
