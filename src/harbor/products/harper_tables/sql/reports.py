"""Reports that the store can count by itself: plain columns in GROUP BY and in the usual aggregates.

They are over whole tables, or over what spans of the index say exactly.

Whether it could is known only afterwards: a column that holds texts or dates beside numbers is counted here after all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql import report_store as store
from harbor.products.harper_tables.sql.aggregates import mean
from harbor.products.harper_tables.sql.compiling import Compiler, Row
from harbor.products.harper_tables.sql.grouping import Grouped, in_key_order
from harbor.products.harper_tables.sql.relations import Relation, TableRelation
from harbor.products.harper_tables.sql.report_where import spans_of
from harbor.products.harper_tables.sql.selecting import SelectPlanner
from harbor.products.harper_tables.sql.tree import Call, Expr, Name, Star
from harbor.products.harper_tables.values import Doc, from_text

_COUNTED = frozenset({"COUNT", "SUM", "AVG", "MEAN", "MIN", "MAX"})
_ENDS = frozenset({"MIN", "MAX"})
_KEYS_MAX, _COLUMNS_MAX = 4, 8
_GROUP_BYTES = 500


def reported(planner: SelectPlanner, relation: Relation, is_exact: bool) -> Report | None:
    """The report of a SELECT, if it is one."""
    grouped, select = planner.grouped, planner.select
    if grouped is None or not isinstance(relation, TableRelation) or relation.table.dropped:
        return None
    where: Sequence[store.Within] | None = ()
    if select.where is not None:
        where = spans_of(relation.table, relation.where) if is_exact else None
    if where is None:
        return None
    keys = [_column(each, grouped.compiler) for each in grouped.distinct_keys()]
    wanted = [(each.call, _argument(each.call, grouped.compiler)) for each in grouped.aggregates]
    names = list(dict.fromkeys(name for _, name in wanted if name))
    if len(keys) > _KEYS_MAX or len(names) > _COLUMNS_MAX:
        return None
    if any(key is None for key in keys) or any(name is None for _, name in wanted):
        return None
    found = [(call.name, names.index(name) if name else -1) for call, name in wanted]
    columns = [_wanted(name, {call.name for call, each in wanted if each == name}) for name in names]
    return Report(planner, relation, grouped, [key for key in keys if key], columns, found, where)


@dataclass(frozen=True, slots=True)
class Report:
    """A SELECT that the store may answer. `wanted` are its aggregates and which of `columns` each is of; -1 for none."""

    planner: SelectPlanner
    relation: TableRelation
    grouped: Grouped
    keys: Sequence[str]
    columns: Sequence[store.Wanted]
    wanted: Sequence[tuple[str, int]]
    where: Sequence[store.Within]

    def rows(self, outer: Row) -> Iterator[Doc]:
        """The answer."""
        found = self._groups()
        if found is None:
            return self.planner.rows(outer)
        rows: Iterator[Row] = ((*outer, values) for values in in_key_order(found, len(self.keys)))
        if self.planner.having is not None:
            rows = filter(self.planner.having, rows)
        return self.planner.finished(rows)

    def explained(self) -> list[dict[str, Any]]:
        """One step."""
        table = self.relation.table.full_name
        return [{"step": "report", "table": table, "by": "the store", "keys": list(self.keys)}]

    def _groups(self) -> list[list[Any]] | None:
        """The values of each group; None if the store could not count all of them."""
        budget, merged = self.planner.fixed.budget, dict[Any, tuple[list[Any], list[store.Group]]]()
        for group in store.groups(self.relation.tx, self.relation.table.id, self.keys, self.columns, self.where):
            budget.keep(_GROUP_BYTES)
            values = [None if text is None else from_text(f'{{"v":{text}}}')["v"] for text in group.keys]
            merged.setdefault(tuple(map(op.group_key, values)), (values, []))[1].append(group)
        found = []
        for values, parts in merged.values():
            results = [self._result(name, place, parts) for name, place in self.wanted]
            if any(result is None for result in results):
                return None
            found.append([*values, *(result[0] for result in results if result is not None)])
        return found

    def _result(self, name: str, place: int, parts: Sequence[store.Group]) -> tuple[Any] | None:
        """An aggregate over the parts of a group, in a tuple; None if the store cannot say."""
        if place < 0:
            return (sum(part.count for part in parts),)
        columns = [part.columns[place] for part in parts]
        present = sum(column.present for column in columns)
        if name == "COUNT":
            return (present,)
        if not present:
            return (None,)
        if name in _ENDS:
            if any(column.numbers != column.present for column in columns):
                return None
            ends = [each.least if name == "MIN" else each.largest for each in columns if each.present]
            return (min(ends) if name == "MIN" else max(ends),)
        if any(column.summed != column.present for column in columns):
            return None
        total = sum((column.total for column in columns), start=0)
        summed: Any = op.neat(total if isinstance(total, int) else float(total))
        return (summed,) if name == "SUM" or summed != summed else (mean(summed, present),)


def _wanted(name: str, asked: set[str]) -> store.Wanted:
    return store.Wanted(name, sum=bool(asked - _ENDS - {"COUNT"}), ends=bool(asked & _ENDS))


def _column(expr: Expr, compiler: Compiler) -> str | None:
    """The name of a plain column that records hold; None for anything else."""
    if not isinstance(expr, Name):
        return None
    column = compiler.scope.find(expr.parts)
    is_plain = column.source.place >= compiler.scope.base and not column.path
    table = column.source.table
    is_held = table is not None and column.name in (table.primary_key, *table.attributes)
    return column.name if is_plain and is_held and store.can_name(column.name) else None


def _argument(call: Call, compiler: Compiler) -> str | None:
    """The column of an aggregate, "" for COUNT(*); None for what the store does not count."""
    if call.name not in _COUNTED or call.is_distinct or call.order:
        return None
    return "" if call.args == (Star(),) else _column(call.args[0], compiler)
