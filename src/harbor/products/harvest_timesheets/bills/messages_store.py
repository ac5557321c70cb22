"""Table `harvest_bill_messages`."""

from __future__ import annotations

import json
from datetime import datetime

from harbor.kernel.clock import micros, micros_or_none, moment
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets import listing_store as listing
from harbor.products.harvest_timesheets.bills.messages_model import Message, Recipient
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.paging import Listed

_TABLE = "harvest_bill_messages"
_FLAGS = ("attach_pdf", "send_me_a_copy", "thank_you", "reminder")


def insert(tx: Tx, account_id: str, message: Message) -> None:
    """Add a message."""
    values: dict[str, object] = {
        "account_id": account_id,
        "kind": message.kind.value,
        "bill_id": message.bill_id,
        "id": message.id,
        "event_type": message.event_type,
        "sent_by": message.sent_by,
        "sent_by_email": message.sent_by_email,
        "recipients": json.dumps([{"name": each.name, "email": each.email} for each in message.recipients]),
        "subject": message.subject,
        "body": message.body,
        **{name: int(getattr(message, name)) for name in _FLAGS},
        "created_at": micros(message.created_at),
        "updated_at": micros(message.updated_at),
    }
    tx.run(
        f"INSERT INTO harvest_bill_messages ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})",
        **values,
    )


def delete(tx: Tx, account_id: str, kind: BillKind, bill_id: int, message_id: int | None = None) -> None:
    """Remove a message, or all of a bill."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id).equal(id=message_id)
    tx.run(f"DELETE FROM harvest_bill_messages {where}", **where.values)


def find(tx: Tx, account_id: str, kind: BillKind, bill_id: int, message_id: int) -> Message | None:
    """One message of a bill."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id, id=message_id)
    row = tx.row(f"SELECT * FROM harvest_bill_messages {where}", **where.values)
    return _message(row) if row else None


def latest_mail(tx: Tx, account_id: str, kind: BillKind, bill_id: int) -> Message | None:
    """The mail that went out last."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id).also("event_type IS NULL")
    row = tx.row(f"SELECT * FROM harvest_bill_messages {where} ORDER BY id DESC LIMIT 1", **where.values)
    return _message(row) if row else None


def has_event(
    tx: Tx, account_id: str, kind: BillKind, bill_id: int, event_type: str, *, since: datetime | None
) -> bool:
    """Whether an event was noted, since some moment."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id, event_type=event_type)
    where.compare("created_at", ">=", micros_or_none(since))
    return tx.row(f"SELECT 1 AS one FROM harvest_bill_messages {where} LIMIT 1", **where.values) is not None


def newest_first(
    tx: Tx, account_id: str, kind: BillKind, bill_id: int, page: PageRequest, *, updated_since: datetime | None
) -> Listed[Message]:
    """Messages of a bill, newest first."""
    where = Where(account_id=account_id, kind=kind.value, bill_id=bill_id)
    where.compare("updated_at", ">=", micros_or_none(updated_since))
    return listing.newest_first(tx, _TABLE, where, page, _message)


def _message(row: Row) -> Message:
    recipients = tuple(Recipient(**each) for each in json.loads(row["recipients"]))
    return Message(
        account_id=row["account_id"],
        kind=BillKind(row["kind"]),
        bill_id=row["bill_id"],
        id=row["id"],
        event_type=row["event_type"],
        sent_by=row["sent_by"],
        sent_by_email=row["sent_by_email"],
        recipients=recipients,
        subject=row["subject"],
        body=row["body"],
        **{name: bool(row[name]) for name in _FLAGS},
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
