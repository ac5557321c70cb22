"""Mathematics. What is no number gives nothing; integers stay exact."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from harbor.products.harper_tables.sql.functions.model import function
from harbor.products.harper_tables.sql.operators import NOTHING, decimal, neat, to_number

_DIGITS_MAX = 300


def _of_number(run: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(value: Any) -> Any:
        number = to_number(value)
        if number != number:
            return NOTHING
        try:
            return neat(run(number))
        except (ValueError, OverflowError):
            return NOTHING

    return wrapped


def _round(value: Any, digits: Any = 0) -> Any:
    """Half away from zero, on the decimal as it is written: ROUND(2.675, 2) is 2.68."""
    number, places = to_number(value), to_number(digits)
    if number != number or places != places or abs(places) > _DIGITS_MAX:
        return NOTHING
    places = int(places)
    if type(number) is int and places >= 0:
        return number
    try:
        rounded = decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:  # more digits than are kept: nothing to round
        return number
    return int(rounded) if type(number) is int else neat(float(rounded))


def _random(seed: Any = None) -> float:
    """At least 0 and below 1; the same for the same seed."""
    return random.random() if seed is None else random.Random(str(seed)).random()  # noqa: S311 - no secret


FUNCTIONS = {
    "ABS": function(_of_number(abs), 1),
    "CEIL": function(_of_number(math.ceil), 1),
    "CEILING": function(_of_number(math.ceil), 1),
    "FLOOR": function(_of_number(math.floor), 1),
    "EXP": function(_of_number(math.exp), 1),
    "SQRT": function(_of_number(math.sqrt), 1),
    "ROUND": function(_round, 1, 2),
    "RANDOM": function(_random, 0, 1, takes_null=True, varies=True),
}
