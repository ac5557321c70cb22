"""Pages of a search: each goes on where the last one ended, at the same cost whatever the depth.

A page walks *legs*, one after the other: the steps of the plan, or for a sort the index of its attribute with the records
that lack it. A place is the leg and the point on it, so what is inserted meanwhile neither repeats nor hides a record. Where
no index gives the order, each page looks at all that match and keeps what comes next. Pages compare values by the keys of
the index, of which texts have the first 127 bytes; equal ones follow their primary keys.

The cursor is sealed for the account. It holds the place and which way was chosen, and is good for that query alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from harbor.kernel.bounds import READ_THREAD_S_MAX
from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Unsealable
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.ordering import index_key
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search import planner, store
from harbor.products.harper_tables.search.model import EVERYTHING, OUT_BYTES_MAX, Query, SortKey
from harbor.products.harper_tables.search.planner import EntrySpan, Keys, KeySpan, Step, Steps, TimeSpan
from harbor.products.harper_tables.search.rules import Matcher, matcher
from harbor.products.harper_tables.search.service import Match, count, matches, values_of
from harbor.products.harper_tables.search.store import Found, Span
from harbor.products.harper_tables.values import Doc

SIZE_DEFAULT, SIZE_MAX = 100, 10_000
CURSOR_LENGTH_MAX = 8_192
_PURPOSE = "harper.cursor"
_PART_MIN, _PART_MAX = 16, 1_000
# So many matches are sorted anew for each page; of more the index of the sort is walked.
_SORTED_MAX = 20_000
_LOOK_EACH = 64

Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """How many records, after which cursor, and whether all that match are to be counted."""

    size: int = SIZE_DEFAULT
    cursor: str | None = None
    wants_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A page. `cursor` is None on the last one, `total` unless it was asked for."""

    docs: list[Doc]
    cursor: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class _Leg:
    """One walk of a page; `without` are only those records that lack an attribute."""

    step: Step
    is_descending: bool
    without: str | None = None


class _Way(msgspec.Struct, frozen=True, array_like=True):
    """What a cursor says: for which query, which way was chosen, and where on it the page ended."""

    query: str
    legs: str
    is_sorted: bool
    choices: list[str]
    leg: int
    place: list[str | int]


def page(
    call: Call, table: Table, query: Query, asked: PageAsked, *, only: Matcher | None = None, said: str = ""
) -> Paged:
    """The page that was asked for. Raises `Invalid` for a cursor that is not of this query, account and database.

    `only` is what is asked of records beyond the query, and `said` the text in which it is.
    """
    digest = _mark((call.account_id, table.id, query.where, query.sort, query.is_reversed, said))
    way = None if asked.cursor is None else _opened(call, asked.cursor, digest)
    choosing = _Choosing(None if way is None else way.choices)
    steps = None if way is not None and way.is_sorted else planner.plan(call.tx, table, query.where, choosing.choose)
    is_sorted = _is_sorted(call.tx, table, query, steps) if way is None else way.is_sorted
    legs = () if is_sorted else _legs(table, query, steps)
    marked = _mark(legs)
    if way is not None and way.legs != marked:
        raise _stale()
    after = None if way is None else tuple(map(_read, way.place))
    if is_sorted:
        found = _next_sorted(call.tx, table, query, asked.size, after, only or _everything)
    else:
        first = _first_leg(call.tx, table, legs) if way is None else way.leg
        found = _along(call.tx, table, query, legs, first, after, asked.size, only or _everything)
    docs, last = _taken(found, asked.size)
    cursor = None
    if last is not None:
        leg, place = last
        cursor = _sealed(call, _Way(digest, marked, is_sorted, choosing.made, leg, [_told(each) for each in place]))
    return Paged(docs=docs, cursor=cursor, total=_total(call, table, query, only) if asked.wants_total else None)


def _taken(found: Iterator[tuple[int, Place, Match]], size: int) -> tuple[list[Doc], tuple[int, Place] | None]:
    """The records of a page, and the place of the last one if more follow."""
    docs: list[Doc] = []
    weight, last = 0, None
    for leg, place, match in found:
        if len(docs) == size or (docs and weight > OUT_BYTES_MAX):
            return docs, last
        docs.append(match.doc)
        weight += len(match.found.doc)
        last = leg, place
    return docs, None


def _total(call: Call, table: Table, query: Query, only: Matcher | None) -> int:
    if query.where == EVERYTHING and only is None:
        return count(call, table)
    found = matches(call.tx, table, Query(where=query.where))
    return sum(1 for match in found if only is None or only(match.doc))


def _everything(_doc: Doc) -> bool:
    return True


# The way


def _is_sorted(tx: Tx, table: Table, query: Query, steps: Steps | None) -> bool:
    """Whether each page sorts what matches, because no index gives the order or only few match."""
    if not query.sort:
        return False
    if len(query.sort) > 1 or planner.walk_of(table, query.sort[0].attribute) is None:
        return True
    if steps is None or _same_walk(table, query.sort[0], steps) is not None:
        return False
    few = 0
    for step in steps:
        if isinstance(step, Keys):
            few += len(step.keys)
        elif isinstance(step, EntrySpan):
            few += store.count_entries(tx, step.attribute_id, step.span, _SORTED_MAX)
        else:
            return False
    return few < _SORTED_MAX


def _legs(table: Table, query: Query, steps: Steps | None) -> tuple[_Leg, ...]:
    if not query.sort:
        whole: Steps = (KeySpan(),) if steps is None else steps
        ordered = whole[::-1] if query.is_reversed else whole
        return tuple(_Leg(step, query.is_reversed) for step in ordered)
    key = query.sort[0]
    same = None if steps is None else _same_walk(table, key, steps)
    if same is not None:
        return (_Leg(same, key.is_descending),)
    walk = planner.walk_of(table, key.attribute)
    assert walk is not None, key
    if not isinstance(walk, EntrySpan):
        return (_Leg(walk, key.is_descending),)
    # Records without the attribute have no entry; nothing is less than anything.
    rest = _Leg(KeySpan(), key.is_descending, key.attribute)
    along = _Leg(walk, key.is_descending)
    return (along, rest) if key.is_descending else (rest, along)


def _same_walk(table: Table, key: SortKey, steps: Steps) -> Step | None:
    """The one step of a plan, if it goes along what is sorted by."""
    walk = planner.walk_of(table, key.attribute)
    if len(steps) != 1 or type(steps[0]) is not type(walk):
        return None
    step = steps[0]
    if isinstance(step, EntrySpan) and isinstance(walk, EntrySpan):
        return step if step.attribute_id == walk.attribute_id else None
    if isinstance(step, TimeSpan) and isinstance(walk, TimeSpan):
        return step if step.column == walk.column else None
    return step


def _first_leg(tx: Tx, table: Table, legs: Sequence[_Leg]) -> int:
    """Where the first page begins: looking for records without an attribute is left out where all have it."""
    first, *others = legs or (None,)
    if first is not None and first.without is not None and others:
        walk = others[0].step
        assert isinstance(walk, EntrySpan)
        return 0 if store.lacks_entries(tx, table.id, walk.attribute_id) else 1
    return 0


# Along the legs


def _along(
    tx: Tx,
    table: Table,
    query: Query,
    legs: Sequence[_Leg],
    first: int,
    after: Place | None,
    size: int,
    only: Matcher,
) -> Iterator[tuple[int, Place, Match]]:
    test = _within(query)
    for number, leg in enumerate(legs[first:], first):
        # The legs of a sort share no record; those of a union may.
        before = [] if query.sort else [each.step for each in legs[:number]]
        for found in _walk(tx, table, leg, after, size + 1):
            doc = values_of(table, found)
            if leg.without is not None and doc.get(leg.without) is not None:
                continue
            if test(doc) and only(doc) and not any(_covers(step, found, doc) for step in before):
                yield number, found.place, Match(found.key, doc, found)
        after = None


def _walk(tx: Tx, table: Table, leg: _Leg, after: Place | None, wanted: int) -> Iterator[Found]:
    part = min(_PART_MAX, max(_PART_MIN, wanted))
    while True:
        found = leg.step.fetch(tx, table, after, descending=leg.is_descending, limit=part)
        yield from found
        if not found or (len(found) < part and not isinstance(leg.step, Keys)):
            return
        after = found[-1].place
        part = min(_PART_MAX, part * 4)


def _covers(step: Step, found: Found, doc: Doc) -> bool:
    """Whether a walk gives this record too, so that another one of the same union leaves it out."""
    if isinstance(step, Keys):
        return found.key in step.keys
    if isinstance(step, KeySpan):
        return _lies_in(step.span, found.key)
    if isinstance(step, TimeSpan):
        return _lies_in(step.span, found.created_at if step.column == "created_at" else found.updated_at)
    value = doc.get(step.name)
    return value is not None and _lies_in(step.span, index_key(value))


def _lies_in(span: Span, value: Any) -> bool:
    return (span.low is None or value >= span.low) and (span.high is None or value < span.high)


# Sorted anew


def _next_sorted(
    tx: Tx, table: Table, query: Query, size: int, after: Place | None, only: Matcher
) -> Iterator[tuple[int, Place, Match]]:
    """What comes after a place, in the order of the sort; only as many are kept as a page needs."""
    kept: list[tuple[Place, Match]] = []
    for match in matches(tx, table, replace(query, sort=(), limit=None, offset=0, is_reversed=False)):
        keys = (*(index_key(match.doc.get(key.attribute)) for key in query.sort), match.key)
        if (after is None or _follows(keys, after, query.sort)) and only(match.doc):
            kept.append((keys, match))
            if len(kept) > 2 * size + _PART_MAX:
                kept = _in_order(kept, query.sort)[: size + 1]
    return iter([(0, keys, match) for keys, match in _in_order(kept, query.sort)[: size + 1]])


def _follows(keys: Place, after: Place, sort: Sequence[SortKey]) -> bool:
    directions = (*(key.is_descending for key in sort), sort[0].is_descending)
    for mine, theirs, is_descending in zip(keys, after, directions, strict=True):
        if mine != theirs:
            return bool(mine < theirs) if is_descending else bool(mine > theirs)
    return False


def _in_order(kept: list[tuple[Place, Match]], sort: Sequence[SortKey]) -> list[tuple[Place, Match]]:
    # The last key first: Python keeps the order of equals, also in reverse.
    ordered = sorted(kept, key=lambda each: each[0][-1], reverse=sort[0].is_descending)
    for place, key in reversed(list(enumerate(sort))):
        ordered.sort(key=_at(place), reverse=key.is_descending)
    return ordered


def _at(place: int) -> Callable[[tuple[Place, Match]], bytes]:
    return lambda each: each[0][place]


def _within(query: Query) -> Matcher:
    """The test of the conditions; raises `Invalid` when a page looks too long for its records."""
    test: Matcher = matcher(query.where) if query.where != EVERYTHING else _everything
    until = time.monotonic() + READ_THREAD_S_MAX
    looked = 0

    def within(doc: Doc) -> bool:
        nonlocal looked
        looked += 1
        if looked % _LOOK_EACH == 0 and time.monotonic() > until:
            raise invalid(
                f"The page takes longer than {READ_THREAD_S_MAX:g} seconds; ask for fewer records, or with a condition on "
                "an attribute with an index.",
                code="too_slow",
                field="page",
            )
        return test(doc)

    return within


# Cursors


class _Choosing:
    """Which of several indexes answers: by what is cheapest on the first page, and the same one on all others."""

    def __init__(self, made: Sequence[str] | None) -> None:
        self._before = None if made is None else iter(made)
        self.made: list[str] = []

    def choose(self, tx: Tx, options: Sequence[Steps]) -> Steps | None:
        if self._before is None:
            chosen = planner.cheapest(tx, options)
        else:
            wanted = next(self._before, None)
            known = {_mark(option): option for option in options}
            if wanted is None or (wanted and wanted not in known):
                raise _stale()
            chosen = known[wanted] if wanted else None
        self.made.append("" if chosen is None else _mark(chosen))
        return chosen


def _mark(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sealed(call: Call, way: _Way) -> str:
    return call.vault.seal(call.account_id, _PURPOSE, msgspec.json.encode(way).decode())


def _opened(call: Call, cursor: str, query: str) -> _Way:
    try:
        way = msgspec.json.decode(call.vault.open(call.account_id, _PURPOSE, cursor), type=_Way)
    except (Unsealable, msgspec.MsgspecError):
        raise invalid(
            "'page.cursor' is none that was given out here: send 'next_cursor' of the page before as it is.",
            code="invalid_cursor",
            field="page.cursor",
        ) from None
    if way.query != query:
        raise invalid(
            "'page.cursor' belongs to another query, database or table: send it with the conditions and the sort of the "
            "page before, or begin without a cursor.",
            code="invalid_cursor",
            field="page.cursor",
        )
    return way


def _stale() -> Exception:
    return invalid(
        "'page.cursor' goes along an index that is no longer there; begin without a cursor.",
        code="invalid_cursor",
        field="page.cursor",
    )


def _told(value: Any) -> str | int:
    return value.hex() if isinstance(value, bytes) else value


def _read(value: str | int) -> Any:
    return bytes.fromhex(value) if isinstance(value, str) else value
