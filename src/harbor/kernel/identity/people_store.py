"""Table `people`: insert, find, list, change."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where


def insert(tx: Tx, person: Person) -> None:
    """Add a person. Raises `Conflict` if the e-mail or the username is somebody's."""
    tx.run(
        """
        INSERT INTO people (organization_id, id, email, username, name, role, password_hash, is_active,
            created_at, updated_at)
        VALUES (:organization_id, :id, :email, :username, :name, :role, :password_hash, :is_active,
            :created_at, :updated_at)
        """,
        organization_id=person.organization_id,
        id=person.id,
        password_hash=person.password_hash,
        created_at=micros(person.created_at),
        **_changeable(person),
    )


def put(tx: Tx, person: Person) -> None:
    """Write everything that may change about a person but the password."""
    tx.run(
        """
        UPDATE people
        SET email = :email, username = :username, name = :name, role = :role, is_active = :is_active,
            updated_at = :updated_at
        WHERE organization_id = :organization_id AND id = :id
        """,
        organization_id=person.organization_id,
        id=person.id,
        **_changeable(person),
    )


def put_password_hash(tx: Tx, organization_id: str, person_id: str, password_hash: str) -> None:
    """Replace a person's password."""
    tx.run(
        """
        UPDATE people
        SET password_hash = :password_hash, updated_at = :now
        WHERE organization_id = :organization_id AND id = :id
        """,
        organization_id=organization_id,
        id=person_id,
        password_hash=password_hash,
        now=tx.now_us,
    )


def find(tx: Tx, organization_id: str, person_id: str) -> Person | None:
    """One person of an organization."""
    row = tx.row(
        "SELECT * FROM people WHERE organization_id = :organization_id AND id = :id",
        organization_id=organization_id,
        id=person_id,
    )
    return _person(row) if row else None


def in_any_organization(tx: Tx, person_id: str) -> Person | None:
    """The person with this id: for sessions, which know a person before they know the organization."""
    row = tx.row("SELECT * FROM people WHERE id = :id", id=person_id)
    return _person(row) if row else None


def by_email(tx: Tx, email: str) -> Person | None:
    """Who signs in with this address, in its normal form; active or not, in whatever organization."""
    row = tx.row("SELECT * FROM people WHERE email = :email", email=email)
    return _person(row) if row else None


def by_username(tx: Tx, username: str) -> Person | None:
    """Who has this username, in its normal form; active or not, in whatever organization."""
    row = tx.row("SELECT * FROM people WHERE username = :username", username=username)
    return _person(row) if row else None


def newest_first(tx: Tx, organization_id: str, page: PageRequest) -> Page[Person]:
    """People of an organization, newest first."""
    where = Where(organization_id=organization_id).after("id", "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM people {where} ORDER BY id DESC LIMIT :limit",  # people_by_organization
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(_person, rows[: page.limit])), more=len(rows) > page.limit)


def active_owners(tx: Tx, organization_id: str) -> int:
    """How many owners of an organization are active."""
    row = tx.row(
        """
        SELECT COUNT(*) AS owners
        FROM people
        WHERE organization_id = :organization_id AND role = 'owner' AND is_active = 1
        """,
        organization_id=organization_id,
    )
    assert row is not None
    return int(row["owners"])


def _changeable(person: Person) -> dict[str, object]:
    return {
        "email": person.email,
        "username": person.username,
        "name": person.name,
        "role": person.role.value,
        "is_active": int(person.is_active),
        "updated_at": micros(person.updated_at),
    }


def _person(row: Row) -> Person:
    return Person(
        id=row["id"],
        organization_id=row["organization_id"],
        email=row["email"],
        username=row["username"],
        name=row["name"],
        role=Role(row["role"]),
        is_active=bool(row["is_active"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        password_hash=row["password_hash"],
    )
