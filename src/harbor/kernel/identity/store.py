"""Tables `organizations`, `accounts`, `account_tokens` and `credentials`."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.identity.model import Credential, CredentialKind, Environment
from harbor.kernel.pages import ALWAYS, Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where


@dataclass(frozen=True, slots=True)
class Account:
    """One environment of an organization."""

    id: str
    organization_id: str
    environment: Environment


@dataclass(frozen=True, slots=True)
class Organization:
    """Owner of two accounts; the first one is the operator of the installation."""

    id: str
    name: str
    is_operator: bool
    created_at: datetime


def insert_organization(tx: Tx, organization_id: str, name: str, *, is_operator: bool) -> None:
    """Add an organization."""
    tx.run(
        "INSERT INTO organizations (id, name, is_operator, created_at) VALUES (:id, :name, :is_operator, :now)",
        id=organization_id,
        name=name,
        is_operator=int(is_operator),
        now=tx.now_us,
    )


def insert_account(tx: Tx, account: Account) -> None:
    """Add an account and its row of tokens."""
    tx.run(
        "INSERT INTO accounts (id, organization_id, environment, created_at) VALUES (:id, :organization_id, :environment, :now)",
        id=account.id,
        organization_id=account.organization_id,
        environment=account.environment.value,
        now=tx.now_us,
    )
    tx.run(
        "INSERT INTO account_tokens (account_id, credentials, subscriptions, roles) VALUES (:id, :a, :b, :c)",
        id=account.id,
        a=_token(),
        b=_token(),
        c=_token(),
    )


def organization(tx: Tx, organization_id: str) -> Organization | None:
    """One organization."""
    row = tx.row("SELECT * FROM organizations WHERE id = :id", id=organization_id)
    return Organization(row["id"], row["name"], bool(row["is_operator"]), moment(row["created_at"])) if row else None


def operator(tx: Tx) -> Organization | None:
    """The first organization, or None before `init`."""
    row = tx.row("SELECT id FROM organizations WHERE is_operator = 1")
    return organization(tx, row["id"]) if row else None


def rename_organization(tx: Tx, organization_id: str, name: str) -> None:
    """Give an organization another name."""
    tx.run("UPDATE organizations SET name = :name WHERE id = :id", id=organization_id, name=name)


def accounts_of(tx: Tx, organization_id: str) -> dict[Environment, Account]:
    """Both accounts of an organization by environment."""
    rows = tx.rows("SELECT id, environment FROM accounts WHERE organization_id = :id", id=organization_id)
    return {
        Environment(row["environment"]): Account(row["id"], organization_id, Environment(row["environment"]))
        for row in rows
    }


def account(tx: Tx, account_id: str) -> Account | None:
    """One account."""
    row = tx.row("SELECT id, organization_id, environment FROM accounts WHERE id = :id", id=account_id)
    return Account(row["id"], row["organization_id"], Environment(row["environment"])) if row else None


def all_accounts(tx: Tx) -> list[Account]:
    """Every account of the installation: for sweeps."""
    rows = tx.rows("SELECT id, organization_id, environment FROM accounts ORDER BY id")
    return [Account(row["id"], row["organization_id"], Environment(row["environment"])) for row in rows]


def tokens(tx: Tx, account_id: str) -> Row:
    """The present tokens of the account's caches."""
    found: Row | None = tx.memo.get(account_id) if tx.memo is not None else None
    if found is None:
        found = tx.row(
            "SELECT credentials, subscriptions, roles FROM account_tokens WHERE account_id = :account_id",
            account_id=account_id,
        )
        assert found is not None, account_id
        if tx.memo is not None:
            tx.memo[account_id] = found
    return found


def renew_token(tx: Tx, account_id: str, topic: Literal["credentials", "subscriptions", "roles"]) -> None:
    """Make every cache of `topic` stale with this commit."""
    tx.run(
        f"UPDATE account_tokens SET {topic} = :token WHERE account_id = :account_id",
        token=_token(),
        account_id=account_id,
    )
    if tx.memo is not None:
        tx.memo.pop(account_id, None)


def insert_credential(tx: Tx, credential: Credential) -> None:
    """Add a credential."""
    tx.run(
        """
        INSERT INTO credentials (account_id, id, organization_id, workspace_id, kind, digest, prefix, last4, name, scopes, rate_limit,
            allowed_cidrs, created_by, created_at, expires_at, revoked_at, last_used_at)
        VALUES (:account_id, :id, :organization_id, :workspace_id, :kind, :digest, :prefix, :last4, :name, :scopes, :rate_limit,
            :allowed_cidrs, :created_by, :created_at, :expires_at, :revoked_at, NULL)
        """,
        account_id=credential.account_id,
        id=credential.id,
        organization_id=credential.organization_id,
        workspace_id=credential.workspace_id,
        kind=credential.kind.value,
        digest=credential.digest,
        prefix=credential.prefix,
        last4=credential.last4,
        created_by=credential.created_by,
        created_at=micros(credential.created_at),
        **_changeable(credential),
    )
    renew_token(tx, credential.account_id, "credentials")


def put_credential(tx: Tx, credential: Credential) -> None:
    """Write the changeable fields of a credential; effective with this commit on every process."""
    tx.run(
        """
        UPDATE credentials
        SET name = :name, scopes = :scopes, rate_limit = :rate_limit, allowed_cidrs = :allowed_cidrs,
            expires_at = :expires_at, revoked_at = :revoked_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=credential.account_id,
        id=credential.id,
        **_changeable(credential),
    )
    renew_token(tx, credential.account_id, "credentials")


def credential_by_digest(tx: Tx, digest: str) -> Credential | None:
    """The credential with this secret, good or not."""
    row = tx.row("SELECT * FROM credentials WHERE digest = :digest", digest=digest)
    return _credential(row) if row else None


def credential(tx: Tx, account_id: str, credential_id: str) -> Credential | None:
    """One credential of an account."""
    row = tx.row(
        "SELECT * FROM credentials WHERE account_id = :account_id AND id = :id", account_id=account_id, id=credential_id
    )
    return _credential(row) if row else None


def credentials_by_id(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    workspace_id: str | None = None,
    span: Span = ALWAYS,
) -> Page[Credential]:
    """Credentials of an account, newest first or oldest first."""
    where = Where(account_id=account_id).equal(workspace_id=workspace_id).span("created_at", span.since, span.until)
    where.after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM credentials {where} ORDER BY id {span.order} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(_credential, rows[: page.limit])), more=len(rows) > page.limit)


def organization_credentials_by_id(
    tx: Tx, account_ids: list[str], page: PageRequest, *, span: Span = ALWAYS
) -> Page[Credential]:
    """Credentials of whole accounts, newest first or oldest first."""
    where = Where(kind=CredentialKind.ORGANIZATION.value).among("account_id", account_ids)
    where.span("created_at", span.since, span.until).after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM credentials {where} ORDER BY id {span.order} LIMIT :limit", **where.values, limit=page.limit + 1
    )
    return Page(tuple(map(_credential, rows[: page.limit])), more=len(rows) > page.limit)


def revoke_all_of_workspace(tx: Tx, account_id: str, workspace_id: str) -> None:
    """Delete the credentials of a workspace that is being purged."""
    tx.run(
        "DELETE FROM credentials WHERE account_id = :account_id AND workspace_id = :workspace_id",
        account_id=account_id,
        workspace_id=workspace_id,
    )
    renew_token(tx, account_id, "credentials")


def touch(tx: Tx, used: dict[tuple[str, str], int]) -> None:
    """Write when credentials were last used: (account, id) → microseconds."""
    tx.run_many(
        "UPDATE credentials SET last_used_at = :at WHERE account_id = :account_id AND id = :id",
        [{"account_id": account_id, "id": credential_id, "at": at} for (account_id, credential_id), at in used.items()],
    )


def next_serial(tx: Tx, account_id: str, name: str) -> int:
    """The next integer of a counter, from 1."""
    row = tx.row(
        """
        INSERT INTO counters (account_id, name, value) VALUES (:account_id, :name, 1)
        ON CONFLICT (account_id, name) DO UPDATE SET value = counters.value + 1
        RETURNING value
        """,
        account_id=account_id,
        name=name,
    )
    assert row is not None
    return int(row["value"])


def raise_serial(tx: Tx, account_id: str, name: str, at_least: int) -> None:
    """Make sure the next integer is above `at_least`: for imports that keep their ids."""
    tx.run(
        """
        INSERT INTO counters (account_id, name, value) VALUES (:account_id, :name, :value)
        ON CONFLICT (account_id, name) DO UPDATE SET value = CASE WHEN counters.value < :value THEN :value ELSE counters.value END
        """,
        account_id=account_id,
        name=name,
        value=at_least,
    )


def _changeable(credential: Credential) -> dict[str, object]:
    return {
        "name": credential.name,
        "scopes": None if credential.scopes is None else json.dumps(sorted(credential.scopes)),
        "rate_limit": credential.rate_limit,
        "allowed_cidrs": None if credential.allowed_cidrs is None else json.dumps(credential.allowed_cidrs),
        "expires_at": micros_or_none(credential.expires_at),
        "revoked_at": micros_or_none(credential.revoked_at),
    }


def _credential(row: Row) -> Credential:
    return Credential(
        id=row["id"],
        account_id=row["account_id"],
        organization_id=row["organization_id"],
        workspace_id=row["workspace_id"],
        kind=CredentialKind(row["kind"]),
        digest=row["digest"],
        prefix=row["prefix"],
        last4=row["last4"],
        name=row["name"],
        scopes=None if row["scopes"] is None else frozenset(json.loads(row["scopes"])),
        rate_limit=row["rate_limit"],
        allowed_cidrs=None if row["allowed_cidrs"] is None else tuple(json.loads(row["allowed_cidrs"])),
        created_by=row["created_by"],
        created_at=moment(row["created_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
        last_used_at=moment_or_none(row["last_used_at"]),
    )


def _token() -> str:
    return secrets.token_hex(8)
