"""Finding records: plan, walk, look at each record again, order, cut.

`find` is for callers of operations; `matches` gives records one after the other to whoever has the table already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from harbor.kernel.bounds import READ_THREAD_S_MAX
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import CREATED, UPDATED, Table
from harbor.products.harper_tables.error_paths import each_of
from harbor.products.harper_tables.ordering import is_cut, order_key
from harbor.products.harper_tables.records.model import key_of, loaded
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search import planner, store
from harbor.products.harper_tables.search.large import Keeping, too_large
from harbor.products.harper_tables.search.model import EVERYTHING, OUT_BYTES_MAX, Query, SortKey
from harbor.products.harper_tables.search.planner import EntrySpan, KeySpan, Step, Steps, TimeSpan
from harbor.products.harper_tables.search.rules import matcher
from harbor.products.harper_tables.search.store import Found
from harbor.products.harper_tables.values import Doc

_PART_MIN, _PART_MAX = 16, 1_000
# How many more than wanted are kept before those that cannot be in the answer are thrown away.
_SLACK = 1_000


class Match(msgspec.Struct, frozen=True, gc=False):  # made for each record: ten times quicker than a dataclass
    """A record that matches: its key, where the walk found it, and its values with its times."""

    key: bytes
    doc: Doc
    found: Found


def by_ids(call: Call, table: Table, ids: Sequence[Any], *, field: str = "ids") -> list[Doc]:
    """The records of these primary keys in this order; those that are not there are left out. Raises `Invalid` for too many."""
    return list(each_by_id(call, table, ids, field=field))


def each_by_id(call: Call, table: Table, ids: Sequence[Any], *, field: str = "ids") -> Iterator[Doc]:
    """The same, one after the other."""
    keys = each_of(key_of, ids, field)
    size = 0
    for first in range(0, len(keys), _PART_MAX):
        part = keys[first : first + _PART_MAX]
        known = store.by_keys(call.tx, table.id, list(dict.fromkeys(part)))
        for key in part:
            if (found := known.get(key)) is not None:
                size = _counted(size, found, field)
                yield values_of(table, found)


def find(call: Call, table: Table, query: Query) -> list[Doc]:
    """The records a query asks for. Raises `Invalid` if they are more than one reply may hold."""
    return list(each(call, table, query))


def each(call: Call, table: Table, query: Query) -> Iterator[Doc]:
    """The same, one after the other."""
    size = 0
    for match in islice(_ordered(call.tx, table, query), query.offset, query.wanted):
        size = _counted(size, match.found, "limit")
        yield match.doc


def _counted(size: int, found: Found, field: str) -> int:
    """The bytes of an answer with one more record. Raises `Invalid` if they are more than one reply may hold."""
    size += len(found.doc)
    if size > OUT_BYTES_MAX:
        raise too_large(field)
    return size


def matches(tx: Tx, table: Table, query: Query) -> Iterator[Match]:
    """The records that match, in the order of the walk and without a part cut out."""
    steps = planner.plan(tx, table, query.where)
    return _walked(tx, table, (KeySpan(),) if steps is None else steps, query)


def count(call: Call, table: Table) -> int:
    """How many records a table holds."""
    return store.count_records(call.tx, table.id)


def values_of(table: Table, found: Found) -> Doc:
    """A record's values as callers see them: with its times, without what was dropped."""
    doc = loaded(table, found.doc, found.epoch)
    if table.shows_times:
        doc[CREATED] = found.created_at // 1_000
        doc[UPDATED] = found.updated_at // 1_000
    return doc


def _ordered(tx: Tx, table: Table, query: Query) -> Iterable[Match]:
    steps = planner.plan(tx, table, query.where)
    if not query.sort:
        return _walked(tx, table, (KeySpan(),) if steps is None else steps, query)
    walk = sorted_walk(table, query, steps)
    if walk is not None:
        return _along(tx, table, query, walk)
    return _sorted(table, _walked(tx, table, (KeySpan(),) if steps is None else steps, query), query)


def _walked(tx: Tx, table: Table, steps: Steps, query: Query, *, descending: bool | None = None) -> Iterator[Match]:
    """Matches of all steps, each once."""
    backward = query.is_reversed if descending is None else descending
    test = None if query.where == EVERYTHING else matcher(query.where)
    # The store ends what it works on too long itself; looking at records is work of ours.
    until = time.monotonic() + READ_THREAD_S_MAX
    seen: set[bytes] | None = set() if len(steps) > 1 else None
    for step in reversed(steps) if backward else steps:
        for found in _records(tx, table, step, query.wanted, descending=backward):
            if seen is not None:
                if found.key in seen:
                    continue
                seen.add(found.key)
            doc = values_of(table, found)
            if test is not None and time.monotonic() > until:
                raise invalid(
                    f"The search takes longer than {READ_THREAD_S_MAX:g} seconds; ask with fewer conditions, or for an "
                    "attribute with an index.",
                    code="too_slow",
                    field="conditions",
                )
            if test is None or test(doc):
                yield Match(found.key, doc, found)


def _records(tx: Tx, table: Table, step: Step, wanted: int | None, *, descending: bool) -> Iterator[Found]:
    """All records of a step, read in parts that grow: most searches end with the first."""
    after = None
    part = min(_PART_MAX, max(_PART_MIN, wanted if wanted is not None else 4 * _PART_MIN))
    while True:
        found = step.fetch(tx, table, after, descending=descending, limit=part)
        yield from found
        if not found or (len(found) < part and not isinstance(step, planner.Keys)):
            return
        after = found[-1].place
        part = min(_PART_MAX, part * 4)


def sorted_walk(table: Table, query: Query, steps: Steps | None) -> Step | None:
    """The walk that gives the wanted order by itself, where that is cheaper than sorting all that match."""
    if len(query.sort) > 1:
        return None
    walk = planner.walk_of(table, query.sort[0].attribute)
    if walk is None:
        return None
    if steps is None:
        # Records without the attribute come first when ascending, and the index does not know them.
        return (
            walk
            if query.limit is not None and (query.sort[0].is_descending or not isinstance(walk, EntrySpan))
            else None
        )
    if len(steps) != 1:  # none at all where nothing can match
        return None
    step = steps[0]
    if isinstance(step, EntrySpan) and isinstance(walk, EntrySpan) and step.attribute_id == walk.attribute_id:
        return step
    if isinstance(step, KeySpan) and isinstance(walk, KeySpan):
        return step
    if isinstance(step, TimeSpan) and isinstance(walk, TimeSpan) and step.column == walk.column:
        return step
    return None


def _along(tx: Tx, table: Table, query: Query, walk: Step) -> Iterator[Match]:
    key = query.sort[0]
    found = _walked(tx, table, (walk,), query, descending=key.is_descending)
    if not isinstance(walk, EntrySpan):
        yield from found
        return
    yield from _exact(found, key)
    if walk.span == store.Span() and key.is_descending:
        rest = _walked(tx, table, (KeySpan(),), query, descending=True)
        yield from (match for match in rest if match.doc.get(key.attribute) is None)


def _exact(walked: Iterable[Match], key: SortKey) -> Iterator[Match]:
    """Where entries are cut, those that look alike are put into their order by their whole values."""
    alike: list[Match] = []
    for match in walked:
        value_key = match.found.place[0]
        if alike and alike[0].found.place[0] != value_key:
            yield from _by_value(alike, key)
            alike = []
        if is_cut(value_key):
            alike.append(match)
        else:
            yield match
    yield from _by_value(alike, key)


def _by_value(alike: list[Match], key: SortKey) -> list[Match]:
    return sorted(
        alike, key=lambda match: (order_key(match.doc.get(key.attribute)), match.key), reverse=key.is_descending
    )


def _sorted(table: Table, walked: Iterable[Match], query: Query) -> Iterator[Match]:
    """All matches in order. Kept are their stored texts and the keys they are sorted by, as many as the answer can need."""
    kept: list[_Sorting] = []
    with Keeping() as keeping:
        for match in walked:
            keys = [order_key(match.doc.get(each.attribute)) for each in query.sort]
            kept.append(_Sorting(keys, match.found))
            keeping.add(len(match.found.doc))
            if query.wanted is not None and len(kept) >= query.wanted + _SLACK:
                kept = _in_order(kept, query.sort)[: query.wanted]
                keeping.release()
                keeping.add(sum(len(each.found.doc) for each in kept))
            if keeping.size > OUT_BYTES_MAX:
                raise _too_much_to_sort()
        for each in _in_order(kept, query.sort):
            yield Match(each.found.key, values_of(table, each.found), each.found)


class _Sorting(msgspec.Struct, frozen=True, gc=False):
    """A match that is being sorted."""

    keys: list[bytes]
    found: Found


def _too_much_to_sort() -> HarborError:
    return invalid(
        f"To sort what is found, more than {OUT_BYTES_MAX} bytes of records would be held; narrow it with conditions, ask "
        "for fewer with limit and offset, or page through the order of one attribute with an index.",
        code="answer_too_large",
        field="sort",
    )


def _in_order(kept: list[_Sorting], sort: Sequence[SortKey]) -> list[_Sorting]:
    # The last key first: Python keeps the order of equals, also in reverse. Those equal in all keys follow their own.
    ordered = sorted(kept, key=lambda each: each.found.key, reverse=sort[0].is_descending)
    for place in reversed(range(len(sort))):
        ordered.sort(key=_nth_key(place), reverse=sort[place].is_descending)
    return ordered


def _nth_key(place: int) -> Callable[[_Sorting], bytes]:
    return lambda each: each.keys[place]
