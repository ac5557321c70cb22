"""A kind of expense. Source: docs/products/harvest.md#expense-categories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255
# With the largest number of units this is still an amount that a column of 64 bits holds.
UNIT_PRICE_E4_MAX: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseCategory:
    """One kind. With `unit_price_e4` its expenses are counted in units, else their cost is told."""

    account_id: str
    id: int
    name: str
    unit_name: str | None
    unit_price_e4: int | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


def checked(category: ExpenseCategory) -> ExpenseCategory:
    """The kind without blanks around its name, if its facts go together. Raises `Invalid`."""
    if not category.name:
        raise problem("name", BLANK)
    for field, text in (("name", category.name), ("unit_name", category.unit_name or "")):
        if len(text) > NAME_LENGTH_MAX:
            raise problem(field, f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    if category.unit_price_e4 is not None and category.unit_price_e4 > UNIT_PRICE_E4_MAX:
        raise problem("unit_price", f"must be less than or equal to {UNIT_PRICE_E4_MAX // 10**4}")
    return category
