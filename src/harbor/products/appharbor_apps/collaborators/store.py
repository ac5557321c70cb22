"""Table `appharbor_collaborators`, with the names of the people."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.identity.people_store import in_any_organization
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.access.model import username_of
from harbor.products.appharbor_apps.applications.model import Role
from harbor.products.appharbor_apps.collaborators.model import Collaborator


def insert(tx: Tx, account_id: str, collaborator: Collaborator) -> None:
    """Add a membership. Raises `Conflict` if the address has one."""
    tx.run(
        """
        INSERT INTO appharbor_collaborators (account_id, id, application_id, person_id, email_key, role, created_at, updated_at)
        VALUES (:account_id, :id, :application_id, :person_id, :email_key, :role, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=collaborator.id,
        application_id=collaborator.application_id,
        person_id=collaborator.person_id,
        email_key=collaborator.email,
        role=collaborator.role.value,
        created_at=micros(collaborator.created_at),
        updated_at=micros(collaborator.updated_at),
    )


def put_role(tx: Tx, account_id: str, collaborator_id: int, role: Role) -> None:
    """Change what a collaborator may do."""
    tx.run(
        """
        UPDATE appharbor_collaborators SET role = :role, updated_at = :now
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=collaborator_id,
        role=role.value,
        now=tx.now_us,
    )


def find(tx: Tx, account_id: str, application_id: int, collaborator_id: int) -> Collaborator | None:
    """One collaborator of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_collaborators
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=collaborator_id,
    )
    return _collaborator(tx, row) if row else None


def by_email(tx: Tx, account_id: str, application_id: int, email: str) -> Collaborator | None:
    """The collaborator with this address, in its normal form."""
    row = tx.row(
        """
        SELECT * FROM appharbor_collaborators
        WHERE account_id = :account_id AND application_id = :application_id AND email_key = :email
        """,
        account_id=account_id,
        application_id=application_id,
        email=email,
    )
    return _collaborator(tx, row) if row else None


def of_application(tx: Tx, account_id: str, application_id: int) -> list[Collaborator]:
    """The collaborators of an application by name."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_collaborators
        WHERE account_id = :account_id AND application_id = :application_id
        """,  # appharbor_collaborators_by_email
        account_id=account_id,
        application_id=application_id,
    )
    return sorted((_collaborator(tx, row) for row in rows), key=lambda each: (each.name.casefold(), each.id))


def join(tx: Tx, account_id: str, email: str, person_id: str) -> int:
    """Give a person what their address was invited to, in whatever account; how many applications that were."""
    assert account_id, person_id
    return tx.run(
        """
        UPDATE appharbor_collaborators SET person_id = :person_id, updated_at = :now
        WHERE email_key = :email AND person_id IS NULL
        """,  # appharbor_collaborators_by_invitation
        email=email,
        person_id=person_id,
        now=tx.now_us,
    )


def delete(tx: Tx, account_id: str, collaborator_id: int) -> None:
    """Remove a collaborator."""
    tx.run(
        "DELETE FROM appharbor_collaborators WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=collaborator_id,
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove all collaborators of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_collaborators WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def _collaborator(tx: Tx, row: Row) -> Collaborator:
    person = in_any_organization(tx, row["person_id"]) if row["person_id"] else None
    return Collaborator(
        account_id=row["account_id"],
        id=row["id"],
        application_id=row["application_id"],
        person_id=row["person_id"],
        email=row["email_key"],
        name=username_of(person) if person is not None else row["email_key"],
        role=Role(row["role"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
