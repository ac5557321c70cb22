"""UNION, INTERSECT, EXCEPT, and queries of a WITH that read themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.bounds import Budget, size
from harbor.products.harper_tables.sql.compiling import Compiler, Fixed, Row
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.scope import Scope, Source
from harbor.products.harper_tables.sql.selecting import Plan, in_order, part_of
from harbor.products.harper_tables.sql.tree import Body, Combined, Literal, Name, Named, Order, Query
from harbor.products.harper_tables.values import Doc

Steps = Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Known:
    """A query of a WITH, as later ones see it."""

    names: tuple[str, ...]
    rows: Callable[[], Iterator[Doc]]
    explained: Steps


def combined(query: Query, fixed: Fixed, plan: Callable[[Body], Plan]) -> Plan:
    """The plan of a query whose body is a combination; order and part are those of the whole."""
    assert isinstance(query.body, Combined)
    found = _combination(query.body, fixed.budget, plan)
    part = part_of(query, None, fixed)
    scope = Scope([Source(0, "", found.names)])
    keys = [(_key(each, found.names, Compiler(fixed, scope, None, " in order by")), each) for each in query.order]

    def rows(outer: Row) -> Iterator[Doc]:
        made = found.rows(outer)
        if keys:
            kept = [([op.sort_key(run((row,))) for run, _ in keys], row) for row in held(made, fixed.budget)]
            made = (row for _, row in in_order(kept, [order.is_descending for _, order in keys]))
        return part.cut(made)

    return Plan(found.names, rows, found.scope, found.explained)


def _combination(body: Combined, budget: Budget, plan: Callable[[Body], Plan]) -> Plan:
    left, right = (
        _combination(each, budget, plan) if isinstance(each, Combined) else plan(each)
        for each in (body.left, body.right)
    )
    if len(left.names) != len(right.names):
        raise wrong(
            f"{body.sign} needs as many columns on both sides: {len(left.names)} and {len(right.names)}.", "union"
        )
    names, sign, is_all = left.names, body.sign, body.is_all

    def rows(outer: Row) -> Iterator[Doc]:
        first = left.rows(outer)
        second = (dict(zip(names, row.values(), strict=True)) for row in right.rows(outer))
        return budget.watch(_set_of(sign, is_all, first, second, budget))

    scope = left.scope if right.scope is None else right.scope if left.scope is None else _both(left.scope, right.scope)
    return Plan(names, rows, scope, lambda: [*left.explained(), *right.explained(), {"step": sign.lower()}])


def _both(left: Scope, right: Scope) -> Scope:
    return Scope([], left.outer, places=left.places | right.places)


def _set_of(sign: str, is_all: bool, first: Iterable[Doc], second: Iterable[Doc], budget: Budget) -> Iterator[Doc]:
    if sign == "UNION":
        both = (row for rows in (first, second) for row in rows)
        yield from both if is_all else _once(both, budget)
        return
    counted = Counter(_key_of(row) for row in held(second, budget))
    for row in first if is_all else _once(first, budget):
        key = _key_of(row)
        is_there = counted[key] > 0
        if is_all and is_there:
            counted[key] -= 1
        if is_there is (sign == "INTERSECT"):
            yield row


def _once(rows: Iterable[Doc], budget: Budget) -> Iterator[Doc]:
    seen: set[Any] = set()
    for row in rows:
        key = _key_of(row)
        if key not in seen:
            budget.keep(size(row))
            seen.add(key)
            yield row


def _key_of(row: Doc) -> Any:
    return tuple(map(op.group_key, row.values()))


def _key(order: Order, names: tuple[str, ...], compiler: Compiler) -> Callable[[Row], Any]:
    if isinstance(order.expr, Literal):
        place = compiler.fixed.values[order.expr.slot]
        if type(place) is not int or not 1 <= place <= len(names):
            raise wrong("ORDER BY takes a column, or its place.", "order")
        return compiler.run(Name((names[place - 1],)))
    return compiler.run(order.expr)


def held(rows: Iterable[Doc], budget: Budget) -> list[Doc]:
    """The rows in memory, counted."""
    kept = []
    for row in budget.watch(rows):
        budget.keep(size(row))
        kept.append(row)
    return kept


def is_recursive(named: Named) -> bool:
    """Whether a query of WITH RECURSIVE is a first part and one that may read what was found so far."""
    body = named.query.body
    is_plain = not (named.query.order or named.query.limit or named.query.offset or named.query.named)
    return isinstance(body, Combined) and body.sign == "UNION" and is_plain


def recursive(named: Named, budget: Budget, plan: Callable[[Body, tuple[str, Known] | None], Plan]) -> Known:
    """A query that reads itself: each round reads what the last one added."""
    body = named.query.body
    assert isinstance(body, Combined)
    first = plan(body.left, None)
    names = named.columns or first.names
    added: list[Doc] = []
    again = plan(body.right, (named.name, Known(names, lambda: iter(added), list)))
    if not len(names) == len(first.names) == len(again.names):
        raise wrong(f"The parts of {named.name} have different numbers of columns.", "with")
    kept: list[list[Doc]] = []

    def renamed(found: Plan) -> Iterator[Doc]:
        return (dict(zip(names, row.values(), strict=True)) for row in found.rows(()))

    def rows() -> Iterator[Doc]:
        nonlocal added
        if not kept:
            whole: list[Doc] = []
            seen: set[Any] = set()
            added = _new(renamed(first), seen, body.is_all, budget)
            while added:
                whole += added
                added = _new(renamed(again), seen, body.is_all, budget)
            kept.append(whole)
        return iter(kept[0])

    return Known(names, rows, lambda: [*first.explained(), {"step": "recursive", "table": named.name}])


def _new(rows: Iterable[Doc], seen: set[Any], is_all: bool, budget: Budget) -> list[Doc]:
    found = []
    for row in budget.watch(rows):
        key = None if is_all else _key_of(row)
        if is_all or key not in seen:
            budget.keep(size(row))
            seen.add(key)
            found.append(row)
    return found
