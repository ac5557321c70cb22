"""A payment of an invoice. Source: docs/products/harvest.md#payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from harbor.products.harvest_timesheets.bills.rules import AMOUNT_E2_MAX
from harbor.products.harvest_timesheets.sentences import problem

NOTES_LENGTH_MAX: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment. `paid_on` is its day; of a day alone the moment is its midnight in UTC."""

    account_id: str
    invoice_id: int
    id: int
    amount_e2: int
    paid_at: datetime
    paid_on: date
    notes: str
    recorded_by: str
    recorded_by_email: str
    transaction_id: str | None = None
    created_at: datetime
    updated_at: datetime


def check_amount(amount_e2: int) -> int:
    """What was paid, in hundredths. It may be more than is due. Raises `Invalid`."""
    if amount_e2 <= 0:
        raise problem("amount", "must be greater than 0")
    if amount_e2 > AMOUNT_E2_MAX:
        raise problem("amount", "is too large")
    return amount_e2
