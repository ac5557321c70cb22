"""Rows of CSV out of bytes or a text, one after the other, with the place after each: what a load goes on from.

Source: docs/products/harper.md#loads.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import Final

from harbor.kernel.bounds import MIB
from harbor.products.harper_tables.jobs_ops.csv_rules import Unreadable, columns_of

Read = Callable[[int, int], bytes]
"""The bytes of a source: `read(first, size)`. Fewer than `size` only at its end."""

RECORD_BYTES_MAX: Final = 16 * MIB  # as much as one write may hold
PIECE_BYTES: Final = MIB
_END = re.compile(rb"\r\n|\n|\r")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
csv.field_size_limit(RECORD_BYTES_MAX)  # the module's own bound is 128 KiB


class Lines:
    """The lines of a source from a byte on. `place` is the byte after the last one that was taken."""

    def __init__(self, read: Read, place: int = 0) -> None:
        self.place = place
        self._read = read
        self._read_to = place
        self._buffer = b""
        self._at = 0
        self._is_end = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while True:
            found = _END.search(self._buffer, self._at)
            # A return at the very end may have its line feed in the next piece.
            if found is not None and (found.end() < len(self._buffer) or self._is_end or found[0] != b"\r"):
                return self._take(found.end())
            if self._is_end:
                if self._at == len(self._buffer):
                    raise StopIteration
                return self._take(len(self._buffer))
            if len(self._buffer) - self._at > RECORD_BYTES_MAX:
                raise Unreadable(f"The CSV has a line of more than {RECORD_BYTES_MAX} bytes.")
            self._more()

    def _take(self, end: int) -> str:
        line = self._buffer[self._at : end]
        is_first = self.place == 0
        self.place += len(line)
        self._at = end
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise Unreadable("The CSV is not UTF-8.") from None
        return text.removeprefix("\ufeff") if is_first else text

    def _more(self) -> None:
        piece = self._read(self._read_to, PIECE_BYTES)
        self._read_to += len(piece)
        self._is_end = len(piece) < PIECE_BYTES
        self._buffer, self._at = self._buffer[self._at :] + piece, 0


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text. Without a copy of it: a text may be as large as a body."""
    return (found[0] for found in _LINE.finditer(text.removeprefix("\ufeff")))


def rows(lines: Iterator[str]) -> Iterator[list[str]]:
    """The rows that lines hold, blank lines left out. No line is taken before its row is asked for. Raises `Unreadable`.

    A row may have many lines, each of its cells some: together with the blank ones before it they are as large as a record.
    """
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in lines:
            taken += len(line)
            if taken > RECORD_BYTES_MAX:
                raise Unreadable(f"The CSV has a row of more than {RECORD_BYTES_MAX} bytes.")
            yield line

    reader = csv.reader(counted())
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(f"The CSV cannot be read: {error}.") from None
        if cells and cells != [""]:
            taken = 0
            yield cells


def sheet(lines: Iterator[str]) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    """The columns and the rows after them; no columns where there is no line. Raises `Unreadable`."""
    found = rows(lines)
    first = next(found, None)
    if first is None:
        return (), found
    columns = columns_of(first)
    return columns, (row[: len(columns)] for row in found)
