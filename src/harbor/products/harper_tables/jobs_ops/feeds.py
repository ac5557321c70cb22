"""Portions of a load: so many rows as one step writes, and the place after them.

`staged` ones lie in the store and go with the step that writes them; `streamed` ones are read before the step.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harbor.kernel.bounds import MIB
from harbor.kernel.jobs.model import Job, Progress
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.jobs_ops import store
from harbor.products.harper_tables.jobs_ops.csv_reading import Lines, rows, sheet
from harbor.products.harper_tables.jobs_ops.csv_rules import record
from harbor.products.harper_tables.jobs_ops.json_reading import Elements, records
from harbor.products.harper_tables.jobs_ops.model import PART_ROWS
from harbor.products.harper_tables.jobs_ops.sources import Source

PART_BYTES: Final = MIB

Types = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows. `records` reads them by the declared types; a sentence stands for a row that cannot be read."""

    records: Callable[[Types], Sequence[dict[str, Any] | str]]
    place: int = 0


Take = Callable[[Tx], Portion | None]


@dataclass(frozen=True, slots=True)
class Feed:
    """`next(part, place)` gives what the step gets in its transaction: a portion, or None after the last."""

    next: Callable[[int, int], Awaitable[Take]]
    # By the rows and the place that were reached.
    progress: Callable[[int, int], Progress]
    total: int | None = None
    tag: str = ""


def staged(job: Job) -> Feed:
    """The parts in the store."""
    data = job.data

    async def next_part(part: int, _place: int) -> Take:
        def take(tx: Tx) -> Portion | None:
            found = store.take_part(tx, job.account_id, job.id, part)
            return None if found is None else _csv(data["columns"], found, 0)

        return take

    total = data["total"]
    return Feed(next_part, lambda row, _place: Progress(min(row, total), total), total)


def streamed(source: Source, form: str) -> Feed:
    """The rows of a source."""
    reader = _CsvReader(source) if form == "csv" else _JsonReader(source)

    async def next_part(_part: int, place: int) -> Take:
        portion = await source.apart(lambda: reader.portion(place))
        return lambda _tx: portion

    return Feed(next_part, lambda _row, place: Progress(place, source.size_bytes), tag=source.tag)


class _CsvReader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._columns: tuple[str, ...] = ()
        self._lines: Lines | None = None
        self._rows: Iterator[list[str]] = iter(())

    def portion(self, place: int) -> Portion | None:
        if self._lines is None:  # a run begins, perhaps after a crash
            self._lines = Lines(self._source.read)
            self._columns, self._rows = sheet(self._lines)
            if place:
                self._lines = Lines(self._source.read, place)
                self._rows = rows(self._lines)
        found, begin = list[list[str]](), self._lines.place
        while len(found) < PART_ROWS and self._lines.place - begin < PART_BYTES:
            cells = next(self._rows, None)
            if cells is None:
                break
            found.append(cells)
        return _csv(self._columns, found, self._lines.place) if found else None


class _JsonReader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._elements: Elements | None = None

    def portion(self, place: int) -> Portion | None:
        if self._elements is None:
            self._elements = Elements(self._source.read, place)
        texts, begin = list[str](), self._elements.place
        while len(texts) < PART_ROWS and self._elements.place - begin < PART_BYTES:
            text = next(self._elements, None)
            if text is None:
                break
            texts.append(text)
        if not texts:
            return None
        found = records(texts)
        return Portion(lambda _types: found, self._elements.place)


def _csv(columns: Sequence[str], found: Sequence[Sequence[str]], place: int) -> Portion:
    return Portion(lambda types: [record(columns, cells, types) for cells in found], place)
