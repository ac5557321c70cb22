"""Attributes as they are typed in the form of a new table: one a line, `born: Date` or `notes: String, no index`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.catalog.model import TYPES

NO_INDEX = "no index"
_BY_WORD = {type_.lower(): type_ for type_ in TYPES}


def read(text: str) -> list[dict[str, Any]] | None:
    """The attributes as `create_table` takes them; None where none are typed. Raises `Invalid` with the line."""
    found = [_attribute(number, line) for number, line in _lines(text)]
    return found or None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _attribute(number: int, line: str) -> dict[str, Any]:
    # A name may have a colon in it, so the last one counts.
    name, colon, rest = line.rpartition(":")
    if not colon:
        return {"name": line}
    attribute: dict[str, Any] = {"name": name.strip()}
    for word in (part.strip().lower() for part in rest.split(",")):
        if word == NO_INDEX:
            attribute["indexed"] = False
        elif word in _BY_WORD:
            attribute["type"] = _BY_WORD[word]
        else:
            raise Invalid(
                f"attributes: line {number} says {word[:40]!r}; a type is one of {', '.join(TYPES)}.",
                field="attributes",
            )
    return attribute
