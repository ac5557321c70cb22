"""Hours over a span, place by place: days of a week or month, months of a quarter or year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.reports.spans import Span, Unit
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.reading import reach_of

# Days are read entry by entry; of more of them a picture tells little.
DAYS_MAX: Final = 62


@dataclass(frozen=True, slots=True)
class Trend:
    """Billable and other hours, in hundredths, of each place in order."""

    places: list[str]
    billable_e2: list[int]
    other_e2: list[int]


def trend(call: Call, span: Span) -> Trend | None:
    """The hours of a span that the caller sees; None for a long span of no unit."""
    first, last = span.period.from_on, span.period.to_on
    if span.unit in (Unit.QUARTER, Unit.YEAR):
        keys = [f"{first.year}-{month:02}" for month in range(first.month, last.month + 1)]
        names = [f"{date(first.year, month, 1):%b}" for month in range(first.month, last.month + 1)]
        rows = sums.by_month(call, first, last, reach=reach_of(call))
    elif span.days <= DAYS_MAX:
        days = [first + timedelta(days=count) for count in range(span.days)]
        keys = [day.isoformat() for day in days]
        names = [f"{day.day} {day:%b}" for day in days]
        rows = sums.by_day(call, first, last, reach=reach_of(call))
    else:
        return None
    found = {(row["place"], bool(row["billable"])): int(row["rounded_e2"]) for row in rows}
    return Trend(names, [found.get((key, True), 0) for key in keys], [found.get((key, False), 0) for key in keys])
