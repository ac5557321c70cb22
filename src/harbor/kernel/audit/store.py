"""Table `audit`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor.kernel.clock import moment
from harbor.kernel.pages import ALWAYS, Page, PageRequest, Span
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. `before` and `after` are JSON text of what changed, without secrets."""

    id: str
    account_id: str
    workspace_id: str | None
    product: str
    action: str
    subject: str
    actor: str
    request_id: str | None
    event_id: str | None
    before: str | None
    after: str | None
    created_at: datetime


def insert(
    tx: Tx,
    account_id: str,
    *,
    id_: str,
    workspace_id: str | None,
    product: str,
    action: str,
    subject: str,
    actor: str,
    request_id: str | None,
    event_id: str | None,
    before: str | None,
    after: str | None,
) -> None:
    """Write one act."""
    tx.run(
        """
        INSERT INTO audit (account_id, id, workspace_id, product, action, subject, actor, request_id, event_id, before, after, created_at)
        VALUES (:account_id, :id, :workspace_id, :product, :action, :subject, :actor, :request_id, :event_id, :before, :after, :now)
        """,
        account_id=account_id,
        id=id_,
        workspace_id=workspace_id,
        product=product,
        action=action,
        subject=subject,
        actor=actor,
        request_id=request_id,
        event_id=event_id,
        before=before,
        after=after,
        now=tx.now_us,
    )


def has(tx: Tx, account_ids: list[str], entry_id: str) -> bool:
    """Whether one of the accounts has this act."""
    where = Where(id=entry_id).among("account_id", account_ids)
    return tx.row(f"SELECT 1 AS found FROM audit {where}", **where.values) is not None


def by_id(
    tx: Tx,
    account_ids: list[str],
    page: PageRequest,
    *,
    action: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    span: Span = ALWAYS,
) -> Page[Entry]:
    """Acts in some accounts by id, newest first or oldest first."""
    where = Where().among("account_id", account_ids).equal(action=action, actor=actor, subject=subject)
    where.span("created_at", span.since, span.until).after("id", ">" if span.ascending else "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM audit {where} ORDER BY id {span.order} LIMIT :limit", **where.values, limit=page.limit + 1
    )
    return Page(tuple(map(_entry, rows[: page.limit])), more=len(rows) > page.limit)


def events_about(tx: Tx, account_id: str, product: str, subject: str) -> list[str]:
    """Ids of the events that told of a subject, as far as the audit goes back."""
    rows = tx.rows(
        """
        SELECT event_id FROM audit
        WHERE account_id = :account_id AND product = :product AND subject = :subject AND event_id IS NOT NULL
        """,  # audit_by_subject
        account_id=account_id,
        product=product,
        subject=subject,
    )
    return [row["event_id"] for row in rows]


def blank(tx: Tx, account_id: str, product: str, subject: str) -> int:
    """Remove what was changed from the acts on a subject; that they happened stays."""
    return tx.run(
        "UPDATE audit SET before = NULL, after = NULL WHERE account_id = :account_id AND product = :product AND subject = :subject",
        account_id=account_id,
        product=product,
        subject=subject,
    )


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        account_id=row["account_id"],
        workspace_id=row["workspace_id"],
        product=row["product"],
        action=row["action"],
        subject=row["subject"],
        actor=row["actor"],
        request_id=row["request_id"],
        event_id=row["event_id"],
        before=row["before"],
        after=row["after"],
        created_at=moment(row["created_at"]),
    )
