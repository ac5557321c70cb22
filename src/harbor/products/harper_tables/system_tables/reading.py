"""Searching the tables of the database `system`: the rows are made, looked at, ordered and cut in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.catalog.model import SYSTEM, TIMES, Attribute, Indexing, Table
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.rights import user_of
from harbor.products.harper_tables.search.model import Query
from harbor.products.harper_tables.search.rules import matcher
from harbor.products.harper_tables.system_tables.rows import TABLES, shown
from harbor.products.harper_tables.values import Doc


def table_of(call: Call, database: str, name: str) -> Table | None:
    """The table as searches see it; None for one of another database, or for whoever may not see this one.

    Raises `Missing` for a name that the platform does not use.
    """
    if database != SYSTEM or not user_of(call).rights.is_super_user:
        return None
    found = TABLES.get(name)
    if found is None:
        raise refusals.no_table(database, name)
    attributes = {each: Attribute(0, each, Indexing.NONE) for each in found.attributes if each not in TIMES}
    return Table(
        id=0,
        account_id=call.account_id,
        database=SYSTEM,
        name=name,
        primary_key=found.key,
        settings={"audit": False, "sealed": True},
        epoch=0,
        version="",
        created_at=0,
        attributes=attributes,
    )


def rows(call: Call, name: str) -> list[Doc]:
    """All rows, in the order of their keys."""
    table = TABLES[name]
    found = [shown(table, row) for row in table.rows(call)]
    return sorted(found, key=lambda row: order_key(row[table.key]))


def by_ids(call: Call, name: str, ids: Sequence[Any]) -> list[Doc]:
    """The rows of these keys, in this order; those that are not there are left out."""
    known = {order_key(row[TABLES[name].key]): row for row in rows(call, name)}
    return [known[key] for each in ids if (key := order_key(each)) in known]


def names() -> tuple[str, ...]:
    """The tables there are."""
    return tuple(TABLES)


def find(call: Call, name: str, query: Query) -> list[Doc]:
    """The rows a query asks for."""
    matches = matcher(query.where)
    found = [row for row in rows(call, name) if matches(row)]
    for key in reversed(query.sort):
        found.sort(key=lambda row, key=key: order_key(row.get(key.attribute)), reverse=key.is_descending)  # type: ignore[misc]
    if query.is_reversed:
        found.reverse()
    return found[query.offset : query.wanted]


def streamed(call: Call, name: str) -> Iterator[Doc]:
    """All rows, for statements."""
    yield from rows(call, name)
