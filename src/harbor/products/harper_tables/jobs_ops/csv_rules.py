"""What CSV means: the names of its columns, and the values of its cells. Source: docs/products/harper.md#loads."""

from __future__ import annotations

import math
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from harbor.kernel.errors import HarborError
from harbor.products.harper_tables import bodies
from harbor.products.harper_tables.values import Instant

TEXTS = ("ID", "String")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,4000})(\.[0-9]{1,400})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("true", "TRUE"), True),
    **dict.fromkeys(("false", "FALSE"), False),
    **dict.fromkeys(("null", "NULL", "undefined", "NaN"), None),
}


class Unreadable(Exception):
    """No CSV, no JSON, or a column that no attribute can be; the message is the job's."""


def columns_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns that a first line names. Raises `Unreadable`."""
    names = tuple(cell.strip() for cell in cells)
    for name in names:
        if not name or any(each in name for each in "`/\0"):
            raise Unreadable(f"Invalid column name '{name[:250]}', cancelling load operation")
    return names


def record(columns: Sequence[str], cells: Sequence[str], types: Mapping[str, str]) -> dict[str, Any] | str:
    """A row as a record; `types` are those that attributes were declared with. A sentence for what cannot be kept."""
    if any("\0" in cell for cell in cells):
        return "it contains the character U+0000, which cannot be kept"
    return {name: value(cell, types.get(name)) for name, cell in zip(columns, cells, strict=False)}


def value(cell: str, declared: str | None = None) -> Any:
    """What a cell means. A declared type decides, where the cell can be read as one; else the cell's looks do."""
    if declared in TEXTS:
        return cell
    read = _TYPED.get(declared or "")
    if read is not None:
        if cell == "":
            return None
        found = read(cell)
        if found is not None:
            return found
    if cell == "":
        return cell
    if cell in _WORDS:
        return _WORDS[cell]
    if (match := _NUMBER.fullmatch(cell)) is not None:
        number = int(cell) if match[1] is None else float(cell)
        return cell if number in (math.inf, -math.inf) else number
    if _DATE.fullmatch(cell) and (moment := Instant.parse(cell)) is not None:
        return moment
    return _nested(cell) if cell[0] in "{[" else cell


def _integer(cell: str) -> int | None:
    return int(cell) if _INTEGER.fullmatch(cell) else None


def _number(cell: str) -> int | float | None:
    if (whole := _integer(cell)) is not None:
        return whole
    if not _DECIMAL.fullmatch(cell):
        return None
    found = float(cell)
    return found if math.isfinite(found) else None


def _boolean(cell: str) -> bool | None:
    return {"true": True, "false": False}.get(cell.lower())


def _bytes(cell: str) -> bytes | None:
    try:
        return b64decode(cell, validate=True)
    except ValueError:
        return None


# How the cells of declared attributes are read; None is no value of the type.
_TYPED: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("Int", "Long", "BigInt"), _integer),
    "Float": _number,
    "Boolean": _boolean,
    "Date": Instant.parse,
    **dict.fromkeys(("Bytes", "Blob"), _bytes),
}


def _nested(cell: str) -> Any:
    """The array or object that a cell holds; the text itself if it is none that can be kept."""
    try:
        msgspec.json.decode(cell)
        # Read again as bodies are, which refuse what no record can hold.
        return bodies.read(f'{{"cell":{cell}}}'.encode(), None, None)["cell"]
    except (msgspec.MsgspecError, ValueError, RecursionError, HarborError):
        return cell
