"""Which index answers a search. A plan narrows: every record it gives is looked at again by the matcher.

A `Step` is one walk: over keys, a span of keys, a span of an attribute's entries, or a span of a time. Several steps are a
union. No steps at all means that nothing narrows, and the table is read in the order of its keys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import CREATED, TIMES, Indexing, Table
from harbor.products.harper_tables.ordering import FALSE, NULL, TRUE, after_prefix, index_key, order_key
from harbor.products.harper_tables.search import store
from harbor.products.harper_tables.search.model import RANGES, Comparator, Condition, Node
from harbor.products.harper_tables.search.store import Column, Found, Span
from harbor.products.harper_tables.values import Instant

# What is worth counting: beyond it all are called many.
PROBE_MAX = 512
_FEW = 64
_IN_MAX = 1_000
_US = 1_000
_US_MAX = (1 << 62) // _US


@dataclass(frozen=True, slots=True)
class Keys:
    """Records by their keys, in this order."""

    keys: tuple[bytes, ...]

    def fetch(self, tx: Tx, table: Table, after: Any, *, descending: bool, limit: int) -> list[Found]:
        """The next records of the walk."""
        keys = self.keys[::-1] if descending else self.keys
        first = 0 if after is None else after[0]
        part = keys[first : first + limit]
        found = store.by_keys(tx, table.id, part)
        walked = []
        for place, key in enumerate(part, first + 1):
            if (each := found.get(key)) is not None:
                walked.append(Found(each.key, each.doc, each.epoch, each.created_at, each.updated_at, (place,)))
        # A part without any record would end the walk, so the next one is looked at.
        if part and not walked and first + limit < len(keys):
            return self.fetch(tx, table, (first + limit,), descending=descending, limit=limit)
        return walked

    def count(self, tx: Tx) -> int:
        """How many records at most, up to a bound."""
        return min(len(self.keys), PROBE_MAX)


@dataclass(frozen=True, slots=True)
class KeySpan:
    """Records whose keys lie in a span."""

    span: Span = Span()  # noqa: RUF009 - a frozen value

    def fetch(self, tx: Tx, table: Table, after: Any, *, descending: bool, limit: int) -> list[Found]:
        """The next records of the walk."""
        return store.by_key_order(tx, table.id, self.span, after, descending=descending, limit=limit)

    def count(self, tx: Tx) -> int:
        """How many records at most, up to a bound."""
        return PROBE_MAX


@dataclass(frozen=True, slots=True)
class EntrySpan:
    """Records whose entries for an attribute lie in a span."""

    attribute_id: int
    name: str
    span: Span = Span()  # noqa: RUF009 - a frozen value

    def fetch(self, tx: Tx, table: Table, after: Any, *, descending: bool, limit: int) -> list[Found]:
        """The next records of the walk."""
        return store.by_entry(tx, table.id, self.attribute_id, self.span, after, descending=descending, limit=limit)

    def count(self, tx: Tx) -> int:
        """How many records at most, up to a bound."""
        return store.count_entries(tx, self.attribute_id, self.span, PROBE_MAX)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Records that were made or changed within a span."""

    column: Column
    span: Span = Span()  # noqa: RUF009 - a frozen value

    def fetch(self, tx: Tx, table: Table, after: Any, *, descending: bool, limit: int) -> list[Found]:
        """The next records of the walk."""
        return store.by_time(tx, table.id, self.column, self.span, after, descending=descending, limit=limit)

    def count(self, tx: Tx) -> int:
        """How many records at most, up to a bound."""
        return PROBE_MAX


Step = Keys | KeySpan | EntrySpan | TimeSpan
Steps = tuple[Step, ...]
Choose = Callable[[Tx, Sequence[Steps]], Steps | None]


def plan(tx: Tx, table: Table, node: Node, choose: Choose | None = None) -> Steps | None:
    """The walks that together give every record that can match; None if the whole table has to be read.

    `choose` decides among what narrows conditions that must all hold; otherwise the cheapest does.
    """
    if isinstance(node, Condition):
        return _steps(table, node)
    if node.is_any:
        options = [plan(tx, table, part, choose) for part in node.parts]
        if not options or any(option is None for option in options):
            return None
        return tuple(step for option in options for step in option or ())
    found = [option for part in node.parts if (option := plan(tx, table, part, choose)) is not None]
    if choose is not None:
        return choose(tx, found)
    return found[0] if len(found) == 1 else cheapest(tx, found)


def cheapest(tx: Tx, options: Sequence[Steps]) -> Steps | None:
    """The option with the fewest records. Exact values are counted first, and few are good enough."""
    best, fewest = None, math.inf
    for option in sorted(options, key=_breadth):
        count = sum(step.count(tx) for step in option)
        if count < fewest:
            best, fewest = option, count
        if fewest <= _FEW:
            break
    return best


def _breadth(option: Steps) -> int:
    spans = [step.span for step in option if not isinstance(step, Keys)]
    is_exact = all(span.low is not None and span.high == span.low + b"\0" for span in spans if type(span.low) is bytes)
    return 0 if not spans else 1 if is_exact else 2


def walk_of(table: Table, attribute: str) -> Step | None:
    """The walk through all records that have an attribute, in its order; None without an index that is complete."""
    if attribute == table.primary_key:
        return KeySpan()
    if attribute in TIMES:
        return TimeSpan(_column(attribute)) if table.shows_times else None
    found = table.attributes.get(attribute)
    if found is None or found.indexing is not Indexing.READY:
        return None
    return EntrySpan(found.id, found.name)


def _steps(table: Table, condition: Condition) -> Steps | None:
    if len(condition.path) > 1:
        return None
    name = condition.attribute
    if name == table.primary_key:
        return _by_key(condition)
    if name in TIMES:
        return _by_time(table, condition)
    attribute = table.attributes.get(name)
    if attribute is None or attribute.indexing is not Indexing.READY:
        return None
    spans = _spans(condition, is_key=False)
    return None if spans is None else tuple(EntrySpan(attribute.id, name, span) for span in spans)


def _by_key(condition: Condition) -> Steps | None:
    if condition.comparator is Comparator.EQUALS:
        return (Keys((order_key(condition.value),)),) if condition.value is not None else (Keys(()),)
    if condition.comparator is Comparator.IN and len(condition.value) <= _IN_MAX:
        keys = dict.fromkeys(order_key(each) for each in condition.value if each is not None)
        return (Keys(tuple(keys)),)
    spans = _spans(condition, is_key=True)
    return None if spans is None else tuple(KeySpan(span) for span in spans)


def _by_time(table: Table, condition: Condition) -> Steps | None:
    """Times are shown in milliseconds and kept in microseconds: the span is the wider one."""
    bounds = _bounds_of(condition)
    if bounds is None or not table.shows_times:
        return None
    low, high = bounds
    if not all(each is None or (_is_moment(each) and abs(_ms(each)) < _US_MAX) for each in bounds):
        return None
    span = Span(
        low=None if low is None else math.floor(_ms(low)) * _US,
        high=None if high is None else (math.floor(_ms(high)) + 1) * _US,
    )
    return (TimeSpan(_column(condition.attribute), span),)


def _bounds_of(condition: Condition) -> tuple[Any, Any] | None:
    value = condition.value
    if condition.comparator is Comparator.EQUALS:
        return value, value
    if condition.comparator is Comparator.BETWEEN:
        return value[0], value[1]
    if condition.comparator in (Comparator.GREATER, Comparator.GREATER_EQUAL):
        return value, None
    if condition.comparator in (Comparator.LESS, Comparator.LESS_EQUAL):
        return None, value
    return None


def _spans(condition: Condition, *, is_key: bool) -> Sequence[Span] | None:
    """The spans of a condition; keys of records are whole, those of entries are cut."""
    make = order_key if is_key else index_key
    comparator, value = condition.comparator, condition.value
    if comparator is Comparator.EQUALS:
        return None if value is None else [_exactly(make(value))]
    if comparator is Comparator.IN:
        if len(value) > _IN_MAX or any(each is None for each in value):
            return None
        return [_exactly(key) for key in sorted({make(each) for each in value})]
    if comparator is Comparator.STARTS_WITH:
        low = make(value if isinstance(value, str) else str(value))
        return [Span(low=low, high=after_prefix(low))]
    if comparator is Comparator.BETWEEN:
        return [Span(low=max(make(value[0]), _above_least(value[0])), high=make(value[1]) + b"\0")]
    if comparator in RANGES:
        if comparator in (Comparator.GREATER, Comparator.GREATER_EQUAL):
            return [Span(low=make(value))]
        return [Span(low=_above_least(value), high=make(value) + b"\0")]
    return None


def _exactly(key: bytes) -> Span:
    return Span(low=key, high=key + b"\0")


def _above_least(value: object) -> bytes:
    return (NULL if order_key(value) in (FALSE, TRUE) else TRUE) + b"\0"


def _column(attribute: str) -> Column:
    return "created_at" if attribute == CREATED else "updated_at"


def _is_moment(value: object) -> bool:
    return isinstance(value, int | float | Instant) and not isinstance(value, bool)


def _ms(value: Any) -> float:
    return value.ms if isinstance(value, Instant) else value
