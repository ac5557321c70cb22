"""From a query to its rows: sources, WHERE, groups, items, DISTINCT, order, part.

A query is planned once and may be run for many rows of a query around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.bounds import size
from harbor.products.harper_tables.sql.compiling import Compiler, Fixed, Row, Run, identity, reader
from harbor.products.harper_tables.sql.faults import ambiguous_column, unknown_column, wrong
from harbor.products.harper_tables.sql.grouping import Grouped, groups, has_aggregate
from harbor.products.harper_tables.sql.relations import Relation
from harbor.products.harper_tables.sql.scope import Column, Scope, Source
from harbor.products.harper_tables.sql.tree import Call, Expr, Item, Known, Literal, Name, Order, Query, Select, Star
from harbor.products.harper_tables.values import Doc

_SLACK = 1_000
# So many rows are kept for an order without being counted.
_FEW = 10_000


@dataclass(slots=True)
class Plan:
    """A query that can be run. `names` are its columns; `explained` tells its steps."""

    names: tuple[str, ...]
    rows: Callable[[Row], Iterator[Doc]]
    scope: Scope | None
    explained: Callable[[], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of the answer."""

    name: str
    expr: Expr
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows of an ordered answer are wanted."""

    offset: int = 0
    limit: int | None = None

    def cut(self, rows: Iterable[Any]) -> Iterator[Any]:
        """These rows."""
        return islice(iter(rows), self.offset, None if self.limit is None else self.offset + self.limit)

    @property
    def wanted(self) -> int | None:
        """How many of the first rows can matter."""
        return None if self.limit is None else self.offset + self.limit


def part_of(query: Query, top: Expr | None, fixed: Fixed) -> Part:
    """LIMIT, OFFSET and TOP."""
    limit = query.limit if query.limit is not None else top
    return Part(_count(query.offset, "OFFSET", fixed) or 0, _count(limit, "LIMIT", fixed))


def _count(expr: Expr | None, word: str, fixed: Fixed) -> int | None:
    if expr is None:
        return None
    found = Compiler(fixed, Scope([])).constant(expr)
    value = None if found is None else found[0]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or value < 0:
        raise wrong(f"{word} takes a whole number that is not negative.", "invalid_part")
    return min(value, 1 << 40)


class SelectPlanner:
    """One SELECT over a relation."""

    def __init__(
        self,
        select: Select,
        order: Sequence[Order],
        part: Part,
        relation: Relation,
        scope: Scope,
        fixed: Fixed,
        *,
        is_where_done: bool = False,
    ) -> None:
        self.select = select
        self.order = order
        self.part = part
        self.relation = relation
        self.scope = scope
        self.fixed = fixed
        self.grouped: Grouped | None = None
        self.compiler = Compiler(fixed, scope)
        # None also where the search looks at the same condition already.
        self.where = None if select.where is None or is_where_done else self.compiler.test(select.where)
        self.keys: list[tuple[Run, bool]] = []
        self.having: Callable[[Row], bool] | None = None
        self.whole = self._whole()
        if self.whole is not None:
            self.whole.used.update(dict.fromkeys(self.whole.names))
            return
        if select.group or has_aggregate((select.items, select.having, tuple(order))):
            keys = [self._group_key(each) for each in select.group]
            self.grouped = Grouped(self.compiler, keys)
            self._check_groups(keys)
        elif select.having is not None:
            raise wrong("HAVING needs GROUP BY or an aggregate.", "having")
        _ = self.shown  # what is wrong with them comes before what is wrong with the rest
        self.having = None if select.having is None else self._after(" in having").test(self._aliased(select.having))
        self.keys = [(self._order_run(each), each.is_descending) for each in order]

    @cached_property
    def items(self) -> list[Item]:
        """The items, with what * stands for in its place."""
        return self._expanded()

    @cached_property
    def aliases(self) -> dict[str, Expr]:
        """What the names given with AS stand for."""
        return {item.alias: item.expr for item in self.items if isinstance(item.alias, str)}

    @cached_property
    def shown(self) -> list[Shown]:
        """The columns, each under a name of its own: a second `id` is `id1`."""
        return self._named()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the answer."""
        return self.whole.names if self.whole is not None else tuple(each.name for each in self.shown)

    def rows(self, outer: Row) -> Iterator[Doc]:
        """The answer."""
        rows = self.filtered(outer)
        if self.grouped is not None:
            rows = groups(self.grouped, rows, outer, self.fixed.budget)
            if self.having is not None:
                rows = filter(self.having, rows)
        return self.finished(rows)

    def filtered(self, outer: Row) -> Iterator[Row]:
        """The rows that WHERE lets through."""
        rows: Iterator[Row] = ((*outer, *cells) for cells in self.relation.cells(outer))
        rows = self.fixed.budget.watch(rows)
        return rows if self.where is None else filter(self.where, rows)

    def finished(self, rows: Iterable[Row]) -> Iterator[Doc]:
        """Rows as they are shown: distinct, in order, cut."""
        made = self._made(rows)
        if self.select.is_distinct:
            made = self._distinct(made)
        if not self.keys:
            return self.part.cut(doc for _, doc in made)
        return self.part.cut(self._ordered(made))

    def _made(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Doc]]:
        if self.whole is not None:
            place, names = self.whole.place, self.whole.names
            return ((row, {name: row[place].get(name) for name in names}) for row in rows)
        shown = [(each.name, each.run) for each in self.shown]
        return ((row, {name: run(row) for name, run in shown}) for row in rows)

    # Planning

    def _whole(self) -> Source | None:
        """The source of `SELECT * FROM one`, of which nothing has to be worked out."""
        select = self.select
        if len(select.items) != 1 or len(self.scope.sources) != 1 or select.group or self.order:
            return None
        item = select.items[0].expr
        is_all = isinstance(item, Star) and not item.parts and select.having is None
        return self.scope.sources[0] if is_all else None

    def _expanded(self) -> list[Item]:
        found: list[Item] = []
        for item in self.select.items:
            if not isinstance(item.expr, Star):
                alias = self.fixed.values[item.alias.slot] if isinstance(item.alias, Literal) else item.alias
                found.append(Item(item.expr, alias, item.shown))
                continue
            if not self.scope.sources:
                raise wrong("* needs a table in FROM.", "unknown_table")
            sources = [self.scope.of(item.expr.parts)] if item.expr.parts else self.scope.sources
            for source in sources:
                source.used.update(dict.fromkeys(source.names))
                found += [Item(Known(Column(source, name)), None, (name,)) for name in source.names]
        return found

    def _named(self) -> list[Shown]:
        compiler, names = self._after(""), dict[str, Expr]()
        shown: list[Shown] = []
        for item in self.items:
            name = item.alias if isinstance(item.alias, str) else self._name_of(item)
            if name in names:
                same, base, number = identity(item.expr, self.compiler), name, 0
                while name in names and identity(names[name], self.compiler) != same:
                    number += 1
                    name = f"{base}{number}"
                if name in names:
                    continue
            names[name] = item.expr
            if isinstance(item.expr, Known) and self.grouped is None:  # most columns of most statements
                shown.append(Shown(name, item.expr, reader(item.expr.column)))
            else:
                shown.append(Shown(name, item.expr, compiler.run(item.expr)))
        return shown

    def _name_of(self, item: Item) -> str:
        if isinstance(item.expr, Known):
            return str(item.expr.column.name)
        if isinstance(item.expr, Name):
            return item.expr.parts[-1]
        return "".join(self.fixed.written[each] if isinstance(each, int) else each for each in item.shown)

    def _after(self, where: str) -> Compiler:
        return Compiler(self.fixed, self.scope, self.grouped, where)

    def _group_key(self, expr: Expr) -> Expr:
        """A column; or else an alias, or the place of an item."""
        if isinstance(expr, Literal) and (place := self._place(expr)) is not None:
            return place
        if isinstance(expr, Name) and len(expr.parts) == 1 and expr.parts[0] in self.aliases:
            column = self._own_column(expr)
            return expr if column is not None else self.aliases[expr.parts[0]]
        Compiler(self.fixed, self.scope, None, " in group by").run(expr)
        return expr

    def _own_column(self, expr: Name) -> Column | None:
        having = [source for source in self.scope.sources if expr.parts[0] in source.names]
        if len(having) > 1:
            raise ambiguous_column(expr.parts[0], " in group by")
        return Column(having[0], expr.parts[0]) if having else None

    def _check_groups(self, keys: Sequence[Expr]) -> None:
        """Every column of GROUP BY is shown. Source: docs/products/harper-sql.md#sql-errors."""
        shown = {identity(item.expr, self.compiler) for item in self.items}
        for key in keys:
            if has_aggregate(key):
                raise wrong("An aggregate cannot be in GROUP BY.", "group_by")
            if isinstance(key, Name) and identity(key, self.compiler) not in shown:
                raise wrong(f"group by column '{'.'.join(key.parts)}' must be in select", "group_by")

    def _order_run(self, order: Order) -> Run:
        expr = order.expr
        if isinstance(expr, Literal) and (place := self._place(expr)) is not None:
            return self._after("").run(place)
        return self._after(" in order by").run(self._aliased(expr))

    def _place(self, literal: Literal) -> Expr | None:
        value = self.fixed.values[literal.slot]
        if type(value) is not int:
            return None
        if not 1 <= value <= len(self.items):
            raise unknown_column(str(value))
        return self.items[value - 1].expr

    def _aliased(self, expr: Any) -> Any:
        """The expression with aliases replaced by what they stand for."""
        return replaced(expr, self.aliases) if self.aliases else expr

    # Running

    def _distinct(self, made: Iterable[tuple[Row, Doc]]) -> Iterator[tuple[Row, Doc]]:
        seen: set[Any] = set()
        for row, doc in made:
            key = tuple(map(op.group_key, doc.values()))
            if key not in seen:
                self.fixed.budget.keep(size(doc))
                seen.add(key)
                yield row, doc

    def _ordered(self, made: Iterable[tuple[Row, Doc]]) -> Iterator[Doc]:
        runs, wanted = [run for run, _ in self.keys], self.part.wanted
        kept: list[tuple[list[bytes], Doc]] = []
        for row, doc in made:
            kept.append(([op.sort_key(run(row)) for run in runs], doc))
            if wanted is None or wanted > _FEW:
                self.fixed.budget.keep(size(doc))
            if wanted is not None and len(kept) >= wanted + _SLACK:
                kept = self._sorted(kept)[:wanted]
        return (doc for _, doc in self._sorted(kept))

    def _sorted(self, kept: list[tuple[list[bytes], Doc]]) -> list[tuple[list[bytes], Doc]]:
        self.fixed.budget.look()
        return in_order(kept, [is_descending for _, is_descending in self.keys])


def in_order(kept: list[tuple[list[bytes], Doc]], directions: Sequence[bool]) -> list[tuple[list[bytes], Doc]]:
    """Rows by their keys; those that are equal stay as they came."""
    for place in reversed(range(len(directions))):
        kept.sort(key=lambda each: each[0][place], reverse=directions[place])
    return kept


def replaced(expr: Any, aliases: dict[str, Expr]) -> Any:
    """An expression with names of one part replaced; what is within an aggregate stays."""
    if isinstance(expr, Name):
        return aliases.get(expr.parts[0], expr) if len(expr.parts) == 1 else expr
    if isinstance(expr, tuple):
        return tuple(replaced(each, aliases) for each in expr)
    if isinstance(expr, Call) and has_aggregate(expr):
        return expr
    fields = getattr(type(expr), "__dataclass_fields__", None)
    if fields is None or isinstance(expr, Query):
        return expr
    return type(expr)(*(replaced(getattr(expr, name), aliases) for name in fields))
