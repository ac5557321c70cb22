"""Values of records as texts of a page, and back: cells of tables, keys in addresses, whole records as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from harbor.kernel.errors import HarborError, Missing
from harbor.products.harper_tables import replies
from harbor.products.harper_tables.catalog.model import TIMES
from harbor.products.harper_tables.records.model import key_of
from harbor.products.harper_tables.values import Doc, Instant, from_text, to_text

CELL_LENGTH = 90
_TITLE_LENGTH = 600
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a row: its beginning, more of it to be read on hover, and what kind it is."""

    text: str
    title: str = ""
    kind: str = "text"

    @property
    def is_nothing(self) -> bool:
        """Whether there is no value."""
        return self.kind == "null"


def cell(value: Any) -> Cell:
    """A value in a row of a table."""
    if value is None:
        return Cell("–", kind="null")
    kind = "text"
    if isinstance(value, bool):
        kind = "word"
    elif isinstance(value, int | float):
        kind = "number"
    elif isinstance(value, list | dict):
        kind = "nested"
    text = text_of(value)
    if len(text) <= CELL_LENGTH:
        return Cell(text, kind=kind)
    return Cell(text[:CELL_LENGTH] + "…", text[:_TITLE_LENGTH] + ("…" if len(text) > _TITLE_LENGTH else ""), kind)


def text_of(value: Any) -> str:
    """A value as a person reads it: texts without their quotes, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, Instant):
        return value.iso()
    return encoded(value)


def encoded(value: Any) -> str:
    """A value as JSON in one line."""
    # A text or a number by itself would be wrapped by the encoder of replies.
    return replies.encode([value], replies.JSON).decode()[1:-1]


def pretty(doc: Mapping[str, Any]) -> str:
    """A record as JSON that people read and write."""
    return msgspec.json.format(replies.encode(dict(doc), replies.JSON), indent=2).decode()


def without_times(doc: Mapping[str, Any]) -> Doc:
    """What of a record is its own: the times are the platform's."""
    return {name: value for name, value in doc.items() if name not in TIMES}


def key_text(value: Any) -> str:
    """A primary key as it stands in an address: JSON that keeps 1 and "1", and a date, apart."""
    return to_text({"key": value})[len('{"key":') : -1]


def key_query(value: Any) -> str:
    """The same, quoted for a query."""
    return quote(key_text(value), safe="")


def key_label(value: Any) -> str:
    """A primary key as it is called in titles."""
    text = text_of(value)
    return text if len(text) <= _NAME_LENGTH else text[:_NAME_LENGTH] + "…"


def key_from(text: str) -> Any:
    """The primary key of an address. Raises `Missing` for what can be none."""
    try:
        value = from_text(f'{{"key":{text}}}')["key"]
        if isinstance(value, Instant):
            value = Instant(value.ms + 0)  # a date of what is no number is none
        key_of(value)
    except (HarborError, msgspec.MsgspecError, RecursionError, TypeError, ValueError, KeyError):
        raise Missing("There is no record with this key.", code="record_missing") from None
    return value
