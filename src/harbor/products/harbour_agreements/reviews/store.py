"""Tables `harbour_reviews` and `harbour_review_evidence`, and the queue of what waits."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from harbor.kernel.clock import micros_or_none, moment, moment_or_none
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harbour_agreements.reviews.model import Decision, Evidence, Review


def find(tx: Tx, account_id: str, verification_id: str) -> Review:
    """The review of a check; one that nobody has begun is empty."""
    row = tx.row(
        "SELECT * FROM harbour_reviews WHERE account_id = :account_id AND verification_id = :id",
        account_id=account_id,
        id=verification_id,
    )
    if row is None:
        return Review(verification_id=verification_id)
    return Review(
        verification_id=verification_id,
        claimed_by=row["claimed_by"],
        claimed_at=moment_or_none(row["claimed_at"]),
        proposed_by=row["proposed_by"],
        proposal=_decision(row["proposal"]),
        decided_by=row["decided_by"],
        decision=_decision(row["decision"]),
    )


def put(tx: Tx, account_id: str, review: Review) -> None:
    """Write a review."""
    tx.run(
        """
        INSERT INTO harbour_reviews (account_id, verification_id, claimed_by, claimed_at, proposed_by, proposal, decided_by,
            decision)
        VALUES (:account_id, :id, :claimed_by, :claimed_at, :proposed_by, :proposal, :decided_by, :decision)
        ON CONFLICT (account_id, verification_id) DO UPDATE
        SET claimed_by = :claimed_by, claimed_at = :claimed_at, proposed_by = :proposed_by, proposal = :proposal,
            decided_by = :decided_by, decision = :decision
        """,
        account_id=account_id,
        id=review.verification_id,
        claimed_by=review.claimed_by,
        claimed_at=micros_or_none(review.claimed_at),
        proposed_by=review.proposed_by,
        proposal=_text(review.proposal),
        decided_by=review.decided_by,
        decision=_text(review.decision),
    )


def waiting(tx: Tx, account_id: str, provider: str, page: PageRequest) -> Page[str]:
    """The ids of checks that wait for a decision, the oldest first, with the count of all."""
    condition = """
        FROM harbour_verifications
        WHERE account_id = :account_id AND provider = 'manual_review' AND status = 'in_progress' AND parent_id IS NULL
    """
    assert provider == "manual_review", provider  # the partial index names it
    rows = tx.rows(
        f"SELECT id {condition} ORDER BY submitted_at, id LIMIT :limit OFFSET :offset",  # harbour_verifications_to_review
        account_id=account_id,
        limit=page.limit,
        offset=page.offset,
    )
    counted = tx.row(f"SELECT count(*) AS n {condition}", account_id=account_id)
    assert counted is not None
    return Page([row["id"] for row in rows], more=page.offset + len(rows) < counted["n"], total=counted["n"])


def insert_evidence(tx: Tx, account_id: str, evidence: Evidence) -> None:
    """Put a file beside a check."""
    tx.run(
        """
        INSERT INTO harbour_review_evidence (account_id, id, verification_id, name, media_type, size_bytes, sha256, blob_key,
            added_by, created_at)
        VALUES (:account_id, :id, :verification_id, :name, :media_type, :size_bytes, :sha256, :blob_key, :added_by, :now)
        """,
        account_id=account_id,
        id=evidence.id,
        verification_id=evidence.verification_id,
        name=evidence.name,
        media_type=evidence.media_type,
        size_bytes=evidence.size_bytes,
        sha256=evidence.sha256,
        blob_key=evidence.blob_key,
        added_by=evidence.added_by,
        now=tx.now_us,
    )


def evidence_of(tx: Tx, account_id: str, verification_id: str) -> list[Evidence]:
    """The files beside a check, in the order in which they came."""
    rows = tx.rows(
        """
        SELECT * FROM harbour_review_evidence WHERE account_id = :account_id AND verification_id = :id
        ORDER BY created_at, id          -- harbour_review_evidence_of
        """,
        account_id=account_id,
        id=verification_id,
    )
    return [_evidence(row) for row in rows]


def find_evidence(tx: Tx, account_id: str, evidence_id: str) -> Evidence | None:
    """One file."""
    row = tx.row(
        "SELECT * FROM harbour_review_evidence WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=evidence_id,
    )
    return None if row is None else _evidence(row)


def evidence_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are evidence."""
    values: dict[str, object] = {f"key_{index}": key for index, key in enumerate(sorted(keys))}
    if not values:
        return set()
    rows = tx.rows(
        f"""
        SELECT blob_key FROM harbour_review_evidence
        WHERE account_id = :account_id AND blob_key IN ({", ".join(":" + name for name in values)})
        """,
        account_id=account_id,
        **values,
    )
    return {row["blob_key"] for row in rows}


def _evidence(row: Row) -> Evidence:
    values = {name: value for name, value in row.items() if name not in ("account_id", "created_at")}
    return Evidence(**values, created_at=moment(row["created_at"]))


def _decision(text: str | None) -> Decision | None:
    return None if text is None else msgspec.json.decode(text, type=Decision)


def _text(decision: Decision | None) -> str | None:
    return None if decision is None else msgspec.json.encode(decision).decode()
