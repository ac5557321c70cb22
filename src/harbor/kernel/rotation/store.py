"""Sealed columns, whatever their table: walked by primary key, replaced where nobody was faster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harbor.kernel.sealed import Sealed
from harbor.kernel.storage.database import Row, Tx


def count(tx: Tx, column: Sealed) -> int:
    """How many rows the table has."""
    row = tx.row(f"SELECT count(*) AS count FROM {column.table}")
    assert row is not None, column
    return int(row["count"])


def after(tx: Tx, column: Sealed, position: Sequence[str] | None, limit: int) -> list[Row]:
    """The next rows in the order of the primary key: its columns, and `sealed`, which may be NULL."""
    names = ", ".join(column.key)
    values = {f"after_{number}": value for number, value in enumerate(position or ())}
    beyond = f"WHERE ({names}) > ({', '.join(f':{name}' for name in values)})" if values else ""
    return tx.rows(
        f"SELECT {names}, {column.column} AS sealed FROM {column.table} {beyond} ORDER BY {names} LIMIT :limit",
        **values,
        limit=limit,
    )


def replace(tx: Tx, column: Sealed, row: Mapping[str, object], sealed: str) -> bool:
    """Write another sealed text in place of the one that was read; False if somebody changed or deleted the row."""
    here = " AND ".join(f"{name} = :{name}" for name in column.key)
    changed = tx.run(
        f"UPDATE {column.table} SET {column.column} = :new WHERE {here} AND {column.column} = :old",
        **{name: row[name] for name in column.key},
        new=sealed,
        old=row["sealed"],
    )
    return changed == 1


def key_ids(tx: Tx, column: Sealed) -> set[str]:
    """The ids of the keys that sealed what is in a column now. Reads all of it."""
    sealed = column.column
    # An id has eight letters: see the vault.
    rows = tx.rows(f"SELECT DISTINCT substr({sealed}, 1, 8) AS id FROM {column.table} WHERE {sealed} IS NOT NULL")
    return {str(row["id"]) for row in rows}
