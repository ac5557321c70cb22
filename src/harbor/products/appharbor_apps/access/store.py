"""Table `appharbor_tokens`."""

from __future__ import annotations

import json

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.access.model import Token, TokenKind


def insert(tx: Tx, account_id: str, token: Token) -> None:
    """Add a token."""
    tx.run(
        """
        INSERT INTO appharbor_tokens (account_id, id, organization_id, person_id, digest, name, kind, scopes, client_id,
            created_at, expires_at, revoked_at, last_used_at)
        VALUES (:account_id, :id, :organization_id, :person_id, :digest, :name, :kind, :scopes, :client_id,
            :created_at, :expires_at, NULL, NULL)
        """,
        account_id=account_id,
        id=token.id,
        organization_id=token.organization_id,
        person_id=token.person_id,
        digest=token.digest,
        name=token.name,
        kind=token.kind.value,
        scopes=None if token.scopes is None else json.dumps(sorted(token.scopes)),
        client_id=token.client_id,
        created_at=micros(token.created_at),
        expires_at=micros_or_none(token.expires_at),
    )


def by_digest(tx: Tx, digest: str) -> Token | None:
    """The token with this secret, good or not."""
    row = tx.row("SELECT * FROM appharbor_tokens WHERE digest = :digest", digest=digest)
    return _token(row) if row else None


def of_person(tx: Tx, account_id: str, person_id: str, *, client_id: str | None = None) -> list[Token]:
    """A person's tokens that are not revoked, newest first."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_tokens
        WHERE account_id = :account_id AND person_id = :person_id AND revoked_at IS NULL
        ORDER BY id DESC
        """,  # appharbor_tokens_by_person
        account_id=account_id,
        person_id=person_id,
    )
    found = map(_token, rows)
    return [token for token in found if client_id is None or token.client_id == client_id]


def revoke(tx: Tx, account_id: str, person_id: str, token_id: str) -> bool:
    """Whether there was such a token of the person; it is no longer good."""
    return bool(
        tx.run(
            """
            UPDATE appharbor_tokens SET revoked_at = :now
            WHERE account_id = :account_id AND person_id = :person_id AND id = :id AND revoked_at IS NULL
            """,
            account_id=account_id,
            person_id=person_id,
            id=token_id,
            now=tx.now_us,
        )
    )


def revoke_of_client(tx: Tx, account_id: str, client_id: str) -> int:
    """End all tokens that were given through a client, of whomever; how many there were."""
    assert account_id, client_id
    return tx.run(
        "UPDATE appharbor_tokens SET revoked_at = :now WHERE client_id = :client_id AND revoked_at IS NULL",
        client_id=client_id,
        now=tx.now_us,
    )


def touch(tx: Tx, used: dict[tuple[str, str], int]) -> None:
    """Write when tokens were last used: (account, id) → microseconds."""
    tx.run_many(
        "UPDATE appharbor_tokens SET last_used_at = :at WHERE account_id = :account_id AND id = :id",
        [{"account_id": account_id, "id": token_id, "at": at} for (account_id, token_id), at in used.items()],
    )


def _token(row: Row) -> Token:
    return Token(
        account_id=row["account_id"],
        id=row["id"],
        organization_id=row["organization_id"],
        person_id=row["person_id"],
        digest=row["digest"],
        name=row["name"],
        kind=TokenKind(row["kind"]),
        scopes=None if row["scopes"] is None else frozenset(json.loads(row["scopes"])),
        client_id=row["client_id"],
        created_at=moment(row["created_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
        last_used_at=moment_or_none(row["last_used_at"]),
    )
