"""Roles and users: tables `harper_roles` and `harper_users`. A username is one user's in the whole installation."""

from __future__ import annotations

import msgspec

from harbor.kernel.storage.database import Row, Tx
from harbor.products.harper_tables.access.model import Role, StoredUser

_ROLE = "account_id, id, name, permission, created_at, updated_at"
_USER = """account_id, id, username, role_id, is_active, password_hash, seed, refresh_digest, created_at, updated_at"""


# Roles


def insert_role(tx: Tx, account_id: str, role: Role) -> bool:
    """Add a role; False if there is one with its id or its name."""
    added = tx.run(
        f"""
        INSERT INTO harper_roles ({_ROLE})
        VALUES (:account_id, :id, :name, :permission, :created_at, :updated_at)
        ON CONFLICT DO NOTHING
        """,
        account_id=account_id,
        id=role.id,
        name=role.name,
        permission=msgspec.json.encode(role.permission).decode(),
        created_at=role.created_at,
        updated_at=role.updated_at,
    )
    return added == 1


def put_role(tx: Tx, account_id: str, role: Role) -> None:
    """Write a role's name and permission."""
    tx.run(
        """
        UPDATE harper_roles SET name = :name, permission = :permission, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=role.id,
        name=role.name,
        permission=msgspec.json.encode(role.permission).decode(),
        updated_at=role.updated_at,
    )


def delete_role(tx: Tx, account_id: str, role_id: str) -> None:
    """Remove a role."""
    tx.run("DELETE FROM harper_roles WHERE account_id = :account_id AND id = :id", account_id=account_id, id=role_id)


def role(tx: Tx, account_id: str, role_id: str) -> Role | None:
    """A role by its id."""
    row = tx.row(
        f"SELECT {_ROLE} FROM harper_roles WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=role_id,
    )
    return _role(row) if row else None


def role_by_name(tx: Tx, account_id: str, name: str) -> Role | None:
    """A role by its name."""
    row = tx.row(
        f"SELECT {_ROLE} FROM harper_roles WHERE account_id = :account_id AND name = :name",
        account_id=account_id,
        name=name,
    )
    return _role(row) if row else None


def roles(tx: Tx, account_id: str) -> list[Role]:
    """All roles in the order of their names."""
    rows = tx.rows(
        f"SELECT {_ROLE} FROM harper_roles WHERE account_id = :account_id ORDER BY name", account_id=account_id
    )
    return [_role(row) for row in rows]


# Users


def insert_user(tx: Tx, account_id: str, user: StoredUser) -> bool:
    """Add a user; False if somebody has the name, in whatever account."""
    added = tx.run(
        f"""
        INSERT INTO harper_users ({_USER})
        VALUES (:account_id, :id, :username, :role_id, :is_active, :password_hash, :seed, NULL, :created_at, :updated_at)
        ON CONFLICT DO NOTHING
        """,
        account_id=account_id,
        id=user.id,
        username=user.username,
        role_id=user.role_id,
        is_active=int(user.is_active),
        password_hash=user.password_hash,
        seed=user.seed,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
    return added == 1


def put_user(tx: Tx, account_id: str, user: StoredUser) -> None:
    """Write what can change of a user."""
    tx.run(
        """
        UPDATE harper_users
        SET role_id = :role_id, is_active = :is_active, password_hash = :password_hash, seed = :seed,
            refresh_digest = :refresh_digest, updated_at = :updated_at
        WHERE account_id = :account_id AND username = :username
        """,
        account_id=account_id,
        username=user.username,
        role_id=user.role_id,
        is_active=int(user.is_active),
        password_hash=user.password_hash,
        seed=user.seed,
        refresh_digest=user.refresh_digest,
        updated_at=user.updated_at,
    )


def put_refresh_digest(tx: Tx, account_id: str, username: str, digest: str) -> None:
    """Let the refresh token with this digest be the user's only one."""
    tx.run(
        "UPDATE harper_users SET refresh_digest = :digest WHERE account_id = :account_id AND username = :username",
        account_id=account_id,
        username=username,
        digest=digest,
    )


def delete_user(tx: Tx, account_id: str, username: str) -> None:
    """Remove a user."""
    tx.run(
        "DELETE FROM harper_users WHERE account_id = :account_id AND username = :username",
        account_id=account_id,
        username=username,
    )


def user(tx: Tx, account_id: str, username: str) -> StoredUser | None:
    """A user of an account."""
    row = tx.row(
        f"SELECT {_USER} FROM harper_users WHERE account_id = :account_id AND username = :username",
        account_id=account_id,
        username=username,
    )
    return _user(row) if row else None


def user_anywhere(tx: Tx, username: str) -> StoredUser | None:
    """The user with this name, whatever the account: for those who sign in."""
    row = tx.row(f"SELECT {_USER} FROM harper_users WHERE username = :username", username=username)
    return _user(row) if row else None


def users(tx: Tx, account_id: str) -> list[StoredUser]:
    """All users of an account in the order of their names."""
    rows = tx.rows(
        f"SELECT {_USER} FROM harper_users WHERE account_id = :account_id ORDER BY username", account_id=account_id
    )
    return [_user(row) for row in rows]


def has_active_users(tx: Tx, account_id: str, role_id: str) -> bool:
    """Whether an active user has the role."""
    found = tx.row(
        "SELECT 1 AS one FROM harper_users WHERE account_id = :account_id AND role_id = :role_id AND is_active = 1",
        account_id=account_id,
        role_id=role_id,
    )
    return found is not None


def _role(row: Row) -> Role:
    return Role(**{**row, "permission": msgspec.json.decode(row["permission"])})


def _user(row: Row) -> StoredUser:
    return StoredUser(**{**row, "is_active": bool(row["is_active"])})
