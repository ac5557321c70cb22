"""When a command by the clock is due: the five fields of cron before it, in UTC.

Source: docs/products/appharbor.md#cron.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

_FIELDS: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_LENGTH_MAX = 200


def split(line: str) -> tuple[tuple[frozenset[int], ...], str] | None:
    """The minutes, hours, days, months and days of the week of a line, and its command; None for what is none."""
    words = line.split(None, len(_FIELDS))
    if len(words) <= len(_FIELDS):
        return None
    fields = []
    for text, (least, most) in zip(words, _FIELDS, strict=False):
        found = _field(text, least, most)
        if found is None:
            return None
        fields.append(found)
    # Sunday is 0 and 7.
    fields[4] = frozenset(day % 7 for day in fields[4])
    return tuple(fields), words[-1]


def is_due(fields: tuple[frozenset[int], ...], minute: datetime) -> bool:
    """Whether a command runs in this minute. Where days and days of the week are both restricted, either will do."""
    minutes, hours, days, months, weekdays = fields
    if minute.minute not in minutes or minute.hour not in hours or minute.month not in months:
        return False
    by_day, by_weekday = minute.day in days, minute.isoweekday() % 7 in weekdays
    if len(days) < 31 and len(weekdays) < 7:
        return by_day or by_weekday
    return by_day and by_weekday


def _field(text: str, least: int, most: int) -> frozenset[int] | None:
    if len(text) > _LENGTH_MAX:
        return None
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        if slash and not _is_number(step_text):
            return None
        step = int(step_text) if slash else 1
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = least, most
        elif _is_number(first) and (not dash or _is_number(last)):
            low = int(first)
            high = int(last) if dash else (most if slash else low)
        else:
            return None
        if step < 1 or not least <= low <= high <= most:
            return None
        found.update(range(low, high + 1, step))
    return frozenset(found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3
