"""Table `appharbor_formation`."""

from __future__ import annotations

from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.formation.model import Formed


def put(tx: Tx, account_id: str, application_id: int, formed: Formed) -> None:
    """Write one type of process."""
    tx.run(
        """
        INSERT INTO appharbor_formation (account_id, application_id, kind, quantity, memory_mb, updated_at)
        VALUES (:account_id, :application_id, :kind, :quantity, :memory_mb, :now)
        ON CONFLICT (account_id, application_id, kind)
        DO UPDATE SET quantity = excluded.quantity, memory_mb = excluded.memory_mb, updated_at = excluded.updated_at
        """,
        account_id=account_id,
        application_id=application_id,
        kind=formed.kind,
        quantity=formed.quantity,
        memory_mb=formed.memory_mb,
        now=tx.now_us,
    )


def of_application(tx: Tx, account_id: str, application_id: int) -> list[Formed]:
    """What somebody has said of an application's processes, by type."""
    rows = tx.rows(
        """
        SELECT kind, quantity, memory_mb FROM appharbor_formation
        WHERE account_id = :account_id AND application_id = :application_id ORDER BY kind
        """,
        account_id=account_id,
        application_id=application_id,
    )
    return [Formed(**row) for row in rows]


def of_live_applications(tx: Tx) -> list[Row]:
    """What was said of all applications of the installation that are live."""
    return tx.rows(
        """
        SELECT f.application_id, f.kind, f.quantity, f.memory_mb FROM appharbor_formation f
        JOIN appharbor_applications a ON a.account_id = f.account_id AND a.id = f.application_id
        WHERE a.live_build_id IS NOT NULL ORDER BY f.application_id, f.kind
        """
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove what was said of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_formation WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )
