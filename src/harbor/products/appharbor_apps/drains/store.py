"""Table `appharbor_drains`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.drains.model import Drain


def insert(tx: Tx, account_id: str, drain: Drain) -> None:
    """Add a drain. Raises `Conflict` if the application has one of this address."""
    tx.run(
        """
        INSERT INTO appharbor_drains (account_id, id, application_id, value, token, created_at)
        VALUES (:account_id, :id, :application_id, :value, :token, :created_at)
        """,
        account_id=account_id,
        id=drain.id,
        application_id=drain.application_id,
        value=drain.value,
        token=drain.token,
        created_at=micros(drain.created_at),
    )


def find(tx: Tx, account_id: str, application_id: int, drain_id: int) -> Drain | None:
    """One drain of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_drains
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=drain_id,
    )
    return _drain(row) if row else None


def of_application(tx: Tx, account_id: str, application_id: int) -> list[Drain]:
    """The drains of an application, oldest first."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_drains
        WHERE account_id = :account_id AND application_id = :application_id ORDER BY id
        """,
        account_id=account_id,
        application_id=application_id,
    )
    return [_drain(row) for row in rows]


def everywhere(tx: Tx) -> list[Drain]:
    """The drains of all applications of the installation."""
    return [_drain(row) for row in tx.rows("SELECT * FROM appharbor_drains ORDER BY id")]


def delete(tx: Tx, account_id: str, drain_id: int) -> None:
    """Remove a drain."""
    tx.run(
        "DELETE FROM appharbor_drains WHERE account_id = :account_id AND id = :id", account_id=account_id, id=drain_id
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove the drains of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_drains WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def _drain(row: Row) -> Drain:
    return Drain(**{**row, "created_at": moment(row["created_at"])})
