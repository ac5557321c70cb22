"""The first rows in the order of an index: what a search does better than reading everything and sorting it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.search.model import Query, SortKey
from harbor.products.harper_tables.search.planner import walk_of
from harbor.products.harper_tables.sql.compiling import Row
from harbor.products.harper_tables.sql.explaining import access
from harbor.products.harper_tables.sql.relations import Relation, TableRelation
from harbor.products.harper_tables.sql.selecting import SelectPlanner
from harbor.products.harper_tables.sql.tree import Name
from harbor.products.harper_tables.values import Doc


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Another way to the same answer."""

    rows: Callable[[Row], Iterator[Doc]]
    explained: Callable[[], list[dict[str, Any]]]


def in_index_order(call: Call, planner: SelectPlanner, relation: Relation, is_exact: bool) -> Shortcut | None:
    """The way along an index, for a part of one table in the order of one column; None for anything else."""
    select, part = planner.select, planner.part
    is_plain = planner.grouped is None and not select.is_distinct and len(planner.order) == 1
    if not (isinstance(relation, TableRelation) and is_exact and is_plain and part.limit):
        return None
    order = planner.order[0]
    # An alias may hide the column.
    if not isinstance(order.expr, Name) or order.expr.parts[0] in planner.aliases:
        return None
    column = planner.scope.find(order.expr.parts)
    if column.source is not relation.source or column.path or walk_of(relation.table, column.name) is None:
        return None
    sort = (SortKey(column.name, is_descending=order.is_descending),)
    query = Query(where=relation.where, sort=sort, limit=part.limit, offset=part.offset)

    def rows(outer: Row) -> Iterator[Doc]:
        found = search.find(call, relation.table, query)
        return ({each.name: each.run((*outer, doc)) for each in planner.shown} for doc in found)

    def explained() -> list[dict[str, Any]]:
        step = access(relation.tx, relation.table, relation.source.alias, relation.where)
        return [{**step, "order": column.name}, {"step": "part", "limit": part.limit, "offset": part.offset}]

    return Shortcut(rows, explained)
