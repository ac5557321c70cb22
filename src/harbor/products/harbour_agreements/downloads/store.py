"""Table `harbour_downloads`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What an address gives, until when, and the call that gives another address."""

    account_id: str
    blob_key: str
    file_name: str
    media_type: str
    renewed_by: str
    expires_at: datetime


def insert(tx: Tx, account_id: str, digest: str, given: Download) -> None:
    """Keep an address."""
    tx.run(
        """
        INSERT INTO harbour_downloads (account_id, digest, blob_key, file_name, media_type, renewed_by, expires_at)
        VALUES (:account_id, :digest, :blob_key, :file_name, :media_type, :renewed_by, :expires_at)
        """,
        account_id=account_id,
        digest=digest,
        blob_key=given.blob_key,
        file_name=given.file_name,
        media_type=given.media_type,
        renewed_by=given.renewed_by,
        expires_at=micros(given.expires_at),
    )


def find(tx: Tx, digest: str) -> Download | None:
    """What an address gives."""
    row = tx.row("SELECT * FROM harbour_downloads WHERE digest = :digest", digest=digest)  # harbour_downloads_by_digest
    if row is None:
        return None
    values = {name: value for name, value in row.items() if name not in ("digest", "expires_at")}
    return Download(**values, expires_at=moment(row["expires_at"]))


def delete(tx: Tx, account_id: str, renewed_by: str) -> None:
    """Remove the addresses of an account that one call gave."""
    tx.run(
        "DELETE FROM harbour_downloads WHERE account_id = :account_id AND renewed_by = :renewed_by",
        account_id=account_id,
        renewed_by=renewed_by,
    )


def forget(tx: Tx, before_us: int, limit: int) -> int:
    """Remove up to `limit` addresses of all accounts that ended before a moment."""
    return tx.run(
        """
        DELETE FROM harbour_downloads WHERE (account_id, digest) IN (
            SELECT account_id, digest FROM harbour_downloads
            WHERE expires_at < :before          -- harbour_downloads_by_end
            ORDER BY expires_at LIMIT :limit)
        """,
        before=before_us,
        limit=limit,
    )
