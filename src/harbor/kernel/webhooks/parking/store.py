"""Rows of `deliveries` that stand still, moved in steps of bounded size. Each function returns how many rows it changed."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import ParkedBy

# Under way rows are not touched: their result decides, and the next step takes what is left.
_OPEN = "state IN ('due', 'retrying') AND due_at IS NOT NULL"


def park_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Park up to `limit` open deliveries of a suspended workspace."""
    return _park(
        tx,
        account_id,
        f"workspace_id = :workspace_id AND {_OPEN}",
        ParkedBy.WORKSPACE,
        limit,
        workspace_id=workspace_id,
    )


def park_subscription(
    tx: Tx, account_id: str, subscription_id: str, limit: int, *, by: ParkedBy = ParkedBy.SUBSCRIPTION
) -> int:
    """Park up to `limit` open deliveries of a disabled subscription."""
    return _park(
        tx, account_id, f"subscription_id = :subscription_id AND {_OPEN}", by, limit, subscription_id=subscription_id
    )


def release_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Wake up to `limit` deliveries that the workspace's suspension parked."""
    return _release(
        tx,
        account_id,
        "workspace_id = :workspace_id AND state = 'parked' AND parked_by = 'workspace'",
        limit,
        workspace_id=workspace_id,
    )


def release_subscription(tx: Tx, account_id: str, subscription_id: str, limit: int) -> int:
    """Wake up to `limit` deliveries that the subscription's own state parked."""
    return _release(
        tx,
        account_id,
        "subscription_id = :subscription_id AND state = 'parked' AND parked_by IN ('subscription', 'hold')",
        limit,
        subscription_id=subscription_id,
    )


def cancel_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Cancel up to `limit` outstanding deliveries of an archived workspace."""
    return _cancel(tx, account_id, "workspace_id = :workspace_id", limit, workspace_id=workspace_id)


def cancel_subscription(tx: Tx, account_id: str, subscription_id: str, limit: int) -> int:
    """Cancel up to `limit` outstanding deliveries of a deleted subscription."""
    return _cancel(tx, account_id, "subscription_id = :subscription_id", limit, subscription_id=subscription_id)


def cancel_event(tx: Tx, account_id: str, event_id: str) -> int:
    """Cancel the outstanding deliveries of an event whose subject was erased."""
    return _cancel(tx, account_id, "event_id = :event_id", 10_000, event_id=event_id)


def blank_event(tx: Tx, account_id: str, event_id: str) -> None:
    """Remove the rendered bodies and the stored answers of an event's deliveries."""
    tx.run(
        """
        UPDATE attempts SET response_body = NULL, response_headers = NULL
        WHERE account_id = :account_id AND delivery_id IN (SELECT id FROM deliveries WHERE event_id = :event_id AND account_id = :account_id)
        """,
        account_id=account_id,
        event_id=event_id,
    )
    tx.run(
        "UPDATE deliveries SET body = NULL WHERE account_id = :account_id AND event_id = :event_id",
        account_id=account_id,
        event_id=event_id,
    )


def set_strict(tx: Tx, account_id: str, subscription_id: str, *, is_strict: bool, limit: int) -> int:
    """Put up to `limit` open deliveries under strict order, or free them of it."""
    wanted = "NULL" if is_strict else "1"
    return tx.run(
        f"""
        UPDATE deliveries SET strict_open = :strict
        WHERE account_id = :account_id AND (workspace_id, id) IN (
            SELECT workspace_id, id FROM deliveries
            WHERE account_id = :account_id AND subscription_id = :subscription_id AND state IN ('due', 'retrying', 'parked')
              AND strict_open IS NOT DISTINCT FROM {wanted}
            LIMIT :limit
        )
        """,
        strict=1 if is_strict else None,
        account_id=account_id,
        subscription_id=subscription_id,
        limit=limit,
    )


def _park(tx: Tx, account_id: str, term: str, by: ParkedBy, limit: int, **values: object) -> int:
    return tx.run(
        f"""
        UPDATE deliveries SET state = 'parked', parked_by = :by, kept_due_at = due_at, due_at = NULL, paused_at = :now
        WHERE account_id = :account_id AND (workspace_id, id) IN (
            SELECT workspace_id, id FROM deliveries WHERE account_id = :account_id AND {term} LIMIT :limit
        )
        """,
        by=by.value,
        now=tx.now_us,
        account_id=account_id,
        limit=limit,
        **values,
    )


def _release(tx: Tx, account_id: str, term: str, limit: int, **values: object) -> int:
    # Everything moves by the time it stood still, so the wait and the budget that remained are the same as before.
    changed = tx.run(
        f"""
        UPDATE deliveries
        SET state = CASE WHEN attempt_count > 0 AND completed_at IS NULL THEN 'retrying' ELSE 'due' END,
            parked_by = NULL,
            due_at = kept_due_at + (:now - paused_at),
            expires_at = expires_at + (:now - paused_at),
            budget_from = budget_from + (:now - paused_at),
            kept_due_at = NULL, paused_at = NULL
        WHERE account_id = :account_id AND (workspace_id, id) IN (
            SELECT workspace_id, id FROM deliveries WHERE account_id = :account_id AND {term} ORDER BY id LIMIT :limit
        )
        """,
        now=tx.now_us,
        account_id=account_id,
        limit=limit,
        **values,
    )
    tx.notify("deliveries")
    return changed


def _cancel(tx: Tx, account_id: str, term: str, limit: int, **values: object) -> int:
    return tx.run(
        f"""
        UPDATE deliveries
        SET state = 'canceled', due_at = NULL, kept_due_at = NULL, parked_by = NULL, paused_at = NULL, strict_open = NULL, completed_at = :now
        WHERE account_id = :account_id AND (workspace_id, id) IN (
            SELECT workspace_id, id FROM deliveries WHERE account_id = :account_id AND {term} AND state IN ('due', 'retrying', 'parked') LIMIT :limit
        )
        """,
        now=tx.now_us,
        account_id=account_id,
        limit=limit,
        **values,
    )
