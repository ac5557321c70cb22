"""GROUP BY and aggregates: rows into groups, and expressions over what a group has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.aggregates import AGGREGATES, distinct, joined
from harbor.products.harper_tables.sql.bounds import Budget
from harbor.products.harper_tables.sql.compiling import Compiler, Row, Run, identity
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.tree import Call, Expr, Name, Query, Star

_VALUE_BYTES = 80


@dataclass(frozen=True, slots=True)
class Aggregated:
    """One aggregate of a statement: `value` is what is collected of each row, None for COUNT(*)."""

    call: Call
    value: Run | None
    finish: Callable[[list[Any]], Any]
    order: Callable[[list[tuple[Row, Any]]], list[Any]] | None = None


@dataclass(slots=True)
class Grouped:
    """What a group has: the values it is grouped by, then its aggregates, all in the last place of a row."""

    compiler: Compiler
    keys: Sequence[Expr]
    aggregates: list[Aggregated] = field(default_factory=list)
    _known: dict[Any, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in self.keys:
            self._known.setdefault(identity(key, self.compiler), len(self._known))
        # Two keys that are the same are one value.
        assert len(self._known) <= len(self.keys)

    def found(self, expr: Expr) -> Run | None:
        """The function that reads an expression from a group; None if a group does not have it."""
        is_aggregate = isinstance(expr, Call) and expr.name in AGGREGATES
        if not is_aggregate and not self.keys:
            return None
        if isinstance(expr, Name) and not self._is_own(expr):
            return None
        key = identity(expr, self.compiler)
        place = self._known.get(key)
        if place is None:
            if not is_aggregate:
                return None
            assert isinstance(expr, Call)
            place = self._known[key] = len(self._known)
            self.aggregates.append(self._aggregated(expr))
        slot = self.compiler.scope.base
        return lambda row: row[slot][place]

    def distinct_keys(self) -> list[Expr]:
        """The keys, each once."""
        seen: dict[Any, Expr] = {}
        for key in self.keys:
            seen.setdefault(identity(key, self.compiler), key)
        return list(seen.values())

    def _is_own(self, expr: Name) -> bool:
        return self.compiler.scope.find(expr.parts).source.place >= self.compiler.scope.base

    def _aggregated(self, call: Call) -> Aggregated:
        if call.name == "COUNT" and call.args == (Star(),):
            return Aggregated(call, None, len)
        if len(call.args) != 1:
            raise wrong(f"{call.name} takes 1 argument, not {len(call.args)}.", "arguments")
        finish = AGGREGATES[call.name]
        if call.name == "GROUP_CONCAT" and call.separator is not None:
            separator = self.compiler.constant(call.separator)
            if separator is None or not isinstance(separator[0], str):
                raise wrong("SEPARATOR is a text.")
            text = separator[0]
            finish = lambda values: joined(values, text)  # noqa: E731 - two lines for one
        if call.is_distinct:
            plain = finish
            finish = lambda values: plain(distinct(values))  # noqa: E731 - as above
        order = None if not call.order else self._ordered(call)
        return Aggregated(call, self.compiler.run(call.args[0]), finish, order)

    def _ordered(self, call: Call) -> Callable[[list[tuple[Row, Any]]], list[Any]]:
        keys = [(self.compiler.run(each.expr), each.is_descending) for each in call.order]

        def order(pairs: list[tuple[Row, Any]]) -> list[Any]:
            for key, is_descending in reversed(keys):
                pairs.sort(key=lambda pair: op.sort_key(key(pair[0])), reverse=is_descending)
            return [value for _, value in pairs]

        return order


def groups(grouped: Grouped, rows: Iterable[Row], prefix: Row, budget: Budget) -> Iterator[Row]:
    """A row for each group: the outer rows, then the group's values."""
    keys = [grouped.compiler.run(key) for key in grouped.distinct_keys()]
    aggregates = grouped.aggregates
    found: dict[Any, tuple[list[Any], list[list[Any]]]] = {}
    if not grouped.keys:
        found[()] = ([], [[] for _ in aggregates])
    for row in budget.watch(rows):
        values = [key(row) for key in keys]
        place = tuple(map(op.group_key, values))
        group = found.get(place)
        if group is None:
            group = found[place] = (values, [[] for _ in aggregates])
            budget.keep(_VALUE_BYTES * len(values))
        for aggregate, collected in zip(aggregates, group[1], strict=True):
            if aggregate.value is None:
                collected.append(None)
            elif not op.is_null(value := aggregate.value(row)):
                collected.append(value if aggregate.order is None else (row, value))
                budget.kept += _VALUE_BYTES
        if budget.kept > budget.bounds.bytes_kept:
            budget.keep(0)
    made = (
        [*values, *(_finished(each, all_) for each, all_ in zip(aggregates, collections, strict=True))]
        for values, collections in found.values()
    )
    return ((*prefix, values) for values in in_key_order(made, len(keys)))


def in_key_order(found: Iterable[list[Any]], keys: int) -> list[list[Any]]:
    """Groups in the order of the values they are grouped by, the same whoever counted them."""
    return sorted(found, key=lambda values: [op.sort_key(value) for value in values[:keys]])


def _finished(aggregate: Aggregated, collected: list[Any]) -> Any:
    return aggregate.finish(aggregate.order(collected) if aggregate.order is not None else collected)


def has_aggregate(node: Any) -> bool:
    """Whether an expression (or a tuple of them) has an aggregate of its own SELECT."""
    # Asked of every node of every statement: generators, and `fields`, would take three times as long.
    if isinstance(node, tuple):
        for each in node:  # noqa: SIM110 - as above
            if has_aggregate(each):
                return True
        return False
    names = getattr(type(node), "__dataclass_fields__", None)
    if names is None or isinstance(node, Query):
        return False
    if isinstance(node, Call) and node.name in AGGREGATES:
        return True
    for name in names:  # noqa: SIM110 - as above
        if has_aggregate(getattr(node, name)):
            return True
    return False
