"""Table `harbour_rate_hits`: one row for each request that counts, so that all processes see the same window."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def counting(tx: Tx, account_id: str, bucket: str, *, window_us: int) -> list[int]:
    """The moments that count now, oldest first; what left the window is removed. Nobody else counts until the commit."""
    tx.lock("harbour_rate", account_id, bucket)
    about: dict[str, object] = {"account_id": account_id, "bucket": bucket}
    tx.run(
        """
        DELETE FROM harbour_rate_hits
        WHERE account_id = :account_id AND bucket = :bucket AND (happened_at <= :since OR happened_at > :until)
        """,
        **about,
        since=tx.now_us - window_us,
        until=tx.now_us + window_us,
    )
    rows = tx.rows(
        """
        SELECT happened_at FROM harbour_rate_hits
        WHERE account_id = :account_id AND bucket = :bucket
        ORDER BY happened_at, number
        """,
        **about,
    )
    return [row["happened_at"] for row in rows]


def add(tx: Tx, account_id: str, bucket: str, n: int) -> None:
    """Count `n` requests of this moment."""
    row = tx.row(
        """
        SELECT COALESCE(MAX(number), 0) AS last FROM harbour_rate_hits
        WHERE account_id = :account_id AND bucket = :bucket AND happened_at = :now
        """,
        account_id=account_id,
        bucket=bucket,
        now=tx.now_us,
    )
    assert row is not None, bucket
    tx.run_many(
        """
        INSERT INTO harbour_rate_hits (account_id, bucket, happened_at, number)
        VALUES (:account_id, :bucket, :now, :number)
        """,
        [
            {"account_id": account_id, "bucket": bucket, "now": tx.now_us, "number": row["last"] + index}
            for index in range(1, n + 1)
        ],
    )


def forget(tx: Tx, before_us: int, limit: int) -> int:
    """Remove up to `limit` rows of all accounts from before a moment: of callers who never came back."""
    return tx.run(
        """
        DELETE FROM harbour_rate_hits WHERE (account_id, bucket, happened_at, number) IN (
            SELECT account_id, bucket, happened_at, number FROM harbour_rate_hits
            WHERE happened_at < :before          -- harbour_rate_hits_by_age
            ORDER BY happened_at LIMIT :limit)
        """,
        before=before_us,
        limit=limit,
    )
