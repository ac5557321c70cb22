"""Values that records hold, and how they are written as JSON text in the store.

null, booleans, numbers, texts, arrays and objects are JSON as it is. What JSON lacks is an object of the one key `$`:
`{"$": ["date", ms]}`, `{"$": ["bytes", base64]}`, `{"$": ["int", digits]}` for integers beyond 64 bits, which the
stores' own JSON functions would round. A caller's object whose only key is `$` is kept as `{"$": ["object", {…}]}`.
A double is written with a point and without an exponent: PostgreSQL prints 1e20 as an integer.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = '{"$":'
_ISO_LENGTH_MAX = 40
_PLAIN = frozenset({str, bool, type(None)})
# Beyond it a double is printed with an exponent.
_DOUBLE_MAX = 1e16

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()

Doc = dict[str, Any]


class Instant:
    """A date as JavaScript has it: milliseconds since 1970, also beyond the years that Python knows."""

    # No dataclass: the encoder would print its fields.
    __slots__ = ("ms",)

    def __init__(self, ms: int | float) -> None:
        self.ms = ms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and other.ms == self.ms

    def __hash__(self) -> int:
        return hash((Instant, self.ms))

    def __repr__(self) -> str:
        return f"Instant({self.ms!r})"

    @classmethod
    def parse(cls, text: str) -> Instant | None:
        """The date of an ISO 8601 text, without a zone in UTC; None if it is none."""
        if len(text) > _ISO_LENGTH_MAX or not text[:4].isdigit():
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        us = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
        ms = us / timedelta(milliseconds=1)
        return cls(int(ms) if ms == int(ms) else ms)

    def iso(self) -> str:
        """`2026-05-25T12:00:00.000Z`; beyond the years 1 to 9999 the number of milliseconds."""
        try:
            moment = _EPOCH + timedelta(milliseconds=self.ms)
        except (OverflowError, ValueError):
            return str(self.ms)
        return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def to_text(doc: Doc) -> str:
    """A record's values as stored JSON."""
    for value in doc.values():
        kind = type(value)
        if not (
            kind in _PLAIN
            or (kind is int and INT_MIN <= value <= INT_MAX)
            or (kind is float and -_DOUBLE_MAX < value < _DOUBLE_MAX)
        ):
            return _encoder.encode({name: _marked(item) for name, item in doc.items()}).decode()
    return _encoder.encode(doc).decode()


def from_text(text: str) -> Doc:
    """The values of stored JSON."""
    doc: Doc = _decoder.decode(text)
    if _MARK in text:
        return {name: _unmarked(item) for name, item in doc.items()}
    return doc


def _marked(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return value if -_DOUBLE_MAX < value < _DOUBLE_MAX else msgspec.Raw(f"{value:.1f}".encode())
    if kind is int:
        return value if INT_MIN <= value <= INT_MAX else {"$": ["int", str(value)]}
    if kind is list:
        return [_marked(item) for item in value]
    if kind is dict:
        marked = {name: _marked(item) for name, item in value.items()}
        return {"$": ["object", marked]} if len(marked) == 1 and "$" in marked else marked
    if kind is Instant:
        return {"$": ["date", value.ms]}
    assert kind is bytes, kind
    return {"$": ["bytes", b64encode(value).decode()]}


def _unmarked(value: Any) -> Any:
    if type(value) is list:
        return [_unmarked(item) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1 and "$" in value:
        kind, kept = value["$"]
        if kind == "date":
            return Instant(kept)
        if kind == "bytes":
            return b64decode(kept)
        if kind == "int":
            return int(kept)
        value = kept
    return {name: _unmarked(item) for name, item in value.items()}
