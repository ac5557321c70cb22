"""Table `appharbor_service_hooks`, and what a delivery tells of a build."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.service_hooks.model import Hook


def insert(tx: Tx, account_id: str, hook: Hook) -> None:
    """Add a hook. Raises `Conflict` if the application has one of this address."""
    tx.run(
        """
        INSERT INTO appharbor_service_hooks (account_id, id, application_id, subscription_id, url, created_at)
        VALUES (:account_id, :id, :application_id, :subscription_id, :url, :created_at)
        """,
        account_id=account_id,
        id=hook.id,
        application_id=hook.application_id,
        subscription_id=hook.subscription_id,
        url=hook.url,
        created_at=micros(hook.created_at),
    )


def find(tx: Tx, account_id: str, application_id: int, hook_id: int) -> Hook | None:
    """One hook of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_service_hooks
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=hook_id,
    )
    return _hook(row) if row else None


def of_application(tx: Tx, account_id: str, application_id: int) -> list[Hook]:
    """The hooks of an application, oldest first."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_service_hooks
        WHERE account_id = :account_id AND application_id = :application_id ORDER BY id
        """,
        account_id=account_id,
        application_id=application_id,
    )
    return [_hook(row) for row in rows]


def delete(tx: Tx, account_id: str, hook_id: int) -> None:
    """Remove a hook."""
    tx.run(
        "DELETE FROM appharbor_service_hooks WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=hook_id,
    )


def told(tx: Tx, account_id: str, application_id: int, build_id: int) -> Row | None:
    """What a delivery says of an application and its build."""
    return tx.row(
        """
        SELECT a.name, a.slug, b.id, b.branch, b.commit_id, b.commit_message
        FROM appharbor_builds b
        JOIN appharbor_applications a ON a.account_id = b.account_id AND a.id = b.application_id
        WHERE b.account_id = :account_id AND b.application_id = :application_id AND b.id = :build_id
        """,
        account_id=account_id,
        application_id=application_id,
        build_id=build_id,
    )


def _hook(row: Row) -> Hook:
    return Hook(**{**row, "created_at": moment(row["created_at"])})
