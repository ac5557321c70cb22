"""How values look on Harvest's wire, and how they are read: numbers, moments, dates, times of day, ids.

Source: docs/products/harvest.md#values.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import msgspec

from harbor.kernel import money
from harbor.kernel.errors import Invalid, Missing
from harbor.products.harvest_timesheets.sentences import problem

NO_DATE: Final = "must be a date, such as 2017-03-21"
NO_MOMENT: Final = "must be a moment, such as 2017-06-26T22:32:52Z"

Number = float  # what `number` gives, in the words of the OpenAPI document

# Of rates, budgets and fees. However many of them are added up, the sum fits 64 bits.
AMOUNT_BELOW: Final = 10_000_000_000
# 15 significant digits are what a double keeps of any decimal; beyond, the digits themselves are sent.
_EXACT_IN_FLOAT_MAX = 10**15
_ID = re.compile(r"[0-9]{1,18}")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_MOMENT = re.compile(
    r"(?P<day>\d{4}-?\d{2}-?\d{2})"
    r"(?:[T ](?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<zone>Z|z|UTC|[+-]\d{2}:?\d{2})?)?"
)
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*([ap])?\.?m?\.?", re.IGNORECASE)


def number(units: int | None, places: int) -> Number | None:
    """A scaled integer as a JSON number with a fraction: 10000 hundredths are `100.0`. None stays None."""
    if units is None:
        return None
    if -_EXACT_IN_FLOAT_MAX < units < _EXACT_IN_FLOAT_MAX:
        shown: float = units / 10**places
        return shown  # true division rounds correctly, so the shortest form is the decimal itself
    text = format(money.from_scaled(units, places).normalize(), "f")
    return msgspec.Raw((text if "." in text else f"{text}.0").encode())  # type: ignore[return-value]


def exact(units: int, places: int) -> Number:
    """As `number`, for what is never null."""
    shown = number(units, places)
    assert shown is not None
    return shown


def whole(moment: datetime) -> datetime:
    """A moment in whole seconds, as it is shown: `2017-06-26T22:36:01Z`."""
    return moment.replace(microsecond=0)


def whole_or_none(moment: datetime | None) -> datetime | None:
    """As `whole`, for what may be absent."""
    return None if moment is None else moment.replace(microsecond=0)


def clock_time(value: str | None, clock: str) -> str | None:
    """A time of day (`14:59` as it is kept) in the company's clock: `2:59pm` or `14:59`."""
    if value is None or clock == "24h":
        return value
    hour, minute = int(value[:2]), value[3:]
    return f"{hour % 12 or 12}:{minute}{'am' if hour < 12 else 'pm'}"


def read_id(text: str) -> int:
    """The integer in a path. Raises `Missing`: what is no number names nothing."""
    if not _ID.fullmatch(text):
        raise Missing("There is nothing with this id.")
    return int(text)


def read_date(text: str, *, field: str) -> date:
    """`2017-03-21`, `20170321`, or a moment of which the day counts. Raises `Invalid`."""
    day = _MOMENT.fullmatch(text.strip())
    try:
        return _date(day["day"]) if day else _date(text.strip())
    except ValueError:
        raise problem(field, NO_DATE) from None


def read_moment(text: str, *, field: str) -> datetime:
    """ISO 8601; without an offset it is UTC, a bare date is its midnight. Raises `Invalid`."""
    found = _MOMENT.fullmatch(text.strip().replace(" +", "+"))
    try:
        if found is None:
            raise ValueError
        day = _date(found["day"])
        at = time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0))
        moment = datetime.combine(day, at, UTC)
        return moment - _offset(found["zone"])
    except (ValueError, OverflowError):
        raise problem(field, NO_MOMENT) from None


def read_time(text: str, *, field: str) -> str:
    """A time of day as it is kept, `14:59`, out of `2:59pm`, `2:59 PM` or `14:59`. Raises `Invalid`."""
    found = _TIME.fullmatch(text.strip())
    if found is not None:
        hour, minute = int(found[1]), int(found[2] or 0)
        is_half_day = found[3] is not None
        is_possible = minute < 60 and (1 <= hour <= 12 if is_half_day else hour < 24)
        if is_half_day:
            hour = hour % 12 + (12 if found[3].lower() == "p" else 0)
        if is_possible:
            return f"{hour:02}:{minute:02}"
    raise problem(field, "must be a time, such as 8:00am or 14:59")


def hundredths(value: Decimal, *, field: str) -> int:
    """Hours as hundredths, rounded half up: clients send thirds of an hour. Raises `Invalid` beyond 64 bits."""
    return money.scaled(value.quantize(Decimal("0.01"), ROUND_HALF_UP), 2, field=field)


def units(value: Decimal | None, places: int, *, field: str) -> int | None:
    """An amount as its column keeps it. Raises `Invalid` for one with more places, below zero, or too large."""
    if value is None:
        return None
    if value < 0:
        raise problem(field, "must be greater than or equal to 0")
    if value >= AMOUNT_BELOW:
        raise problem(field, f"must be less than {AMOUNT_BELOW}")
    try:
        return money.scaled(value, places)
    except Invalid as fault:
        raise problem(field, fault.message.removeprefix("amount ").rstrip(".")) from None


def since(text: str | None) -> datetime | None:
    """The moment of `updated_since`, if it is given."""
    return None if text is None else read_moment(text, field="updated_since")


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields of a body that were sent, by name."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not msgspec.UNSET}


def scaled_fields(changes: dict[str, Any], **places: int) -> dict[str, Any]:
    """Changes with amounts as their columns have them: `fee` with two places becomes `fee_e2`. Raises `Invalid`."""
    return {
        (f"{name}_e{places[name]}" if name in places else name): (
            units(value, places[name], field=name) if name in places else value
        )
        for name, value in changes.items()
    }


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), int(found[3]))


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in ("Z", "z", "UTC"):
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
