"""Rows of `deliveries` that stand still, moved in steps of bounded size. Each function returns how many rows it changed.

A subscription's history may be a million rows, so what is outstanding is found in three small indexes: of what is due,
what is parked and what is under way. SQLite is told which: it would take the one with more equal columns, which holds
the history (measured with 100,000 deliveries: 86 ms rather than 0.2). The condition stands twice, in the search and on
the row: on PostgreSQL a row may change between the two, and is then left alone.
"""

from __future__ import annotations

from collections.abc import Collection

from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import ParkedBy

# Under way rows are not touched by parking: their result decides, and the next step takes what is left.
_OPEN = "state IN ('due', 'retrying') AND due_at IS NOT NULL"
_PARKED = "state = 'parked' AND parked_by IS NOT NULL"
_UNDER_WAY = "state IN ('due', 'retrying') AND lease_until IS NOT NULL"
_OUTSTANDING = "state IN ('due', 'retrying', 'parked')"
_INDEXES = {_OPEN: "deliveries_due", _PARKED: "deliveries_parked", _UNDER_WAY: "deliveries_leased"}

_OF_SUBSCRIPTION = "subscription_id = :subscription_id"
# By way of the subscriptions, because the indexes of what is outstanding begin with them.
_OF_WORKSPACE = """workspace_id = :workspace_id AND subscription_id IN (
    SELECT s.id FROM subscriptions s WHERE s.account_id = :account_id AND s.workspace_id = :workspace_id)"""

_OVER = "due_at = NULL, kept_due_at = NULL, parked_by = NULL, paused_at = NULL, strict_open = NULL, completed_at = :now"
_CANCELED = f"state = 'canceled', {_OVER}"


def park_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Park up to `limit` open deliveries of a suspended workspace."""
    return _park(tx, account_id, _OF_WORKSPACE, ParkedBy.WORKSPACE, limit, workspace_id=workspace_id)


def park_subscription(
    tx: Tx, account_id: str, subscription_id: str, limit: int, *, by: ParkedBy = ParkedBy.SUBSCRIPTION
) -> int:
    """Park up to `limit` open deliveries of a disabled subscription."""
    return _park(tx, account_id, _OF_SUBSCRIPTION, by, limit, subscription_id=subscription_id)


def release_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Wake up to `limit` deliveries that the workspace's suspension parked."""
    return _release(tx, account_id, _OF_WORKSPACE, [ParkedBy.WORKSPACE], limit, workspace_id=workspace_id)


def release_subscription(
    tx: Tx,
    account_id: str,
    subscription_id: str,
    limit: int,
    *,
    by: Collection[ParkedBy] = (ParkedBy.SUBSCRIPTION, ParkedBy.HOLD),
) -> int:
    """Wake up to `limit` deliveries of a subscription that were parked for one of these causes, its own by default."""
    return _release(tx, account_id, _OF_SUBSCRIPTION, by, limit, subscription_id=subscription_id)


def skip_held(tx: Tx, account_id: str, subscription_id: str, limit: int, *, created_before_us: int) -> int:
    """Leave out up to `limit` held deliveries that are older than their view holds them: before a release."""
    change = f"state = 'skipped', {_OVER}"
    condition = f"{_PARKED} AND parked_by = 'hold' AND created_at < :before"
    return _change(
        tx,
        change,
        _OF_SUBSCRIPTION,
        condition,
        _INDEXES[_PARKED],
        limit,
        account_id=account_id,
        subscription_id=subscription_id,
        before=created_before_us,
    )


def cancel_workspace(tx: Tx, account_id: str, workspace_id: str, limit: int) -> int:
    """Cancel up to `limit` outstanding deliveries of an archived workspace."""
    return _outstanding(tx, _CANCELED, _OF_WORKSPACE, limit, account_id=account_id, workspace_id=workspace_id)


def cancel_subscription(tx: Tx, account_id: str, subscription_id: str, limit: int) -> int:
    """Cancel up to `limit` outstanding deliveries of a deleted subscription."""
    return _outstanding(tx, _CANCELED, _OF_SUBSCRIPTION, limit, account_id=account_id, subscription_id=subscription_id)


def cancel_event(tx: Tx, account_id: str, event_id: str) -> int:
    """Cancel the outstanding deliveries of an event whose subject was erased."""
    return _change(
        tx,
        _CANCELED,
        "event_id = :event_id",
        _OUTSTANDING,
        "deliveries_fan_out",
        10_000,
        account_id=account_id,
        event_id=event_id,
    )


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
    """Put up to `limit` outstanding deliveries under strict order, or free them of it."""
    values = {"account_id": account_id, "subscription_id": subscription_id}
    if is_strict:
        return _outstanding(tx, "strict_open = 1", _OF_SUBSCRIPTION, limit, also="AND strict_open IS NULL", **values)
    return _change(tx, "strict_open = NULL", _OF_SUBSCRIPTION, "strict_open = 1", "deliveries_strict", limit, **values)


def _park(tx: Tx, account_id: str, term: str, by: ParkedBy, limit: int, **values: object) -> int:
    change = "state = 'parked', parked_by = :by, kept_due_at = due_at, due_at = NULL, paused_at = :now"
    return _change(tx, change, term, _OPEN, _INDEXES[_OPEN], limit, by=by.value, account_id=account_id, **values)


def _release(tx: Tx, account_id: str, term: str, by: Collection[ParkedBy], limit: int, **values: object) -> int:
    for index, cause in enumerate(by):
        values[f"by_{index}"] = cause.value
    causes = ", ".join(f":by_{index}" for index in range(len(by)))
    # Everything moves by the time it stood still, so the wait and the budget that remained are the same as before.
    change = """
        state = CASE WHEN attempt_count > 0 AND completed_at IS NULL THEN 'retrying' ELSE 'due' END,
        parked_by = NULL,
        due_at = kept_due_at + (:now - paused_at),
        expires_at = expires_at + (:now - paused_at),
        budget_from = budget_from + (:now - paused_at),
        kept_due_at = NULL, paused_at = NULL,
        strict_open = (SELECT CASE WHEN s.ordering = 'strict' THEN 1 END FROM subscriptions s
                       WHERE s.account_id = deliveries.account_id AND s.id = deliveries.subscription_id)"""
    condition = f"{_PARKED} AND parked_by IN ({causes})"
    changed = _change(tx, change, term, condition, _INDEXES[_PARKED], limit, account_id=account_id, **values)
    if changed:
        tx.notify("deliveries")
    return changed


def _outstanding(tx: Tx, change: str, term: str, limit: int, *, also: str = "", **values: object) -> int:
    changed = 0
    for condition, index in _INDEXES.items():
        if changed < limit:
            changed += _change(tx, change, term, f"{condition} {also}", index, limit - changed, **values)
    return changed


def _change(tx: Tx, change: str, term: str, condition: str, index: str, limit: int, **values: object) -> int:
    hint = f"INDEXED BY {index}" if tx.engine == "sqlite" else ""
    return tx.run(
        f"""
        UPDATE deliveries SET {change}
        WHERE account_id = :account_id AND (workspace_id, id) IN (
            SELECT workspace_id, id FROM deliveries {hint}
            WHERE account_id = :account_id AND {term} AND {condition}
            LIMIT :limit
        ) AND {condition}
        """,
        now=tx.now_us,
        limit=limit,
        **values,
    )
