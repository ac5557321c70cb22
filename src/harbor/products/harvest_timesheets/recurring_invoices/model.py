"""A recurring invoice: what is invoiced, how often, and when next. Source: docs/products/harvest.md#recurring-invoices."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from harbor.products.harvest_timesheets.billing_settings.model import TERMS
from harbor.products.harvest_timesheets.bills.messages_model import Recipient
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.bills.rules import Charges, Totals, totals
from harbor.products.harvest_timesheets.invoices.model import NOTES_LENGTH_MAX, TEXT_LENGTH_MAX
from harbor.products.harvest_timesheets.sentences import BLANK, problem

# The kind of job that makes what is due.
DUE: Final = "harvest.bills.due"
LINES_MAX: Final = 100
EVERY_MAX: Final = 366
# Nobody plans further, and a day past it is surely mistyped.
_LAST_YEAR: Final = 2200


class Unit(StrEnum):
    """What the time between two invoices is counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringInvoice:
    """One template. `steps` days of issue have passed since `starts_on`; `next_on` is the next, None for a stopped one.

    With `sends` the invoices are mailed to `recipients`, else they are drafts. `base_url` is where public pages were
    reached when it was saved last.
    """

    account_id: str
    id: int
    client_id: int
    subject: str = ""
    notes: str = ""
    purchase_order: str = ""
    currency: str
    tax_e4: int | None = None
    tax2_e4: int | None = None
    discount_e4: int | None = None
    payment_term: str
    lines: tuple[Line, ...] = ()
    every: int
    unit: Unit
    starts_on: date
    steps: int = 0
    next_on: date | None
    sends: bool = False
    recipients: tuple[Recipient, ...] = ()
    attach_pdf: bool = True
    stop_reason: str = ""
    base_url: str = ""
    creator_id: int
    creator_name: str
    created_at: datetime
    updated_at: datetime

    def totals(self, *, is_compound: bool) -> Totals:
        """What each invoice comes to."""
        charges = Charges(
            tax_e4=self.tax_e4, tax2_e4=self.tax2_e4, discount_e4=self.discount_e4, is_compound=is_compound
        )
        return totals(self.lines, charges)


def known_unit(text: str) -> Unit:
    """The unit. Raises `Invalid`."""
    try:
        return Unit(text.strip().lower())
    except ValueError:
        raise problem("unit", f"must be one of {', '.join(Unit)}") from None


def day_of_step(starts_on: date, every: int, unit: Unit, step: int) -> date:
    """The day of issue number `step`, 0 for the first. Counted from the start, so that after February the 31st is back."""
    count = every * step
    match unit:
        case Unit.DAY:
            return starts_on + timedelta(days=count)
        case Unit.WEEK:
            return starts_on + timedelta(weeks=count)
        case Unit.MONTH | Unit.YEAR:
            months = starts_on.month - 1 + count * (12 if unit is Unit.YEAR else 1)
            year, month = starts_on.year + months // 12, months % 12 + 1
            return date(year, month, min(starts_on.day, monthrange(year, month)[1]))


def first_step(starts_on: date, every: int, unit: Unit, not_before: date) -> int:
    """The first day of issue that is not before another day, as a step."""
    assert every > 0, every
    days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}[unit] * every
    step = max(0, (not_before - starts_on).days // days)
    while day_of_step(starts_on, every, unit, step) < not_before:
        step += 1
    return step


def checked(recurring: RecurringInvoice) -> RecurringInvoice:
    """The template, if it makes sense. Raises `Invalid`."""
    for field, most in (("purchase_order", TEXT_LENGTH_MAX), ("subject", TEXT_LENGTH_MAX), ("notes", NOTES_LENGTH_MAX)):
        if len(getattr(recurring, field)) > most:
            raise problem(field, f"is too long (maximum is {most} characters)")
    if recurring.payment_term not in TERMS:
        raise problem("payment_term", f"must be one of {', '.join(TERMS)}")
    if not 1 <= recurring.every <= EVERY_MAX:
        raise problem("every", f"must be between 1 and {EVERY_MAX}")
    if recurring.starts_on.year > _LAST_YEAR:
        raise problem("starts_on", f"must be before {_LAST_YEAR + 1}")
    if not recurring.lines:
        raise problem("line_items", BLANK)
    if len(recurring.lines) > LINES_MAX:
        raise problem("line_items", f"are too many (maximum is {LINES_MAX})")
    if recurring.sends and not recurring.recipients:
        raise problem("recipients", "can't be blank if invoices are sent by themselves")
    return recurring


def words_of(day: date) -> dict[str, str]:
    """What subjects, notes and lines may say of the day of issue, between percent signs."""
    return {
        "invoice_issue_date": day.isoformat(),
        "invoice_issue_day": str(day.day),
        "invoice_issue_month": f"{day:%B}",
        "invoice_issue_month_year": f"{day:%B} {day.year}",
        "invoice_issue_quarter": str((day.month + 2) // 3),
        "invoice_issue_year": str(day.year),
    }


def told(every: int, unit: Unit) -> str:
    """How often, in words."""
    return f"every {unit}" if every == 1 else f"every {every} {unit}s"


def in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines with their places as ids, by which forms know them."""
    return tuple(replace(line, id=place) for place, line in enumerate(lines, 1))
