"""A report as a table of plain values, before anybody has decided how it looks: pages and files are made of these."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Value = str | int | date | bool | None


class Form(StrEnum):
    """What the values of a column are. Whole numbers are hundredths, but for tenths of per cent and counts."""

    TEXT = "text"
    NOTES = "notes"
    DAY = "day"
    HOURS = "hours"
    MONEY = "money"  # in the currency that the row's `CURRENCY` column names
    HOME_MONEY = "home_money"  # in the company's currency
    RATE = "rate"  # ten-thousandths, in the currency of the row
    CURRENCY = "currency"
    PERCENT = "percent"  # tenths
    YES = "yes"
    COUNT = "count"

    @property
    def is_number(self) -> bool:
        """Whether its values stand to the right."""
        return self in _NUMBERS


_NUMBERS = frozenset({Form.HOURS, Form.MONEY, Form.HOME_MONEY, Form.RATE, Form.PERCENT, Form.COUNT})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands above it, and what is in it."""

    label: str
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its values in the order of the columns, and the id of what it is about."""

    values: tuple[Value, ...]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole report. `name` is that of its file, `home_currency` the company's."""

    name: str
    title: str
    columns: Sequence[Column]
    lines: Iterable[Line]
    home_currency: str


def without(
    columns: Sequence[Column], lines: Iterable[Line], forms: frozenset[Form]
) -> tuple[list[Column], list[Line]]:
    """The same table without the columns of some forms: those that somebody may not see."""
    return but(columns, lines, {column.label for column in columns if column.form in forms})


def but(columns: Sequence[Column], lines: Iterable[Line], labels: Collection[str]) -> tuple[list[Column], list[Line]]:
    """The same table without the columns of these labels."""
    kept = [place for place, column in enumerate(columns) if column.label not in labels]
    return [columns[place] for place in kept], [
        Line(tuple(line.values[place] for place in kept), line.id) for line in lines
    ]
