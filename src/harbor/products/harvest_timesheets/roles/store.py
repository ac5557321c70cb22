"""Tables `harvest_roles` and `harvest_role_members`."""

from __future__ import annotations

from collections.abc import Iterable

from harbor.kernel.clock import micros, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.roles.model import JobRole


def insert(tx: Tx, account_id: str, role: JobRole) -> None:
    """Add a role without its people."""
    tx.run(
        """
        INSERT INTO harvest_roles (account_id, id, name, name_key, created_at, updated_at)
        VALUES (:account_id, :id, :name, :name_key, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=role.id,
        name=role.name,
        name_key=name_key(role.name),
        created_at=micros(role.created_at),
        updated_at=micros(role.updated_at),
    )


def put(tx: Tx, account_id: str, role: JobRole) -> None:
    """Write the name."""
    tx.run(
        """
        UPDATE harvest_roles SET name = :name, name_key = :name_key, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=role.id,
        name=role.name,
        name_key=name_key(role.name),
        updated_at=micros(role.updated_at),
    )


def delete(tx: Tx, account_id: str, role_id: int) -> None:
    """Remove a role and its people."""
    set_members(tx, account_id, role_id, ())
    tx.run("DELETE FROM harvest_roles WHERE account_id = :account_id AND id = :id", account_id=account_id, id=role_id)


def set_members(tx: Tx, account_id: str, role_id: int, user_ids: Iterable[int]) -> None:
    """Who has the role: these and nobody else."""
    tx.run(
        "DELETE FROM harvest_role_members WHERE account_id = :account_id AND role_id = :role_id",
        account_id=account_id,
        role_id=role_id,
    )
    _add_members(tx, account_id, [(role_id, user_id) for user_id in user_ids])


def set_roles(tx: Tx, account_id: str, user_id: int, role_ids: Iterable[int]) -> None:
    """Which roles a person has: these and no others."""
    tx.run(
        "DELETE FROM harvest_role_members WHERE account_id = :account_id AND user_id = :user_id",
        account_id=account_id,
        user_id=user_id,
    )
    _add_members(tx, account_id, [(role_id, user_id) for role_id in role_ids])


def find(tx: Tx, account_id: str, role_id: int) -> JobRole | None:
    """One role."""
    row = tx.row(
        "SELECT * FROM harvest_roles WHERE account_id = :account_id AND id = :id", account_id=account_id, id=role_id
    )
    return _with_members(tx, account_id, [row])[0] if row else None


def by_name(tx: Tx, account_id: str, name: str) -> JobRole | None:
    """The role with a name."""
    row = tx.row(
        "SELECT * FROM harvest_roles WHERE account_id = :account_id AND name_key = :name_key",
        account_id=account_id,
        name_key=name_key(name),
    )
    return _with_members(tx, account_id, [row])[0] if row else None


def newest_first(tx: Tx, account_id: str, page: PageRequest) -> Listed[JobRole]:
    """Roles, newest first."""
    listed = listing.newest_first(tx, "harvest_roles", Where(account_id=account_id), page, lambda row: row)
    return listed.of(_with_members(tx, account_id, list(listed.items)))


def names_of(tx: Tx, account_id: str, user_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of people's roles by person, in the order of the alphabet."""
    where = Where(account_id=account_id).among("user_id", sorted(set(user_ids)))
    rows = tx.rows(
        f"""
        SELECT m.user_id, r.name FROM (SELECT * FROM harvest_role_members {where}) AS m
        JOIN harvest_roles r ON r.account_id = m.account_id AND r.id = m.role_id
        ORDER BY r.name_key
        """,
        **where.values,
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["user_id"], []).append(row["name"])
    return found


def known_users(tx: Tx, account_id: str, user_ids: Iterable[int]) -> set[int]:
    """Those of the ids that are people of the account."""
    return set(listing.by_ids(tx, "harvest_users", account_id, user_ids, lambda row: row["id"]))


def touch_users(tx: Tx, account_id: str, user_ids: Iterable[int]) -> None:
    """Mark people as changed, whose labels are shown with them."""
    tx.run_many(
        "UPDATE harvest_users SET updated_at = :now WHERE account_id = :account_id AND id = :id",
        [{"now": tx.now_us, "account_id": account_id, "id": user_id} for user_id in sorted(set(user_ids))],
    )


def _add_members(tx: Tx, account_id: str, pairs: list[tuple[int, int]]) -> None:
    tx.run_many(
        "INSERT INTO harvest_role_members (account_id, role_id, user_id) VALUES (:account_id, :role_id, :user_id)",
        [{"account_id": account_id, "role_id": role_id, "user_id": user_id} for role_id, user_id in pairs],
    )


def _with_members(tx: Tx, account_id: str, rows: list[Row]) -> list[JobRole]:
    where = Where(account_id=account_id).among("role_id", [row["id"] for row in rows])
    members: dict[int, list[int]] = {}
    for row in tx.rows(f"SELECT * FROM harvest_role_members {where} ORDER BY user_id", **where.values):
        members.setdefault(row["role_id"], []).append(row["user_id"])
    return [
        JobRole(
            account_id=row["account_id"],
            id=row["id"],
            name=row["name"],
            user_ids=tuple(members.get(row["id"], ())),
            created_at=moment(row["created_at"]),
            updated_at=moment(row["updated_at"]),
        )
        for row in rows
    ]
