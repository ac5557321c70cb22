"""Messages of invoices and estimates on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from harbor.kernel.http.decode import OpenBody, Query
from harbor.products.harvest_timesheets.bills.messages_model import Message, Recipient


class RecipientBody(TypedDict):
    """Who got a mail."""

    name: str | None
    email: str


class SenderBody(TypedDict):
    """Who wrote a message; the mail comes from the same person."""

    sent_by: str
    sent_by_email: str
    sent_from: str
    sent_from_email: str


class ListMessages(Query, kw_only=True):
    """Which messages to list."""

    updated_since: str | None = None


class AddRecipient(OpenBody, kw_only=True):
    """Somebody to mail."""

    email: str
    name: str | None = None


def recipients(given: Sequence[AddRecipient] | None) -> tuple[Recipient, ...]:
    """The recipients of a body."""
    return tuple(Recipient(name=each.name or None, email=each.email) for each in given or ())


def show_recipients(message: Message) -> list[RecipientBody]:
    """The recipients of a message."""
    return [{"name": each.name, "email": each.email} for each in message.recipients]


def show_sender(message: Message) -> SenderBody:
    """Who wrote a message."""
    return {
        "sent_by": message.sent_by,
        "sent_by_email": message.sent_by_email,
        "sent_from": message.sent_by,
        "sent_from_email": message.sent_by_email,
    }
