"""Table `harvest_clients`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_clients"


def insert(tx: Tx, account_id: str, client: Client) -> None:
    """Add a client."""
    tx.run(
        """
        INSERT INTO harvest_clients (account_id, id, name, name_key, is_active, address, statement_key, currency, created_at,
            updated_at)
        VALUES (:account_id, :id, :name, :name_key, :is_active, :address, :statement_key, :currency, :created_at, :updated_at)
        """,
        account_id=account_id,
        statement_key=client.statement_key,
        created_at=micros(client.created_at),
        **_changeable(client),
    )


def put(tx: Tx, account_id: str, client: Client) -> None:
    """Write what may change of a client."""
    tx.run(
        """
        UPDATE harvest_clients
        SET name = :name, name_key = :name_key, is_active = :is_active, address = :address, currency = :currency,
            updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        **_changeable(client),
    )


def delete(tx: Tx, account_id: str, client_id: int) -> None:
    """Remove a client and its contacts."""
    tx.run(
        "DELETE FROM harvest_contacts WHERE account_id = :account_id AND client_id = :client_id",
        account_id=account_id,
        client_id=client_id,
    )
    tx.run(
        "DELETE FROM harvest_clients WHERE account_id = :account_id AND id = :id", account_id=account_id, id=client_id
    )


def find(tx: Tx, account_id: str, client_id: int) -> Client | None:
    """One client."""
    row = tx.row(
        "SELECT * FROM harvest_clients WHERE account_id = :account_id AND id = :id", account_id=account_id, id=client_id
    )
    return _client(row) if row else None


def by_statement_key(tx: Tx, statement_key: str) -> Client | None:
    """The client whose public statement an address leads to, of whatever account."""
    row = tx.row("SELECT * FROM harvest_clients WHERE statement_key = :statement_key", statement_key=statement_key)
    return _client(row) if row else None


def by_name(tx: Tx, account_id: str, name: str) -> Client | None:
    """The client with a name, however it is written."""
    row = tx.row(
        "SELECT * FROM harvest_clients WHERE account_id = :account_id AND name_key = :name_key",
        account_id=account_id,
        name_key=name_key(name),
    )
    return _client(row) if row else None


def named(tx: Tx, account_id: str, ids: Iterable[int]) -> dict[int, Client]:
    """Clients by their ids."""
    return listing.by_ids(tx, _TABLE, account_id, ids, _client)


def newest_first(
    tx: Tx,
    account_id: str,
    page: PageRequest,
    *,
    is_active: bool | None = None,
    updated_since: datetime | None = None,
) -> Listed[Client]:
    """Clients, newest first."""
    where = Where(account_id=account_id).equal(is_active=None if is_active is None else int(is_active))
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, _TABLE, where, page, _client)


def has_projects(tx: Tx, account_id: str, client_id: int, *, is_active: bool | None = None) -> bool:
    """Whether the client has projects, or active ones."""
    where = Where(account_id=account_id, client_id=client_id)
    where.equal(is_active=None if is_active is None else int(is_active))
    return tx.row(f"SELECT 1 AS one FROM harvest_projects {where} LIMIT 1", **where.values) is not None


def has_bills(tx: Tx, account_id: str, client_id: int) -> bool:
    """Whether the client has invoices or estimates."""
    where = Where(account_id=account_id, client_id=client_id)
    return any(
        tx.row(f"SELECT 1 AS one FROM {table} {where} LIMIT 1", **where.values) is not None
        for table in ("harvest_invoices", "harvest_estimates")
    )


def _changeable(client: Client) -> dict[str, object]:
    return {
        "id": client.id,
        "name": client.name,
        "name_key": name_key(client.name),
        "is_active": int(client.is_active),
        "address": client.address,
        "currency": client.currency,
        "updated_at": micros(client.updated_at),
    }


def _client(row: Row) -> Client:
    return Client(
        account_id=row["account_id"],
        id=row["id"],
        name=row["name"],
        is_active=bool(row["is_active"]),
        address=row["address"],
        statement_key=row["statement_key"],
        currency=row["currency"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
