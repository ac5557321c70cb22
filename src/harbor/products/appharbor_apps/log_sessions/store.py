"""Table `appharbor_log_sessions`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.log_sessions.model import LogSession


def insert(tx: Tx, account_id: str, session: LogSession) -> None:
    """Add a session, and forget those of the account that nobody can open any more."""
    tx.run(
        "DELETE FROM appharbor_log_sessions WHERE account_id = :account_id AND expires_at < :now",
        account_id=account_id,
        now=tx.now_us,
    )
    tx.run(
        """
        INSERT INTO appharbor_log_sessions (account_id, digest, application_id, tail, line_limit, source_filter,
            process_filter, created_at, expires_at)
        VALUES (:account_id, :digest, :application_id, :tail, :line_limit, :source_filter, :process_filter,
            :created_at, :expires_at)
        """,
        account_id=account_id,
        digest=session.digest,
        application_id=session.application_id,
        tail=int(session.tail),
        line_limit=session.line_limit,
        source_filter=session.source_filter,
        process_filter=session.process_filter,
        created_at=micros(session.created_at),
        expires_at=micros(session.expires_at),
    )


def by_digest(tx: Tx, digest: str) -> LogSession | None:
    """The session whose address this is, of whatever account."""
    row = tx.row("SELECT * FROM appharbor_log_sessions WHERE digest = :digest", digest=digest)
    return _session(row) if row else None


def open_(tx: Tx, account_id: str, digest: str) -> bool:
    """Take the one opening of a session; False if it was taken, or came too late."""
    return bool(
        tx.run(
            """
            UPDATE appharbor_log_sessions SET opened_at = :now
            WHERE account_id = :account_id AND digest = :digest AND opened_at IS NULL AND expires_at > :now
            """,
            account_id=account_id,
            digest=digest,
            now=tx.now_us,
        )
    )


def _session(row: Row) -> LogSession:
    return LogSession(
        **{
            **row,
            "tail": bool(row["tail"]),
            "created_at": moment(row["created_at"]),
            "expires_at": moment(row["expires_at"]),
            "opened_at": moment_or_none(row["opened_at"]),
        }
    )
