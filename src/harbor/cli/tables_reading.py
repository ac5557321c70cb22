"""Files of records, read in parts of a bounded size: CSV, JSON (one array), JSON lines.

JSON is not changed on its way: a record is checked and then passed on as it is written, so no number loses a digit.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, TextIO

from harbor.cli.output import Failure

# What the server takes in one write is 10,000 records or 16 MiB; smaller parts show progress and repeat less.
ROWS_MAX: Final = 2_000
PART_LENGTH: Final = 1024 * 1024
# A record of more than a body's bound cannot be sent anyway.
RECORD_LENGTH_MAX: Final = 16 * 1024 * 1024
_PIECE: Final = 64 * 1024
_BLANKS: Final = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows: `first` is the number of the first in the file, from 1. `text` is CSV with its head, or records as JSON."""

    first: int
    rows: int
    text: str


def parts(stream: TextIO, form: str, *, skip: int) -> Iterator[Part]:
    """The rows after the first `skip`. Raises `Failure` that names the row which cannot be read."""
    if form == "csv":
        return _csv_parts(stream, skip)
    return _json_parts(_FORMS[form](stream), skip)


def _csv_parts(stream: TextIO, skip: int) -> Iterator[Part]:
    csv.field_size_limit(RECORD_LENGTH_MAX)
    lines = _sheet(stream)
    head = next(lines, None)
    if head is None:
        return
    number = 0
    text, rows = _begun(head), 0
    for number, cells in enumerate(lines, 1):
        if number <= skip:
            continue
        csv.writer(text, lineterminator="\n").writerow(cells)
        rows += 1
        if rows >= ROWS_MAX or text.tell() >= PART_LENGTH:
            yield Part(number - rows + 1, rows, text.getvalue())
            text, rows = _begun(head), 0
    if rows:
        yield Part(number - rows + 1, rows, text.getvalue())


def _sheet(stream: TextIO) -> Iterator[list[str]]:
    """The rows that say something; the server passes over the others too."""
    number = 0
    try:
        for cells in csv.reader(stream):
            if any(cell.strip() for cell in cells):
                yield cells
                number += 1
    except csv.Error as error:
        raise _unreadable(number, str(error)) from None
    except UnicodeDecodeError:
        raise _unreadable(number, "it is not UTF-8") from None


def _begun(head: list[str]) -> io.StringIO:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(head)
    return text


def _json_parts(records: Iterator[str], skip: int) -> Iterator[Part]:
    kept: list[str] = []
    length = number = 0
    for number, record in enumerate(records, 1):
        if number <= skip:
            continue
        kept.append(record)
        length += len(record)
        if len(kept) >= ROWS_MAX or length >= PART_LENGTH:
            yield Part(number - len(kept) + 1, len(kept), ",".join(kept))
            kept, length = [], 0
    if kept:
        yield Part(number - len(kept) + 1, len(kept), ",".join(kept))


def _lines(stream: TextIO) -> Iterator[str]:
    """The records of a file with one a line."""
    number = 0
    while True:
        try:
            line = stream.readline(RECORD_LENGTH_MAX + 1)
        except UnicodeDecodeError:
            raise _unreadable(number + 1, "it is not UTF-8") from None
        if not line:
            return
        text = line.strip(_BLANKS)
        if not text:
            continue
        number += 1
        if len(line) > RECORD_LENGTH_MAX:
            raise _unreadable(number, "it is longer than a record can be")
        try:
            found = _decoder.decode(text)
        except (ValueError, RecursionError) as error:
            raise _unreadable(number, str(error)) from None
        _must_be_object(found, number)
        yield text


def _array(stream: TextIO) -> Iterator[str]:
    """The records of a file that is one array."""
    text = _Text(stream)
    if text.next() != "[":
        raise _unreadable(1, "the file is no array of records; name its form with --format")
    text.at += 1
    number = 0
    while (sign := text.next()) != "]":
        if number:
            if sign != ",":
                raise _unreadable(number + 1, "there is no comma before it")
            text.at += 1
            text.next()
        number += 1
        yield text.record(number)
    text.at += 1
    if text.next():
        raise _unreadable(number, "something follows the array")


class _Text:
    """A text that is read piece by piece, and forgotten up to `at`."""

    def __init__(self, stream: TextIO) -> None:
        self.at = 0
        self._stream = stream
        self._text = ""
        self._is_whole = False

    def next(self) -> str:
        """The next sign that is not blank; empty at the end."""
        while True:
            while self.at < len(self._text) and self._text[self.at] in _BLANKS:
                self.at += 1
            if self.at < len(self._text):
                return self._text[self.at]
            if self._is_whole:
                return ""
            self._read(_PIECE)

    def record(self, number: int) -> str:
        """The object that begins here, as it is written."""
        while True:
            try:
                found, end = _decoder.raw_decode(self._text, self.at)
            except (ValueError, RecursionError) as error:
                length = len(self._text) - self.at
                if self._is_whole or length > RECORD_LENGTH_MAX or isinstance(error, _NoNumber):
                    raise _unreadable(number, str(error)) from None
                # Twice as much each time, so that a long record is not tried again for each piece of it.
                self._read(max(_PIECE, length))
                continue
            _must_be_object(found, number)
            text, self.at = self._text[self.at : end], end
            return text

    def _read(self, length: int) -> None:
        try:
            piece = self._stream.read(length)
        except UnicodeDecodeError:
            raise _unreadable(0, "the file is not UTF-8") from None
        self._is_whole = not piece
        self._text, self.at = self._text[self.at :] + piece, 0


class _NoNumber(ValueError):
    """NaN or an infinity, which JSON does not have."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NoNumber(f"{name} is no number")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_FORMS: Final[Mapping[str, Callable[[TextIO], Iterator[str]]]] = {"json": _array, "jsonl": _lines}


def _must_be_object(value: object, number: int) -> None:
    if not isinstance(value, dict):
        raise _unreadable(number, "it is no object")


def _unreadable(number: int, why: str) -> Failure:
    return Failure(
        f"Row {number} cannot be read: {why}." if number else f"The file cannot be read: {why}.",
        hint="Mend the file.",
        code="unreadable_file",
    )
