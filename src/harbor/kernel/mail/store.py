"""Table `mails`: insert at most one an hour, find, newest first, and what became of them."""

from __future__ import annotations

from harbor.kernel.clock import moment, moment_or_none
from harbor.kernel.mail.model import Mail, State
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where

_HOUR_US = 3600 * 1_000_000


def insert(
    tx: Tx,
    account_id: str,
    *,
    mail_id: str,
    topic: str,
    about: str | None,
    recipient: str,
    subject: str,
    text: str,
    html: str | None,
) -> Mail | None:
    """Add a queued mail, or return None if the recipient had one of this topic in the present hour of the calendar."""
    row = tx.row(
        """
        INSERT INTO mails (
            account_id, id, topic, about, recipient, recipient_key, subject, text, html, state, hour, created_at
        )
        VALUES (
            :account_id, :id, :topic, :about, :recipient, :recipient_key, :subject, :text, :html, 'queued', :hour, :now
        )
        ON CONFLICT (account_id, topic, recipient_key, hour) DO NOTHING
        RETURNING *
        """,
        account_id=account_id,
        id=mail_id,
        topic=topic,
        about=about,
        recipient=recipient,
        recipient_key=recipient.casefold(),
        subject=subject,
        text=text,
        html=html,
        hour=tx.now_us // _HOUR_US,
        now=tx.now_us,
    )
    return mail_of(row) if row else None


def find(tx: Tx, account_id: str, mail_id: str) -> Mail | None:
    """One mail, or None."""
    row = tx.row("SELECT * FROM mails WHERE account_id = :account_id AND id = :id", account_id=account_id, id=mail_id)
    return mail_of(row) if row else None


def newest_first(
    tx: Tx, account_id: str, page: PageRequest, *, topic: str | None = None, state: State | None = None
) -> Page[Mail]:
    """A page of an account's mails."""
    where = Where(account_id=account_id).equal(topic=topic, state=state.value if state else None)
    where.after("id", "<", page.after)
    rows = tx.rows(
        f"SELECT * FROM mails {where} ORDER BY id DESC LIMIT :limit",  # primary key
        **where.values,
        limit=page.limit + 1,
    )
    return Page(tuple(map(mail_of, rows[: page.limit])), more=len(rows) > page.limit)


def settle(tx: Tx, account_id: str, mail_id: str, *, state: State, error: str | None) -> None:
    """Note what became of a queued mail; one that was erased meanwhile stays erased."""
    tx.run(
        """
        UPDATE mails
        SET state = :state, error = :error, sent_at = :sent_at
        WHERE account_id = :account_id AND id = :id AND state = 'queued'
        """,
        account_id=account_id,
        id=mail_id,
        state=state.value,
        error=error,
        sent_at=tx.now_us if state is State.SENT else None,
    )


def erase(tx: Tx, account_id: str, about: str) -> int:
    """Blank all mails about something and return how many; those still queued will not be sent."""
    # The key keeps a value of its own, since the index allows one row for each.
    return tx.run(
        """
        UPDATE mails
        SET recipient = '', recipient_key = id, subject = '', text = '', html = NULL, error = NULL,
            state = CASE WHEN state = 'queued' THEN 'erased' ELSE state END
        WHERE account_id = :account_id AND about = :about
        """,
        account_id=account_id,
        about=about,
    )


def purge(tx: Tx, *, created_before_us: int, limit: int) -> list[tuple[str, str]]:
    """Delete the oldest mails of all accounts, whatever their state; the accounts and ids of those that went."""
    rows = tx.rows(
        """
        DELETE FROM mails
        WHERE (account_id, id) IN (
            SELECT account_id, id
            FROM mails
            WHERE created_at < :before
            ORDER BY created_at        -- mails_by_age
            LIMIT :limit
        )
        RETURNING account_id, id
        """,
        before=created_before_us,
        limit=limit,
    )
    return [(row["account_id"], row["id"]) for row in rows]


def mail_of(row: Row) -> Mail:
    """The mail in a row."""
    return Mail(
        id=row["id"],
        account_id=row["account_id"],
        topic=row["topic"],
        about=row["about"],
        recipient=row["recipient"],
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        state=State(row["state"]),
        error=row["error"],
        created_at=moment(row["created_at"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
