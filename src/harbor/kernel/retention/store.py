"""What the sweeps find and delete, over all tenants, a few rows at a time."""

from __future__ import annotations

from harbor.kernel.clock import moment
from harbor.kernel.cursors.store import PER_CREDENTIAL_MAX
from harbor.kernel.ids import lowest_at
from harbor.kernel.storage.database import Row, Tx

# Deliveries


def deliveries_of_events(tx: Tx, account_id: str, workspace_id: str, *, first: str, last: str) -> list[Row]:
    """The deliveries of the events from `first` to `last`: `event_id`, `id`, `attempt_count`, `is_outstanding`.

    On PostgreSQL they are locked, so that none can be sent again while its event goes.
    """
    lock = "FOR UPDATE OF d" if tx.engine == "postgres" else ""
    return tx.rows(
        f"""
        SELECT d.event_id, d.id, d.attempt_count,
               CASE WHEN d.state IN ('due', 'retrying', 'parked') OR d.lease_until IS NOT NULL THEN 1 ELSE 0 END AS is_outstanding
        FROM events e JOIN deliveries d ON d.event_id = e.id          -- deliveries_fan_out
        WHERE e.account_id = :account_id AND e.workspace_id = :workspace_id AND e.id >= :first AND e.id <= :last
        {lock}
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        first=first,
        last=last,
    )


def delete_deliveries(tx: Tx, account_id: str, workspace_id: str, delivery_ids: list[str]) -> None:
    """Delete deliveries with their attempts."""
    values: list[dict[str, object]] = [
        {"account_id": account_id, "workspace_id": workspace_id, "id": delivery_id} for delivery_id in delivery_ids
    ]
    tx.run_many("DELETE FROM attempts WHERE account_id = :account_id AND delivery_id = :id", values)
    tx.run_many(
        "DELETE FROM deliveries WHERE account_id = :account_id AND workspace_id = :workspace_id AND id = :id", values
    )


def deliveries_without_event(
    tx: Tx, account_id: str, workspace_id: str, *, after: str, before_us: int, limit: int
) -> tuple[list[Row], str | None]:
    """Which of the next `limit` deliveries older than a moment have no event any more, and the id to go on after."""
    rows = tx.rows(
        """
        SELECT d.id, d.attempt_count, d.lease_until, e.id AS event_id
        FROM deliveries d LEFT JOIN events e
            ON e.account_id = d.account_id AND e.workspace_id = d.workspace_id AND e.id = d.event_id
        WHERE d.account_id = :account_id AND d.workspace_id = :workspace_id AND d.id > :after AND d.id < :before
        ORDER BY d.id          -- primary key
        LIMIT :limit
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        after=after,
        before="del_" + lowest_at(moment(before_us)),
        limit=limit,
    )
    alone = [row for row in rows if row["event_id"] is None and row["lease_until"] is None]
    return alone, rows[-1]["id"] if len(rows) == limit else None


def blank_attempts(
    tx: Tx, account_id: str, subscription_id: str, *, from_us: int, before_us: int, limit: int
) -> tuple[int, int | None]:
    """Remove the stored answers of a subscription's next `limit` attempts of a time; how many had one, and where to go on."""
    row = tx.row(
        """
        SELECT started_at FROM attempts
        WHERE account_id = :account_id AND subscription_id = :subscription_id
          AND started_at >= :from_us AND started_at < :before_us
        ORDER BY started_at          -- attempts_by_subscription
        LIMIT 1 OFFSET :skipped
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        from_us=from_us,
        before_us=before_us,
        skipped=limit - 1,
    )
    last_us = before_us - 1 if row is None else int(row["started_at"])
    changed = tx.run(
        """
        UPDATE attempts SET response_body = NULL, response_headers = NULL
        WHERE account_id = :account_id AND subscription_id = :subscription_id
          AND started_at >= :from_us AND started_at <= :last_us
          AND (response_body IS NOT NULL OR response_headers IS NOT NULL)
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        from_us=from_us,
        last_us=last_us,
    )
    return changed, None if row is None else last_us + 1


# Where the walks go


def next_workspace(tx: Tx, after: str) -> Row | None:
    """The `account_id` and `id` of the workspace after an id."""
    return tx.row("SELECT account_id, id FROM workspaces WHERE id > :after ORDER BY id LIMIT 1", after=after)


def next_subscription(tx: Tx, after: str) -> Row | None:
    """The `account_id` and `id` of the subscription after an id, deleted ones too: their history stays."""
    return tx.row("SELECT account_id, id FROM subscriptions WHERE id > :after ORDER BY id LIMIT 1", after=after)


def next_holder_of_cursors(tx: Tx, account_id: str, credential_id: str) -> Row | None:
    """The `account_id` and `credential_id` after these that hold cursors."""
    return tx.row(
        """
        SELECT account_id, credential_id FROM cursors
        WHERE (account_id, credential_id) > (:account_id, :credential_id)
        ORDER BY account_id, credential_id          -- cursors_by_credential
        LIMIT 1
        """,
        account_id=account_id,
        credential_id=credential_id,
    )


# What goes by age


def purge_audit(tx: Tx, account_id: str, before_id: str, limit: int) -> int:
    """Delete up to `limit` acts of an account below an id, oldest first."""
    return tx.run(
        """
        DELETE FROM audit WHERE account_id = :account_id AND id IN (
            SELECT id FROM audit WHERE account_id = :account_id AND id < :before ORDER BY id LIMIT :limit
        )
        """,
        account_id=account_id,
        before=before_id,
        limit=limit,
    )


def purge_cursors(tx: Tx, account_id: str, credential_id: str, *, before_us: int, limit: int) -> int:
    """Delete up to `limit` cursors of a credential that were handed out before a moment."""
    return tx.run(
        """
        DELETE FROM cursors WHERE (account_id, workspace_id, route, position) IN (
            SELECT account_id, workspace_id, route, position FROM cursors
            WHERE account_id = :account_id AND credential_id = :credential_id AND issued_at < :before
            ORDER BY issued_at          -- cursors_by_credential
            LIMIT :limit
        )
        """,
        account_id=account_id,
        credential_id=credential_id,
        before=before_us,
        limit=limit,
    )


def newest_cursor_to_drop_us(tx: Tx, account_id: str, credential_id: str) -> int | None:
    """When the newest cursor beyond the 10,000 of a credential was handed out, or None if it has no more."""
    row = tx.row(
        """
        SELECT issued_at FROM cursors WHERE account_id = :account_id AND credential_id = :credential_id
        ORDER BY issued_at DESC          -- cursors_by_credential
        LIMIT 1 OFFSET :kept
        """,
        account_id=account_id,
        credential_id=credential_id,
        kept=PER_CREDENTIAL_MAX,
    )
    return int(row["issued_at"]) if row else None


def purge_sessions(tx: Tx, *, after: str, limit: int) -> tuple[int, str | None]:
    """Delete the sessions that are over among the next `limit`; how many, and the digest to go on after."""
    row = tx.row(
        "SELECT digest FROM sessions WHERE digest > :after ORDER BY digest LIMIT 1 OFFSET :skipped",
        after=after,
        skipped=limit - 1,
    )
    up_to = "" if row is None else "AND digest <= :last"
    last = {} if row is None else {"last": row["digest"]}
    deleted = tx.run(
        f"DELETE FROM sessions WHERE digest > :after {up_to} AND (expires_at <= :now OR revoked_at IS NOT NULL)",
        after=after,
        now=tx.now_us,
        **last,
    )
    return deleted, None if row is None else str(row["digest"])
