"""What operators do with values: comparing, ordering, logic of three values, exact arithmetic.

None is NULL. NaN stands for what a function could not say, and counts as NULL everywhere. Order is that of
`ordering.py`, as in searches: numbers below texts, and booleans compare with booleans alone. A date compares with a text
that is a date, and the older line compares a number with its digits and a boolean with its word: `Comparing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

import msgspec

from harbor.products.harper_tables.bodies import INT_BITS_MAX
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.search.rules import same
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.values import Instant

NOTHING = float("nan")
TEXT_LENGTH_MAX = 1 << 20
_EXACT_MAX = 1 << 53
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_DIGITS_MAX = 400
# Enough for two doubles and more than one can tell: the answer is rounded once, to a double.
_DECIMALS = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow])

Binary = Callable[[Any, Any], Any]


def is_null(value: Any) -> bool:
    """Whether a value is NULL, or nothing."""
    return value is None or value != value


def is_true(value: Any) -> bool:
    """Whether a condition holds: NULL does not. Numbers other than 0 and texts that are not empty do, as in JavaScript."""
    if value is True or value is False:
        return bool(value)
    return not is_null(value) and value != 0 and value != ""


def negated(value: Any) -> bool | None:
    """NOT."""
    return None if is_null(value) else not is_true(value)


class Comparing:
    """Comparisons in the manner of one line of Harper."""

    def __init__(self, compat: Compat) -> None:
        self._is_lenient = compat is Compat.V4

    def equal(self, a: Any, b: Any) -> bool | None:
        """Whether two values are the same; None if one is NULL."""
        kind = type(a)
        if kind is type(b):
            if kind is str or kind is int or kind is bool:
                return bool(a == b)
            if kind is float:
                return None if a != a or b != b else bool(a == b)
        if is_null(a) or is_null(b):
            return None
        a, b = self._alike(a, b)
        return same(a, b)

    def compare(self, a: Any, b: Any) -> int | None:
        """Below 0, 0 or above 0 as a is below, beside or above b; None if there is no saying."""
        kind, other = type(a), type(b)
        if kind is other and (kind is int or (kind is str and a.isascii() and b.isascii())):
            return -1 if a < b else 1 if a > b else 0
        if is_null(a) or is_null(b):
            return None
        if {kind, other} <= {int, float}:
            return -1 if a < b else 1 if a > b else 0
        a, b = self._alike(a, b)
        if (type(a) is bool) != (type(b) is bool):
            return None
        left, right = order_key(a), order_key(b)
        return -1 if left < right else 1 if left > right else 0

    def _alike(self, a: Any, b: Any) -> tuple[Any, Any]:
        """Both in one kind, where one kind says what the other means."""
        if type(a) is type(b):
            return a, b
        if isinstance(a, Instant) and isinstance(b, str):
            return a, Instant.parse(b) or b
        if isinstance(b, Instant) and isinstance(a, str):
            return Instant.parse(a) or a, b
        if self._is_lenient:
            return _as_other(a, b), _as_other(b, a)
        return a, b


def _as_other(value: Any, other: Any) -> Any:
    """A text as the number or boolean whose word it is."""
    if isinstance(value, str) and isinstance(other, int | float) and value == to_text(other):
        return other
    return value


def lenient_twins(value: Any) -> list[Any]:
    """What the older line finds equal to a value, of another kind."""
    if isinstance(value, bool | int | float):
        return [to_text(value)]
    if not isinstance(value, str):
        return []
    if value in ("true", "false"):
        return [value == "true"]
    number = to_number(value)
    return [number] if not is_null(number) and to_text(number) == value else []


def group_key(value: Any) -> Any:
    """What two values share if they are one value in GROUP BY, DISTINCT, UNION and joins; it can be hashed."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is float:
        return None if value != value else value
    if kind is bool:
        return ("bool", value)
    if isinstance(value, Instant):
        return value.ms
    if isinstance(value, bytes):
        return value
    return ("json", _sorted_json.encode(_keyed(value)))


_sorted_json = msgspec.json.Encoder(order="deterministic")


def _keyed(value: Any) -> Any:
    if isinstance(value, list):
        return [_keyed(each) for each in value]
    if isinstance(value, dict):
        return {name: _keyed(each) for name, each in value.items()}
    if isinstance(value, Instant):
        return value.ms
    if type(value) is float and value.is_integer() and abs(value) < _EXACT_MAX:
        return int(value)
    return value


def sort_key(value: Any) -> bytes:
    """The place of a value in an order: NULL first."""
    return order_key(None) if value != value else order_key(value)


# Numbers


def to_number(value: Any) -> Any:
    """A value as a number: texts of digits, dates as milliseconds, booleans as 1 and 0; else nothing."""
    kind = type(value)
    if kind is int or kind is float:
        return value
    if kind is str:
        if len(value) > _DIGITS_MAX or not _NUMBER.fullmatch(value):
            return NOTHING
        try:
            return int(value)
        except ValueError:
            return neat(float(value))
    if kind is bool:
        return int(value)
    if isinstance(value, Instant):
        return value.ms
    return None if value is None else NOTHING


def neat(value: Any) -> Any:
    """A number without a fraction as an integer, as JavaScript prints it; what is infinite is nothing."""
    if type(value) is float:
        if value - value != 0:
            return NOTHING
        if -_EXACT_MAX < value < _EXACT_MAX and value.is_integer():
            return int(value)
    elif type(value) is int and value.bit_length() > INT_BITS_MAX:
        raise wrong("A number of the statement has too many digits.", "number_too_large")
    return value


def decimal(value: int | float) -> Decimal:
    """The number as it is written, so that 0.1 is a tenth."""
    return Decimal(value) if type(value) is int else Decimal(repr(value))


def _exactly(whole: Callable[[Any, Any], Any], broken: Callable[[Decimal, Decimal], Decimal]) -> Binary:
    """An operator on numbers: of integers exact, else of decimals as they are written, rounded once."""

    def run(a: Any, b: Any) -> Any:
        a, b = to_number(a), to_number(b)
        if a is None or b is None:
            return None
        if a != a or b != b:
            return NOTHING
        if type(a) is int and type(b) is int:
            return neat(whole(a, b))
        try:
            return neat(float(broken(decimal(a), decimal(b))))
        except (ArithmeticError, OverflowError):
            return NOTHING

    return run


def _quotient(a: int, b: int) -> Any:
    if b == 0:
        return NOTHING
    if a % b == 0:
        return a // b
    try:
        return a / b
    except OverflowError:
        return NOTHING


def _rest(a: int, b: int) -> Any:
    # As in JavaScript the sign is that of the first operand.
    return NOTHING if b == 0 else (-1 if a < 0 else 1) * (abs(a) % abs(b))


subtract = _exactly(lambda a, b: a - b, _DECIMALS.subtract)
multiply = _exactly(lambda a, b: a * b, _DECIMALS.multiply)
divide = _exactly(_quotient, _DECIMALS.divide)
modulo = _exactly(_rest, _DECIMALS.remainder)
_sum = _exactly(lambda a, b: a + b, _DECIMALS.add)


def add(a: Any, b: Any) -> Any:
    """The sum; with a text on one side both are joined, as in JavaScript."""
    if isinstance(a, str) or isinstance(b, str):
        return concatenated(a, b)
    return _sum(a, b)


def minus(value: Any) -> Any:
    """The negative."""
    number = to_number(value)
    return number if is_null(number) else -number


# Texts


def to_text(value: Any) -> str:
    """A value as text, as JavaScript prints it."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(neat(value))
    if isinstance(value, Instant):
        return value.iso()
    return msgspec.json.encode(value, enc_hook=_printed).decode()


def _printed(value: Any) -> Any:
    assert isinstance(value, Instant), type(value)
    return value.iso()


def concatenated(a: Any, b: Any) -> Any:
    """Two values as one text; NULL if one is."""
    if is_null(a) or is_null(b):
        return None
    return bounded(to_text(a) + to_text(b))


def bounded(text: str) -> str:
    """The text. Raises `Invalid` if it is longer than a value may be."""
    if len(text) > TEXT_LENGTH_MAX:
        raise wrong(f"A text of the statement is longer than {TEXT_LENGTH_MAX} characters.", "text_too_long")
    return text
