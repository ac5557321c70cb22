"""Reading what was done to a table: by time, by user, by record."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from harbor.kernel.bounds import READ_THREAD_S_MAX
from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.records import audit_store as store
from harbor.products.harper_tables.records.audit_store import Change as Change
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import readable, user_of
from harbor.products.harper_tables.search.model import OUT_BYTES_MAX

K = TypeVar("K")
US = 1_000
ENTRIES_MAX = 100_000
LOOKED_AT_MAX = 20_000


def table_of(call: Call, database: str, name: str) -> Table:
    """A table whose audit may be read. Raises `Invalid` for one that keeps none."""
    table = catalog.to_read(call, database, name)
    if not table.is_audited:
        raise invalid("To use this operation audit log must be enabled in harperdb-config.yaml", code="audit_is_off")
    return table


def shown(call: Call, table: Table, change: Change) -> Change:
    """A change without the values of attributes that the caller may not read."""
    visible = readable(user_of(call), table.database, table.name, table.primary_key)
    if visible is None:
        return change
    names = visible | {change.key}
    return replace(change, records=_cut(change.records, names), before=_cut(change.before, names))


def between(
    call: Call, table: Table, since_ms: float | None, until_ms: float | None, limit: int | None
) -> list[Change]:
    """Changes from a moment to another, both inclusive, oldest first. Moments are milliseconds."""
    return _some(_changes(call, table, since_ms, until_ms), limit)


def of_users(call: Call, table: Table, users: Collection[str], limit: int | None) -> dict[str, list[Change]]:
    """The changes of each of these users, oldest first."""
    return _grouped(call, table, users, limit, lambda change: ((change.user, change),))


def of_records(call: Call, table: Table, keys: Collection[Any], limit: int | None) -> list[list[Change]]:
    """The changes of each of these records, oldest first; of each change only what concerns it."""
    wanted = [order_key(each) for each in keys]
    among = frozenset(wanted)

    def touched(change: Change) -> Iterator[tuple[bytes, Change]]:
        for key in {order_key(each) for each in change.ids} & among:
            yield from ((key, each) for each in _only(iter((change,)), key))

    found = _grouped(call, table, among, limit, touched)
    return [found[key] for key in wanted]


def latest(call: Call, table: Table, limit: int, *, before: int | None = None, key: Any = None) -> list[Change]:
    """The newest changes, newest first; those below the position `before`, and of a record only what concerns it.

    For a record at most `LOOKED_AT_MAX` changes of the table are looked at.
    """
    until = None if before is None else before - 1
    changes = store.in_order(call.tx, table.id, until=until, newest_first=True)
    if key is not None:
        changes = _only(islice(changes, LOOKED_AT_MAX), order_key(key))
    return list(islice(changes, limit))


def forget_before(tx: Tx, table_id: int, before_us: int, limit: int) -> int:
    """Remove at most `limit` changes before a moment; how many there were."""
    return store.delete_before(tx, table_id, before_us, limit)


def _changes(
    call: Call, table: Table, since_ms: float | None = None, until_ms: float | None = None
) -> Iterator[Change]:
    since = None if since_ms is None else round(since_ms * US)
    until = None if until_ms is None else round(until_ms * US)
    return store.in_order(call.tx, table.id, since=since, until=until)


def _only(changes: Iterator[Change], key: bytes) -> Iterator[Change]:
    for each in changes:
        places = [place for place, id_ in enumerate(each.ids) if order_key(id_) == key]
        if places:
            ids = [each.ids[place] for place in places]
            records = None if each.records is None else [each.records[place] for place in places]
            before = [doc for doc in each.before or () if order_key(doc[each.key]) == key] or None
            size = each.size * len(ids) // len(each.ids)
            yield Change(each.position, each.user, each.operation, each.key, ids, records, before, size)


def _cut(docs: list[Any] | None, names: Collection[str]) -> list[Any] | None:
    if docs is None:
        return None
    return [{name: value for name, value in doc.items() if name in names} for doc in docs]


def _some(changes: Iterator[Change], limit: int | None) -> list[Change]:
    room = _Room()
    return [room.taken(each) for each in islice(changes, min(limit or ENTRIES_MAX, ENTRIES_MAX))]


def _grouped(
    call: Call,
    table: Table,
    groups: Collection[K],
    limit: int | None,
    parts: Callable[[Change], Iterable[tuple[K, Change]]],
) -> dict[K, list[Change]]:
    """The first changes of each group, by one walk through all of them."""
    found: dict[K, list[Change]] = {group: [] for group in groups}
    room = _Room()
    for change in _changes(call, table):
        room.look()
        for group, each in parts(change):
            if group in found and len(found[group]) < min(limit or ENTRIES_MAX, ENTRIES_MAX):
                found[group].append(room.taken(each))
    return found


class _Room:
    """What one answer may hold, and how long it may be looked for."""

    def __init__(self) -> None:
        self._until = time.monotonic() + READ_THREAD_S_MAX
        self._size = 0

    def taken(self, change: Change) -> Change:
        """A change of the answer. Raises `Invalid` where it holds too many bytes."""
        self.look()
        self._size += change.size
        if self._size > OUT_BYTES_MAX:
            raise invalid(
                f"The answer would hold more than {OUT_BYTES_MAX} bytes of changes; ask for a shorter time, or for fewer "
                "with limit.",
                code="answer_too_large",
                field="limit",
            )
        return change

    def look(self) -> None:
        """Raise `Invalid` if it takes too long."""
        if time.monotonic() > self._until:
            raise invalid(
                f"The changes take longer than {READ_THREAD_S_MAX:g} seconds to find; ask for a shorter time.",
                code="too_slow",
            )
