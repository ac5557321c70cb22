"""Table `workspaces`: insert, find, list, change."""

from __future__ import annotations

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.pages import ALWAYS, Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace


def insert(tx: Tx, workspace: Workspace) -> None:
    """Add a workspace."""
    tx.run(
        """
        INSERT INTO workspaces (account_id, id, name, status, suspension_reason, is_default, created_at, updated_at, suspended_at, purge_at)
        VALUES (:account_id, :id, :name, :status, :suspension_reason, :is_default, :created_at, :updated_at, :suspended_at, :purge_at)
        """,
        **_values(workspace),
    )


def put(tx: Tx, workspace: Workspace) -> None:
    """Write the changed fields of a workspace."""
    tx.run(
        """
        UPDATE workspaces
        SET name = :name, status = :status, suspension_reason = :suspension_reason, is_default = :is_default,
            updated_at = :updated_at, suspended_at = :suspended_at, purge_at = :purge_at, created_at = :created_at
        WHERE account_id = :account_id AND id = :id
        """,
        **_values(workspace),
    )


def find(tx: Tx, account_id: str, workspace_id: str) -> Workspace | None:
    """The workspace of that account, or None."""
    row = tx.row(
        "SELECT * FROM workspaces WHERE account_id = :account_id AND id = :id", account_id=account_id, id=workspace_id
    )
    return _workspace(row) if row else None


def account_of(tx: Tx, workspace_id: str) -> str | None:
    """Which account a workspace belongs to: for callers whose key spans accounts."""
    row = tx.row("SELECT account_id FROM workspaces WHERE id = :id", id=workspace_id)
    return str(row["account_id"]) if row else None


def default_of(tx: Tx, account_id: str) -> Workspace:
    """The workspace that the events of products go to; every account has one."""
    row = tx.row("SELECT * FROM workspaces WHERE account_id = :account_id AND is_default = 1", account_id=account_id)
    assert row is not None, account_id
    return _workspace(row)


def by_id(
    tx: Tx,
    account_ids: list[str],
    page: PageRequest,
    *,
    status: str | None = None,
    span: Span = ALWAYS,
) -> Page[Workspace]:
    """Workspaces of some accounts, newest first or oldest first."""
    where = Where().among("account_id", account_ids).equal(status=status).span("created_at", span.since, span.until)
    where.after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM workspaces {where} ORDER BY id {span.order} LIMIT :limit",
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(_workspace, rows[: page.limit])), more=len(rows) > page.limit)


def due_for_purge(tx: Tx, limit: int) -> list[Workspace]:
    """Deleted workspaces whose days of grace are over."""
    rows = tx.rows(
        "SELECT * FROM workspaces WHERE purge_at <= :now ORDER BY id LIMIT :limit", now=tx.now_us, limit=limit
    )
    return [_workspace(row) for row in rows]


def delete(tx: Tx, account_id: str, workspace_id: str) -> None:
    """Remove the row itself."""
    tx.run("DELETE FROM workspaces WHERE account_id = :account_id AND id = :id", account_id=account_id, id=workspace_id)


def _values(workspace: Workspace) -> dict[str, object]:
    return {
        "account_id": workspace.account_id,
        "id": workspace.id,
        "name": workspace.name,
        "status": workspace.status.value,
        "suspension_reason": workspace.suspension_reason.value if workspace.suspension_reason else None,
        "is_default": int(workspace.is_default),
        "created_at": micros(workspace.created_at),
        "updated_at": micros(workspace.updated_at),
        "suspended_at": micros_or_none(workspace.suspended_at),
        "purge_at": micros_or_none(workspace.purge_at),
    }


def _workspace(row: Row) -> Workspace:
    return Workspace(
        id=row["id"],
        account_id=row["account_id"],
        name=row["name"],
        status=Status(row["status"]),
        suspension_reason=SuspensionReason(row["suspension_reason"]) if row["suspension_reason"] else None,
        is_default=bool(row["is_default"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        suspended_at=moment_or_none(row["suspended_at"]),
        purge_at=moment_or_none(row["purge_at"]),
    )
