"""Joins. Equal values meet through a hash table, or by looking up an index where few rows ask; the rest is tried in pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.bounds import Budget, size
from harbor.products.harper_tables.sql.compiling import Row, Run
from harbor.products.harper_tables.sql.relations import Cells, Relation, TableRelation
from harbor.products.harper_tables.sql.scope import Source
from harbor.products.harper_tables.values import Instant

# So many rows on the left look their partners up; for more the right side is read once.
_LOOKING_UP_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Equality:
    """Two sides that must be equal. `column` is the right one, where it is a plain column of a table."""

    left: Run
    right: Run
    column: str | None = None


@dataclass(slots=True)
class JoinRelation(Relation):
    """Two relations side by side. `keeps_left` and `keeps_right` say whose rows stay without a partner."""

    left: Relation
    right: Relation
    first: int  # the place of its first source, counted from the first of the SELECT
    equalities: Sequence[Equality]
    test: Callable[[Row], bool] | None  # all of ON
    keeps_left: bool
    keeps_right: bool
    budget: Budget

    @property
    def sources(self) -> Sequence[Source]:  # type: ignore[override]
        """Those of both sides."""
        return (*self.left.sources, *self.right.sources)

    def cells(self, outer: Row) -> Iterator[Cells]:
        """The pairs."""
        before = (*outer, *({},) * self.first)
        gap: Cells = self.left.empty
        rows = self.left.cells(outer)
        if (column := self._lookup_column()) is not None:
            ahead = list(islice(rows, _LOOKING_UP_MAX + 1))
            if len(ahead) <= _LOOKING_UP_MAX:
                partners = self._looked_up(column, ahead, before)
                yield from self._paired(ahead, partners, before, gap)
                return
            rows = chain(ahead, rows)
        partners = self.right.cells(outer)
        yield from self._paired(rows, partners, before, gap)

    def explained(self) -> list[dict[str, Any]]:
        """Both sides, and how they meet."""
        kind = "FULL" if self.keeps_left and self.keeps_right else "LEFT" if self.keeps_left else "INNER"
        kind = "RIGHT" if self.keeps_right and not self.keeps_left else kind
        how = "hash" if self.equalities else "pairs"
        if (column := self._lookup_column()) is not None:
            how = f"index of {column} for up to {_LOOKING_UP_MAX} rows, then hash"
        return [*self.left.explained(), *self.right.explained(), {"step": "join", "kind": kind, "by": how}]

    def _lookup_column(self) -> str | None:
        if self.keeps_right or not isinstance(self.right, TableRelation):
            return None
        for equality in self.equalities:
            if equality.column is not None and self.right.has_index(equality.column):
                return equality.column
        return None

    def _looked_up(self, column: str, rows: Sequence[Cells], before: Row) -> Iterator[Cells]:
        assert isinstance(self.right, TableRelation)
        ask = next(each.left for each in self.equalities if each.column == column)
        wanted: dict[Any, Any] = {}
        for cells in rows:
            value = ask((*before, *cells, *self.right.empty))
            if not op.is_null(value):
                for each in (value, *_twins(value)):
                    wanted.setdefault((type(each).__name__, op.group_key(each)), each)
        return self.right.looked_up(column, list(wanted.values()))

    def _paired(self, rows: Any, partners: Iterator[Cells], before: Row, gap: Cells) -> Iterator[Cells]:
        known = self._by_key(partners, before, gap)
        everyone = known.get((), []) if not self.equalities else []
        met: set[int] = set()
        none: Cells = self.right.empty
        for cells in rows:
            row = (*before, *cells)
            found = everyone if not self.equalities else known.get(self._key(row, none), [])
            is_alone = True
            for place, partner in self.budget.watch(found):
                if self.test is None or self.test((*row, *partner)):
                    is_alone = False
                    if self.keeps_right:
                        met.add(place)
                    yield (*cells, *partner)
            if is_alone and self.keeps_left:
                yield (*cells, *none)
        if self.keeps_right:
            for each in known.values():
                yield from ((*gap, *partner) for place, partner in each if place not in met)

    def _by_key(self, partners: Iterator[Cells], before: Row, gap: Cells) -> dict[Any, list[tuple[int, Cells]]]:
        """The right side by the values that must be equal; NULL meets nobody."""
        known: defaultdict[Any, list[tuple[int, Cells]]] = defaultdict(list)
        for place, partner in enumerate(partners):
            self.budget.keep(sum(map(size, partner)))
            key: Any = ()
            if self.equalities:
                row = (*before, *gap, *partner)
                key = tuple(_meeting_key(each.right(row)) for each in self.equalities)
                if None in key:
                    if not self.keeps_right:
                        continue
                    key = ("alone", place)
            known[key].append((place, partner))
        return known

    def _key(self, row: Row, none: Cells) -> Any:
        whole = (*row, *none)
        key = tuple(_meeting_key(each.left(whole)) for each in self.equalities)
        return ("nobody",) if None in key else key


def _meeting_key(value: Any) -> Any:
    """What equal values share, whatever their kinds; ON itself decides afterwards."""
    if isinstance(value, str):
        twins = _twins(value)
        return op.group_key(twins[0]) if twins else value
    if isinstance(value, bool):
        return ("bool", value)
    return op.group_key(value)


def _twins(value: Any) -> list[Any]:
    """Other kinds of value that ON may find equal to this one."""
    if isinstance(value, str) and (date := Instant.parse(value)) is not None:
        return [date]
    return op.lenient_twins(value)
