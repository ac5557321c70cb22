"""Aggregates: functions of all values of a group. NULL is never among them. Sums are exact, decimals as they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from harbor.products.harper_tables.sql.operators import (
    NOTHING,
    bounded,
    decimal,
    group_key,
    is_null,
    multiply,
    neat,
    sort_key,
    to_number,
    to_text,
)

# From the values of a group, without NULL and in the order of the rows, to the result.
Aggregate = Callable[[list[Any]], Any]


def numbers_of(values: list[Any]) -> list[int | float]:
    """Those that are numbers, or texts of digits."""
    found = (to_number(value) for value in values if not isinstance(value, bool))
    return [number for number in found if not is_null(number)]


def total(numbers: list[int | float]) -> Any:
    """The exact sum."""
    if all(type(number) is int for number in numbers):
        return neat(sum(numbers))
    try:
        return neat(float(sum(map(decimal, numbers))))
    except (OverflowError, ArithmeticError):
        return NOTHING


def _sum(values: list[Any]) -> Any:
    numbers = numbers_of(values)
    return total(numbers) if numbers else None


def mean(summed: Any, count: int) -> Any:
    """The mean of a sum."""
    if type(summed) is int and summed % count == 0:
        return summed // count
    try:
        return neat(float(decimal(summed) / count))
    except (OverflowError, ArithmeticError):
        return NOTHING


def _average(values: list[Any]) -> Any:
    numbers = numbers_of(values)
    if not numbers:
        return None
    summed = total(numbers)
    return summed if summed != summed else mean(summed, len(numbers))


def _least(values: list[Any]) -> Any:
    return min(values, key=sort_key, default=None)


def _largest(values: list[Any]) -> Any:
    return max(values, key=sort_key, default=None)


def _product(values: list[Any]) -> Any:
    numbers = numbers_of(values)
    found: Any = 1
    for number in numbers:
        found = multiply(found, number)
    return found if numbers else None


def _middle(numbers: list[int | float]) -> Any:
    ordered = sorted(numbers)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return neat(ordered[half])
    return mean(total(ordered[half - 1 : half + 1]), 2)


def _median(values: list[Any]) -> Any:
    numbers = numbers_of(values)
    return _middle(numbers) if numbers else None


def _deviation(values: list[Any]) -> Any:
    """The median of the distances to the median."""
    numbers = numbers_of(values)
    if not numbers:
        return None
    middle = _middle(numbers)
    return _middle([abs(neat(float(decimal(number) - decimal(middle)))) for number in numbers])


def _mode(values: list[Any]) -> Any:
    """The most frequent value; of several the least."""
    if not values:
        return None
    counted = Counter(group_key(value) for value in values)
    most = max(counted.values())
    return _least([value for value in values if counted[group_key(value)] == most])


def joined(values: list[Any], separator: str = ",") -> Any:
    """All values as one text."""
    return bounded(separator.join(to_text(value) for value in values)) if values else None


def distinct(values: list[Any]) -> list[Any]:
    """Each value once, at its first place."""
    first: dict[Any, Any] = {}
    for value in values:
        first.setdefault(group_key(value), value)
    return list(first.values())


AGGREGATES: Mapping[str, Aggregate] = {
    "COUNT": len,
    "SUM": _sum,
    "AVG": _average,
    "MEAN": _average,
    "MIN": _least,
    "MAX": _largest,
    "PROD": _product,
    "PRODUCT": _product,
    "MEDIAN": _median,
    "MAD": _deviation,
    "MODE": _mode,
    "GROUP_CONCAT": joined,
    "ARRAY": list,
    "DISTINCT_ARRAY": distinct,
}
