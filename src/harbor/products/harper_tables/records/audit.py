"""Reading what was done to a table: by time, by user, by record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.records import audit_store as store
from harbor.products.harper_tables.records.audit_store import Change as Change
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import readable, user_of

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


def of_user(call: Call, table: Table, user: str, limit: int | None) -> list[Change]:
    """The changes of a user."""
    return _some((each for each in _changes(call, table) if each.user == user), limit)


def of_record(call: Call, table: Table, key: Any, limit: int | None) -> list[Change]:
    """The changes of a record; of each only what concerns it."""
    return _some(_only(_changes(call, table), order_key(key)), limit)


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
            yield Change(each.position, each.user, each.operation, each.key, ids, records, before)


def _cut(docs: list[Any] | None, names: Collection[str]) -> list[Any] | None:
    if docs is None:
        return None
    return [{name: value for name, value in doc.items() if name in names} for doc in docs]


def _some(changes: Iterator[Change], limit: int | None) -> list[Change]:
    return list(islice(changes, min(limit or ENTRIES_MAX, ENTRIES_MAX)))
