"""A category of lines. Source: docs/products/harvest.md#item-categories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.sentences import BLANK, problem

NAME_LENGTH_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCategory:
    """One category of invoices or of estimates. One of those of invoices is for imported time, one for expenses."""

    account_id: str
    kind: BillKind
    id: int
    name: str
    use_as_service: bool
    use_as_expense: bool
    created_at: datetime
    updated_at: datetime


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid`."""
    name = value.strip()
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem("name", f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    return name
