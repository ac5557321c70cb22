"""The changes of a table in the order in which they become visible: table `harper_audit`, from a place on.

On SQLite that is the order of their positions. On PostgreSQL it is the number of the transaction, and nobody reads past the
oldest one that still runs: a change that commits late is never passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.eventlog.store import settled
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.records.audit_store import Change, change_of, light

# A transaction that began before a moment and ends long after it is ended by the store itself.
_LATE_US_MAX = 60_000_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a follower stands: behind this change. `number` is 0 on SQLite."""

    number: int = 0
    position: int = 0


def after(
    tx: Tx, table_id: int, place: Place, *, since: int | None, limit: int, bytes_max: int
) -> list[tuple[Place, Change]]:
    """The next changes behind a place, those before the moment `since` left out: so many as `bytes_max` hold, at least one."""
    where, order, values = _behind(tx, table_id, place, since)
    rows, _ = light(tx, where, order, values, limit, bytes_max)
    return [(Place(row.get("tx_number") or 0, row["position"]), change_of(row)) for row in rows]


def next_size(tx: Tx, table_id: int, place: Place, *, since: int | None) -> int:
    """The bytes of the next change as it is kept; 0 if there is none."""
    where, order, values = _behind(tx, table_id, place, since)
    row = tx.row(f"SELECT length(changes) AS size FROM harper_audit {where} ORDER BY {order} LIMIT 1", **values)
    return 0 if row is None else int(row["size"])


def _behind(tx: Tx, table_id: int, place: Place, since: int | None) -> tuple[str, str, dict[str, object]]:
    """Condition, order and values of the changes behind a place."""
    values: dict[str, object] = {"table_id": table_id, "position": place.position}
    since_term = ""
    if since is not None:
        since_term, values["since"] = "AND position >= :since", since
    if tx.engine == "sqlite":
        return f"WHERE table_id = :table_id AND position > :position {since_term}", "position", values
    where = f"""
        WHERE table_id = :table_id AND (tx_number, position) > (:number, :position) AND {settled("tx_number")} {since_term}
        """
    return where, "tx_number, position", {**values, "number": place.number}


def end(tx: Tx, table_id: int) -> Place:
    """Behind the last change that nothing can come before any more."""
    if tx.engine == "sqlite":
        row = tx.row(
            "SELECT 0 AS tx_number, position FROM harper_audit WHERE table_id = :table_id ORDER BY position DESC LIMIT 1",
            table_id=table_id,
        )
    else:
        row = tx.row(
            f"""
            SELECT tx_number, position FROM harper_audit WHERE table_id = :table_id AND {settled("tx_number")}
            ORDER BY tx_number DESC, position DESC LIMIT 1
            """,
            table_id=table_id,
        )
    return Place() if row is None else Place(row["tx_number"], row["position"])


def unsettled(tx: Tx, table_id: int, limit: int) -> frozenset[Place]:
    """The changes beyond the settled end that are there all the same: who begins at the end has missed them."""
    if tx.engine == "sqlite":
        return frozenset()
    rows = tx.rows(
        f"""
        SELECT tx_number, position FROM harper_audit WHERE table_id = :table_id AND NOT ({settled("tx_number")})
        ORDER BY tx_number DESC, position DESC LIMIT :limit
        """,
        table_id=table_id,
        limit=limit,
    )
    return frozenset(Place(row["tx_number"], row["position"]) for row in rows)


def start(tx: Tx, table_id: int, since: int) -> Place:
    """Before the first change at or after a moment. Changes of before it may still follow."""
    if tx.engine == "sqlite":
        return Place(0, since - 1)
    row = tx.row(
        """
        SELECT COALESCE(
            (SELECT min(tx_number) FROM harper_audit
             WHERE table_id = :table_id AND position >= :since AND position < :until),
            (SELECT min(tx_number) FROM harper_audit WHERE table_id = :table_id AND position >= :since)
        ) AS tx_number
        """,
        table_id=table_id,
        since=since,
        until=since + _LATE_US_MAX,
    )
    assert row is not None
    return end(tx, table_id) if row["tx_number"] is None else Place(row["tx_number"], 0)


def is_there(tx: Tx, table_id: int, place: Place) -> bool:
    """Whether the change at a place is still kept."""
    row = tx.row(
        f"""
        SELECT 1 AS one FROM harper_audit WHERE table_id = :table_id AND position = :position
        {"AND tx_number = :number" if tx.engine == "postgres" else "AND :number = 0"}
        """,
        table_id=table_id,
        position=place.position,
        number=place.number,
    )
    return row is not None
