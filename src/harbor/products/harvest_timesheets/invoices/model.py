"""An invoice. Source: docs/products/harvest.md#invoices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from harbor.products.harvest_timesheets.billing_settings.model import CUSTOM, PAYMENT_OPTIONS, TERMS
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.bills.rules import Charges
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.sentences import problem

TEXT_LENGTH_MAX: Final = 255
NOTES_LENGTH_MAX: Final = 65_535


class State(StrEnum):
    """How far an invoice is on its way to being paid. `closed` is written off."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice. Amounts are hundredths and follow from the lines; `is_compound` is how it was taxed from the start."""

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
    paid_e2: int = 0
    period_start: date | None = None
    period_end: date | None = None
    issued_on: date
    due_on: date
    payment_term: str
    payment_options: tuple[str, ...] = ()
    sent_at: datetime | None = None
    paid_at: datetime | None = None
    paid_on: date | None = None
    closed_at: datetime | None = None
    recurring_invoice_id: int | None = None
    estimate_id: int | None = None
    retainer_id: int | None = None
    creator_id: int
    creator_name: str
    created_at: datetime
    updated_at: datetime

    @property
    def due_e2(self) -> int:
        """What is still to be paid; below zero if more was paid."""
        return self.amount_e2 - self.paid_e2

    @property
    def charges(self) -> Charges:
        """Its taxes and its discount."""
        return Charges(
            tax_e4=self.tax_e4, tax2_e4=self.tax2_e4, discount_e4=self.discount_e4, is_compound=self.is_compound
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSeen:
    """An invoice with all that it is shown with. `projects` are those of its lines that are still there."""

    invoice: Invoice
    client: Client
    lines: Sequence[Line]
    projects: dict[int, Project]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which invoices a list has; what is None does not matter. Days are those of issue, both inclusive."""

    client_id: int | None = None
    project_id: int | None = None
    state: State | None = None
    updated_since: datetime | None = None
    from_on: date | None = None
    to_on: date | None = None
    estimate_id: int | None = None
    recurring_invoice_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What the invoices of a list in one currency come to."""

    currency: str
    count: int
    amount_e2: int
    paid_e2: int

    @property
    def due_e2(self) -> int:
        """What is still to be paid."""
        return self.amount_e2 - self.paid_e2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whose invoices a manager handles: those of these projects alone, and their own that bill no project."""

    user_id: int
    project_ids: frozenset[int]

    def holds(self, invoice: Invoice, lines: Iterable[Line]) -> bool:
        """Whether the invoice is one of them."""
        billed = {line.project_id for line in lines if line.project_id is not None}
        return billed <= self.project_ids if billed else invoice.creator_id == self.user_id


def known_state(text: str) -> State:
    """The state. Raises `Invalid`."""
    try:
        return State(text.strip().lower())
    except ValueError:
        raise problem("state", f"must be one of {', '.join(State)}") from None


def known_term(text: str) -> str:
    """The payment term. Raises `Invalid`."""
    term = " ".join(text.lower().split())
    if term != CUSTOM and term not in TERMS:
        raise problem("payment_term", f"must be one of {', '.join((*TERMS, CUSTOM))}")
    return term


def due_on(issued_on: date, term: str, given: date | None) -> date:
    """When it is to be paid: so many days after the issue as the term says, or for a custom term on the given day."""
    if term == CUSTOM:
        return issued_on if given is None else given
    days = min(TERMS[term], date.max.toordinal() - issued_on.toordinal())
    return issued_on + timedelta(days=days)


def check_payment_options(given: Iterable[str], configured: Iterable[str]) -> tuple[str, ...]:
    """Ways to pay, in their order. Raises `Invalid` for one that is unknown or not set up in the account."""
    asked = set(given)
    if unknown := sorted(asked - set(PAYMENT_OPTIONS)):
        raise problem("payment_options", f"can't include {unknown[0][:100]}")
    if missing := sorted(asked - set(configured)):
        raise problem("payment_options", f"can't include {missing[0]}, which is not set up")
    return tuple(option for option in PAYMENT_OPTIONS if option in asked)


def check_texts(invoice: Invoice) -> Invoice:
    """The invoice, if its texts fit. Raises `Invalid`."""
    for field, most in (("purchase_order", TEXT_LENGTH_MAX), ("subject", TEXT_LENGTH_MAX), ("notes", NOTES_LENGTH_MAX)):
        if len(getattr(invoice, field)) > most:
            raise problem(field, f"is too long (maximum is {most} characters)")
    return invoice
