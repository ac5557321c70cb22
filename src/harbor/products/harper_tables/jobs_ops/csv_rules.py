"""Reading CSV: columns, rows, and what their cells mean. Source: docs/products/harper.md#jobs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import HarborError
from harbor.products.harper_tables import bodies
from harbor.products.harper_tables.values import Instant

TEXTS = ("ID", "String")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,4000})(\.[0-9]{1,400})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("true", "TRUE"), True),
    **dict.fromkeys(("false", "FALSE"), False),
    **dict.fromkeys(("null", "NULL", "undefined", "NaN"), None),
}
csv.field_size_limit(16 * MIB)  # the module's own bound is 128 KiB


class Unreadable(Exception):
    """No CSV, or a column that no attribute can be; the message is the job's."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns, and the rows as texts."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


EMPTY = Sheet((), ())


def parse(text: str) -> Sheet:
    """The sheet of a text whose first line names the columns. Raises `Unreadable`."""
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        found = [cells for cells in lines if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise Unreadable(f"The CSV cannot be read: {error}.") from None
    if not found:
        return EMPTY
    columns = tuple(name.strip() for name in found[0])
    for name in columns:
        if not name or "`" in name or "/" in name:
            raise Unreadable(f"Invalid column name '{name[:250]}', cancelling load operation")
    return Sheet(columns, [row[: len(columns)] for row in found[1:]])


def record(columns: Sequence[str], cells: Sequence[str], types: Mapping[str, str]) -> dict[str, Any]:
    """A row as a record; `types` are those that attributes were declared with."""
    return {name: value(cell, types.get(name)) for name, cell in zip(columns, cells, strict=False)}


def value(cell: str, declared: str | None = None) -> Any:
    """What a cell means. Texts stay texts where an attribute is declared as one."""
    if declared in TEXTS or cell == "":
        return cell
    if cell in _WORDS:
        return _WORDS[cell]
    if (match := _NUMBER.fullmatch(cell)) is not None:
        return int(cell) if match[1] is None else float(cell)
    if _DATE.fullmatch(cell) and (moment := Instant.parse(cell)) is not None:
        return moment
    return _nested(cell) if cell[0] in "{[" else cell


def _nested(cell: str) -> Any:
    """The array or object that a cell holds; the text itself if it is none that can be kept."""
    try:
        msgspec.json.decode(cell)
        # Read again as bodies are, which refuse what no record can hold.
        return bodies.read(f'{{"cell":{cell}}}'.encode(), None, None)["cell"]
    except (msgspec.MsgspecError, ValueError, RecursionError, HarborError):
        return cell
