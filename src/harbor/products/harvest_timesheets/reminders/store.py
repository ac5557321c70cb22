"""Tables `harvest_reminder_settings` and `harvest_invoice_reminders`, and which open invoices are late."""

from __future__ import annotations

from datetime import date

from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.reminders.model import ReminderSettings


def settings_of(tx: Tx, account_id: str) -> ReminderSettings:
    """The settings of an account."""
    row = tx.row(
        """
        SELECT is_on, after_days, every_days, base_url FROM harvest_reminder_settings WHERE account_id = :account_id
        """,
        account_id=account_id,
    )
    return ReminderSettings() if row is None else ReminderSettings(**{**row, "is_on": bool(row["is_on"])})


def put_settings(tx: Tx, account_id: str, settings: ReminderSettings) -> None:
    """Write the settings of an account."""
    tx.run(
        """
        INSERT INTO harvest_reminder_settings (account_id, is_on, after_days, every_days, base_url)
        VALUES (:account_id, :is_on, :after_days, :every_days, :base_url)
        ON CONFLICT (account_id) DO UPDATE SET is_on = excluded.is_on, after_days = excluded.after_days,
            every_days = excluded.every_days, base_url = excluded.base_url
        """,
        account_id=account_id,
        is_on=int(settings.is_on),
        after_days=settings.after_days,
        every_days=settings.every_days,
        base_url=settings.base_url,
    )


def accounts(tx: Tx) -> list[str]:
    """The accounts that want reminders."""
    rows = tx.rows("SELECT account_id FROM harvest_reminder_settings WHERE is_on = 1 ORDER BY account_id")
    return [row["account_id"] for row in rows]


def late(tx: Tx, account_id: str, *, due_by: date, after_id: int, limit: int) -> list[tuple[int, date, date | None]]:
    """Open invoices that were due by a day, in the order of ids: each with that day, and when it was reminded of last."""
    rows = tx.rows(
        """
        SELECT i.id, i.due_on, r.reminded_on
        FROM harvest_invoices i
        LEFT JOIN harvest_invoice_reminders r ON r.account_id = i.account_id AND r.invoice_id = i.id
        WHERE i.account_id = :account_id AND i.state = 'open' AND i.due_on <= :due_by AND i.id > :after_id
        ORDER BY i.id                    -- harvest_invoices_late
        LIMIT :limit
        """,
        account_id=account_id,
        due_by=due_by.isoformat(),
        after_id=after_id,
        limit=limit,
    )
    return [
        (
            row["id"],
            date.fromisoformat(row["due_on"]),
            None if row["reminded_on"] is None else date.fromisoformat(row["reminded_on"]),
        )
        for row in rows
    ]


def reminded_on(tx: Tx, account_id: str, invoice_id: int) -> date | None:
    """When an invoice was reminded of last."""
    row = tx.row(
        """
        SELECT reminded_on FROM harvest_invoice_reminders
        WHERE account_id = :account_id AND invoice_id = :invoice_id
        """,
        account_id=account_id,
        invoice_id=invoice_id,
    )
    return None if row is None else date.fromisoformat(row["reminded_on"])


def note(tx: Tx, account_id: str, invoice_id: int, day: date) -> None:
    """Note that an invoice was reminded of on a day."""
    tx.run(
        """
        INSERT INTO harvest_invoice_reminders (account_id, invoice_id, reminded_on)
        VALUES (:account_id, :invoice_id, :day)
        ON CONFLICT (account_id, invoice_id) DO UPDATE SET reminded_on = excluded.reminded_on
        """,
        account_id=account_id,
        invoice_id=invoice_id,
        day=day.isoformat(),
    )
