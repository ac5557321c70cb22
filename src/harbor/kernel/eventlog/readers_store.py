"""Durable readers of the log: where each stands, kept in the transaction of what it did with the events.

A product that reacts to another reads its events by a name of its own. It handles a batch and moves its position in one
transaction, so after a crash it goes on with the same batch or the next, and must bear to see an event twice only if it
acts outside that transaction.
"""

from __future__ import annotations

from harbor.kernel.eventlog import store
from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx

NAME_LENGTH_MAX = 64


def unread(tx: Tx, account_id: str, workspace_id: str, name: str, limit: int) -> list[Event]:
    """The next events for a reader, oldest first. Other runs of the same reader wait until this transaction ends."""
    assert 1 <= len(name) <= NAME_LENGTH_MAX, name
    tx.lock("reader", account_id, workspace_id, name)
    row = tx.row(
        """
        SELECT position, event_id FROM readers
        WHERE account_id = :account_id AND workspace_id = :workspace_id AND name = :name
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
    )
    position, event_id = (row["position"], row["event_id"]) if row else (0, "")
    return store.after_position(tx, account_id, workspace_id, position, event_id, limit)


def advance(tx: Tx, account_id: str, workspace_id: str, name: str, last: Event) -> None:
    """The reader has handled everything up to and including `last`."""
    tx.run(
        """
        INSERT INTO readers (account_id, workspace_id, name, position, event_id)
        VALUES (:account_id, :workspace_id, :name, :position, :event_id)
        ON CONFLICT (account_id, workspace_id, name) DO UPDATE SET position = :position, event_id = :event_id
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
        position=last.position,
        event_id=last.id,
    )


def start_at_end(tx: Tx, account_id: str, workspace_id: str, name: str) -> None:
    """A new reader that is not interested in the past; one that has a position keeps it."""
    position, event_id = store.last_position(tx, account_id, workspace_id)
    tx.run(
        """
        INSERT INTO readers (account_id, workspace_id, name, position, event_id)
        VALUES (:account_id, :workspace_id, :name, :position, :event_id)
        ON CONFLICT (account_id, workspace_id, name) DO NOTHING
        """,
        account_id=account_id,
        workspace_id=workspace_id,
        name=name,
        position=position,
        event_id=event_id,
    )
