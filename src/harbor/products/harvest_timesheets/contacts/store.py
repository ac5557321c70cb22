"""Table `harvest_contacts`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.contacts.model import Contact
from harbor.products.harvest_timesheets.paging import Listed


def insert(tx: Tx, account_id: str, contact: Contact) -> None:
    """Add a contact."""
    tx.run(
        """
        INSERT INTO harvest_contacts (account_id, id, client_id, title, first_name, last_name, email, phone_office,
            phone_mobile, fax, created_at, updated_at)
        VALUES (:account_id, :id, :client_id, :title, :first_name, :last_name, :email, :phone_office, :phone_mobile, :fax,
            :created_at, :updated_at)
        """,
        **{**_values(contact), "account_id": account_id},
    )


def put(tx: Tx, account_id: str, contact: Contact) -> None:
    """Write what may change of a contact."""
    values = {name: value for name, value in _values(contact).items() if name != "created_at"}
    tx.run(
        """
        UPDATE harvest_contacts
        SET client_id = :client_id, title = :title, first_name = :first_name, last_name = :last_name, email = :email,
            phone_office = :phone_office, phone_mobile = :phone_mobile, fax = :fax, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        **{**values, "account_id": account_id},
    )


def delete(tx: Tx, account_id: str, contact_id: int) -> None:
    """Remove a contact."""
    tx.run(
        "DELETE FROM harvest_contacts WHERE account_id = :account_id AND id = :id", account_id=account_id, id=contact_id
    )


def find(tx: Tx, account_id: str, contact_id: int) -> Contact | None:
    """One contact."""
    row = tx.row(
        "SELECT * FROM harvest_contacts WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=contact_id,
    )
    return _contact(row) if row else None


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    client_id: int | None = None,
    updated_since: datetime | None = None,
) -> Listed[Contact]:
    """Contacts, newest first."""
    where = Where(account_id=account_id).equal(client_id=client_id)
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, "harvest_contacts", where, page, _contact)


def _values(contact: Contact) -> dict[str, object]:
    return asdict(contact) | {"created_at": micros(contact.created_at), "updated_at": micros(contact.updated_at)}


def _contact(row: Row) -> Contact:
    return Contact(**{**row, "created_at": moment(row["created_at"]), "updated_at": moment(row["updated_at"])})
