"""Table `harvest_tokens`, and who a person is in which account."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.access.model import Membership, Token

_MEMBERS = """
    SELECT u.account_id, c.number AS account_number, c.name AS account_name, u.id AS user_id, u.identity_id, u.first_name,
        u.last_name, u.email, u.access_roles
    FROM harvest_users u JOIN harvest_companies c ON c.account_id = u.account_id
"""


def insert(tx: Tx, account_id: str, token: Token) -> None:
    """Add a token."""
    tx.run(
        """
        INSERT INTO harvest_tokens (account_id, id, user_id, digest, name, kind, scope, client_id, created_at, expires_at,
            revoked_at, last_used_at)
        VALUES (:account_id, :id, :user_id, :digest, :name, :kind, :scope, :client_id, :created_at, :expires_at, NULL, NULL)
        """,
        account_id=account_id,
        id=token.id,
        user_id=token.user_id,
        digest=token.digest,
        name=token.name,
        kind=token.kind,
        scope=token.scope,
        client_id=token.client_id,
        created_at=micros(token.created_at),
        expires_at=micros_or_none(token.expires_at),
    )


def by_digest(tx: Tx, digest: str) -> Token | None:
    """The token with this secret, good or not."""
    row = tx.row("SELECT * FROM harvest_tokens WHERE digest = :digest", digest=digest)
    return _token(row) if row else None


def of_user(tx: Tx, account_id: str, user_id: int) -> list[Token]:
    """A person's tokens, newest first."""
    rows = tx.rows(
        "SELECT * FROM harvest_tokens WHERE account_id = :account_id AND user_id = :user_id ORDER BY id DESC",
        account_id=account_id,
        user_id=user_id,
    )
    return [_token(row) for row in rows]


def revoke(tx: Tx, account_id: str, user_id: int, token_id: str) -> bool:
    """Whether there was such a token of the person; it is no longer good."""
    return bool(
        tx.run(
            """
            UPDATE harvest_tokens SET revoked_at = :now
            WHERE account_id = :account_id AND user_id = :user_id AND id = :id AND revoked_at IS NULL
            """,
            account_id=account_id,
            user_id=user_id,
            id=token_id,
            now=tx.now_us,
        )
    )


def revoke_of_user(tx: Tx, account_id: str, user_id: int) -> int:
    """End all tokens of a person; how many there were."""
    return tx.run(
        """
        UPDATE harvest_tokens SET revoked_at = :now
        WHERE account_id = :account_id AND user_id = :user_id AND revoked_at IS NULL
        """,
        account_id=account_id,
        user_id=user_id,
        now=tx.now_us,
    )


def revoke_of_client(
    tx: Tx, client_id: str, *, account_id: str | None = None, user_id: int | None = None
) -> list[tuple[str, int]]:
    """End the tokens of an application; the account and the person of each of them."""
    where = Where().also("client_id = :client_id AND revoked_at IS NULL", client_id=client_id)
    where.equal(account_id=account_id, user_id=user_id)
    rows = tx.rows(
        f"UPDATE harvest_tokens SET revoked_at = :now {where} RETURNING account_id, user_id",
        now=tx.now_us,
        **where.values,
    )
    return [(row["account_id"], row["user_id"]) for row in rows]


def forget_expired(tx: Tx, account_id: str, user_id: int, expired_before_us: int) -> None:
    """Remove tokens of a person that expired long ago."""
    tx.run(
        """
        DELETE FROM harvest_tokens
        WHERE account_id = :account_id AND user_id = :user_id AND expires_at IS NOT NULL AND expires_at < :before
        """,
        account_id=account_id,
        user_id=user_id,
        before=expired_before_us,
    )


def touch(tx: Tx, used: dict[tuple[str, str], int]) -> None:
    """Write when tokens were last used: (account, id) → microseconds."""
    tx.run_many(
        "UPDATE harvest_tokens SET last_used_at = :at WHERE account_id = :account_id AND id = :id",
        [{"account_id": account_id, "id": token_id, "at": at} for (account_id, token_id), at in used.items()],
    )


def member(tx: Tx, identity_id: int, account_number: int) -> Membership | None:
    """The active person in the account that has this number."""
    row = tx.row(
        f"{_MEMBERS} WHERE c.number = :number AND u.identity_id = :identity_id AND u.is_active = 1",
        number=account_number,
        identity_id=identity_id,
    )
    return _membership(row) if row else None


def at_home(tx: Tx, account_id: str, user_id: int) -> Membership | None:
    """The person a token was made for, active or not."""
    row = tx.row(
        f"{_MEMBERS} WHERE u.account_id = :account_id AND u.id = :user_id", account_id=account_id, user_id=user_id
    )
    return _membership(row) if row else None


def memberships(tx: Tx, identity_id: int) -> list[Membership]:
    """The accounts where a person is active, the one joined last first."""
    rows = tx.rows(
        f"{_MEMBERS} WHERE u.identity_id = :identity_id AND u.is_active = 1 ORDER BY u.created_at DESC, c.number DESC",
        identity_id=identity_id,
    )
    return [_membership(row) for row in rows]


def of_person(tx: Tx, account_ids: Iterable[str], person_id: str, email: str) -> list[Membership]:
    """The accounts where who signs in is active: linked to a person, or to nobody and with the person's address."""
    accounts = {f"account_{number}": account_id for number, account_id in enumerate(account_ids)}
    where = Where().also(f"u.account_id IN ({', '.join(f':{name}' for name in accounts)})", **accounts)
    where.also("u.is_active = 1").also(
        "(u.person_id = :person_id OR (u.person_id IS NULL AND u.email_key = :email))", person_id=person_id, email=email
    )
    rows = tx.rows(f"{_MEMBERS} {where} ORDER BY u.created_at DESC, c.number DESC", **where.values)
    return [_membership(row) for row in rows]


def administrator(tx: Tx, account_id: str) -> Membership | None:
    """The administrator who is longest there: in whose name the platform acts."""
    row = tx.row(
        f"""{_MEMBERS} WHERE u.account_id = :account_id AND u.is_active = 1 AND u.access_roles LIKE '["administrator"%'
        ORDER BY u.id LIMIT 1""",
        account_id=account_id,
    )
    return _membership(row) if row else None


def managed_projects(tx: Tx, account_id: str, user_id: int) -> frozenset[int]:
    """The projects a person manages: active assignments as project manager."""
    rows = tx.rows(
        """
        SELECT project_id FROM harvest_user_assignments
        WHERE account_id = :account_id AND user_id = :user_id AND is_active = 1 AND is_project_manager = 1
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return frozenset(row["project_id"] for row in rows)


def open_budget_projects(tx: Tx, account_id: str, user_id: int) -> frozenset[int]:
    """The projects a person is on whose budget everybody on them sees."""
    rows = tx.rows(
        """
        SELECT a.project_id FROM harvest_user_assignments a
        JOIN harvest_projects p ON p.account_id = a.account_id AND p.id = a.project_id
        WHERE a.account_id = :account_id AND a.user_id = :user_id AND a.is_active = 1 AND p.show_budget_to_all = 1
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return frozenset(row["project_id"] for row in rows)


def teammates(tx: Tx, account_id: str, manager_id: int) -> frozenset[int]:
    """The people assigned to a manager."""
    rows = tx.rows(
        "SELECT user_id FROM harvest_teammates WHERE account_id = :account_id AND manager_id = :manager_id",
        account_id=account_id,
        manager_id=manager_id,
    )
    return frozenset(row["user_id"] for row in rows)


def _membership(row: Row) -> Membership:
    return Membership(**{**row, "access_roles": frozenset(json.loads(row["access_roles"]))})


def _token(row: Row) -> Token:
    return Token(
        account_id=row["account_id"],
        id=row["id"],
        user_id=row["user_id"],
        digest=row["digest"],
        name=row["name"],
        kind=row["kind"],
        scope=row["scope"],
        client_id=row["client_id"],
        created_at=moment(row["created_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        revoked_at=moment_or_none(row["revoked_at"]),
        last_used_at=moment_or_none(row["last_used_at"]),
    )
