"""From the tree of a statement to plans: what tables, views and named queries its names mean, and who may read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE, SYSTEM, TIMES, Table
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.refusals import no_database, no_table, system_database, unauthorized
from harbor.products.harper_tables.rights import READ, Need, readable, require, user_of
from harbor.products.harper_tables.search.model import Comparator, Condition
from harbor.products.harper_tables.sql import combining
from harbor.products.harper_tables.sql.bounds import Bounds, Budget
from harbor.products.harper_tables.sql.combining import Known
from harbor.products.harper_tables.sql.compiling import Compiler, Fixed, Inner, Row, reader
from harbor.products.harper_tables.sql.faults import no_schema, wrong
from harbor.products.harper_tables.sql.functions import Context
from harbor.products.harper_tables.sql.joining import Equality, JoinRelation
from harbor.products.harper_tables.sql.narrowing import narrowed, parts_of
from harbor.products.harper_tables.sql.operators import Comparing
from harbor.products.harper_tables.sql.parsing import Parsed
from harbor.products.harper_tables.sql.relations import NoRelation, Relation, RowsRelation, TableRelation
from harbor.products.harper_tables.sql.reports import reported
from harbor.products.harper_tables.sql.scope import Column, Scope, Source
from harbor.products.harper_tables.sql.selecting import Plan, SelectPlanner, part_of
from harbor.products.harper_tables.sql.shortcuts import in_index_order
from harbor.products.harper_tables.sql.tree import (
    Binary,
    Derived,
    Expr,
    Join,
    Name,
    Named,
    Query,
    Select,
    TableRef,
)
from harbor.products.harper_tables.sql.tree import Source as From
from harbor.products.harper_tables.sql.view_rows import ViewRelation, rows_of
from harbor.products.harper_tables.sql.views import ViewNames
from harbor.products.harper_tables.system_tables import reading as system
from harbor.products.harper_tables.values import Doc

# Below it integers and doubles are the same numbers, whoever compares them.
_EXACT_MAX = 1 << 52


class Planner:
    """Plans the queries of one statement, in its transaction, for its caller."""

    def __init__(self, call: Call, parsed: Parsed, compat: Compat, bounds: Bounds, views: ViewNames) -> None:
        self.call = call
        self.compat = compat
        self.views = views
        self.user = user_of(call)
        self.is_restricted = not self.user.rights.is_super_user
        self.named: Mapping[str, Known] = {}
        self.read: list[Source] = []  # every table that is read, with the columns that are named
        self.budget = Budget(bounds)
        self.fixed = Fixed(
            values=parsed.values,
            written=parsed.written,
            compat=compat,
            context=Context(call.tx.now_us // 1_000),
            budget=self.budget,
            comparing=Comparing(compat),
            inner=self._inner,
        )

    def check_tables(self, tree: Any) -> None:
        """Raise the refusal that names every table of the statement that is not there for the caller."""
        if not self.is_restricted:
            return
        needs = []
        for parts in dict.fromkeys(_tables(tree, frozenset())):
            database, name = self._full(parts)
            is_there = catalog.lookup(self.call, database, name) is not None
            needs.append(Need(database=database, table=name, is_there=is_there))
        require(self.user, needs)

    def check_columns(self) -> None:
        """Raise the refusal that names every table and column that the caller may not read."""
        needs = [
            Need(
                database=source.table.database,
                table=source.table.name,
                permissions=(READ,),
                attributes={READ: list(source.used)},
                known=source.table.known,
                key=source.table.primary_key,
            )
            for source in self.read
            if source.table is not None
        ]
        require(self.user, needs)

    def query(self, query: Query, outer: Scope | None) -> Plan:
        """The plan of a query, within the scope of another or in none."""
        before = self.named
        try:
            for each in query.named:
                self.named = {**self.named, each.name: self._known(each, is_recursive=query.is_recursive)}
            if isinstance(query.body, Select):
                return self._select(query.body, query, outer)
            return combining.combined(query, self.fixed, lambda body: self._body(body, outer))
        finally:
            self.named = before

    def table(self, parts: tuple[str, ...]) -> Table:
        """A table by its name. Raises what a missing one is answered with."""
        database, name = self._full(parts)
        if database == SYSTEM and self.user.rights.is_super_user:  # to read it there is another way
            raise system_database(self.compat.product)
        found = catalog.lookup(self.call, database, name)
        if found is not None and self.user.rights.sees_table(database, name):
            return found
        if len(parts) == 1:
            raise unauthorized([], [f"Table '{database}.{name}' does not exist"])
        if not catalog.has_database(self.call, database):
            raise no_database(database)
        raise no_table(database, name)

    def source(self, table: Table, place: int, alias: str) -> Source:
        """A table with the columns that the caller may read."""
        visible = readable(self.user, table.database, table.name, table.primary_key)
        names = table.names
        if visible is not None:
            names = tuple(name for name in names if name in visible or name in TIMES)
        is_open = table.is_schema_defined and not self.is_restricted
        return Source(place, alias, names, (table.database, table.name), table, is_open)

    def selecting(self, select: Select, query: Query, outer: Scope | None) -> tuple[SelectPlanner, bool]:
        """One SELECT over its sources, and whether its WHERE is all said in conditions of a search."""
        scope = Scope([], outer, self.is_restricted)
        relation: Relation = NoRelation() if select.source is None else self._relation(select.source, scope, outer)
        part = part_of(query, select.top, self.fixed)
        is_done = isinstance(relation, TableRelation) and self._is_one_value(relation, select.where, scope)
        planner = SelectPlanner(select, query.order, part, relation, scope, self.fixed, is_where_done=is_done)
        return planner, is_done or self._narrow(relation, select.where, planner.compiler)

    def _is_one_value(self, relation: TableRelation, where: Expr | None, scope: Scope) -> bool:
        """Whether WHERE is `column = value` with a value that the search compares in the same way; it is told then."""
        if not (isinstance(where, Binary) and where.sign == "="):
            return False
        if not self._narrow(relation, where, Compiler(self.fixed, scope)):
            return False
        only = relation.where.parts[0]
        if not (isinstance(only, Condition) and only.comparator is Comparator.EQUALS):
            return False
        kind = type(only.value)
        return kind is str or (kind is int and abs(only.value) < _EXACT_MAX)

    # Queries

    def _select(self, select: Select, query: Query, outer: Scope | None) -> Plan:
        planner, is_exact = self.selecting(select, query, outer)
        relation, scope = planner.relation, planner.scope
        short = reported(planner, relation, is_exact) or in_index_order(self.call, planner, relation, is_exact)
        if short is not None:
            return Plan(planner.names, short.rows, scope, short.explained)
        return Plan(planner.names, planner.rows, scope, lambda: _explained(planner, relation))

    def _body(self, body: Any, outer: Scope | None) -> Plan:
        return self.query(Query(body), outer)

    def _inner(self, query: Query, scope: Scope) -> Inner:
        plan = self.query(query, scope)
        places = frozenset() if plan.scope is None else frozenset(plan.scope.places)
        width = scope.width
        return Inner(plan.rows, len(plan.names), places, any(place < width for place in places))

    def _known(self, named: Named, *, is_recursive: bool) -> Known:
        if is_recursive and combining.is_recursive(named):
            return combining.recursive(named, self.budget, self._recursive_plan)
        plan = self.query(named.query, None)
        return self._materialized(plan, _renamed(named, plan.names))

    def _materialized(self, plan: Plan, names: tuple[str, ...]) -> Known:
        """A plan whose rows are found once, when they are first asked for."""
        kept: list[list[Doc]] = []

        def rows() -> Iterator[Doc]:
            if not kept:
                found = (dict(zip(names, row.values(), strict=True)) for row in plan.rows(()))
                kept.append(combining.held(found, self.budget))
            return iter(kept[0])

        return Known(names, rows, plan.explained)

    def _recursive_plan(self, body: Any, known: tuple[str, Known] | None) -> Plan:
        before = self.named
        if known is not None:
            self.named = {**self.named, known[0]: known[1]}
        try:
            return self._body(body, None)
        finally:
            self.named = before

    # Sources

    def _relation(self, node: From, scope: Scope, outer: Scope | None) -> Relation:
        if isinstance(node, TableRef):
            return self._table_relation(node, scope)
        if isinstance(node, Derived):
            plan = self.query(node.query, None)
            source = Source(scope.width, node.alias or f"query{scope.width}", plan.names)
            scope.sources.append(source)
            return RowsRelation(source, "query", lambda _: plan.rows(()), plan.explained)
        return self._join(node, scope, outer)

    def _table_relation(self, node: TableRef, scope: Scope) -> Relation:
        place, alias = scope.width, node.alias or node.parts[-1]
        if len(node.parts) == 1 and (known := self.named.get(node.parts[0])) is not None:
            source = Source(place, alias, known.names)
            scope.sources.append(source)
            return RowsRelation(source, "with", lambda _: known.rows(), list)
        view = self._view(node.parts)
        if view is not None:
            source = Source(place, alias, view.names, (view.database, view.name))
            scope.sources.append(source)
            return rows_of(self.call, view, source, self.budget)
        if len(node.parts) == 2 and (own := system.table_of(self.call, *node.parts)) is not None:
            source = Source(place, alias, own.names, (own.database, own.name))
            scope.sources.append(source)
            return RowsRelation(source, "system", lambda _: system.streamed(self.call, own.name), list)
        table = self.table(node.parts)
        source = self.source(table, place, alias)
        scope.sources.append(source)
        self.read.append(source)
        return TableRelation(self.call.tx, table, source, self.budget)

    def _view(self, parts: tuple[str, ...]) -> SqlView | None:
        return self.views.get(parts) if len(parts) == 2 and not self.is_restricted else None

    def _full(self, parts: tuple[str, ...]) -> tuple[str, str]:
        if len(parts) == 1:
            if self.compat is Compat.V4:
                raise no_schema(parts[0])
            return DEFAULT_DATABASE, parts[0]
        return parts[0], parts[1]

    def _join(self, node: Join, scope: Scope, outer: Scope | None) -> Relation:
        first = len(scope.sources)
        left = self._relation(node.left, scope, outer)
        right = self._relation(node.right, scope, outer)
        compiler = Compiler(self.fixed, scope, None, " in on")
        shared = self._shared(node, left, right)
        conditions = [Binary("=", a, b) for a, b in shared] + parts_of(node.on)
        equalities = [each for each in (self._equality(each, left, right, compiler) for each in conditions) if each]
        tests = [compiler.test(each) for each in conditions]
        if node.kind != "CROSS" and not conditions and not node.is_natural:
            raise wrong("A JOIN needs ON or USING; write CROSS JOIN for all pairs.", "join")
        return JoinRelation(
            left=left,
            right=right,
            first=first,
            equalities=equalities,
            test=_every(tests),
            keeps_left=node.kind in ("LEFT", "FULL"),
            keeps_right=node.kind in ("RIGHT", "FULL"),
            budget=self.budget,
        )

    def _shared(self, node: Join, left: Relation, right: Relation) -> list[tuple[Name, Name]]:
        """The columns of USING, or those that both sides of a NATURAL JOIN have."""
        names = node.using
        if node.is_natural:
            theirs = {name for source in right.sources for name in source.names} - set(TIMES)
            names = tuple(dict.fromkeys(name for s in left.sources for name in s.names if name in theirs))
        return [(_owner(left, name), _owner(right, name)) for name in names]

    def _equality(self, expr: Expr, left: Relation, right: Relation, compiler: Compiler) -> Equality | None:
        if not (isinstance(expr, Binary) and expr.sign == "="):
            return None
        sides = []
        for each in (expr.left, expr.right):
            if not isinstance(each, Name):
                return None
            sides.append(compiler.scope.find(each.parts, " in on"))
        a, b = sides
        if _is_of(a, right) and _is_of(b, left):
            a, b = b, a
        if not (_is_of(a, left) and _is_of(b, right)):
            return None
        return Equality(reader(a), reader(b), None if b.path else b.name)

    def _narrow(self, relation: Relation, where: Expr | None, compiler: Compiler) -> bool:
        """Tell tables what WHERE says of them; whether that is all of it."""
        parts = parts_of(where)
        is_exact = False
        for each in _tables_of(relation):
            found = narrowed(parts, each.source, compiler)
            each.where = found.node
            is_exact = found.is_exact
        return is_exact and isinstance(relation, TableRelation)


def _explained(planner: SelectPlanner, relation: Relation) -> list[dict[str, Any]]:
    steps = relation.explained()
    if planner.select.where is not None:
        steps.append({"step": "filter"})
    if planner.grouped is not None:
        steps.append({"step": "group", "keys": len(planner.grouped.keys)})
    if planner.select.is_distinct:
        steps.append({"step": "distinct"})
    if planner.keys:
        steps.append({"step": "sort", "keys": len(planner.keys)})
    if planner.part.limit is not None or planner.part.offset:
        steps.append({"step": "part", "limit": planner.part.limit, "offset": planner.part.offset})
    return steps


def _tables(node: Any, known: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """The names of the tables that a tree reads, without those of a WITH."""
    if isinstance(node, TableRef):
        if not (len(node.parts) == 1 and node.parts[0] in known):
            yield node.parts
    elif isinstance(node, Query):
        known = known | {each.name for each in node.named}
    if isinstance(node, tuple):
        for each in node:
            yield from _tables(each, known)
    elif is_dataclass(node):
        for each in fields(node):
            yield from _tables(getattr(node, each.name), known)


def _tables_of(relation: Relation) -> Iterator[TableRelation | ViewRelation]:
    if isinstance(relation, TableRelation | ViewRelation):
        yield relation
    elif isinstance(relation, JoinRelation):
        yield from _tables_of(relation.left)
        yield from _tables_of(relation.right)


def _is_of(column: Column, relation: Relation) -> bool:
    return any(column.source is source for source in relation.sources)


def _owner(relation: Relation, name: str) -> Name:
    having = [source for source in relation.sources if name in source.names]
    if len(having) != 1:
        raise wrong(f"The column '{name}' of USING must be in one table on each side.", "join")
    return Name((having[0].alias, name))


def _renamed(named: Named, names: tuple[str, ...]) -> tuple[str, ...]:
    if not named.columns:
        return names
    if len(named.columns) != len(names) or len(set(named.columns)) != len(names):
        raise wrong(f"{named.name} names {len(named.columns)} columns, and its query has {len(names)}.", "with")
    return named.columns


def _every(tests: list[Callable[[Row], bool]]) -> Callable[[Row], bool] | None:
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)
