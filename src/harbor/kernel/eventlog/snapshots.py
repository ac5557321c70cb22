"""Table `snapshots`: what a view needs beyond the event. The one place of the log that may hold a person's content."""

from __future__ import annotations

from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx


def keep_snapshot(tx: Tx, event: Event, view: str, body: str) -> None:
    """Keep a view's snapshot of an event; a second one of the same view changes nothing."""
    tx.run(
        """
        INSERT INTO snapshots (account_id, event_id, view, product, subject, body)
        VALUES (:account_id, :event_id, :view, :product, :subject, :body)
        ON CONFLICT (account_id, event_id, view) DO NOTHING
        """,
        account_id=event.account_id,
        event_id=event.id,
        view=view,
        product=event.product,
        subject=event.subject or "",
        body=body,
    )


def snapshot_of(tx: Tx, event: Event, view: str) -> str | None:
    """The snapshot of an event for a view."""
    row = tx.row(
        "SELECT body FROM snapshots WHERE account_id = :account_id AND event_id = :event_id AND view = :view",
        account_id=event.account_id,
        event_id=event.id,
        view=view,
    )
    return row["body"] if row else None


def events_about(tx: Tx, account_id: str, product: str, subject: str) -> list[str]:
    """Ids of the events whose snapshots are about a subject."""
    rows = tx.rows(
        "SELECT DISTINCT event_id FROM snapshots WHERE account_id = :account_id AND product = :product AND subject = :subject",
        account_id=account_id,
        product=product,
        subject=subject,
    )
    return [row["event_id"] for row in rows]


def blank_snapshots(tx: Tx, account_id: str, product: str, subject: str) -> int:
    """Delete the snapshots about a subject."""
    return tx.run(
        "DELETE FROM snapshots WHERE account_id = :account_id AND product = :product AND subject = :subject",
        account_id=account_id,
        product=product,
        subject=subject,
    )


def delete_of(tx: Tx, account_id: str, event_ids: list[str]) -> None:
    """Delete the snapshots of events that are purged."""
    tx.run_many(
        "DELETE FROM snapshots WHERE account_id = :account_id AND event_id = :event_id",
        [{"account_id": account_id, "event_id": event_id} for event_id in event_ids],
    )
