"""Sessions and the keys that tokens are signed with: tables `harper_sessions` and `harper_token_keys`."""

from __future__ import annotations

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.access.model import Session, TokenKey

_SESSION = "account_id, user_id, username, digest, origin, expires_at"


def insert_session(tx: Tx, account_id: str, session: Session) -> None:
    """Add a session."""
    tx.run(
        f"""
        INSERT INTO harper_sessions ({_SESSION}, created_at)
        VALUES (:account_id, :user_id, :username, :digest, :origin, :expires_at, :now)
        """,
        account_id=account_id,
        user_id=session.user_id,
        username=session.username,
        digest=session.digest,
        origin=session.origin,
        expires_at=session.expires_at,
        now=tx.now_us,
    )


def keep_newest_sessions(tx: Tx, account_id: str, user_id: str, count: int) -> None:
    """Remove a user's sessions that have ended, and the oldest beyond `count`."""
    tx.run(
        """
        DELETE FROM harper_sessions
        WHERE account_id = :account_id AND user_id = :user_id AND (
            expires_at <= :now OR digest NOT IN (
                SELECT digest FROM harper_sessions
                WHERE account_id = :account_id AND user_id = :user_id
                ORDER BY created_at DESC, digest
                LIMIT :count
            )
        )
        """,
        account_id=account_id,
        user_id=user_id,
        now=tx.now_us,
        count=count,
    )


def session(tx: Tx, digest: str) -> Session | None:
    """A session by the digest of its secret."""
    row = tx.row(f"SELECT {_SESSION} FROM harper_sessions WHERE digest = :digest", digest=digest)
    return Session(**row) if row else None


def delete_session(tx: Tx, account_id: str, digest: str) -> bool:
    """End a session; False if it is not there."""
    return (
        tx.run(
            "DELETE FROM harper_sessions WHERE account_id = :account_id AND digest = :digest",
            account_id=account_id,
            digest=digest,
        )
        == 1
    )


def delete_sessions_of(tx: Tx, account_id: str, user_id: str) -> None:
    """End all sessions of a user."""
    tx.run(
        "DELETE FROM harper_sessions WHERE account_id = :account_id AND user_id = :user_id",
        account_id=account_id,
        user_id=user_id,
    )


def insert_key(tx: Tx, account_id: str, key: TokenKey) -> None:
    """Add a pair of keys."""
    tx.run(
        """
        INSERT INTO harper_token_keys (account_id, id, public_key, private_key, created_at)
        VALUES (:account_id, :id, :public_key, :private_key, :now)
        """,
        account_id=account_id,
        id=key.id,
        public_key=key.public_key,
        private_key=key.sealed_key,
        now=tx.now_us,
    )


def newest_key(tx: Tx, account_id: str) -> TokenKey | None:
    """The pair that an account signs with."""
    row = tx.row(
        """
        SELECT account_id, id, public_key, private_key AS sealed_key
        FROM harper_token_keys
        WHERE account_id = :account_id
        ORDER BY id DESC
        LIMIT 1
        """,
        account_id=account_id,
    )
    return TokenKey(**row) if row else None


def key(tx: Tx, key_id: str) -> TokenKey | None:
    """A pair by its id, whatever the account: tokens name it."""
    row = tx.row(
        "SELECT account_id, id, public_key, private_key AS sealed_key FROM harper_token_keys WHERE id = :id", id=key_id
    )
    return TokenKey(**row) if row else None
