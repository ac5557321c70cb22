"""Table `harvest_users`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.identity.people_model import normal_email
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.users.model import User

_TABLE = "harvest_users"


def insert(tx: Tx, account_id: str, user: User) -> None:
    """Add a person."""
    tx.run(
        """
        INSERT INTO harvest_users (account_id, id, identity_id, person_id, first_name, last_name, email, email_key, telephone,
            timezone, weekly_capacity_s, has_access_to_all_future_projects, is_contractor, is_active, access_roles,
            created_at, updated_at)
        VALUES (:account_id, :id, :identity_id, :person_id, :first_name, :last_name, :email, :email_key, :telephone,
            :timezone, :weekly_capacity_s, :has_access_to_all_future_projects, :is_contractor, :is_active, :access_roles,
            :created_at, :updated_at)
        """,
        account_id=account_id,
        identity_id=user.identity_id,
        created_at=micros(user.created_at),
        **_changeable(user),
    )


def put(tx: Tx, account_id: str, user: User) -> None:
    """Write what may change of a person."""
    tx.run(
        """
        UPDATE harvest_users
        SET person_id = :person_id, first_name = :first_name, last_name = :last_name, email = :email, email_key = :email_key,
            telephone = :telephone, timezone = :timezone, weekly_capacity_s = :weekly_capacity_s,
            has_access_to_all_future_projects = :has_access_to_all_future_projects, is_contractor = :is_contractor,
            is_active = :is_active, access_roles = :access_roles, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(user),
    )


def delete(tx: Tx, account_id: str, user_id: int) -> None:
    """Remove a person."""
    tx.run("DELETE FROM harvest_users WHERE account_id = :account_id AND id = :id", account_id=account_id, id=user_id)


def find(tx: Tx, account_id: str, user_id: int) -> User | None:
    """One person."""
    row = tx.row(
        "SELECT * FROM harvest_users WHERE account_id = :account_id AND id = :id", account_id=account_id, id=user_id
    )
    return _user(row) if row else None


def by_email(tx: Tx, account_id: str, email: str) -> User | None:
    """The person with an address, however it is written."""
    row = tx.row(
        "SELECT * FROM harvest_users WHERE account_id = :account_id AND email_key = :email_key",
        account_id=account_id,
        email_key=normal_email(email),
    )
    return _user(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, User]:
    """People by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _user)


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
    among: list[int] | None = None,
) -> Listed[User]:
    """People, newest first; only those `among` some ids, if they are given."""
    where = Where(account_id=account_id).equal(is_active=None if is_active is None else int(is_active))
    where.compare("updated_at", ">=", micros_or_none(updated_since)).among("id", among)
    return listing.newest_first(tx, _TABLE, where, page, _user)


def for_future_projects(tx: Tx, account_id: str) -> list[User]:
    """The active people who are put on every new project."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_users
        WHERE account_id = :account_id AND is_active = 1 AND has_access_to_all_future_projects = 1 ORDER BY id
        """,
        account_id=account_id,
    )
    return [_user(row) for row in rows]


def active_administrators(tx: Tx, account_id: str) -> int:
    """How many active administrators there are."""
    row = tx.row(
        """
        SELECT COUNT(*) AS n FROM harvest_users
        WHERE account_id = :account_id AND is_active = 1 AND access_roles LIKE '["administrator"%'
        """,
        account_id=account_id,
    )
    assert row is not None
    return int(row["n"])


def identity_in_organization(tx: Tx, account_id: str, email: str) -> int | None:
    """The identity that somebody with this address has in another account of the same organization.

    Not that of a person who signs in with another address: whoever may change an address there would become this one here.
    """
    row = tx.row(
        """
        SELECT u.identity_id FROM harvest_users u
        JOIN accounts other ON other.id = u.account_id
        JOIN accounts own ON own.id = :account_id AND own.organization_id = other.organization_id
        LEFT JOIN people p ON p.id = u.person_id
        WHERE u.email_key = :email_key AND (u.person_id IS NULL OR p.email = :email_key)
        ORDER BY u.created_at LIMIT 1
        """,
        account_id=account_id,
        email_key=normal_email(email),
    )
    return None if row is None else int(row["identity_id"])


def touch(tx: Tx, account_id: str, user_id: int) -> None:
    """Mark a person as changed: a rate or a label of theirs did."""
    tx.run(
        "UPDATE harvest_users SET updated_at = :now WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=user_id,
        now=tx.now_us,
    )


def _changeable(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "person_id": user.person_id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "email_key": normal_email(user.email),
        "telephone": user.telephone,
        "timezone": user.timezone,
        "weekly_capacity_s": user.weekly_capacity_s,
        "has_access_to_all_future_projects": int(user.has_access_to_all_future_projects),
        "is_contractor": int(user.is_contractor),
        "is_active": int(user.is_active),
        "access_roles": json.dumps(list(user.access_roles)),
        "updated_at": micros(user.updated_at),
    }


def _user(row: Row) -> User:
    return User(
        account_id=row["account_id"],
        id=row["id"],
        identity_id=row["identity_id"],
        person_id=row["person_id"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        email=row["email"],
        telephone=row["telephone"],
        timezone=row["timezone"],
        weekly_capacity_s=row["weekly_capacity_s"],
        has_access_to_all_future_projects=bool(row["has_access_to_all_future_projects"]),
        is_contractor=bool(row["is_contractor"]),
        is_active=bool(row["is_active"]),
        access_roles=tuple(json.loads(row["access_roles"])),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
