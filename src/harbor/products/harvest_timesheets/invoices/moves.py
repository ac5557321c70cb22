"""How an invoice moves from state to state: by events, by mails, and by what was paid. Pure.

Source: docs/products/harvest.md#states-of-invoices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.invoices.model import Invoice, State
from harbor.products.harvest_timesheets.sentences import problem


class Event(StrEnum):
    """What a message can ask for besides being mailed."""

    SEND = "send"
    CLOSE = "close"
    REOPEN = "re-open"
    DRAFT = "draft"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DRAFT, Event.SEND): State.OPEN,
    (State.OPEN, Event.DRAFT): State.DRAFT,
    (State.OPEN, Event.CLOSE): State.CLOSED,
    (State.CLOSED, Event.REOPEN): State.OPEN,
}


def known_event(text: str) -> Event:
    """The event. Raises `Invalid`."""
    try:
        return Event(text.strip().lower())
    except ValueError:
        raise problem("event_type", f"must be one of {', '.join(Event)}") from None


def moved(invoice: Invoice, event: Event, now: datetime) -> Invoice:
    """The invoice after an event. Raises `Conflict` where its state does not allow it."""
    to = MOVES.get((invoice.state, event))
    if to is None:
        raise Conflict(f"Invoice is {invoice.state}, so the event {event} is not possible")
    match event:
        case Event.SEND:
            return replace(invoice, state=to, sent_at=now)
        case Event.DRAFT:
            return replace(invoice, state=to, sent_at=None)
        case Event.CLOSE:
            return replace(invoice, state=to, closed_at=now)
        case Event.REOPEN:
            return replace(invoice, state=to, closed_at=None)


def mailed(invoice: Invoice, now: datetime) -> Invoice:
    """The invoice after a mail: a draft is open, an open one was sent anew; a paid one stays as it is.

    Raises `Conflict` for one that is written off.
    """
    match invoice.state:
        case State.DRAFT | State.OPEN:
            return replace(invoice, state=State.OPEN, sent_at=now)
        case State.PAID:
            return invoice
        case State.CLOSED:
            raise Conflict("Invoice is closed, so it can't be sent")


def settled(invoice: Invoice, latest: tuple[datetime, date] | None) -> Invoice:
    """The invoice as its payments leave it. `latest` is when the latest of them was made, moment and day.

    It is paid once nothing is due and something was paid, and open again when that changes. What is written off stays so.
    """
    is_paid = latest is not None and invoice.due_e2 <= 0
    if invoice.state is State.CLOSED:
        return invoice
    if is_paid and latest is not None:
        return replace(invoice, state=State.PAID, paid_at=latest[0], paid_on=latest[1])
    if invoice.state is State.PAID:
        return replace(invoice, state=State.OPEN, paid_at=None, paid_on=None)
    return invoice
