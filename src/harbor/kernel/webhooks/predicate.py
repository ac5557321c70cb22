"""Payload filters: a JSON object that says which payloads a subscription wants to hear of.

    {"amount": {"$gte": 100}, "customer": {"tier": "gold"}, "$not": {"status": "test"}}

A filter is a **condition** on the payload. A condition is asked of one value, which may be missing:

- An object: every entry holds. A key without `$` names a field, and its entry is a condition on that field's value; a
  key with `$` is an operator on the value itself. Field names are literal: `"a.b"` is the field named `a.b`. A field of
  something that is no object is missing. Fields that begin with `$` cannot be named.
- Anything else: the value is present and equal to it.

Equality is JSON's: numbers by value (`1` is `1.0`, whole numbers of any size exactly), `true` is no number, texts code
point by code point, arrays item by item, objects by the same fields with equal values. `null` equals only a `null` that
is present.

| operator | holds when |
|---|---|
| `$in`, `$nin` | the value equals one of the list; is missing or equals none |
| `$ne` | the value is missing or not equal |
| `$gt`, `$gte`, `$lt`, `$lte` | both are numbers, or both are texts (by code point), and the order is right |
| `$exists` | the value is present, null too (`true`); is missing (`false`) |
| `$prefix`, `$suffix` | the value is a text that begins, ends so |
| `$contains` | the value is a text with the given text in it, or an array with an equal item |
| `$and`, `$or` | all, one of the listed conditions hold of the value |
| `$not` | the condition does not hold |

A comparison of unlike types does not hold, and is no error; `$not` of it holds. Source:
docs/products/harbor.md#subscription-matching.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import Any, Final, TypeAlias

from harbor.kernel.errors import Invalid

# A node is one field or operator, or one condition of a list. Source: docs/products/harbor.md#subscription-matching.
NODES_MAX: Final = 50
DEPTH_MAX: Final = 16
# Values inside one literal or one `$in` list. With the bounds on nodes and texts this bounds what an event can cost.
LITERAL_VALUES_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 1_024

Test: TypeAlias = Callable[[object], bool]


class _Missing:
    """The value of a field that is not there."""

    __slots__ = ()


_MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Predicate:
    """A checked filter, ready to be asked. `source` is what it was made from."""

    source: Mapping[str, object]
    _test: Test = field(repr=False, compare=False)

    def holds(self, payload: Mapping[str, object]) -> bool:
        """Whether the decoded `payload` (a dict of what a JSON decoder gives) satisfies the filter."""
        return self._test(payload)


def parse(source: object, *, path: str = "filter") -> Predicate:
    """The filter as a predicate.

    Raises `Invalid` whose field is the dotted path of the bad part, list items by number: `filter.$or.0.amount.$gt`.
    """
    if not isinstance(source, dict):
        raise Invalid(f"{path} must be an object.", field=path)
    return Predicate(source, _Parser(path).condition(source, path, 1, of_payload=True))


class _Parser:
    """One walk through a filter, counting nodes. A condition is `of_payload` when no field was named above it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._nodes = 0

    def condition(self, source: object, path: str, depth: int, *, of_payload: bool) -> Test:
        if not isinstance(source, dict):
            if of_payload:
                raise Invalid(f"{path} must be an object: a payload is one.", field=path)
            return _equal_to(_literal(source, path))
        # Only the whole filter may be empty: it wants everything.
        if not source and depth > 1:
            raise Invalid(f'{path} is empty and says nothing; {{"$exists": true}} asks for any value.', field=path)
        if depth > DEPTH_MAX:
            raise Invalid(f"{path} is nested more than {DEPTH_MAX} levels deep.", field=path)
        return _all([self._entry(key, entry, f"{path}.{key}", depth, of_payload) for key, entry in source.items()])

    def _entry(self, key: str, source: object, path: str, depth: int, of_payload: bool) -> Test:
        self._count(path)
        if not key.startswith("$"):
            return _field(_check_text(key, path), self.condition(source, path, depth + 1, of_payload=False))
        if key == "$not":
            return _not(self.condition(source, path, depth + 1, of_payload=of_payload))
        if key in ("$and", "$or"):
            tests = []
            for index, item in enumerate(_list(source, path)):
                item_path = f"{path}.{index}"
                self._count(item_path)
                tests.append(self.condition(item, item_path, depth + 1, of_payload=of_payload))
            return _all(tests) if key == "$and" else _any(tests)
        if key not in _OPERATORS:
            known = ", ".join(sorted((*_OPERATORS, "$and", "$or", "$not")))
            raise Invalid(f"{path} is no operator; there are {known}.", field=path)
        if of_payload:
            raise Invalid(f"{path} compares the whole payload; put {key} under the name of a field.", field=path)
        return _OPERATORS[key](source, path)

    def _count(self, path: str) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            text = f"{self._path} has more than {NODES_MAX} fields and operators; {path} is one too many."
            raise Invalid(text, field=path)


def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _any(tests: Sequence[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


def _not(test: Test) -> Test:
    return lambda value: not test(value)


def _field(name: str, test: Test) -> Test:
    def holds(value: object) -> bool:
        return test(value.get(name, _MISSING) if isinstance(value, dict) else _MISSING)

    return holds


def _equal_to(wanted: object) -> Test:
    if isinstance(wanted, str):
        return lambda value: value == wanted
    return lambda value: _equal(value, wanted)


def _equal(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(_equal(value, right[name]) for name, value in left.items())
        )
    # Numbers, texts, null and the missing value: Python compares whole numbers and floats exactly.
    return left == right


def _in(source: object, path: str) -> Test:
    wanted = _list(source, path)
    _literal(wanted, path)
    plain = frozenset(_scalar_key(item) for item in wanted if not isinstance(item, list | dict))
    rest = [item for item in wanted if isinstance(item, list | dict)]

    def holds(value: object) -> bool:
        if isinstance(value, list | dict):
            return any(_equal(value, item) for item in rest)
        return _scalar_key(value) in plain

    return holds


def _scalar_key(value: object) -> tuple[bool, object]:
    """What makes two plain values equal: Python alone would take `true` for 1."""
    return isinstance(value, bool), value


def _ordered(right_order: Callable[[Any, Any], bool]) -> Callable[[object, str], Test]:
    def make(source: object, path: str) -> Test:
        wanted = _literal(source, path)
        if isinstance(wanted, str):
            return lambda value: isinstance(value, str) and right_order(value, wanted)
        if not _is_number(wanted):
            raise Invalid(f"{path} must be a number or a text.", field=path)
        return lambda value: _is_number(value) and right_order(value, wanted)

    return make


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exists(source: object, path: str) -> Test:
    if not isinstance(source, bool):
        raise Invalid(f"{path} must be true or false.", field=path)
    return lambda value: (value is not _MISSING) is source


def _prefix(source: object, path: str) -> Test:
    wanted = _text(source, path)
    return lambda value: isinstance(value, str) and value.startswith(wanted)


def _suffix(source: object, path: str) -> Test:
    wanted = _text(source, path)
    return lambda value: isinstance(value, str) and value.endswith(wanted)


def _contains(source: object, path: str) -> Test:
    wanted = _literal(source, path)

    def holds(value: object) -> bool:
        if isinstance(value, str):
            return isinstance(wanted, str) and wanted in value
        return isinstance(value, list) and any(_equal(item, wanted) for item in value)

    return holds


_OPERATORS: Final[Mapping[str, Callable[[object, str], Test]]] = {
    "$in": _in,
    "$nin": lambda source, path: _not(_in(source, path)),
    "$ne": lambda source, path: _not(_equal_to(_literal(source, path))),
    "$gt": _ordered(gt),
    "$gte": _ordered(ge),
    "$lt": _ordered(lt),
    "$lte": _ordered(le),
    "$exists": _exists,
    "$prefix": _prefix,
    "$suffix": _suffix,
    "$contains": _contains,
}


def _text(source: object, path: str) -> str:
    if not isinstance(source, str):
        raise Invalid(f"{path} must be a text.", field=path)
    return _check_text(source, path)


def _check_text(text: str, path: str) -> str:
    if len(text) > TEXT_LENGTH_MAX:
        raise Invalid(f"{path} has a text of {len(text)} characters; at most {TEXT_LENGTH_MAX} fit.", field=path)
    return text


def _list(source: object, path: str) -> list[object]:
    if not isinstance(source, list) or not source:
        raise Invalid(f"{path} must be a list of at least one.", field=path)
    return source


def _literal(source: object, path: str) -> object:
    """`source`, compared as it stands; objects inside are no conditions."""
    count = 0
    waiting = [(source, 1)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > LITERAL_VALUES_MAX + 1 or depth > DEPTH_MAX:
            text = f"{path} holds more than {LITERAL_VALUES_MAX} values, or is nested over {DEPTH_MAX} levels deep."
            raise Invalid(text, field=path)
        if isinstance(value, str):
            _check_text(value, path)
        elif isinstance(value, list):
            waiting += [(item, depth + 1) for item in value]
        elif isinstance(value, dict):
            waiting += [(item, depth + 1) for pair in value.items() for item in pair]
    return source
