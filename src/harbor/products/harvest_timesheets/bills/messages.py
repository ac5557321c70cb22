"""Recording messages of invoices and estimates, and sending their mails through the outbox: they go out after the commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.jobs import queue
from harbor.kernel.mail import outbox
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills import messages_store as store
from harbor.products.harvest_timesheets.bills.messages_model import (
    ATTACH,
    VIEW,
    Message,
    NewMessage,
    Recipient,
    check_recipients,
    check_subject,
    needs_recipients,
)
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.users import service as users


def find(call: Call, kind: BillKind, bill_id: int, message_id: int) -> Message:
    """A message of a bill. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, kind, bill_id, message_id)
    if found is None:
        raise Missing(f"There is no message {message_id} of {kind} {bill_id}.")
    return found


def listed(
    call: Call, kind: BillKind, bill_id: int, page: PageRequest, *, updated_since: datetime | None = None
) -> Listed[Message]:
    """Messages of a bill, newest first."""
    return store.newest_first(call.tx, call.account_id, kind, bill_id, page, updated_since=updated_since)


def sender(call: Call) -> Recipient:
    """Who writes: the caller; where nobody is, the company."""
    found = users.named(call, [access.me(call).user_id]).get(access.me(call).user_id)
    if found is None:
        return Recipient(name=company.of(call).name, email="")
    return Recipient(name=found.name, email=found.email)


def latest_recipients(call: Call, kind: BillKind, bill_id: int) -> tuple[Recipient, ...]:
    """Who got the mail that went out last."""
    found = store.latest_mail(call.tx, call.account_id, kind, bill_id)
    return () if found is None else found.recipients


def record(call: Call, kind: BillKind, bill_id: int, event_type: str, *, by: Recipient | None = None) -> Message:
    """Note a change of state, of which nobody is mailed."""
    by = by or sender(call)
    return _write(call, _message(call, kind, bill_id, by, event_type=event_type))


def record_view(call: Call, kind: BillKind, bill_id: int, *, since: datetime | None, by: Recipient) -> None:
    """Note that the client has opened the public page, unless that is noted since some moment already."""
    call.tx.lock("harvest", call.account_id, f"{kind}_view", bill_id)
    if not is_viewed(call, kind, bill_id, since=since):
        record(call, kind, bill_id, VIEW, by=by)


def is_viewed(call: Call, kind: BillKind, bill_id: int, *, since: datetime | None) -> bool:
    """Whether it is noted that the client has opened the public page, since some moment."""
    return store.has_event(call.tx, call.account_id, kind, bill_id, VIEW, since=since)


def mail(call: Call, kind: BillKind, bill_id: int, new: NewMessage, *, link: str) -> Message:
    """Send a mail whose subject and body are there, and note it. `link` is where the client sees the bill.

    Raises `Invalid` if nobody would get it.
    """
    by = sender(call)
    assert new.subject is not None, new
    assert new.body is not None, new
    copies = (by,) if new.send_me_a_copy and by.email else ()
    recipients = check_recipients((*new.recipients, *copies))
    if not recipients:
        raise needs_recipients()
    message = replace(
        _message(call, kind, bill_id, by),
        recipients=recipients,
        subject=check_subject(new.subject),
        body=new.body,
        attach_pdf=new.attach_pdf,
        send_me_a_copy=new.send_me_a_copy,
        thank_you=new.thank_you,
        reminder=new.reminder,
    )
    message = _write(call, message)
    mails = [call.new_id("mail_") for _ in recipients]
    for mail_id, each in zip(mails, recipients, strict=True):
        outbox.send(
            call.tx,
            call.account_id,
            each.email,
            message.subject or "",
            f"{new.body}\r\n\r\n{link}\r\n",
            topic=f"harvest.{kind}_message:{message.id}",
            mail_id=mail_id,
            about=f"{kind}/{bill_id}",
            waits=new.attach_pdf,
        )
    if new.attach_pdf:
        data = {"kind": kind.value, "bill_id": bill_id, "mails": mails}
        queue.enqueue(call.tx, call.account_id, ATTACH, data, job_id=call.new_id("job_"))
    return message


def remove(call: Call, message: Message) -> None:
    """Remove a message; the state of its bill stays, and so does what was mailed."""
    store.delete(call.tx, call.account_id, message.kind, message.bill_id, message.id)
    tell(call, f"{message.kind}_message.deleted", message.id, before=message, **_of(message))


def remove_all(call: Call, kind: BillKind, bill_id: int) -> None:
    """Remove the messages of a bill that is deleted."""
    store.delete(call.tx, call.account_id, kind, bill_id)


def _message(call: Call, kind: BillKind, bill_id: int, by: Recipient, event_type: str | None = None) -> Message:
    return Message(
        account_id=call.account_id,
        kind=kind,
        bill_id=bill_id,
        id=0,
        event_type=event_type,
        sent_by=by.name or "",
        sent_by_email=by.email,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )


def _write(call: Call, message: Message) -> Message:
    message = replace(message, id=call.next_serial(f"harvest_{message.kind}_messages"))
    store.insert(call.tx, call.account_id, message)
    tell(
        call,
        f"{message.kind}_message.created",
        message.id,
        after=message,
        event_type=message.event_type,
        recipients=len(message.recipients),
        **_of(message),
    )
    return message


def _of(message: Message) -> dict[str, object]:
    return {f"{message.kind}_id": message.bill_id}
