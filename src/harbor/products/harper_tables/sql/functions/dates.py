"""Dates and times. Arguments are dates, ISO 8601 texts or milliseconds since 1970; results are in UTC."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from harbor.products.harper_tables.sql.functions.model import Context, function
from harbor.products.harper_tables.sql.operators import NOTHING, neat, to_number, to_text
from harbor.products.harper_tables.values import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_MS = {"weeks": 604_800_000, "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000}
_UNITS_MS["milliseconds"] = 1
_UNITS_MONTHS = {"years": 12, "quarters": 3, "months": 1}
# The short forms keep their case: M is a month and m a minute.
_SHORT = {
    "y": "years",
    "Q": "quarters",
    "M": "months",
    "w": "weeks",
    "d": "days",
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
}
_HOURS_BELOW = 16
_FULL = "YYYY-MM-DDTHH:mm:ss.SSSZZ"
_TOKEN = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|Mo|M|DDDD|DDD|Do|DD|D|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|SSS|SS|S|ZZ|Z|A|a|x|X|Q|ww|w|WW|W"
)


def moment(value: Any) -> datetime | None:
    """The date that a value stands for, in UTC; None if it is none, or beyond the years 1 to 9999."""
    if isinstance(value, str):
        parsed = Instant.parse(value)
        value = parsed.ms if parsed is not None else None
    elif isinstance(value, Instant):
        value = value.ms
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except (OverflowError, ValueError):
        return None


def _ms(when: datetime) -> Any:
    us = (when - _EPOCH) // timedelta(microseconds=1)
    return us // 1000 if us % 1000 == 0 else us / 1000


def _on_date(run: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose first argument is a date; of what is none it says nothing."""

    def wrapped(value: Any, *more: Any) -> Any:
        when = moment(value)
        if when is None:
            return NOTHING
        try:
            return run(when, *more)
        except (OverflowError, ValueError):
            return NOTHING

    return wrapped


def _unit(interval: Any) -> str | None:
    word = to_text(interval)
    if word in _SHORT:
        return _SHORT[word]
    lower = word.lower()
    full = lower if lower.endswith("s") else f"{lower}s"
    return full if full in _UNITS_MS or full in _UNITS_MONTHS else None


def _moved(when: datetime, count: Any, interval: Any, *, sign: int) -> Any:
    number, unit = to_number(count), _unit(interval)
    if number != number or unit is None:
        return NOTHING
    if unit in _UNITS_MONTHS:
        return _ms(_months_later(when, round(sign * number * _UNITS_MONTHS[unit])))
    return _ms(when + timedelta(milliseconds=sign * number * _UNITS_MS[unit]))


def _months_later(when: datetime, months: int) -> datetime:
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(when.day, calendar.monthrange(year, month + 1)[1])
    return when.replace(year=year, month=month + 1, day=day)


def _difference(when: datetime, other: Any, interval: Any = "ms") -> Any:
    end, unit = moment(other), _unit(interval)
    if end is None or unit is None:
        return NOTHING
    if unit in _UNITS_MONTHS:
        return neat(_months_between(when, end) / _UNITS_MONTHS[unit])
    return neat((when - end) / timedelta(milliseconds=_UNITS_MS[unit]))


def _months_between(a: datetime, b: datetime) -> float:
    """Whole months of the calendar and the part of the one that is under way, as moment.js counts them."""
    if a.day < b.day:
        return -_months_between(b, a)
    whole = (b.year - a.year) * 12 + b.month - a.month
    anchor = _months_later(a, whole)
    span = anchor - _months_later(a, whole - 1) if b < anchor else _months_later(a, whole + 1) - anchor
    return -(whole + (b - anchor) / span) or 0.0


def formatted(when: datetime, pattern: str) -> str:
    """A date by a pattern of moment.js."""
    return _TOKEN.sub(lambda match: match[1] if match[1] is not None else _piece(when, match[0]), pattern)


def _piece(when: datetime, token: str) -> str:
    if token.startswith("["):
        return ""
    return _PIECES[token](when)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _sunday_first(when: datetime) -> int:
    return (when.weekday() + 1) % 7


def _week(when: datetime) -> int:
    """The week of the year, which begins on Sunday; the first holds January 1."""
    first = when.replace(month=1, day=1)
    next_first = when.replace(year=when.year + 1, month=1, day=1) if when.year < 9999 else None
    if next_first is not None and (next_first - when).days <= _sunday_first(next_first):
        return 1
    return (when.timetuple().tm_yday - 1 + _sunday_first(first)) // 7 + 1


def _zone(when: datetime, colon: str) -> str:
    minutes = (when.utcoffset() or timedelta()) // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


def _milliseconds(when: datetime) -> int:
    return when.microsecond // 1000


_PIECES: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda d: f"{d.year:04}",
    "YY": lambda d: f"{d.year % 100:02}",
    "MMMM": lambda d: calendar.month_name[d.month],
    "MMM": lambda d: calendar.month_abbr[d.month],
    "MM": lambda d: f"{d.month:02}",
    "Mo": lambda d: _ordinal(d.month),
    "M": lambda d: str(d.month),
    "DDDD": lambda d: f"{d.timetuple().tm_yday:03}",
    "DDD": lambda d: str(d.timetuple().tm_yday),
    "Do": lambda d: _ordinal(d.day),
    "DD": lambda d: f"{d.day:02}",
    "D": lambda d: str(d.day),
    "dddd": lambda d: calendar.day_name[d.weekday()],
    "ddd": lambda d: calendar.day_abbr[d.weekday()],
    "dd": lambda d: calendar.day_abbr[d.weekday()][:2],
    "d": lambda d: str(_sunday_first(d)),
    "HH": lambda d: f"{d.hour:02}",
    "H": lambda d: str(d.hour),
    "hh": lambda d: f"{d.hour % 12 or 12:02}",
    "h": lambda d: str(d.hour % 12 or 12),
    "mm": lambda d: f"{d.minute:02}",
    "m": lambda d: str(d.minute),
    "ss": lambda d: f"{d.second:02}",
    "s": lambda d: str(d.second),
    "SSS": lambda d: f"{_milliseconds(d):03}",
    "SS": lambda d: f"{_milliseconds(d) // 10:02}",
    "S": lambda d: str(_milliseconds(d) // 100),
    "ZZ": lambda d: _zone(d, ""),
    "Z": lambda d: _zone(d, ":"),
    "A": lambda d: "AM" if d.hour < 12 else "PM",
    "a": lambda d: "am" if d.hour < 12 else "pm",
    "x": lambda d: str(int(_ms(d))),
    "X": lambda d: str(int(_ms(d)) // 1000),
    "Q": lambda d: str((d.month - 1) // 3 + 1),
    "ww": lambda d: f"{_week(d):02}",
    "w": lambda d: str(_week(d)),
    "WW": lambda d: f"{d.isocalendar().week:02}",
    "W": lambda d: str(d.isocalendar().week),
}
_PARTS = {
    "year": "YYYY",
    "month": "MM",
    "day": "DD",
    "hour": "HH",
    "minute": "mm",
    "second": "ss",
    "millisecond": "SSS",
}


def _part(when: datetime, part: Any) -> Any:
    pattern = _PARTS.get(to_text(part).lower())
    return NOTHING if pattern is None else formatted(when, pattern)


def _elsewhere(when: datetime, offset: Any) -> Any:
    number = to_number(offset)
    if number != number:
        return NOTHING
    minutes = number * 60 if abs(number) < _HOURS_BELOW else number
    return formatted(when.astimezone(timezone(timedelta(minutes=int(minutes)))), _FULL)


def _now(context: Context) -> datetime:
    return _EPOCH + timedelta(milliseconds=context.now_ms)


def _date(context: Context, value: Any = None) -> Any:
    when = _now(context) if value is None else moment(value)
    return NOTHING if when is None else formatted(when, _FULL)


def _server_time(context: Context) -> str:
    return formatted(_now(context).astimezone(), _FULL)


def _number_of(run: Callable[[datetime], int]) -> Any:
    return function(_on_date(run), 1)


_NOW = function(lambda context: context.now_ms, 0, takes_context=True)

FUNCTIONS = {
    "CURRENT_DATE": function(lambda context: formatted(_now(context), "YYYY-MM-DD"), 0, takes_context=True),
    "CURRENT_TIME": function(lambda context: formatted(_now(context), "HH:mm:ss.SSS"), 0, takes_context=True),
    "CURRENT_TIMESTAMP": _NOW,
    "NOW": _NOW,
    "GETDATE": _NOW,
    "GET_SERVER_TIME": function(_server_time, 0, takes_context=True),
    "DATE": function(_date, 0, 1, takes_context=True),
    "DATE_ADD": function(_on_date(lambda d, n, unit: _moved(d, n, unit, sign=1)), 3),
    "DATE_SUB": function(_on_date(lambda d, n, unit: _moved(d, n, unit, sign=-1)), 3),
    "DATE_DIFF": function(_on_date(_difference), 2, 3),
    "DATE_FORMAT": function(_on_date(lambda d, pattern: formatted(d, to_text(pattern)[:1000])), 2),
    "EXTRACT": function(_on_date(_part), 2),
    "OFFSET_UTC": function(_on_date(_elsewhere), 2),
    "DAY": _number_of(lambda d: d.day),
    "DAYOFWEEK": _number_of(_sunday_first),
    "HOUR": _number_of(lambda d: d.hour),
    "MINUTE": _number_of(lambda d: d.minute),
    "MONTH": _number_of(lambda d: d.month),
    "SECOND": _number_of(lambda d: d.second),
    "YEAR": _number_of(lambda d: d.year),
}
