"""Table `appharbor_hostnames`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.hostnames.model import Hostname


def insert(tx: Tx, account_id: str, hostname: Hostname) -> None:
    """Add a name. Raises `Conflict` if any application has it."""
    tx.run(
        """
        INSERT INTO appharbor_hostnames (account_id, id, application_id, value, canonical, created_at)
        VALUES (:account_id, :id, :application_id, :value, :canonical, :created_at)
        """,
        account_id=account_id,
        id=hostname.id,
        application_id=hostname.application_id,
        value=hostname.value,
        canonical=int(hostname.canonical),
        created_at=micros(hostname.created_at),
    )


def make_canonical(tx: Tx, account_id: str, application_id: int, hostname_id: int | None) -> None:
    """Make one name the canonical one of the application, or none."""
    tx.run(
        """
        UPDATE appharbor_hostnames SET canonical = CASE WHEN id = :id THEN 1 ELSE 0 END
        WHERE account_id = :account_id AND application_id = :application_id
        """,
        account_id=account_id,
        application_id=application_id,
        id=-1 if hostname_id is None else hostname_id,
    )


def find(tx: Tx, account_id: str, application_id: int, hostname_id: int) -> Hostname | None:
    """One name of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_hostnames
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=hostname_id,
    )
    return _hostname(row) if row else None


def is_taken(tx: Tx, account_id: str, value: str) -> bool:
    """Whether an application of whatever account has this name."""
    assert account_id, value
    return tx.row("SELECT 1 AS taken FROM appharbor_hostnames WHERE value = :value", value=value) is not None


def of_application(tx: Tx, account_id: str, application_id: int) -> list[Hostname]:
    """The names of an application in their order."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_hostnames
        WHERE account_id = :account_id AND application_id = :application_id
        ORDER BY value
        """,  # appharbor_hostnames_of_application
        account_id=account_id,
        application_id=application_id,
    )
    return [_hostname(row) for row in rows]


def of_live_applications(tx: Tx) -> list[Row]:
    """The names of all applications of the installation that are live; those without any have a row with NULL."""
    return tx.rows(
        """
        SELECT a.id, h.value, h.canonical FROM appharbor_applications a
        LEFT JOIN appharbor_hostnames h ON h.account_id = a.account_id AND h.application_id = a.id
        WHERE a.live_build_id IS NOT NULL ORDER BY a.id, h.value
        """
    )


def delete(tx: Tx, account_id: str, hostname_id: int) -> None:
    """Remove a name."""
    tx.run(
        "DELETE FROM appharbor_hostnames WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=hostname_id,
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove the names of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_hostnames WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def _hostname(row: Row) -> Hostname:
    return Hostname(
        account_id=row["account_id"],
        id=row["id"],
        application_id=row["application_id"],
        value=row["value"],
        canonical=bool(row["canonical"]),
        created_at=moment(row["created_at"]),
    )
