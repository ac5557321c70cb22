"""Which sums of months, and which single days besides, make up a period.

A month of which more than half is asked for counts whole, less the days that are not. So at most half of a first and half
of a last month are read entry by entry: a twelfth of a year.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Parts:
    """Whole months from one to another, `2026-05`, or none of them; days to add, and days to take away. All inclusive."""

    months: tuple[str, str] | None
    plus: tuple[Days, ...] = ()
    minus: tuple[Days, ...] = ()


def parts_of(from_on: date, to_on: date) -> Parts:
    """The parts of a period, which may be empty."""
    if to_on < from_on:
        return Parts(None)
    first, last = from_on.replace(day=1), _end(to_on)
    plus: list[Days] = []
    minus: list[Days] = []
    if first == to_on.replace(day=1):
        if not _is_more_than_half(from_on, to_on):
            return Parts(None, ((from_on, to_on),))
        minus += _before(from_on) + _after(to_on)
        return Parts((_word(first), _word(first)), (), tuple(minus))
    if _is_more_than_half(from_on, _end(from_on)):
        minus += _before(from_on)
    else:
        plus.append((from_on, _end(from_on)))
        first = _end(from_on) + timedelta(days=1)
    if _is_more_than_half(to_on.replace(day=1), to_on):
        minus += _after(to_on)
    else:
        plus.append((to_on.replace(day=1), to_on))
        last = to_on.replace(day=1) - timedelta(days=1)
    months = (_word(first), _word(last)) if first <= last else None
    return Parts(months, tuple(plus), tuple(minus))


def _before(day: date) -> list[Days]:
    return [(day.replace(day=1), day - timedelta(days=1))] if day.day > 1 else []


def _after(day: date) -> list[Days]:
    return [(day + timedelta(days=1), _end(day))] if day < _end(day) else []


def _is_more_than_half(from_on: date, to_on: date) -> bool:
    return 2 * ((to_on - from_on).days + 1) > _end(from_on).day


def _end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _word(day: date) -> str:
    return day.isoformat()[:7]
