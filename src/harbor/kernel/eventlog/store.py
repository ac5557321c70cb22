"""Table `events`: append, find, newest first by id, oldest first by position."""

from __future__ import annotations

from harbor.kernel.bounds import MIB
from harbor.kernel.clock import moment
from harbor.kernel.eventlog.model import Event, Positions, TypeTerms
from harbor.kernel.ids import LATE_US_MAX, lowest_at
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where

PAGE_PAYLOAD_MAX = 4 * MIB
_INSERT = """
INSERT INTO events (account_id, workspace_id, id, position, product, type, subject, payload, actor, created_at)
VALUES (:account_id, :workspace_id, :id, {position}, :product, :type, :subject, :payload, :actor, :created_at)
"""
_INSERT_SQLITE = _INSERT.format(position=":position")
# Ids of transactions begin anew in a database that was restored from a dump; the base keeps positions ascending.
_BASE = "COALESCE((SELECT CAST(value AS BIGINT) FROM instance WHERE name = 'position_base'), 0)"
PRESENT = f"{_BASE} + CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)"
# The id of the transaction: events of one transaction share it and are told apart by their ids.
_INSERT_POSTGRES = _INSERT.format(position=PRESENT) + " RETURNING position"


def settled(column: str) -> str:
    """The term on PostgreSQL for positions below which nothing new can appear.

    A transaction that still runs may yet commit an event of a lower position, so readers stop below the oldest of them.
    """
    return f"{column} < {_BASE} + CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"


_SETTLED = settled("position")


def append(
    tx: Tx,
    positions: Positions,
    account_id: str,
    *,
    workspace_id: str,
    id_: str,
    product: str,
    type_: str,
    subject: str | None,
    payload: str,
    actor: str,
) -> Event:
    """Write an event at the end of the log."""
    values = {
        "account_id": account_id,
        "workspace_id": workspace_id,
        "id": id_,
        "product": product,
        "type": type_,
        "subject": subject,
        "payload": payload,
        "actor": actor,
        "created_at": tx.now_us,
    }
    if tx.engine == "sqlite":
        position = positions.next()
        tx.run(_INSERT_SQLITE, **values, position=position)
    else:
        row = tx.row(_INSERT_POSTGRES, **values)
        assert row is not None
        position = row["position"]
    return Event(
        id=id_,
        account_id=account_id,
        workspace_id=workspace_id,
        position=position,
        product=product,
        type=type_,
        subject=subject,
        payload=payload,
        actor=actor,
        created_at=tx.now,
    )


def find(tx: Tx, account_id: str, event_id: str, *, workspace_id: str | None = None) -> Event | None:
    """One event; without a workspace it is looked for in all of the account's."""
    if workspace_id is not None:
        row = tx.row(
            "SELECT * FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id",
            account_id=account_id,
            workspace_id=workspace_id,
            id=event_id,
        )
    else:
        # SQLite keeps the order of a cross join: the few workspaces first, then the primary key of each.
        row = tx.row(
            """
            SELECT e.* FROM workspaces w
            CROSS JOIN events e
            WHERE w.account_id = :account_id AND e.account_id = w.account_id AND e.workspace_id = w.id AND e.id = :id
            """,
            account_id=account_id,
            id=event_id,
        )
    return event_of(row) if row else None


def page(
    tx: Tx,
    account_id: str,
    workspace_id: str,
    page: PageRequest,
    *,
    types: TypeTerms | None = None,
    created_after: int | None = None,
    created_before: int | None = None,
    ascending: bool = False,
) -> Page[Event]:
    """A page of a workspace's events. Newest first walks ids; oldest first walks (position, id) and omits unsettled ones.

    `created_after` (inclusive) and `created_before` (exclusive) are microseconds. `types` narrows the
    kinds of events; without it they are the workspace's own.
    """
    where = Where(account_id=account_id, workspace_id=workspace_id)
    _narrow(where, types)
    where.compare("created_at", ">=", created_after).compare("created_at", "<", created_before)
    # An id never carries less time than its event, so the lower bound can seek in the index of ids.
    if created_after is not None:
        where.also("id >= :id_from", id_from="evt_" + lowest_at(moment(created_after)))
    if ascending:
        after = position_of(tx, account_id, workspace_id, page.after) if page.after else None
        if after is not None:
            where.also("(position, id) > (:after_position, :after_id)", after_position=after, after_id=page.after)
        if tx.engine == "postgres":
            where.also(_SETTLED)
        order = "position, id"  # events_by_position
    else:
        where.after("id", "<", page.after)
        if created_before is not None:
            where.also("id < :id_to", id_to="evt_" + lowest_at(moment(created_before + LATE_US_MAX)))
        order = "id DESC"  # primary key
    rows = tx.rows(f"SELECT * FROM events {where} ORDER BY {order} LIMIT :limit", **where.values, limit=page.limit + 1)
    shown = _within_bytes(rows[: page.limit])
    return Page(tuple(map(event_of, shown)), more=len(rows) > len(shown))


def _within_bytes(rows: list[Row]) -> list[Row]:
    """The first rows whose payloads fit one page together, at least one: a hundred of 256 KB would be 26 MB."""
    size = 0
    for index, row in enumerate(rows):
        size += len(row["payload"].encode())  # in bytes, as they are sent
        if size > PAGE_PAYLOAD_MAX and index:
            return rows[:index]
    return rows


def _narrow(where: Where, types: TypeTerms | None) -> None:
    if types is None:
        where.also("product = ''")
        return
    terms, values = ["product = ''"] if types.own else [], {}
    for index, exact in enumerate(types.exact):
        values[f"type_{index}"] = exact
        terms.append(f"type = :type_{index}")
    for index, (low, high) in enumerate(types.ranges):
        values |= {f"low_{index}": low, f"high_{index}": high}
        terms.append(f"(type >= :low_{index} AND type < :high_{index})")
    where.also(f"({' OR '.join(terms)})" if terms else "1 = 0", **values)


def after_position(tx: Tx, account_id: str, workspace_id: str, position: int, event_id: str, limit: int) -> list[Event]:
    """The settled events after a position, oldest first: for tails and readers."""
    settled = f"AND {_SETTLED}" if tx.engine == "postgres" else ""
    rows = tx.rows(
        f"""
        SELECT * FROM events
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND (position, id) > (:position, :id) {settled}
        ORDER BY position, id LIMIT :limit
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        position=position,
        id=event_id,
        limit=limit,
    )
    return [event_of(row) for row in rows]


def position_of(tx: Tx, account_id: str, workspace_id: str, event_id: str) -> int | None:
    """Where an event stands in the log, or None if it is not there."""
    row = tx.row(
        "SELECT position FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id",
        account_id=account_id,
        workspace_id=workspace_id,
        id=event_id,
    )
    return int(row["position"]) if row else None


def last_position(tx: Tx, account_id: str, workspace_id: str) -> tuple[int, str]:
    """The end of a workspace's log as (position, id); (0, "") when it is empty."""
    settled = f"AND {_SETTLED}" if tx.engine == "postgres" else ""
    row = tx.row(
        f"""
        SELECT position, id FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id {settled}
        ORDER BY position DESC, id DESC LIMIT 1
        """,
        account_id=account_id,
        workspace_id=workspace_id,
    )
    return (int(row["position"]), str(row["id"])) if row else (0, "")


def unsettled(tx: Tx, account_id: str, workspace_id: str, limit: int) -> frozenset[str]:
    """The ids of committed events beyond the settled end, at most `limit`: who begins at the end now has missed them."""
    if tx.engine != "postgres":
        return frozenset()
    rows = tx.rows(
        f"""
        SELECT id FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id AND NOT ({_SETTLED})
        ORDER BY position DESC, id DESC LIMIT :limit
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )
    return frozenset(row["id"] for row in rows)


def oldest(tx: Tx, account_id: str, workspace_id: str, *, after: str, before_us: int | None, limit: int) -> list[str]:
    """Ids of the next `limit` events above the id `after`, oldest first; with `before_us` only of those before that moment."""
    where = Where(account_id=account_id, workspace_id=workspace_id).after("id", ">", after)
    if before_us is not None:
        # An id never carries less time than its event, so the bound in the index lets no younger event through.
        where.also("id < :id_to", id_to="evt_" + lowest_at(moment(before_us))).compare("created_at", "<", before_us)
    rows = tx.rows(
        f"SELECT id FROM events {where} ORDER BY id LIMIT :limit", **where.values, limit=limit
    )  # primary key
    return [row["id"] for row in rows]


def delete(tx: Tx, account_id: str, workspace_id: str, event_ids: list[str]) -> None:
    """Delete events whose term is over, or whose workspace is purged. What hangs on them is deleted before."""
    tx.run_many(
        "DELETE FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id",
        [{"account_id": account_id, "workspace_id": workspace_id, "id": event_id} for event_id in event_ids],
    )


def keep_ascending(tx: Tx) -> None:
    """On PostgreSQL, at start: new positions are above all old ones, also after a dump was restored elsewhere."""
    if tx.engine != "postgres":
        return
    tx.lock("position_base")
    last, _ = largest(tx)
    row = tx.row(f"SELECT {PRESENT} AS present")
    assert row is not None
    if last >= row["present"]:
        tx.run(
            """
            INSERT INTO instance (name, value) VALUES ('position_base', :base)
            ON CONFLICT (name) DO UPDATE SET value = :base
            """,
            base=str(last),
        )


def largest(tx: Tx) -> tuple[int, str | None]:
    """The largest position and event id of the whole installation, asked once at start."""
    rows = tx.rows(
        """
        SELECT w.id AS workspace_id,
               (SELECT max(e.position) FROM events e WHERE e.account_id = w.account_id AND e.workspace_id = w.id) AS position,
               (SELECT max(e.id) FROM events e WHERE e.account_id = w.account_id AND e.workspace_id = w.id) AS id
        FROM workspaces w
        """
    )
    positions = [row["position"] for row in rows if row["position"] is not None]
    ids = [row["id"] for row in rows if row["id"] is not None]
    return (max(positions, default=0), max(ids, default=None))


def event_of(row: Row) -> Event:
    """The event in a row."""
    return Event(
        id=row["id"],
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        position=row["position"],
        product=row["product"],
        type=row["type"],
        subject=row["subject"],
        payload=row["payload"],
        actor=row["actor"],
        created_at=moment(row["created_at"]),
    )
