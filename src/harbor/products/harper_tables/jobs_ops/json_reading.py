"""Objects of a JSON array out of bytes, one after the other, with the place after each: what a load goes on from."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, Final

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import HarborError
from harbor.products.harper_tables import bodies
from harbor.products.harper_tables.jobs_ops.csv_reading import PIECE_BYTES, RECORD_BYTES_MAX, Read
from harbor.products.harper_tables.jobs_ops.csv_rules import Unreadable
from harbor.products.harper_tables.large_bodies import CONTAINERS_MAX

_SPACE: Final = " \t\r\n"
# What is read ahead, so that a large object is not read again for each megabyte of it.
_AHEAD_BYTES_MAX: Final = 4 * MIB
# Small ones take forty times their text in memory. A record has no more than a body; what is read ahead may hold as many again.
_CONTAINERS_MAX: Final = CONTAINERS_MAX + _AHEAD_BYTES_MAX // 2
# Only where an object ends is asked; its values are read as those of bodies are.
_BOUNDARIES: Final = json.JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)


class Elements:
    """The objects of an array, as they are written, from a byte on. `place` is the byte after the last one."""

    def __init__(self, read: Read, place: int = 0) -> None:
        self.place = place
        self._is_first = place == 0
        self._read = read
        self._read_to = place
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._at = 0
        self._is_end = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._is_first:
            if self._peek() == "\ufeff":
                self._take(1)
            self._expect("[")
            self._is_first = False
            if self._peek() == "]":
                raise StopIteration
        elif self._peek() == "]":
            raise StopIteration
        else:
            self._expect(",")
        if self._peek() != "{":
            raise self._unreadable()
        return self._object()

    def _object(self) -> str:
        wanted = PIECE_BYTES
        while True:
            try:
                _, end = _BOUNDARIES.raw_decode(self._text, self._at)
            except RecursionError:
                raise Unreadable(f"The JSON is nested too deep at byte {self.place}.") from None
            except ValueError:  # not all of it is here yet, or it is no JSON
                if self._is_end or len(self._text) - self._at > RECORD_BYTES_MAX:
                    raise self._unreadable() from None
                self._more(wanted)
                wanted = min(2 * wanted, _AHEAD_BYTES_MAX)
                if self._text.count("{") + self._text.count("[") > _CONTAINERS_MAX:
                    raise Unreadable(f"The JSON has too many objects in one record: see byte {self.place}.") from None
            else:
                return self._take(end - self._at)

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._unreadable()
        self._take(1)

    def _peek(self) -> str:
        """The next sign that is no space; empty at the end. Raises `Unreadable` for more space than a record may have."""
        until = self.place + RECORD_BYTES_MAX
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._take(1)
            if self.place > until:
                raise self._unreadable()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_end:
                return ""
            self._more(PIECE_BYTES)

    def _take(self, count: int) -> str:
        taken = self._text[self._at : self._at + count]
        self._at += count
        self.place += len(taken) if taken.isascii() else len(taken.encode())
        return taken

    def _more(self, size: int) -> None:
        piece = self._read(self._read_to, size)
        self._read_to += len(piece)
        self._is_end = len(piece) < size
        try:
            more = self._decoder.decode(piece, self._is_end)
        except UnicodeDecodeError:
            raise Unreadable("The JSON is not UTF-8.") from None
        self._text, self._at = self._text[self._at :] + more, 0

    def _unreadable(self) -> Unreadable:
        return Unreadable(f"The JSON is no array of objects, or it is broken: see byte {self.place}.")


def records(texts: list[str]) -> list[dict[str, Any] | str]:
    """The records that objects hold; a sentence in place of one that cannot be kept."""
    try:
        return list(_values(texts))
    except HarborError:
        return [_value(text) for text in texts]


def _value(text: str) -> dict[str, Any] | str:
    try:
        return _values([text])[0]
    except HarborError as error:
        return error.message


def _values(texts: list[str]) -> list[dict[str, Any]]:
    whole = f'{{"records":[{",".join(texts)}]}}'.encode()
    found: list[dict[str, Any]] = bodies.read(whole, None, None)["records"]
    return found
