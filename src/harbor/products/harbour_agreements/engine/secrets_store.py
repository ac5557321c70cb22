"""Tables `harbour_applicant_secrets` and `harbour_raw_answers`: sealed texts that go after some days."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx


def put_applicant(tx: Tx, account_id: str, verification_id: str, sealed: str) -> None:
    """Keep the numbers of an applicant."""
    tx.run(
        """
        INSERT INTO harbour_applicant_secrets (account_id, verification_id, sealed) VALUES (:account_id, :id, :sealed)
        """,
        account_id=account_id,
        id=verification_id,
        sealed=sealed,
    )


def applicant(tx: Tx, account_id: str, verification_id: str) -> str | None:
    """The numbers of an applicant, sealed; None where there are none, or none any more."""
    row = tx.row(
        "SELECT sealed FROM harbour_applicant_secrets WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
    )
    return None if row is None else str(row["sealed"])


def end_applicant(tx: Tx, account_id: str, verification_id: str) -> None:
    """Note that the check has ended: from now on the numbers are kept for so many days."""
    tx.run(
        "UPDATE harbour_applicant_secrets SET ended_at = :now WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
        now=tx.now_us,
    )


def erase_applicants(tx: Tx, ended_before_us: int, limit: int) -> int:
    """Erase up to `limit` applicants' numbers of all accounts whose checks ended before a moment."""
    return tx.run(
        """
        DELETE FROM harbour_applicant_secrets WHERE (account_id, verification_id) IN (
            SELECT account_id, verification_id FROM harbour_applicant_secrets
            WHERE ended_at IS NOT NULL AND ended_at <= :before          -- harbour_applicant_secrets_ended
            ORDER BY ended_at LIMIT :limit)
        """,
        before=ended_before_us,
        limit=limit,
    )


def add_answer(tx: Tx, account_id: str, verification_id: str, update_id: str, sealed: str) -> None:
    """Keep what a provider answered."""
    tx.run(
        """
        INSERT INTO harbour_raw_answers (account_id, verification_id, update_id, sealed, received_at)
        VALUES (:account_id, :id, :update_id, :sealed, :now)
        ON CONFLICT (account_id, verification_id, update_id) DO NOTHING
        """,
        account_id=account_id,
        id=verification_id,
        update_id=update_id,
        sealed=sealed,
        now=tx.now_us,
    )


def answers(tx: Tx, account_id: str, verification_id: str) -> list[tuple[int, str]]:
    """What a provider answered, the oldest first: microseconds, and the sealed text."""
    rows = tx.rows(
        """
        SELECT received_at, sealed FROM harbour_raw_answers
        WHERE account_id = :account_id AND verification_id = :id
        ORDER BY received_at, update_id
        """,
        account_id=account_id,
        id=verification_id,
    )
    return [(row["received_at"], row["sealed"]) for row in rows]


def erase_answers(tx: Tx, received_before_us: int, limit: int) -> int:
    """Erase up to `limit` answers of all accounts from before a moment."""
    return tx.run(
        """
        DELETE FROM harbour_raw_answers WHERE (account_id, verification_id, update_id) IN (
            SELECT account_id, verification_id, update_id FROM harbour_raw_answers
            WHERE received_at <= :before          -- harbour_raw_answers_by_age
            ORDER BY received_at LIMIT :limit)
        """,
        before=received_before_us,
        limit=limit,
    )
