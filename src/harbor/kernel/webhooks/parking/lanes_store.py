"""Which subscriptions have something open or parked, and whether that agrees with what they and their workspace are now.

A loose walk over an index: one step per subscription, however much it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.webhooks.model import Ordering, Standing
from harbor.kernel.workspaces.model import Status


class Heap(StrEnum):
    """The rows of one partial index."""

    OPEN = "open"
    PARKED = "parked"
    ORDERED = "ordered"


_CONDITIONS = {Heap.OPEN: "due_at IS NOT NULL", Heap.PARKED: "parked_by IS NOT NULL", Heap.ORDERED: "strict_open = 1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A subscription with rows in a heap. `due_at_us` is when its first open row is due, None without one."""

    account_id: str
    subscription_id: str
    workspace_id: str
    workspace: Status
    standing: Standing
    is_deleted: bool
    ordering: Ordering
    view: str
    updated_at_us: int
    due_at_us: int | None


def lanes(tx: Tx, heap: Heap, *, after: str, limit: int) -> tuple[list[Lane], str | None]:
    """The next `limit` subscriptions with rows in a heap, and the id to go on after, None at the end."""
    condition = _CONDITIONS[heap]
    rows = tx.rows(
        f"""
        WITH RECURSIVE lanes (subscription_id, place) AS (
            SELECT min(subscription_id), 1 FROM deliveries WHERE {condition} AND subscription_id > :after
            UNION ALL
            SELECT (SELECT min(d.subscription_id) FROM deliveries d WHERE d.{condition} AND d.subscription_id > lanes.subscription_id),
                   place + 1
            FROM lanes WHERE lanes.subscription_id IS NOT NULL AND place < :limit
        )
        SELECT l.subscription_id, s.account_id, s.workspace_id, s.status, s.deleted_at, s.ordering, s.view, s.updated_at,
               w.status AS workspace_status,
               (SELECT min(d.due_at) FROM deliveries d WHERE d.due_at IS NOT NULL AND d.subscription_id = l.subscription_id) AS due_at
        FROM lanes l
        LEFT JOIN subscriptions s ON s.id = l.subscription_id
        LEFT JOIN workspaces w ON w.account_id = s.account_id AND w.id = s.workspace_id
        WHERE l.subscription_id IS NOT NULL
        ORDER BY l.subscription_id
        """,
        after=after,
        limit=limit,
    )
    # A row without its workspace belongs to one that is being purged.
    found = [_lane(row) for row in rows if row["workspace_status"] is not None]
    return found, rows[-1]["subscription_id"] if len(rows) == limit else None


def heads(tx: Tx, account_id: str, subscription_id: str, *, limit: int) -> list[Row]:
    """The `limit` open rows of a subscription that were due first: `event_id`, `has_event`, `strict_open`."""
    return tx.rows(
        """
        SELECT d.event_id, CASE WHEN e.id IS NULL THEN 0 ELSE 1 END AS has_event, d.strict_open
        FROM deliveries d LEFT JOIN events e
            ON e.account_id = d.account_id AND e.workspace_id = d.workspace_id AND e.id = d.event_id
        WHERE d.account_id = :account_id AND d.subscription_id = :subscription_id AND d.due_at IS NOT NULL
        ORDER BY d.due_at, d.id          -- deliveries_due
        LIMIT :limit
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        limit=limit,
    )


def put_in_order(
    tx: Tx, account_id: str, subscription_id: str, *, after_us: int, after_id: str, limit: int
) -> tuple[int, tuple[int, str] | None]:
    """Put the open ones among the next `limit` rows under strict order; how many were not, and where to go on."""
    span = "subscription_id = :subscription_id AND due_at IS NOT NULL AND (due_at, id) > (:after_us, :after_id)"
    row = tx.row(
        f"""
        SELECT due_at, id FROM deliveries WHERE account_id = :account_id AND {span}
        ORDER BY due_at, id          -- deliveries_due
        LIMIT 1 OFFSET :skipped
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        after_us=after_us,
        after_id=after_id,
        skipped=limit - 1,
    )
    end, last = "", {}
    if row is not None:
        end, last = "AND (due_at, id) <= (:last_us, :last_id)", {"last_us": row["due_at"], "last_id": row["id"]}
    changed = tx.run(
        f"""
        UPDATE deliveries SET strict_open = 1
        WHERE account_id = :account_id AND {span} {end} AND strict_open IS NULL AND state IN ('due', 'retrying')
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        after_us=after_us,
        after_id=after_id,
        **last,
    )
    return changed, None if row is None else (int(row["due_at"]), str(row["id"]))


def _lane(row: Row) -> Lane:
    return Lane(
        account_id=row["account_id"],
        subscription_id=row["subscription_id"],
        workspace_id=row["workspace_id"],
        workspace=Status(row["workspace_status"]),
        standing=Standing(row["status"]),
        is_deleted=row["deleted_at"] is not None,
        ordering=Ordering(row["ordering"]),
        view=row["view"],
        updated_at_us=row["updated_at"],
        due_at_us=row["due_at"],
    )
