"""Counts and times of an endpoint's deliveries and attempts."""

from __future__ import annotations

from harbor.kernel.storage.database import Row, Tx


def counts(tx: Tx, account_id: str, subscription_id: str, since_id: str) -> dict[str, int]:
    """Deliveries by state since an id."""
    rows = tx.rows(
        """
        SELECT state, count(*) AS n FROM deliveries
        WHERE account_id = :account_id AND subscription_id = :subscription_id AND id >= :since AND trigger <> 'test'
        GROUP BY state
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_id,
    )
    return {row["state"]: int(row["n"]) for row in rows}


def attempts(tx: Tx, account_id: str, subscription_id: str, since_us: int) -> Row:
    """Attempts since a moment, and how many of them succeeded: `n` and `good`."""
    row = tx.row(
        """
        SELECT count(*) AS n, CAST(COALESCE(SUM(CASE WHEN error IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS good
        FROM attempts
        WHERE account_id = :account_id AND subscription_id = :subscription_id AND started_at >= :since AND trigger <> 'test'
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_us,
    )
    assert row is not None
    return row


def latency_at(tx: Tx, account_id: str, subscription_id: str, since_us: int, rank: int) -> int | None:
    """The duration in ms of the attempt at a rank, the fastest being 0."""
    row = tx.row(
        """
        SELECT duration_ms FROM attempts
        WHERE account_id = :account_id AND subscription_id = :subscription_id AND started_at >= :since AND trigger <> 'test'
        ORDER BY duration_ms LIMIT 1 OFFSET :rank
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_us,
        rank=rank,
    )
    return int(row["duration_ms"]) if row else None
