"""A sheet as CSV: UTF-8 with a mark, so that spreadsheets see which letters it has; comma, quotes where needed, CRLF."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from typing import Final

from harbor.kernel import money
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Value

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_MARK: Final = "\ufeff"
# A spreadsheet calculates what begins so, after blanks and line ends too, whoever has typed it; some read wide signs as
# narrow ones. Source: owasp.org, CSV injection.
_FORMULA: Final = re.compile(r"[\t\r]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
PLACES: Final = {Form.HOURS: 2, Form.MONEY: 2, Form.HOME_MONEY: 2, Form.RATE: 4, Form.PERCENT: 1}


def head(columns: Sequence[Column]) -> bytes:
    """The first line."""
    return (_MARK + _text([[column.label for column in columns]])).encode()


def body(columns: Sequence[Column], lines: Iterable[Line]) -> bytes:
    """Lines below it."""
    return _text(
        [word(column.form, value) for column, value in zip(columns, line.values, strict=True)] for line in lines
    ).encode()


def word(form: Form, value: Value) -> str:
    """A value as it stands in the file. Text that looks like a formula gets an apostrophe, with which it stays text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        places = PLACES.get(form, 0)
        return format(money.from_scaled(value, places), f".{places}f")
    return as_text(value)


def as_text(value: str) -> str:
    """A text as it stands in a file for spreadsheets: with an apostrophe where it looks like a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


def _text(rows: Iterable[Sequence[str]]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
