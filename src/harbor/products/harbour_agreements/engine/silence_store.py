"""Checks that nobody reported about for long: rows of `harbour_verifications`, and the mark of who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.clock import moment
from harbor.kernel.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Silent:
    """A running check and its last report."""

    account_id: str
    verification_id: str
    provider: str
    last_status_at: datetime


def silent(tx: Tx, before_us: int, after: tuple[int, str], limit: int) -> list[Silent]:
    """Running checks of all accounts whose last report lies before a moment and that nobody was told of since, oldest first."""
    rows = tx.rows(
        """
        SELECT v.account_id, v.id, v.provider, v.last_status_at FROM harbour_verifications v
        JOIN harbour_polls p ON p.account_id = v.account_id AND p.verification_id = v.id
        WHERE v.status = 'in_progress' AND v.parent_id IS NULL AND v.last_status_at < :before
          AND (v.last_status_at > :at OR (v.last_status_at = :at AND v.id > :id))
          AND (p.told_silent_at IS NULL OR p.told_silent_at < v.last_status_at)
        ORDER BY v.last_status_at, v.id          -- harbour_verifications_silent
        LIMIT :limit
        """,
        before=before_us,
        at=after[0],
        id=after[1],
        limit=limit,
    )
    return [Silent(row["account_id"], row["id"], row["provider"], moment(row["last_status_at"])) for row in rows]


def mark(tx: Tx, account_id: str, verification_id: str) -> None:
    """Note that somebody was told."""
    tx.run(
        "UPDATE harbour_polls SET told_silent_at = :now WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
        now=tx.now_us,
    )


def still_silent(tx: Tx, account_id: str, limit: int) -> list[str]:
    """The ids of checks that somebody was told of and that were not heard of since, the longest silent first."""
    rows = tx.rows(
        """
        SELECT v.id FROM harbour_polls p
        JOIN harbour_verifications v ON v.account_id = p.account_id AND v.id = p.verification_id
        WHERE p.account_id = :account_id AND p.told_silent_at IS NOT NULL AND v.status = 'in_progress'
          AND v.last_status_at < p.told_silent_at
        ORDER BY p.told_silent_at, v.id          -- harbour_polls_silent
        LIMIT :limit
        """,
        account_id=account_id,
        limit=limit,
    )
    return [row["id"] for row in rows]
