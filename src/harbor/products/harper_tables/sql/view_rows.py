"""A view as a relation: the store narrows by plain conditions, the rest is decided here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.sql_views import ColumnKind, SqlView
from harbor.products.harper_tables.search.model import Comparator, Condition, Group
from harbor.products.harper_tables.sql import view_store as store
from harbor.products.harper_tables.sql.bounds import Budget
from harbor.products.harper_tables.sql.compiling import Row
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.relations import Cells, Relation
from harbor.products.harper_tables.sql.scope import Source
from harbor.products.harper_tables.values import INT_MAX, Doc

# They come in one piece, so fewer than of a table.
ROWS_MAX = 100_000
_US = 1_000
_SIGNS = {
    Comparator.EQUALS: "=",
    Comparator.LESS: "<",
    Comparator.LESS_EQUAL: "<=",
    Comparator.GREATER: ">",
    Comparator.GREATER_EQUAL: ">=",
}


@dataclass(slots=True)
class ViewRelation(Relation):
    """The rows of a view that belong to the caller's account. `where` is what is known of those that matter."""

    call: Call
    view: SqlView
    source: Source
    budget: Budget
    where: Group = field(default_factory=lambda: Group(()))

    @property
    def sources(self) -> Sequence[Source]:  # type: ignore[override]
        """The view alone."""
        return (self.source,)

    def cells(self, outer: Row) -> Iterator[Cells]:
        """The rows."""
        rows = store.view_rows(
            self.call.tx, self.call.account_id, self.view, self._conditions(), order=(), limit=ROWS_MAX + 1
        )
        if len(rows) > ROWS_MAX:
            name = f"{self.view.database}.{self.view.name}"
            raise wrong(f"{name} gives more than {ROWS_MAX} rows here; narrow it with WHERE.", "sql_bound")
        return ((_shown(self.view, row),) for row in self.budget.reading(rows))

    def explained(self) -> list[dict[str, Any]]:
        """Which conditions the store is asked."""
        asked = [f"{column} {sign}" for column, sign, _ in self._conditions()]
        return [{"step": "view", "table": f"{self.view.database}.{self.view.name}", "where": asked}]

    def _conditions(self) -> list[store.Condition]:
        found: list[store.Condition] = []
        for part in self.where.parts:
            if isinstance(part, Condition):
                found += _asked(self.view.columns[part.attribute], part)
        return found


def rows_of(call: Call, view: SqlView, source: Source, budget: Budget) -> ViewRelation:
    """The relation of a view."""
    return ViewRelation(call, view, source, budget)


def _asked(kind: ColumnKind, condition: Condition) -> list[store.Condition]:
    """A condition as the store can be asked; empty where its order of values is another."""
    name, sign, value = condition.attribute, _SIGNS.get(condition.comparator), condition.value
    if sign is None:
        return []
    if kind is ColumnKind.TEXT and isinstance(value, str) and (sign == "=" or value.isascii()):
        return [(name, sign, value)]
    if type(value) is not int or abs(value) > INT_MAX // _US - _US:
        return []
    if kind is ColumnKind.NUMBER:
        return [(name, sign, value)]
    if kind is ColumnKind.MOMENT:
        return _of_moment(name, sign, value)
    return []


def _of_moment(name: str, sign: str, ms: int) -> list[store.Condition]:
    """Milliseconds are cut off microseconds."""
    begin, end = ms * _US, (ms + 1) * _US
    if sign == "=":
        return [(name, ">=", begin), (name, "<", end)]
    return [(name, *{"<": ("<", begin), "<=": ("<", end), ">": (">=", end), ">=": (">=", begin)}[sign])]


def _shown(view: SqlView, row: dict[str, Any]) -> Doc:
    return {name: _value(kind, row[name]) for name, kind in view.columns.items()}


def _value(kind: ColumnKind, value: Any) -> Any:
    if value is None or kind in (ColumnKind.TEXT, ColumnKind.NUMBER):
        return value
    if kind is ColumnKind.FLAG:
        return bool(value)
    if kind is ColumnKind.MOMENT:
        return value // _US
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError):
        return value
