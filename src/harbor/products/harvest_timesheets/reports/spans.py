"""Spans of a report: a week, month, quarter or year around a day, or from one day to another; the one before and after.

Weeks begin when the company's do. Source: docs/products/harvest.md#reports-in-the-console.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.reports.model import Period, period

# Days far from the ends of the calendar, so that there is a year before and after.
FIRST, LAST = date(1902, 1, 1), date(2998, 12, 31)
_WEEKDAYS: Final = {"Monday": 0, "Saturday": 5, "Sunday": 6}
_YEAR_MONTHS, _QUARTER_MONTHS = 12, 3


class Unit(StrEnum):
    """How long a span is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Span:
    """A period that knows what it is. `week_start_day` is the company's."""

    unit: Unit
    period: Period
    week_start_day: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.period.to_on - self.period.from_on).days + 1

    @property
    def label(self) -> str:
        """`25 May – 31 May 2026`, `May 2026`, `Q2 2026`, `2026`."""
        first, last = self.period.from_on, self.period.to_on
        if self.unit is Unit.MONTH:
            return f"{first:%B %Y}"
        if self.unit is Unit.QUARTER:
            return f"Q{(first.month + 2) // _QUARTER_MONTHS} {first.year}"
        if self.unit is Unit.YEAR:
            return str(first.year)
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day} {first:%b}{year} – {last.day} {last:%b} {last.year}"

    def beside(self, steps: int) -> Span | None:
        """The span of the same kind before (-1) or after (1), or None beyond the calendar."""
        first, last = self.period.from_on, self.period.to_on
        if self.unit is Unit.CUSTOM:
            shift = timedelta(days=steps * self.days)
            moved = Period(first + shift, last + shift)
            return (
                Span(self.unit, moved, self.week_start_day) if FIRST <= moved.from_on <= moved.to_on <= LAST else None
            )
        day = first - timedelta(days=1) if steps < 0 else last + timedelta(days=1)
        return around(self.unit, day, self.week_start_day) if FIRST <= day <= LAST else None

    def asked(self) -> dict[str, str]:
        """The query that leads to it."""
        found = {"span": self.unit.value, "from": self.period.from_on.isoformat()}
        return {**found, "to": self.period.to_on.isoformat()} if self.unit is Unit.CUSTOM else found


def around(unit: Unit, day: date, week_start_day: str) -> Span:
    """The week, month, quarter or year that a day is in."""
    assert unit is not Unit.CUSTOM, unit
    if unit is Unit.WEEK:
        first = day - timedelta(days=(day.weekday() - _WEEKDAYS[week_start_day]) % 7)
        last = first + timedelta(days=6)
    else:
        months = {Unit.MONTH: 1, Unit.QUARTER: _QUARTER_MONTHS, Unit.YEAR: _YEAR_MONTHS}[unit]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        end = first.month + months - 1
        last = date(day.year, end, monthrange(day.year, end)[1])
    return Span(unit, Period(first, last), week_start_day)


def span(word: str, from_on: date | None, to_on: date | None, *, today: date, week_start_day: str) -> Span:
    """The span that is asked for: of a unit around `from_on` or today, or of two days. Raises `Invalid`."""
    unit = next((each for each in Unit if each.value == word), None)
    if unit is None:
        raise Invalid(f"span must be one of {', '.join(Unit)}.", field="span")
    for name, day in (("from", from_on), ("to", to_on)):
        if day is not None and not FIRST <= day <= LAST:
            raise Invalid(f"{name} must be between {FIRST} and {LAST}.", field=name)
    if unit is Unit.CUSTOM:
        return Span(unit, period(from_on, to_on), week_start_day)
    return around(unit, from_on or today, week_start_day)
