"""What a workspace leaves behind, over all tables, deleted a few rows at a time.

The audit log and the request log have no index by workspace; they are walked by id from the workspace's first day on.
"""

from __future__ import annotations

from harbor.kernel.storage.database import Tx

# Tables whose primary key begins with account and workspace.
_BY_KEY = {
    "deliveries": "id",
    "harbor_event_types": "name",
    "idempotency": "route, idempotency_key",
    "cursors": "route, position",
    "readers": "name",
}
TABLES = tuple(_BY_KEY)


def is_under_way(tx: Tx, account_id: str, workspace_id: str) -> bool:
    """Whether an attempt of one of its deliveries is being made: its result would find nothing to be written to."""
    # SQLite would rather go through all deliveries of the workspace.
    hint = "INDEXED BY deliveries_leased" if tx.engine == "sqlite" else ""
    row = tx.row(
        f"""
        SELECT 1 AS one FROM deliveries {hint}
        WHERE lease_until IS NOT NULL AND account_id = :account_id AND workspace_id = :workspace_id
        LIMIT 1
        """,
        account_id=account_id,
        workspace_id=workspace_id,
    )
    return row is not None


def blank_audit(tx: Tx, account_id: str, workspace_id: str, *, after: str, limit: int) -> tuple[int, str | None]:
    """Among the next `limit` acts of the account, those in the workspace lose what was changed; that they happened stays."""
    last = _last_of(tx, "audit", account_id, after, limit)
    changed = tx.run(
        f"""
        UPDATE audit SET before = NULL, after = NULL
        WHERE account_id = :account_id AND id > :after {_up_to(last)}
          AND (workspace_id = :workspace_id OR subject = :workspace_id) AND (before IS NOT NULL OR after IS NOT NULL)
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        after=after,
        **_bound(last),
    )
    return changed, last


def delete_requests(tx: Tx, account_id: str, workspace_id: str, *, after: str, limit: int) -> tuple[int, str | None]:
    """Among the next `limit` requests of the account, delete those in the workspace."""
    last = _last_of(tx, "request_logs", account_id, after, limit)
    deleted = tx.run(
        f"DELETE FROM request_logs WHERE account_id = :account_id AND id > :after {_up_to(last)} AND workspace_id = :workspace_id",
        account_id=account_id,
        workspace_id=workspace_id,
        after=after,
        **_bound(last),
    )
    return deleted, last


def delete_rows(tx: Tx, table: str, account_id: str, workspace_id: str, limit: int) -> int:
    """Delete up to `limit` rows of one of `TABLES`."""
    key = _BY_KEY[table]
    return tx.run(
        f"""
        DELETE FROM {table} WHERE account_id = :account_id AND workspace_id = :workspace_id AND ({key}) IN (
            SELECT {key} FROM {table} WHERE account_id = :account_id AND workspace_id = :workspace_id LIMIT :limit
        )
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )


def delete_attempts(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Delete up to `limit` attempts to the workspace's subscriptions: those that outlived their deliveries."""
    return tx.run(
        """
        DELETE FROM attempts WHERE account_id = :account_id AND (delivery_id, number) IN (
            SELECT a.delivery_id, a.number
            FROM subscriptions s CROSS JOIN attempts a          -- in this order: attempts_by_subscription
            WHERE s.account_id = :account_id AND s.workspace_id = :workspace_id
              AND a.account_id = s.account_id AND a.subscription_id = s.id
            LIMIT :limit
        )
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )


def delete_subscriptions(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Delete up to `limit` subscriptions with their health."""
    rows = tx.rows(
        """
        SELECT id FROM subscriptions WHERE account_id = :account_id AND workspace_id = :workspace_id
        ORDER BY id          -- subscriptions_by_workspace
        LIMIT :limit
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        limit=limit,
    )
    values: list[dict[str, object]] = [{"account_id": account_id, "id": row["id"]} for row in rows]
    tx.run_many("DELETE FROM subscription_health WHERE account_id = :account_id AND subscription_id = :id", values)
    tx.run_many("DELETE FROM subscriptions WHERE account_id = :account_id AND id = :id", values)
    return len(values)


def _last_of(tx: Tx, table: str, account_id: str, after: str, limit: int) -> str | None:
    row = tx.row(
        f"SELECT id FROM {table} WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT 1 OFFSET :skipped",
        account_id=account_id,
        after=after,
        skipped=limit - 1,
    )
    return str(row["id"]) if row else None


def _up_to(last: str | None) -> str:
    return "" if last is None else "AND id <= :last"


def _bound(last: str | None) -> dict[str, object]:
    return {} if last is None else {"last": last}
