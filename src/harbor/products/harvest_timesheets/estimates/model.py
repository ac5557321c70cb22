"""An estimate. Source: docs/products/harvest.md#estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from harbor.kernel.errors import Conflict
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.bills.rules import Charges
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.sentences import problem

TEXT_LENGTH_MAX: Final = 255
NOTES_LENGTH_MAX: Final = 65_535
# Recorded when an invoice is made from an estimate; nobody can send it.
INVOICED: Final = "invoice"


class State(StrEnum):
    """How far an estimate is."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Event(StrEnum):
    """What a message can ask for besides being mailed."""

    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"
    REOPEN = "re-open"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DRAFT, Event.SEND): State.SENT,
    (State.SENT, Event.ACCEPT): State.ACCEPTED,
    (State.SENT, Event.DECLINE): State.DECLINED,
    (State.ACCEPTED, Event.REOPEN): State.SENT,
    (State.DECLINED, Event.REOPEN): State.SENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One estimate. Amounts are hundredths and follow from the lines; `is_compound` is how it was taxed from the start."""

    account_id: str
    id: int
    client_id: int
    client_key: str
    number: str
    purchase_order: str = ""
    subject: str = ""
    notes: str = ""
    currency: str
    state: State = State.DRAFT
    tax_e4: int | None = None
    tax2_e4: int | None = None
    discount_e4: int | None = None
    is_compound: bool = False
    amount_e2: int = 0
    tax_amount_e2: int = 0
    tax2_amount_e2: int = 0
    discount_amount_e2: int = 0
    issued_on: date
    sent_at: datetime | None = None
    accepted_at: datetime | None = None
    declined_at: datetime | None = None
    creator_id: int
    creator_name: str
    created_at: datetime
    updated_at: datetime

    @property
    def charges(self) -> Charges:
        """Its taxes and its discount."""
        return Charges(
            tax_e4=self.tax_e4, tax2_e4=self.tax2_e4, discount_e4=self.discount_e4, is_compound=self.is_compound
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateSeen:
    """An estimate with all that it is shown with."""

    estimate: Estimate
    client: Client
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which estimates a list has; what is None does not matter. Days are those of issue, both inclusive."""

    client_id: int | None = None
    state: State | None = None
    updated_since: datetime | None = None
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the estimates of a list in one currency come to."""

    currency: str
    count: int
    amount_e2: int


def known_state(text: str) -> State:
    """The state. Raises `Invalid`."""
    try:
        return State(text.strip().lower())
    except ValueError:
        raise problem("state", f"must be one of {', '.join(State)}") from None


def known_event(text: str) -> Event:
    """The event; `reopen` is what a published client sends. Raises `Invalid`."""
    word = text.strip().lower()
    try:
        return Event.REOPEN if word == "reopen" else Event(word)
    except ValueError:
        raise problem("event_type", f"must be one of {', '.join(Event)}") from None


def moved(estimate: Estimate, event: Event, now: datetime) -> Estimate:
    """The estimate after an event. Raises `Conflict` where its state does not allow it."""
    to = MOVES.get((estimate.state, event))
    if to is None:
        raise Conflict(f"Estimate is {estimate.state}, so the event {event} is not possible")
    match event:
        case Event.SEND:
            return replace(estimate, state=to, sent_at=now)
        case Event.ACCEPT:
            return replace(estimate, state=to, accepted_at=now)
        case Event.DECLINE:
            return replace(estimate, state=to, declined_at=now)
        case Event.REOPEN:
            return replace(estimate, state=to, accepted_at=None, declined_at=None)


def mailed(estimate: Estimate, now: datetime) -> Estimate:
    """The estimate after a mail: a draft is sent, a sent one was sent anew; one that was answered stays as it is."""
    if estimate.state in (State.DRAFT, State.SENT):
        return replace(estimate, state=State.SENT, sent_at=now)
    return estimate


def check_texts(estimate: Estimate) -> Estimate:
    """The estimate, if its texts fit. Raises `Invalid`."""
    for field, most in (("purchase_order", TEXT_LENGTH_MAX), ("subject", TEXT_LENGTH_MAX), ("notes", NOTES_LENGTH_MAX)):
        if len(getattr(estimate, field)) > most:
            raise problem(field, f"is too long (maximum is {most} characters)")
    return estimate
