"""Table `desk_parcels`."""

from __future__ import annotations

from tests.kernel.sample_product.model import Parcel, State

from harbor.kernel.clock import micros, moment
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx


def put(tx: Tx, account_id: str, parcel: Parcel) -> None:
    """Add a parcel, or write its changed fields."""
    assert parcel.account_id == account_id
    tx.run(
        """
        INSERT INTO desk_parcels (account_id, id, label, recipient, email, note, weight_g, state, tracking, arrived_at)
        VALUES (:account_id, :id, :label, :recipient, :email, :note, :weight_g, :state, :tracking, :arrived_at)
        ON CONFLICT (account_id, id) DO UPDATE
        SET recipient = :recipient, email = :email, note = :note, state = :state, tracking = :tracking
        """,
        account_id=account_id,
        id=parcel.id,
        label=parcel.label,
        recipient=parcel.recipient,
        email=parcel.email,
        note=parcel.note,
        weight_g=parcel.weight_g,
        state=parcel.state.value,
        tracking=parcel.tracking,
        arrived_at=micros(parcel.arrived_at),
    )


def find(tx: Tx, account_id: str, parcel_id: int) -> Parcel | None:
    """One parcel, or None."""
    row = tx.row(
        "SELECT * FROM desk_parcels WHERE account_id = :account_id AND id = :id", account_id=account_id, id=parcel_id
    )
    return _parcel(row) if row else None


def in_order(tx: Tx, account_id: str, page: PageRequest) -> Page[Parcel]:
    """A page of an account's parcels by number, with the count of all."""
    counted = tx.row("SELECT count(*) AS n FROM desk_parcels WHERE account_id = :account_id", account_id=account_id)
    rows = tx.rows(
        "SELECT * FROM desk_parcels WHERE account_id = :account_id ORDER BY id LIMIT :limit OFFSET :offset",
        account_id=account_id,
        limit=page.limit,
        offset=page.offset,
    )
    assert counted is not None
    return Page(tuple(map(_parcel, rows)), more=page.offset + len(rows) < counted["n"], total=counted["n"])


def delete(tx: Tx, account_id: str, parcel_id: int) -> None:
    """Remove a parcel."""
    tx.run("DELETE FROM desk_parcels WHERE account_id = :account_id AND id = :id", account_id=account_id, id=parcel_id)


def _parcel(row: Row) -> Parcel:
    return Parcel(**{**row, "state": State(row["state"]), "arrived_at": moment(row["arrived_at"])})
