"""What names mean within one SELECT: its sources side by side, and those of the SELECT around it.

A row is a tuple with one record for each source, those of the outer SELECTs first; a source knows its place in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.sql.faults import ambiguous_column, unknown_column, wrong


@dataclass(slots=True)
class Source:
    """Something that has columns. `names` are those that `*` stands for; an open one may have others.

    `used` collects the columns that the statement names: each of them is asked of the caller's role.
    """

    place: int
    alias: str
    names: tuple[str, ...]
    full: tuple[str, ...] = ()
    table: Table | None = None
    is_open: bool = False
    used: dict[str, None] = field(default_factory=dict)

    def has(self, column: str) -> bool:
        """Whether it has such a column."""
        return column in self.names or self.is_open

    def is_date(self, column: str) -> bool:
        """Whether the column holds dates, so that texts beside it are dates too."""
        return self.table is not None and (column in self.table.dates or column in TIMES)

    def is_called(self, parts: tuple[str, ...]) -> bool:
        """Whether a name before a dot means this source."""
        return parts == (self.alias,) or (parts == self.full and len(parts) > 1)


@dataclass(frozen=True, slots=True)
class Column:
    """What a name means: a column of a source, and the path to a property within it."""

    source: Source
    name: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Scope:
    """The sources of one SELECT. `places` are those that names within it have been found at.

    Where a role decides what is there (`is_restricted`), a name that means nothing is taken for a column of a table: the
    question to the role, which comes later, names all of them at once.
    """

    sources: list[Source]
    outer: Scope | None = None
    is_restricted: bool = False
    places: set[int] = field(default_factory=set)

    def find(self, parts: tuple[str, ...], where: str = "") -> Column:
        """What a dotted name means. Raises `Invalid` if it means nothing, or several things."""
        scope: Scope | None = self
        while scope is not None:
            found = _within(scope.sources, parts, where)
            if found is not None:
                found.source.used[found.name] = None
                self._note(found.source.place)
                return found
            scope = scope.outer
        supposed = self._supposed(parts) if self.is_restricted else None
        if supposed is None:
            raise unknown_column(".".join(parts), where)
        supposed.source.used[supposed.name] = None
        return supposed

    def _supposed(self, parts: tuple[str, ...]) -> Column | None:
        tables = [source for source in self.sources if source.table is not None]
        for source in tables:
            for length in (2, 1):
                if len(parts) > length and source.is_called(parts[:length]):
                    return Column(source, parts[length])
        return Column(tables[0], parts[0]) if tables else None

    def of(self, parts: tuple[str, ...]) -> Source:
        """The source of `t.*`."""
        found = [source for source in self.sources if source.is_called(parts)]
        if len(found) != 1:
            raise wrong(f"There is no table {'.'.join(parts)} in FROM for {'.'.join(parts)}.*.", "unknown_table")
        return found[0]

    @property
    def base(self) -> int:
        """How many places before its own belong to outer SELECTs."""
        return 0 if self.outer is None else self.outer.width

    @property
    def width(self) -> int:
        """How many places its rows have."""
        return self.base + len(self.sources)

    @property
    def is_correlated(self) -> bool:
        """Whether it has looked at a row of an outer SELECT."""
        return any(place < self.base for place in self.places)

    def _note(self, place: int) -> None:
        scope: Scope | None = self
        while scope is not None:
            scope.places.add(place)
            scope = scope.outer


def _within(sources: Sequence[Source], parts: tuple[str, ...], where: str) -> Column | None:
    for length in (2, 1):
        if len(parts) <= length:
            continue
        called = [source for source in sources if source.is_called(parts[:length])]
        if len(called) > 1:
            raise ambiguous_column(".".join(parts), where)
        if called and called[0].has(parts[length]):
            return Column(called[0], parts[length], parts[length + 1 :])
    having = [source for source in sources if parts[0] in source.names]
    having = having or [source for source in sources if source.is_open]
    if len(having) > 1:
        raise ambiguous_column(".".join(parts), where)
    return Column(having[0], parts[0], parts[1:]) if having else None
