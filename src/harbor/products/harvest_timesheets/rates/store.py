"""Table `harvest_rates`. An empty `start_on` is from the beginning, so the order of texts is the order of days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.rates.model import Rate, RateKind


def insert(tx: Tx, account_id: str, rate: Rate) -> None:
    """Add a rate."""
    tx.run(
        """
        INSERT INTO harvest_rates (account_id, kind, user_id, start_on, id, amount_e4, created_at, updated_at)
        VALUES (:account_id, :kind, :user_id, :start_on, :id, :amount_e4, :created_at, :updated_at)
        """,
        account_id=account_id,
        kind=rate.kind.value,
        user_id=rate.user_id,
        start_on="" if rate.start_on is None else rate.start_on.isoformat(),
        id=rate.id,
        amount_e4=rate.amount_e4,
        created_at=micros(rate.created_at),
        updated_at=micros(rate.updated_at),
    )


def oldest_first(tx: Tx, account_id: str, kind: RateKind, user_id: int) -> list[Rate]:
    """A person's rates by their start: the primary key."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_rates WHERE account_id = :account_id AND kind = :kind AND user_id = :user_id
        ORDER BY start_on
        """,
        account_id=account_id,
        kind=kind.value,
        user_id=user_id,
    )
    return [_rate(row) for row in rows]


def delete_from(tx: Tx, account_id: str, kind: RateKind, user_id: int, start_on: date | None) -> None:
    """Remove the rates that begin on or after a day, or all of them."""
    tx.run(
        """
        DELETE FROM harvest_rates
        WHERE account_id = :account_id AND kind = :kind AND user_id = :user_id AND start_on >= :start_on
        """,
        account_id=account_id,
        kind=kind.value,
        user_id=user_id,
        start_on="" if start_on is None else start_on.isoformat(),
    )


def touch_last(tx: Tx, account_id: str, kind: RateKind, user_id: int) -> None:
    """Mark the last rate as changed: another one ends it."""
    tx.run(
        """
        UPDATE harvest_rates SET updated_at = :now
        WHERE account_id = :account_id AND kind = :kind AND user_id = :user_id AND start_on = (
            SELECT MAX(start_on) FROM harvest_rates
            WHERE account_id = :account_id AND kind = :kind AND user_id = :user_id)
        """,
        account_id=account_id,
        kind=kind.value,
        user_id=user_id,
        now=tx.now_us,
    )


def in_force(tx: Tx, account_id: str, user_ids: Iterable[int], day: date) -> dict[tuple[int, RateKind], int]:
    """What the rates of people are on a day, by person and kind, in ten-thousandths; who has none is not in it."""
    where = Where(account_id=account_id).among("user_id", sorted(set(user_ids)))
    rows = tx.rows(
        f"SELECT user_id, kind, amount_e4 FROM harvest_rates {where} AND start_on <= :day ORDER BY start_on",
        day=day.isoformat(),
        **where.values,
    )
    return {(row["user_id"], RateKind(row["kind"])): row["amount_e4"] for row in rows}  # the last one wins


def delete_all(tx: Tx, account_id: str, user_id: int) -> None:
    """Remove the rates of a person who is deleted."""
    tx.run(
        "DELETE FROM harvest_rates WHERE account_id = :account_id AND user_id = :user_id",
        account_id=account_id,
        user_id=user_id,
    )


def _rate(row: Row) -> Rate:
    return Rate(
        account_id=row["account_id"],
        kind=RateKind(row["kind"]),
        id=row["id"],
        user_id=row["user_id"],
        amount_e4=row["amount_e4"],
        start_on=date.fromisoformat(row["start_on"]) if row["start_on"] else None,
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
