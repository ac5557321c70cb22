"""What was done to a table, one row for each request: table `harper_audit`.

`changes` is JSON, compressed if it is large, `{"key": "id", "ids": […], "records": […], "before": […]}`. A row for each request and not for each
record: a request of a hundred records is one row, and neighbours compress well.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from harbor.kernel.bounds import MIB
from harbor.kernel.eventlog.store import PRESENT
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harper_tables.values import from_text, to_text

# Woken after each commit that changed an audited table.
TOPIC = "harper.changes"
_LEVEL = 1  # measured on 100 records of 250 B: 4.5 times smaller in 0.5 ms; level 6 5 times in 1 ms
# Smaller ones are kept as they are: compressing costs 20 us, and saves a tenth.
_COMPRESSED_FROM_BYTES = 400
_PART = 200
# What is read at once of changes that are large; at least one is.
_PART_BYTES = 8 * MIB
_TRIES = 1_000
_MEMO = "harper.audit"


@dataclass(frozen=True, slots=True)
class Change:
    """One request's changes of a table. `position` is microseconds since 1970, unique and ascending in the table.

    `key` is the name of the primary key. `records` are as the request named them, one for each of `ids`; `before` are
    those of them that were there. `size` is how many bytes all of it has as text.
    """

    position: int
    user: str
    operation: str
    key: str
    ids: list[Any]
    records: list[Any] | None
    before: list[Any] | None
    size: int = 0


def append(
    tx: Tx,
    table_id: int,
    *,
    user: str,
    operation: str,
    key: str,
    ids: list[Any],
    records: Sequence[str] | None,
    before: Sequence[str] | None,
) -> int:
    """Note a change; its position, which is the transaction's moment, or just after the last change.

    `records` and `before` are documents as they are stored.
    """
    parts = [to_text({"key": key, "ids": ids})[1:-1]]
    if records is not None:
        parts.append(f'"records":[{",".join(records)}]')
    if before is not None:
        parts.append(f'"before":[{",".join(before)}]')
    changes = f"{{{','.join(parts)}}}".encode()
    if len(changes) >= _COMPRESSED_FROM_BYTES:
        changes = zlib.compress(changes, _LEVEL)
    position = max(tx.now_us, _last(tx, table_id) + 1)
    for _ in range(_TRIES):
        if _insert(tx, table_id, position, user, operation, changes):
            break
        position += 1  # another transaction is at the same microsecond
    if tx.memo is not None:
        tx.memo.setdefault(_MEMO, {})[table_id] = position
    tx.notify(TOPIC)
    return position


def moment(tx: Tx, table_id: int) -> int:
    """The position a change would get: for tables that keep no audit."""
    return max(tx.now_us, _last(tx, table_id) + 1)


def in_order(
    tx: Tx, table_id: int, *, since: int | None = None, until: int | None = None, newest_first: bool = False
) -> Iterator[Change]:
    """Changes from `since` to `until`, both inclusive, read part by part."""
    after, direction, operator = (until, "DESC", "<") if newest_first else (since, "ASC", ">")
    inclusive = True
    while True:
        where = Where(table_id=table_id)
        if since is not None:
            where.compare("position", ">=", since)
        if until is not None:
            where.compare("position", "<=", until)
        if not inclusive:
            where.compare("position", cast(Any, operator), after)
        rows, is_end = light(tx, str(where), f"position {direction}", where.values, _PART, _PART_BYTES)  # primary key
        yield from map(change_of, rows)
        if is_end:
            return
        after, inclusive = rows[-1]["position"], False


def light(
    tx: Tx, where: str, order: str, values: Mapping[str, object], limit: int, bytes_max: int
) -> tuple[list[Row], bool]:
    """At most `limit` changes of not much more than `bytes_max` as they are kept, the first however large; and whether they are all."""
    sizes = tx.rows(
        f"SELECT length(changes) AS size FROM harper_audit {where} ORDER BY {order} LIMIT :limit", **values, limit=limit
    )
    count = weight = 0
    for each in sizes:
        weight += each["size"]
        if count and weight > bytes_max:
            break
        count += 1
    rows = tx.rows(f"SELECT * FROM harper_audit {where} ORDER BY {order} LIMIT :count", **values, count=count)
    return rows, count == len(sizes) < limit


def first_position(tx: Tx, table_id: int) -> int | None:
    """The position of the oldest change that is kept."""
    row = tx.row("SELECT min(position) AS first FROM harper_audit WHERE table_id = :table_id", table_id=table_id)
    return None if row is None else row["first"]


def delete_before(tx: Tx, table_id: int, position: int, limit: int) -> int:
    """Remove at most `limit` changes before a position; how many there were."""
    return tx.run(
        """
        DELETE FROM harper_audit
        WHERE table_id = :table_id AND position IN (
            SELECT position FROM harper_audit WHERE table_id = :table_id AND position < :position
            ORDER BY position LIMIT :limit
        )
        """,
        table_id=table_id,
        position=position,
        limit=limit,
    )


def next_table(tx: Tx, table_id: int) -> int | None:
    """The next table of any account that keeps changes (primary key)."""
    row = tx.row("SELECT min(table_id) AS next FROM harper_audit WHERE table_id > :table_id", table_id=table_id)
    return None if row is None else row["next"]


def _last(tx: Tx, table_id: int) -> int:
    if tx.memo is not None:
        known: int | None = tx.memo.get(_MEMO, {}).get(table_id)
        if known is not None:
            return known
    row = tx.row("SELECT max(position) AS last FROM harper_audit WHERE table_id = :table_id", table_id=table_id)
    return 0 if row is None or row["last"] is None else cast(int, row["last"])


def _insert(tx: Tx, table_id: int, position: int, user: str, operation: str, changes: bytes) -> bool:
    # Who follows changes on PostgreSQL reads them in the order of their transactions.
    column, number = (", tx_number", f", {PRESENT}") if tx.engine == "postgres" else ("", "")
    return (
        tx.run(
            f"""
            INSERT INTO harper_audit (table_id, position, user_name, operation, changes{column})
            VALUES (:table_id, :position, :user, :operation, :changes{number})
            ON CONFLICT (table_id, position) DO NOTHING
            """,
            table_id=table_id,
            position=position,
            user=user,
            operation=operation,
            changes=changes,
        )
        == 1
    )


def change_of(row: Row) -> Change:
    """A row as a change."""
    changes = bytes(row["changes"])
    text = changes if changes[:1] == b"{" else zlib.decompress(changes)
    kept = from_text(text.decode())
    return Change(
        row["position"],
        row["user_name"],
        row["operation"],
        kept["key"],
        kept["ids"],
        kept.get("records"),
        kept.get("before"),
        len(text),
    )
