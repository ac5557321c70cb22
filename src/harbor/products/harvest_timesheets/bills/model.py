"""Lines of invoices and estimates. Source: docs/products/harvest.md#lines."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from harbor.products.harvest_timesheets.sentences import problem

LINES_MAX: Final = 10_000
DESCRIPTION_LENGTH_MAX: Final = 65_535
NUMBER_LENGTH_MAX: Final = 255
_KEY_BYTES = 20
_DIGITS_MAX = 18


class BillKind(StrEnum):
    """What bears lines and messages."""

    INVOICE = "invoice"
    ESTIMATE = "estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `category` is the name its item category had, which the wire calls `kind`; id 0 is not written yet."""

    id: int = 0
    category: str
    description: str = ""
    quantity_e4: int
    unit_price_e4: int
    amount_e2: int
    taxed: bool = False
    taxed2: bool = False
    project_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """What is asked of a line: a new one without `id`, else other `facts` by the fields of `Line`, or its end."""

    id: int | None = None
    is_removal: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def new_client_key() -> str:
    """40 hexadecimal digits that nobody guesses: they open the public page."""
    return secrets.token_hex(_KEY_BYTES)


def check_number(text: str) -> str:
    """The number of an invoice or an estimate, which may be any text of one line. Raises `Invalid`."""
    number = text.strip()
    if not number.isprintable():
        raise problem("number", "must be one line")
    if len(number) > NUMBER_LENGTH_MAX:
        raise problem("number", f"is too long (maximum is {NUMBER_LENGTH_MAX} characters)")
    return number


def number_value(number: str) -> int | None:
    """The value of a number that is digits alone; others have none."""
    return int(number) if number.isascii() and number.isdigit() and len(number) <= _DIGITS_MAX else None
