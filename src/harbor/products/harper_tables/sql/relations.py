"""What stands after FROM: tables, queries in place of tables. Each gives cells: a tuple with a record for each source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import Indexing, Table
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.search.model import Comparator, Condition, Group, Query
from harbor.products.harper_tables.sql.bounds import Budget
from harbor.products.harper_tables.sql.compiling import Row
from harbor.products.harper_tables.sql.explaining import access
from harbor.products.harper_tables.sql.scope import Source
from harbor.products.harper_tables.values import Doc

Cells = tuple[Doc, ...]
_LOOKED_UP_AT_ONCE = 500


class Relation(ABC):
    """Rows of one or several sources, in the order of their places."""

    sources: Sequence[Source]

    @abstractmethod
    def cells(self, outer: Row) -> Iterator[Cells]:
        """Its rows, for a row of the SELECT around it."""

    @abstractmethod
    def explained(self) -> list[dict[str, Any]]:
        """How the rows are found, for EXPLAIN."""

    @property
    def empty(self) -> Cells:
        """What stands for no row, beside a row of an outer join."""
        return ({},) * len(self.sources)


@dataclass(slots=True)
class TableRelation(Relation):
    """A table. `where` is what is known of the rows that matter; more of them may come."""

    tx: Tx
    table: Table
    source: Source
    budget: Budget
    where: Group = field(default_factory=lambda: Group(()))

    @property
    def sources(self) -> Sequence[Source]:  # type: ignore[override]
        """The table alone."""
        return (self.source,)

    def cells(self, outer: Row) -> Iterator[Cells]:
        """The records, in the order of the index that finds them."""
        found = search.matches(self.tx, self.table, Query(where=self.where))
        return ((match.doc,) for match in self.budget.reading(found))

    def has_index(self, column: str) -> bool:
        """Whether records can be looked up by a column."""
        if column == self.table.primary_key:
            return True
        attribute = self.table.attributes.get(column)
        return attribute is not None and attribute.indexing is Indexing.READY

    def looked_up(self, column: str, values: Sequence[Any]) -> Iterator[Cells]:
        """The records that have one of these values in a column."""
        for first in range(0, len(values), _LOOKED_UP_AT_ONCE):
            part = list(values[first : first + _LOOKED_UP_AT_ONCE])
            node = Group((Condition((column,), Comparator.IN, part), *self.where.parts))
            found = search.matches(self.tx, self.table, Query(where=node))
            yield from ((match.doc,) for match in self.budget.reading(found))

    def explained(self) -> list[dict[str, Any]]:
        """Which index finds the records."""
        return [access(self.tx, self.table, self.source.alias, self.where)]


@dataclass(slots=True)
class RowsRelation(Relation):
    """A query in place of a table, or a view."""

    source: Source
    what: str
    rows: Callable[[Row], Iterator[Doc]]
    inside: Callable[[], list[dict[str, Any]]]

    @property
    def sources(self) -> Sequence[Source]:  # type: ignore[override]
        """The query alone."""
        return (self.source,)

    def cells(self, outer: Row) -> Iterator[Cells]:
        """The rows of the query."""
        return ((row,) for row in self.rows(outer))

    def explained(self) -> list[dict[str, Any]]:
        """What it is, and how it is run itself."""
        return [{"step": self.what, "table": self.source.alias}, *self.inside()]


@dataclass(slots=True)
class NoRelation(Relation):
    """No FROM: one row without columns."""

    sources: Sequence[Source] = ()

    def cells(self, outer: Row) -> Iterator[Cells]:
        """One row."""
        yield ()

    def explained(self) -> list[dict[str, Any]]:
        """Nothing to find."""
        return []
