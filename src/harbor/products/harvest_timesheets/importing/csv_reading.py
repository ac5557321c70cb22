"""Rows of CSV: the columns of Harvest's own exports and a form of ours, read into what an entry or an expense needs.

Pure. Source: docs/guides/leaving-harvest.md#the-columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

import msgspec

from harbor.kernel.errors import Invalid

BYTES_MAX: Final = 16 * 1024 * 1024
ROWS_MAX: Final = 200_000
FIELD_LENGTH_MAX: Final = 65_535
_DELIMITERS: Final = (",", ";", "\t")
_CLOCK: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
# A sign of a currency may stand before or after it.
_NUMBER: Final = re.compile(r"(?:[^\d.,\w\s-]|[A-Z]{3})?\s?([0-9.,]*[0-9])\s?(?:[^\d.,\w\s-]|[A-Z]{3})?")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
_DIGITS_MAX: Final = 10
_YES: Final = frozenset({"yes", "true", "1", "y"})
_NO: Final = frozenset({"no", "false", "0", "n"})


class Kind(StrEnum):
    """What the rows are."""

    TIME = "time_entries"
    EXPENSES = "expenses"


# What columns are called: in Harvest's exports, in its form for imports, and by its API, without case, `_` and `?`.
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "day": ("date", "spent date", "spent at"),
    "client": ("client",),
    "project": ("project",),
    "code": ("project code", "code"),
    "task": ("task",),
    "category": ("category", "expense category"),
    "notes": ("notes", "note", "description"),
    "hours": ("hours", "hours h"),
    "units": ("units", "unit"),
    "cost": ("amount", "total cost", "cost"),
    "billable": ("billable",),
    "first_name": ("first name",),
    "last_name": ("last name",),
    "email": ("email", "user email", "e-mail"),
    "reference_id": ("external reference id",),
    "reference_url": ("external reference url", "permalink"),
}
_KNOWN: Final[Mapping[str, str]] = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_NEEDED: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.TIME: ("day", "project", "task", "hours"),
    Kind.EXPENSES: ("day", "project", "category"),
}


class Row(msgspec.Struct, kw_only=True):
    """One row. `line` is that of the file; `fault` is what is wrong with it, and then nothing else counts."""

    line: int
    fault: str | None = None
    day: str = ""
    client: str = ""
    project: str = ""
    code: str = ""
    task: str = ""
    category: str = ""
    notes: str | None = None
    hours_e2: int | None = None
    units_e4: int | None = None
    cost_e2: int | None = None
    billable: bool = True
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    reference_id: str = ""
    reference_url: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """Which column is what."""

    places: Mapping[str, int]
    delimiter: str


def text_of(content: bytes) -> str:
    """The text of a file. Raises `Invalid` for one that is no text in UTF-8, or in UTF-16 with its mark."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8. Save it as CSV UTF-8.", field="file") from None


def rows(text: str, kind: Kind, date_format: str) -> Iterator[Row]:
    """The rows below the names of the columns. `date_format` is how the company writes days, besides `2026-05-31`.

    Raises `Invalid` for a head that lacks what is needed, and for more rows than fit.
    """
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise Invalid("The file contains the character U+0000, so it is no CSV.", field="file")
    head = _head(text, kind)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=head.delimiter)
    count, has_head = 0, False
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line=reader.line_num, fault=f"it is no CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not has_head:
            has_head = True
            continue
        count += 1
        if count > ROWS_MAX:
            raise Invalid(f"The file has more than {ROWS_MAX} rows. Split it.", field="file")
        yield _row(reader.line_num, cells, head, kind, date_format)


def _head(text: str, kind: Kind) -> Head:
    first = next((line for line in io.StringIO(text[:FIELD_LENGTH_MAX]) if line.strip()), "")
    best: Head | None = None
    for delimiter in _DELIMITERS:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            name = _KNOWN.get(" ".join(cell.replace("_", " ").replace("?", " ").split()).casefold())
            if name is not None:
                places.setdefault(name, place)
        if best is None or len(places) > len(best.places):
            best = Head(places, delimiter)
    assert best is not None
    missing = [name for name in _NEEDED[kind] if name not in best.places]
    if kind is Kind.EXPENSES and not {"cost", "units"} & best.places.keys():
        missing.append("cost")
    if missing:
        named = ", ".join(_ALIASES[name][0].title() for name in missing)
        raise Invalid(f"The first line names no column {named}.", field="file")
    return best


def _row(line: int, cells: list[str], head: Head, kind: Kind, date_format: str) -> Row:
    given = {name: cells[place].strip() if place < len(cells) else "" for name, place in head.places.items()}
    try:
        if any(len(cell) > FIELD_LENGTH_MAX for cell in cells):
            raise _Wrong(f"a cell of it has more than {FIELD_LENGTH_MAX} characters")
        row = Row(line=line, day=_day(given["day"], date_format).isoformat())
        for name in ("client", "project", "code", "task", "category", "first_name", "last_name", "email"):
            setattr(row, name, given.get(name, ""))
        for name in ("reference_id", "reference_url"):
            setattr(row, name, given.get(name, ""))
        row.notes = given.get("notes", "").replace("\r\n", "\n") or None
        row.billable = _flag(given.get("billable", ""))
        if kind is Kind.TIME:
            row.hours_e2 = _hours(given["hours"])
        else:
            row.units_e4 = _number(given.get("units", ""), 4, "units")
            row.cost_e2 = _number(given.get("cost", ""), 2, "amount")
        for name in ("project", "task" if kind is Kind.TIME else "category"):
            if not getattr(row, name):
                raise _Wrong(f"its {name} is empty")
    except _Wrong as why:
        return Row(line=line, fault=str(why))
    return row


class _Wrong(Exception):
    """What is wrong with a row."""


def _day(text: str, date_format: str) -> date:
    for form in ("%Y-%m-%d", date_format):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise _Wrong(f"{text[:30]!r} is no date")


def _hours(text: str) -> int:
    if match := _CLOCK.fullmatch(text):
        return (int(match[1]) * 60 + int(match[2])) * 100 // 60
    found = _number(text, 2, "hours")
    if found is None:
        raise _Wrong("its hours are empty")
    return found


def _number(text: str, places: int, what: str) -> int | None:
    """`1.5`, `1,5` and `$1,234.50`: the last mark is the decimal one, unless only thousands can be meant."""
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _Wrong(f"{text[:30]!r} is no number")
    digits = match[1]
    marks = [letter for letter in digits if letter in ".,"]
    if len(set(marks)) == 2 or (len(marks) == 1 and (marks[0] == "." or not _THOUSANDS.fullmatch(digits))):
        whole, _, rest = digits.rpartition(marks[-1])
        digits = f"{re.sub('[.,]', '', whole)}.{rest}"
    else:
        digits = re.sub("[.,]", "", digits)
    try:
        value = Decimal(digits)
    except InvalidOperation:
        raise _Wrong(f"{text[:30]!r} is no number") from None
    if value.adjusted() >= _DIGITS_MAX:
        raise _Wrong(f"its {what} {text[:30]} are too large")
    return int((value * 10**places).quantize(Decimal(1), ROUND_HALF_UP))


def _flag(text: str) -> bool:
    word = text.casefold()
    if word in _NO:
        return False
    if word and word not in _YES:
        raise _Wrong(f"{text[:30]!r} is neither yes nor no")
    return True
