"""Messages of invoices and estimates: mails that went out, and changes of state. Source: docs/products/harvest.md#messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.kernel.mail.model import SUBJECT_LENGTH_MAX
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.users.model import check_email

RECIPIENTS_MAX: Final = 100
NAME_LENGTH_MAX: Final = 255
# The kind of job that makes the PDF of a bill and lets the mails go that wait for it.
ATTACH: Final = "harvest.mail.attach"
# The client has opened the public page; nobody can send it.
VIEW: Final = "view"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets a mail."""

    name: str | None
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A mail to send. Without subject or body those of the account's templates are taken."""

    recipients: tuple[Recipient, ...] = ()
    subject: str | None = None
    body: str | None = None
    send_me_a_copy: bool = False
    attach_pdf: bool = False
    thank_you: bool = False
    reminder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. With `event_type` it is a change of state, which nobody was mailed."""

    account_id: str
    kind: BillKind
    bill_id: int
    id: int
    event_type: str | None
    sent_by: str
    sent_by_email: str
    recipients: tuple[Recipient, ...] = ()
    subject: str | None = None
    body: str | None = None
    attach_pdf: bool = False
    send_me_a_copy: bool = False
    thank_you: bool = False
    reminder: bool = False
    created_at: datetime
    updated_at: datetime


def check_recipients(given: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """The recipients, each address once. Raises `Invalid`."""
    found: dict[str, Recipient] = {}
    for each in given:
        if len(each.name or "") > NAME_LENGTH_MAX:
            raise problem("recipients", f"have a name that is too long (maximum is {NAME_LENGTH_MAX} characters)")
        email = check_email(each.email)
        found.setdefault(email.casefold(), Recipient(name=each.name, email=email))
    if len(found) > RECIPIENTS_MAX:
        raise problem("recipients", f"are too many (maximum is {RECIPIENTS_MAX})")
    return tuple(found.values())


def check_subject(text: str) -> str:
    """The line above a mail. Raises `Invalid`."""
    subject = text.strip()
    if not subject:
        raise problem("subject", BLANK)
    if not subject.isprintable():
        raise problem("subject", "must be one line")
    if len(subject) > SUBJECT_LENGTH_MAX:
        raise problem("subject", f"is too long (maximum is {SUBJECT_LENGTH_MAX} characters)")
    return subject


def needs_recipients() -> Invalid:
    """The refusal of a mail to nobody."""
    return problem("recipients", BLANK)
