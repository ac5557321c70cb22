"""Recent attempts of endpoints, read in bounded bites."""

from __future__ import annotations

from harbor.kernel.storage.database import Row, Tx


def first_of(tx: Tx, account_id: str, subscription_id: str, *, since_us: int, until_us: int, limit: int) -> list[Row]:
    """The first attempts of a stretch of time: how long each took, and whether it failed."""
    return tx.rows(
        """
        SELECT duration_ms, CASE WHEN error IS NULL THEN 0 ELSE 1 END AS is_failed FROM attempts
        WHERE account_id = :account_id AND subscription_id = :subscription_id
          AND started_at >= :since AND started_at < :until AND trigger <> 'test'
        ORDER BY started_at LIMIT :limit          -- attempts_by_subscription
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_us,
        until=until_us,
        limit=limit,
    )


def latest_of(tx: Tx, account_id: str, subscription_id: str, *, since_us: int, limit: int) -> Row:
    """How many of the latest attempts since a moment there are, and how many of them succeeded: `n` and `good`."""
    row = tx.row(
        """
        SELECT count(*) AS n, CAST(COALESCE(SUM(is_good), 0) AS BIGINT) AS good FROM (
            SELECT CASE WHEN error IS NULL THEN 1 ELSE 0 END AS is_good FROM attempts
            WHERE account_id = :account_id AND subscription_id = :subscription_id AND started_at >= :since
              AND trigger <> 'test'
            ORDER BY started_at DESC LIMIT :limit          -- attempts_by_subscription
        ) AS latest
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_us,
        limit=limit,
    )
    assert row is not None
    return row


def counts(tx: Tx, account_id: str, subscription_id: str, *, since_id: str, limit: int) -> dict[str, int]:
    """The latest deliveries since an id, by state."""
    rows = tx.rows(
        """
        SELECT state, count(*) AS n FROM (
            SELECT state FROM deliveries
            WHERE account_id = :account_id AND subscription_id = :subscription_id AND id >= :since AND trigger <> 'test'
            ORDER BY id DESC LIMIT :limit          -- deliveries_by_subscription
        ) AS latest GROUP BY state
        """,
        account_id=account_id,
        subscription_id=subscription_id,
        since=since_id,
        limit=limit,
    )
    return {row["state"]: int(row["n"]) for row in rows}
