"""Event types: which names may be sent, which a subscription may ask for, and who hears of an event.

An entry of a subscription is an exact type, `*` or `order.*`. `*` is every event of the workspace's own senders;
events of products are asked for by name or by their first word, `harvest.*`. `order.*` is one or more further
segments, so `order.shipped` and `order.item.added` but not `order`. Case counts. Source:
docs/products/harbor.md#subscription-matching.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from harbor.kernel.bounds import EVENT_TYPE_LENGTH_MAX
from harbor.kernel.errors import Invalid

T = TypeVar("T")

RESERVED_FIRST_WORDS: Final = frozenset({"harbor", "harbour", "harvest", "appharbor", "harper"})
ENTRIES_MAX: Final = 100
# A sender may use types without end; the memo of a matcher starts afresh when it holds this many.
MEMO_TYPES_MAX: Final = 4_096

_EVERY = "*"
_TYPE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_GRAMMAR = "letters, digits, '_' and '-' in segments separated by single dots"


def check_type(name: str, *, field: str = "type") -> str:
    """`name`, when an outside sender may use it as an event type.

    Raises `Invalid` for a name that is not 1-128 characters of dotted segments, or that begins with a word of the
    platform's own products.
    """
    _check_name(name, field)
    word = name.partition(".")[0]
    if word in RESERVED_FIRST_WORDS:
        raise Invalid(f"{field} begins with {word!r}, which is reserved for the platform's own events.", field=field)
    return name


def check_filter_entry(entry: str, *, field: str = "events") -> str:
    """`entry`, when it is an exact type, `*` or a type followed by `.*`; else `Invalid`.

    Types of products and types nobody has sent yet are accepted.
    """
    if entry == _EVERY:
        return entry
    _check_name(entry.removesuffix(".*"), field, shown=entry)
    return entry


def check_filter(entries: Sequence[str], *, field: str = "events") -> tuple[str, ...]:
    """The entries of one subscription: 1-100, each good, none twice; else `Invalid` with the path of the bad one."""
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise Invalid(f"{field} has {len(entries)} entries; 1 to {ENTRIES_MAX} are possible.", field=field)
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        path = f"{field}.{index}"
        check_filter_entry(entry, field=path)
        if entry in seen:
            raise Invalid(f"{path} repeats {entry!r}; each entry is given once.", field=path)
        seen.add(entry)
    return tuple(entries)


def matches(entries: Iterable[str], product: str, type_: str) -> bool:
    """Whether one of `entries` asks for an event of `type_`; `product` is empty for the workspace's own senders."""
    for entry in entries:
        if entry == _EVERY:
            if product == "":
                return True
        elif entry == type_ or (entry.endswith(".*") and type_.startswith(entry[:-1])):
            return True
    return False


class Matcher(Generic[T]):
    """The subscriptions of one workspace, arranged so that an event finds its own without asking each.

    A type that was asked for before costs one look-up (0.1 us); a new one costs a look-up per segment and one step
    per subscription found, however many subscriptions there are (2 us with 1,000 of which 10 match). The answer keeps
    the order in which the subscriptions were given, and names each once. Safe to share between threads.
    """

    __slots__ = ("_every", "_exact", "_memo", "_prefix", "_subscriptions")

    def __init__(self, subscriptions: Iterable[tuple[T, Sequence[str]]]) -> None:
        self._subscriptions: list[T] = []
        self._every: set[int] = set()
        self._exact: dict[str, set[int]] = {}
        self._prefix: dict[str, set[int]] = {}
        self._memo: dict[tuple[str, str], tuple[T, ...]] = {}
        for position, (subscription, entries) in enumerate(subscriptions):
            self._subscriptions.append(subscription)
            for entry in entries:
                if entry == _EVERY:
                    self._every.add(position)
                elif entry.endswith(".*"):
                    self._prefix.setdefault(entry[:-1], set()).add(position)
                else:
                    self._exact.setdefault(entry, set()).add(position)

    def matching(self, product: str, type_: str) -> tuple[T, ...]:
        """The subscriptions that ask for an event of `type_`; `product` as in `matches`."""
        found = self._memo.get((product, type_))
        return self._find(product, type_) if found is None else found

    def _find(self, product: str, type_: str) -> tuple[T, ...]:
        positions = set(self._every) if product == "" else set()
        positions.update(self._exact.get(type_, ()))
        dot = type_.find(".")
        while dot >= 0:
            positions.update(self._prefix.get(type_[: dot + 1], ()))
            dot = type_.find(".", dot + 1)
        found = tuple(self._subscriptions[position] for position in sorted(positions))
        if len(self._memo) >= MEMO_TYPES_MAX:
            self._memo.clear()
        self._memo[product, type_] = found
        return found


@dataclass(frozen=True, slots=True)
class TypeRange:
    """Types from `low` on and below `high`, compared by code point (BINARY in SQLite, collation C in PostgreSQL).

    A range rather than LIKE: LIKE ignores case in SQLite, takes `_` for any letter, and misses the index.
    """

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class TypeQuery:
    """What a list of events is narrowed to: events that satisfy any of the three parts.

    `own` are events whose product is empty, `exact` are types, `ranges` are types under a first part.
    """

    own: bool
    exact: tuple[str, ...]
    ranges: tuple[TypeRange, ...]


def type_query(entries: Sequence[str], *, field: str = "type") -> TypeQuery:
    """The narrowing that `entries` ask for; none at all means the workspace's own events.

    Raises `Invalid` for an entry that no subscription could hold either, or for more than 100.
    """
    if len(entries) > ENTRIES_MAX:
        raise Invalid(f"{field} is given {len(entries)} times; at most {ENTRIES_MAX} fit.", field=field)
    wanted = dict.fromkeys(check_filter_entry(entry, field=field) for entry in entries)
    # "/" is the character after ".", so the range holds exactly the types that begin with `order.`.
    ranges = tuple(TypeRange(entry[:-1], entry[:-2] + "/") for entry in wanted if entry.endswith(".*"))
    exact = tuple(entry for entry in wanted if entry != _EVERY and not entry.endswith(".*"))
    return TypeQuery(own=_EVERY in wanted or not wanted, exact=exact, ranges=ranges)


def _check_name(name: str, field: str, *, shown: str | None = None) -> None:
    whole = name if shown is None else shown
    if not 1 <= len(whole) <= EVENT_TYPE_LENGTH_MAX:
        raise Invalid(f"{field} has {len(whole)} characters; 1 to {EVENT_TYPE_LENGTH_MAX} are possible.", field=field)
    if _TYPE.fullmatch(name) is None:
        if _EVERY in whole:
            raise Invalid(f"{field}: '*' stands alone or as the last segment, as in 'order.*'.", field=field)
        raise Invalid(f"{field} must be {_GRAMMAR}.", field=field)
