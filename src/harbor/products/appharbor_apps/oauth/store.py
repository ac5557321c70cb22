"""Tables `appharbor_clients` and `appharbor_codes`."""

from __future__ import annotations

import json

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.oauth.model import Client, Code


def insert_client(tx: Tx, account_id: str, client: Client) -> None:
    """Add a client."""
    tx.run(
        """
        INSERT INTO appharbor_clients (account_id, id, person_id, name, callback_url, application_url, secret_digest, created_at)
        VALUES (:account_id, :id, :person_id, :name, :callback_url, :application_url, :secret_digest, :created_at)
        """,
        account_id=account_id,
        id=client.id,
        person_id=client.person_id,
        name=client.name,
        callback_url=client.callback_url,
        application_url=client.application_url,
        secret_digest=client.secret_digest,
        created_at=micros(client.created_at),
    )


def client(tx: Tx, client_id: str) -> Client | None:
    """The client with this public id, of whatever account."""
    row = tx.row("SELECT * FROM appharbor_clients WHERE id = :id", id=client_id)
    return _client(row) if row else None


def clients_by_name(tx: Tx, account_id: str) -> list[Client]:
    """The clients of an account by name."""
    rows = tx.rows(
        "SELECT * FROM appharbor_clients WHERE account_id = :account_id ORDER BY name, id", account_id=account_id
    )
    return [_client(row) for row in rows]


def delete_client(tx: Tx, account_id: str, client_id: str) -> bool:
    """Whether there was such a client; it is gone."""
    return bool(
        tx.run(
            "DELETE FROM appharbor_clients WHERE account_id = :account_id AND id = :id",
            account_id=account_id,
            id=client_id,
        )
    )


def insert_code(tx: Tx, account_id: str, code: Code) -> None:
    """Add a code."""
    tx.run(
        """
        INSERT INTO appharbor_codes (account_id, digest, organization_id, person_id, client_id, redirect_uri, scopes,
            challenge, challenge_method, token_id, created_at, expires_at, used_at)
        VALUES (:account_id, :digest, :organization_id, :person_id, :client_id, :redirect_uri, :scopes,
            :challenge, :challenge_method, NULL, :created_at, :expires_at, NULL)
        """,
        account_id=account_id,
        digest=code.digest,
        organization_id=code.organization_id,
        person_id=code.person_id,
        client_id=code.client_id,
        redirect_uri=code.redirect_uri,
        scopes=None if code.scopes is None else json.dumps(sorted(code.scopes)),
        challenge=code.challenge,
        challenge_method=code.challenge_method,
        created_at=micros(code.created_at),
        expires_at=micros(code.expires_at),
    )


def code(tx: Tx, digest: str) -> Code | None:
    """The code with this digest, used or not."""
    row = tx.row("SELECT * FROM appharbor_codes WHERE digest = :digest", digest=digest)
    return _code(row) if row else None


def use_code(tx: Tx, account_id: str, digest: str, token_id: str) -> bool:
    """Take the code for a token; False if somebody was faster."""
    return bool(
        tx.run(
            """
            UPDATE appharbor_codes SET used_at = :now, token_id = :token_id
            WHERE account_id = :account_id AND digest = :digest AND used_at IS NULL
            """,
            account_id=account_id,
            digest=digest,
            token_id=token_id,
            now=tx.now_us,
        )
    )


def delete_codes_before(tx: Tx, account_id: str, expired_before_us: int) -> None:
    """Forget the codes of an account that expired long ago."""
    tx.run(
        "DELETE FROM appharbor_codes WHERE account_id = :account_id AND expires_at < :before",
        account_id=account_id,
        before=expired_before_us,
    )


def _client(row: Row) -> Client:
    return Client(**{**row, "created_at": moment(row["created_at"])})


def _code(row: Row) -> Code:
    return Code(
        **{
            **row,
            "scopes": None if row["scopes"] is None else frozenset(json.loads(row["scopes"])),
            "created_at": moment(row["created_at"]),
            "expires_at": moment(row["expires_at"]),
            "used_at": moment_or_none(row["used_at"]),
        }
    )
