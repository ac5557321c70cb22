"""What one statement may cost: seconds, rows read, rows and bytes kept and answered. All are settings."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harbor.kernel.bounds import MIB
from harbor.products.harper_tables.search.large import Keeping
from harbor.products.harper_tables.sql.faults import too_much
from harbor.products.harper_tables.values import Doc

T = TypeVar("T")
_LOOK_EACH = 256
_PLAIN = frozenset({int, float, bool, type(None)})
# What a row costs in memory besides its values.
ROW_BYTES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The settings."""

    seconds: float = 10.0
    rows_read: int = 1_000_000
    rows_out: int = 100_000
    bytes_out: int = 64 * MIB
    bytes_kept: int = 256 * MIB


# Who writes holds the only writer of SQLite: as long as the store lets any write take.
WRITE_SECONDS_MAX = 1.5


@dataclass(slots=True)
class Budget:
    """What is left of the bounds while a statement runs."""

    bounds: Bounds
    began: float = field(default_factory=time.monotonic)
    read: int = 0
    kept: int = 0
    keeping: Keeping = field(default_factory=Keeping)
    _steps: int = 0

    def watch(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows; raises `Invalid` when time runs out."""
        for row in rows:
            self._steps += 1
            if self._steps >= _LOOK_EACH:
                self.look()
            yield row

    def look(self) -> None:
        """Raise `Invalid` if time has run out."""
        self._steps = 0
        if time.monotonic() - self.began > self.bounds.seconds:
            raise too_much(f"The statement runs longer than {self.bounds.seconds:g} seconds", "sql_seconds")

    def reading(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, counted as read from tables."""
        for row in rows:
            self.read += 1
            if self.read > self.bounds.rows_read:
                raise too_much(f"The statement reads more than {self.bounds.rows_read} records", "sql_rows")
            self._steps += 1
            if self._steps >= _LOOK_EACH:
                self.look()
            yield row

    def reading_one(self) -> None:
        """Count one row as read from a table."""
        for _ in self.reading((None,)):
            pass

    def keep(self, size: int) -> None:
        """Count bytes that are held in memory until the statement ends."""
        self.kept += size + ROW_BYTES
        self.keeping.add(self.kept - self.keeping.size)
        if self.kept > self.bounds.bytes_kept:
            raise too_much(
                f"The statement holds more than {self.bounds.bytes_kept} bytes in memory",
                "sql_bytes_kept",
            )

    def answering(self, rows: Iterable[Doc]) -> list[Doc]:
        """The rows of the answer, if they are not too many and not too large."""
        found, held = [], 0
        for row in rows:
            found.append(row)
            if len(found) > self.bounds.rows_out:
                raise too_much(f"The answer has more than {self.bounds.rows_out} rows; use LIMIT", "sql_rows_out")
            held += size(row)
            if held > self.bounds.bytes_out:
                raise too_much(
                    f"The answer holds more than {self.bounds.bytes_out} bytes; use LIMIT",
                    "sql_bytes_out",
                )
        return found


def size(doc: Doc | Any) -> int:
    """About how many bytes a value holds."""
    kind = type(doc)
    if kind is dict:
        held = 50 * len(doc)
        for value in doc.values():  # most are plain, and a call for each would cost more than all the rest
            held += len(value) if type(value) is str else 16 if type(value) in _PLAIN else size(value)
        return held
    if kind is str or kind is bytes:
        return len(doc)
    if kind is list:
        return sum(map(size, doc)) + 16 * len(doc)
    return 16
