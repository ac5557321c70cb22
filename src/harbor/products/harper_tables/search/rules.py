"""Does a record match? Pure functions over values, made once from the conditions and then asked for each record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harbor.products.harper_tables.ordering import FALSE, NULL, TRUE, order_key
from harbor.products.harper_tables.search.model import Comparator, Condition, Group, Node
from harbor.products.harper_tables.values import Doc, Instant

Matcher = Callable[[Doc], bool]
_WORD = re.compile(r"\w+")


def matcher(node: Node) -> Matcher:
    """Whether a record satisfies a tree of conditions."""
    if isinstance(node, Group):
        parts = [matcher(part) for part in node.parts]
        if len(parts) == 1:
            return parts[0]
        return _any_of(parts) if node.is_any else _all_of(parts)
    test = _test(node)
    if len(node.path) == 1:
        name = node.path[0]
        return lambda doc: test(doc.get(name))
    path = node.path
    return lambda doc: any(test(value) for value in _at(doc, path))


def _all_of(parts: Sequence[Matcher]) -> Matcher:
    def test(doc: Doc) -> bool:
        for part in parts:  # noqa: SIM110 - a loop is twice as fast as a generator, and this runs for each record
            if not part(doc):
                return False
        return True

    return test


def _any_of(parts: Sequence[Matcher]) -> Matcher:
    def test(doc: Doc) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(doc):
                return True
        return False

    return test


def same(a: Any, b: Any) -> bool:
    """The same kind and value; whole for objects, whose keys have no order."""
    if isinstance(a, dict) or isinstance(b, dict):
        return (
            isinstance(a, dict)
            and isinstance(b, dict)
            and a.keys() == b.keys()
            and all(same(value, b[name]) for name, value in a.items())
        )
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(one, other) for one, other in zip(a, b, strict=True))
    return order_key(a) == order_key(b)


def _at(doc: Mapping[str, Any], path: tuple[str, ...]) -> list[Any]:
    """The values at a path; an array on the way stands for each of its elements. Nothing there is one null."""
    found: list[Any] = [doc]
    for name in path:
        flat = [item for value in found for item in (value if isinstance(value, list) else [value])]
        found = [value[name] for value in flat if isinstance(value, dict) and name in value]
    return found or [None]


def _test(condition: Condition) -> Callable[[Any], bool]:
    comparator, operand = condition.comparator, condition.value
    if comparator in (Comparator.EQUALS, Comparator.NOT_EQUAL):
        equal = _equal(operand)
        return equal if comparator is Comparator.EQUALS else lambda value: not equal(value)
    if comparator is Comparator.IN:
        return _among(operand)
    if comparator is Comparator.BETWEEN:
        low, high = order_key(operand[0]), order_key(operand[1])
        least = _least(operand[0])
        return lambda value: low <= (key := order_key(value)) <= high and key > least
    if comparator in (Comparator.CONTAINS, Comparator.STARTS_WITH, Comparator.ENDS_WITH):
        return _textual(comparator, operand if isinstance(operand, str) else str(operand))
    if comparator in (Comparator.MATCHES, Comparator.MATCHES_ALL, Comparator.MATCHES_ANY):
        return _words(operand, is_any=comparator is Comparator.MATCHES_ANY)
    return _range(comparator, operand)


def _equal(operand: Any) -> Callable[[Any], bool]:
    if isinstance(operand, str):
        return lambda value: value == operand
    if isinstance(operand, int | float | Instant):  # booleans too: their keys differ from those of numbers
        wanted = order_key(operand)
        return lambda value: order_key(value) == wanted
    if operand is None:
        return lambda value: value is None
    return lambda value: same(value, operand)


def _among(operands: Sequence[Any]) -> Callable[[Any], bool]:
    """Whether a value is one of many: plain ones are found by their keys, so that a thousand cost as much as one."""
    keys = frozenset(order_key(each) for each in operands if not isinstance(each, list | dict))
    whole = [_equal(each) for each in operands if isinstance(each, list | dict)]

    def test(value: Any) -> bool:
        if isinstance(value, list | dict):
            return any(equal(value) for equal in whole)
        return order_key(value) in keys

    return test


def _textual(comparator: Comparator, operand: str) -> Callable[[Any], bool]:
    if comparator is Comparator.CONTAINS:
        return lambda value: isinstance(value, str) and operand in value
    if comparator is Comparator.STARTS_WITH:
        return lambda value: isinstance(value, str) and value.startswith(operand)
    return lambda value: isinstance(value, str) and value.endswith(operand)


def _words(operand: Any, *, is_any: bool) -> Callable[[Any], bool]:
    wanted = {word.casefold() for word in _WORD.findall(str(operand))}
    if not wanted:
        return lambda _value: False

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        words = {word.casefold() for word in _WORD.findall(value)}
        return bool(wanted & words) if is_any else wanted <= words

    return test


def _range(comparator: Comparator, operand: Any) -> Callable[[Any], bool]:
    wanted, least = order_key(operand), _least(operand)
    if comparator is Comparator.GREATER:
        return lambda value: order_key(value) > wanted
    if comparator is Comparator.GREATER_EQUAL:
        return lambda value: order_key(value) >= wanted
    if comparator is Comparator.LESS:
        return lambda value: least < order_key(value) < wanted
    return lambda value: least < order_key(value) <= wanted


def _least(operand: Any) -> bytes:
    """What a range leaves out below: nothing is less than 5 by being null or false."""
    return NULL if order_key(operand) in (FALSE, TRUE) else TRUE
