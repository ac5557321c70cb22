"""Tables of the engine: consents, applicants, activity, reports of providers, and how far checks were followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.engine.activity import Entry
from harbor.products.harbour_agreements.providers.protocol import Applicant

_APPLICANT = ("first_name", "last_name", "email", "date_of_birth", "phone", "addresses", "licence_state")
# What is erased of a check whose outcome stays. What reviewers wrote and kept is of the person too.
_PERSONAL = (
    "harbour_applicants",
    "harbour_applicant_secrets",
    "harbour_raw_answers",
    "harbour_reviews",
    "harbour_review_evidence",
)
_OF_VERIFICATION = (
    "harbour_consents",
    "harbour_activity",
    "harbour_provider_updates",
    "harbour_polls",
    *_PERSONAL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person agreed to, when, and from where."""

    id: str
    verification_id: str
    text_version: str
    language: str
    text_hash: str | None
    accepted_at: datetime
    ip: str
    user_agent: str
    signature_reference: str | None


@dataclass(frozen=True, slots=True)
class Poll:
    """How far a check was followed: its last report, failures in a row, and answers without news in a row."""

    last_update_id: str | None = None
    failures: int = 0
    quiet_polls: int = 0


def insert_consent(tx: Tx, account_id: str, consent: Consent) -> None:
    """Keep a consent."""
    tx.run(
        """
        INSERT INTO harbour_consents (account_id, id, verification_id, text_version, language, text_hash, accepted_at, ip,
            user_agent, signature_reference, created_at)
        VALUES (:account_id, :id, :verification_id, :text_version, :language, :text_hash, :accepted_at, :ip,
            :user_agent, :signature_reference, :now)
        """,
        account_id=account_id,
        id=consent.id,
        verification_id=consent.verification_id,
        text_version=consent.text_version,
        language=consent.language,
        text_hash=consent.text_hash,
        accepted_at=micros(consent.accepted_at),
        ip=consent.ip,
        user_agent=consent.user_agent,
        signature_reference=consent.signature_reference,
        now=tx.now_us,
    )


def insert_applicant(tx: Tx, account_id: str, verification_id: str, applicant: Applicant) -> None:
    """Keep who is checked, without the numbers, which are sealed."""
    kept = {name: getattr(applicant, name) for name in _APPLICANT}
    tx.run(
        """
        INSERT INTO harbour_applicants (account_id, verification_id, applicant)
        VALUES (:account_id, :verification_id, :applicant)
        """,
        account_id=account_id,
        verification_id=verification_id,
        applicant=msgspec.json.encode(kept).decode(),
    )


def applicant(tx: Tx, account_id: str, verification_id: str) -> Applicant | None:
    """Who is checked; None once erased."""
    row = tx.row(
        "SELECT applicant FROM harbour_applicants WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
    )
    if row is None:
        return None
    kept: dict[str, Any] = msgspec.json.decode(row["applicant"])
    return Applicant(**kept)


def end_applicant(tx: Tx, account_id: str, verification_id: str) -> None:
    """Note that a check has ended: from now on its applicant is kept for so many days."""
    tx.run(
        "UPDATE harbour_applicants SET ended_at = :now WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
        now=tx.now_us,
    )


def erase_applicants(tx: Tx, ended_before_us: int, limit: int) -> int:
    """Erase up to `limit` applicants of all accounts whose checks ended before a moment."""
    return tx.run(
        """
        DELETE FROM harbour_applicants WHERE (account_id, verification_id) IN (
            SELECT account_id, verification_id FROM harbour_applicants
            WHERE ended_at IS NOT NULL AND ended_at <= :before          -- harbour_applicants_ended
            ORDER BY ended_at LIMIT :limit)
        """,
        before=ended_before_us,
        limit=limit,
    )


def erase_personal(tx: Tx, account_id: str, verification_id: str) -> None:
    """Erase now who was checked, what was answered, and what reviewers wrote and kept."""
    for table in _PERSONAL:
        tx.run(
            f"DELETE FROM {table} WHERE account_id = :account_id AND verification_id = :id",
            account_id=account_id,
            id=verification_id,
        )


def delete_all(tx: Tx, account_id: str, verification_id: str) -> None:
    """Remove everything of a verification that is deleted."""
    for table in _OF_VERIFICATION:
        tx.run(
            f"DELETE FROM {table} WHERE account_id = :account_id AND verification_id = :id",
            account_id=account_id,
            id=verification_id,
        )


def insert_entry(tx: Tx, account_id: str, verification_id: str, number: int, entry: Entry) -> None:
    """Append to the activity log."""
    tx.run(
        """
        INSERT INTO harbour_activity (account_id, verification_id, number, id, status, happened_at)
        VALUES (:account_id, :verification_id, :number, :id, :status, :at)
        """,
        account_id=account_id,
        verification_id=verification_id,
        number=number,
        id=entry.id,
        status=entry.status,
        at=micros(entry.happened_at),
    )


def entries(tx: Tx, account_id: str, verification_id: str) -> list[Entry]:
    """The whole activity log, oldest first."""
    rows = tx.rows(
        """
        SELECT id, status, happened_at FROM harbour_activity
        WHERE account_id = :account_id AND verification_id = :verification_id
        ORDER BY number
        """,
        account_id=account_id,
        verification_id=verification_id,
    )
    return [Entry(row["id"], row["status"], moment(row["happened_at"])) for row in rows]


def insert_update(
    tx: Tx, account_id: str, *, provider: str, update_id: str, verification_id: str, outcome: str, occurred_at: datetime
) -> bool:
    """Note a report; False if it was noted before."""
    return bool(
        tx.run(
            """
            INSERT INTO harbour_provider_updates (account_id, provider, update_id, verification_id, outcome, occurred_at, received_at)
            VALUES (:account_id, :provider, :update_id, :verification_id, :outcome, :occurred_at, :now)
            ON CONFLICT (account_id, provider, update_id) DO NOTHING
            """,
            account_id=account_id,
            provider=provider,
            update_id=update_id,
            verification_id=verification_id,
            outcome=outcome,
            occurred_at=micros(occurred_at),
            now=tx.now_us,
        )
    )


def poll(tx: Tx, account_id: str, verification_id: str) -> Poll:
    """How far a check was followed."""
    row = tx.row(
        "SELECT * FROM harbour_polls WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
    )
    return Poll() if row is None else Poll(row["last_update_id"], row["failures"], row["quiet_polls"])


def put_poll(tx: Tx, account_id: str, verification_id: str, poll: Poll) -> None:
    """Note how far a check was followed."""
    tx.run(
        """
        INSERT INTO harbour_polls (account_id, verification_id, last_update_id, failures, quiet_polls)
        VALUES (:account_id, :id, :last_update_id, :failures, :quiet_polls)
        ON CONFLICT (account_id, verification_id) DO UPDATE
        SET last_update_id = :last_update_id, failures = :failures, quiet_polls = :quiet_polls
        """,
        account_id=account_id,
        id=verification_id,
        last_update_id=poll.last_update_id,
        failures=poll.failures,
        quiet_polls=poll.quiet_polls,
    )
