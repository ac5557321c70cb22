"""WHERE of a report as spans of the index, where they hold for exactly the rows that WHERE lets through.

A span of keys says what a comparison says as long as its ends are whole: a cut entry compares with them as its value does.
Booleans compare with booleans alone, and what is absent has no entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.products.harper_tables.catalog.model import TIMES, Indexing, Table
from harbor.products.harper_tables.ordering import INDEX_KEY_BYTES_MAX, NUMBER, order_key
from harbor.products.harper_tables.search.model import Comparator, Condition, Group
from harbor.products.harper_tables.sql.report_store import Ends, Within

_IN_MAX = 20
_TERMS_MAX = 8
# What is less than a number or text is a number or text: booleans are no part of that order.
_LEAST = bytes([NUMBER])


def spans_of(table: Table, where: Group) -> list[Within] | None:
    """The spans that together say all of `where`; None if they cannot."""
    if where.is_any or len(where.parts) > _TERMS_MAX:
        return None
    found = []
    for part in where.parts:
        within = _within(table, part) if isinstance(part, Condition) else None
        if within is None:
            return None
        found.append(within)
    return found


def _within(table: Table, condition: Condition) -> Within | None:
    name = condition.attribute
    if len(condition.path) > 1 or name in TIMES:
        return None
    spans = _spans(condition)
    if not spans:
        return None
    if name == table.primary_key:
        return Within(None, spans)
    attribute = table.attributes.get(name)
    is_ready = attribute is not None and attribute.indexing is Indexing.READY
    return Within(attribute.id, spans) if attribute is not None and is_ready else None


def _spans(condition: Condition) -> Sequence[Ends]:
    comparator, value = condition.comparator, condition.value
    operands = value if comparator in (Comparator.IN, Comparator.BETWEEN) else [value]
    if len(operands) > _IN_MAX or not all(map(_is_whole, operands)):
        return ()
    keys = [order_key(each) for each in operands]
    if comparator in (Comparator.EQUALS, Comparator.IN):
        return [Ends(low=key, high=key + b"\0") for key in sorted(set(keys))]
    if any(isinstance(each, bool) for each in operands):
        return ()
    match comparator:
        case Comparator.GREATER:
            return [Ends(low=keys[0] + b"\0")]
        case Comparator.GREATER_EQUAL:
            return [Ends(low=keys[0])]
        case Comparator.LESS:
            return [Ends(low=_LEAST, high=keys[0])]
        case Comparator.LESS_EQUAL:
            return [Ends(low=_LEAST, high=keys[0] + b"\0")]
        case Comparator.BETWEEN:
            return [Ends(low=keys[0], high=keys[1] + b"\0")]
        case _:
            return ()


def _is_whole(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(order_key(value)) + 1 < INDEX_KEY_BYTES_MAX
