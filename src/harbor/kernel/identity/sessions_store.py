"""Table `sessions`: insert, find, list, revoke.

A session belongs to a person and through the person to an organization, so the person comes first here.
"""

from __future__ import annotations

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.identity.secrets import digest as digest_of
from harbor.kernel.identity.sessions_model import SESSIONS_PER_PERSON_MAX, Session
from harbor.kernel.storage.database import Row, Tx


def insert(tx: Tx, session: Session, digest: str) -> None:
    """Add a session, and delete those of the person's others that are over or beyond the newest 50."""
    tx.run(
        """
        DELETE FROM sessions
        WHERE person_id = :person_id AND (expires_at <= :now OR revoked_at IS NOT NULL)
        """,
        person_id=session.person_id,
        now=tx.now_us,
    )
    tx.run(
        """
        INSERT INTO sessions (digest, id, person_id, client, created_at, expires_at)
        VALUES (:digest, :id, :person_id, :client, :created_at, :expires_at)
        """,
        digest=digest,
        id=session.id,
        person_id=session.person_id,
        client=session.client,
        created_at=micros(session.created_at),
        expires_at=micros(session.expires_at),
    )
    tx.run(
        """
        DELETE FROM sessions
        WHERE person_id = :person_id AND digest NOT IN (
            SELECT digest
            FROM sessions
            WHERE person_id = :person_id
            ORDER BY created_at DESC, id DESC          -- sessions_by_person
            LIMIT :kept
        )
        """,
        person_id=session.person_id,
        kept=SESSIONS_PER_PERSON_MAX,
    )


def by_digest(tx: Tx, digest: str) -> Session | None:
    """The session with this secret, good or not."""
    row = tx.row("SELECT * FROM sessions WHERE digest = :digest", digest=digest)
    return _session(row) if row else None


def good_of(tx: Tx, person_id: str) -> list[Session]:
    """The sessions in which a person is signed in, newest first; at most 50."""
    rows = tx.rows(
        """
        SELECT *
        FROM sessions
        WHERE person_id = :person_id AND revoked_at IS NULL AND expires_at > :now
        ORDER BY created_at DESC, id DESC          -- sessions_by_person
        LIMIT :limit
        """,
        person_id=person_id,
        now=tx.now_us,
        limit=SESSIONS_PER_PERSON_MAX,
    )
    return [_session(row) for row in rows]


def revoke(tx: Tx, person_id: str, session_id: str) -> bool:
    """End one session of a person. False if the person has no such session or it was ended before."""
    changed = tx.run(
        """
        UPDATE sessions
        SET revoked_at = :now
        WHERE person_id = :person_id AND id = :id AND revoked_at IS NULL
        """,
        person_id=person_id,
        id=session_id,
        now=tx.now_us,
    )
    return changed > 0


def revoke_by_secret(tx: Tx, secret: str) -> None:
    """End the session with this secret, if there is one."""
    tx.run(
        "UPDATE sessions SET revoked_at = :now WHERE digest = :digest AND revoked_at IS NULL",
        now=tx.now_us,
        digest=digest_of(secret),
    )


def revoke_all(tx: Tx, person_id: str, *, but: str | None = None) -> int:
    """End all sessions of a person, but the one with this id; how many that were."""
    return tx.run(
        """
        UPDATE sessions
        SET revoked_at = :now
        WHERE person_id = :person_id AND revoked_at IS NULL AND id <> :but
        """,
        person_id=person_id,
        but=but or "",
        now=tx.now_us,
    )


def _session(row: Row) -> Session:
    return Session(
        id=row["id"],
        person_id=row["person_id"],
        client=row["client"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
    )
