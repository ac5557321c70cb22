"""Replies out: which form the client accepts, and the bytes in it.

JSON prints dates as ISO texts, bytes as base64 and integers of any size as bare digits. CBOR and MessagePack keep all
three. CSV has a line for each record of a list. Source: docs/products/harper.md#forms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import msgspec

from harbor.products.harper_tables.bodies import BIG_INT_EXT, CBOR, MSGPACK
from harbor.products.harper_tables.refusals import not_acceptable
from harbor.products.harper_tables.values import Instant

JSON, CSV = "application/json", "text/csv"
EVENTS = "text/event-stream"
# JSON is YAML, and text.
_SERVED = {
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    CBOR: CBOR,
    MSGPACK: MSGPACK,
    CSV: CSV,
    "text/*": "text/plain",
    "text/yaml": "text/yaml",
    "text/plain": "text/plain",
    EVENTS: EVENTS,
}
ACCEPT_LENGTH_MAX = 2_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 64) - 1


def negotiate(accept: str | None) -> str:
    """The media type of the reply: the client's best among ours. Raises `Unsupported` if there is none."""
    if accept is None or not accept.strip() or accept == "*/*" or accept == JSON:
        return JSON
    best, weight_best = "", 0.0
    for part in accept[:ACCEPT_LENGTH_MAX].split(","):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = weight_of(parameters)
        if kind in _SERVED and weight > weight_best:
            best, weight_best = _SERVED[kind], weight
    if not best:
        raise not_acceptable()
    return best


def encode(value: object, media_type: str) -> bytes:
    """The bytes of a reply. A text, number or boolean becomes `{"message": …}`."""
    if not isinstance(value, dict | list):
        value = {"message": value}
    if media_type == CBOR:
        return cbor2.dumps(value, default=_to_cbor)
    if media_type == MSGPACK:
        return _msgpack(value)
    if media_type == CSV:
        return _csv(value)
    if media_type == EVENTS:
        return b"".join(
            b"data: " + _json.encode(each) + b"\n\n" for each in (value if isinstance(value, list) else [value])
        )
    return _json.encode(value)


def plain(value: Any) -> Any:
    """The value as JSON has it: for what is printed inside other texts."""
    return msgspec.json.decode(_json.encode(value))


def weight_of(parameters: Sequence[str]) -> float:
    """The `q` of one line of an Accept header: 1 without one, 0 for what is no number."""
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _to_json(value: object) -> object:
    if isinstance(value, Instant):
        return value.iso()
    raise NotImplementedError(type(value))


_json = msgspec.json.Encoder(enc_hook=_to_json)


def _moment(value: Instant) -> datetime | int | float:
    try:
        return _EPOCH + timedelta(milliseconds=value.ms)
    except OverflowError:
        return value.ms


def _to_cbor(encoder: Any, value: object) -> None:
    assert isinstance(value, Instant), type(value)
    encoder.encode(_moment(value))


def _msgpack(value: object) -> bytes:
    try:
        return _packer.encode(value)
    except OverflowError:
        return _packer.encode(_with_big_integers(value))


def _to_msgpack(value: object) -> object:
    if isinstance(value, Instant):
        return _moment(value)
    raise NotImplementedError(type(value))


_packer = msgspec.msgpack.Encoder(enc_hook=_to_msgpack)


def _with_big_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_big_integers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_big_integers(item) for item in value]
    if type(value) is int and not _INT_MIN <= value <= _INT_MAX:
        size = value.bit_length() // 8 + 1
        return msgspec.msgpack.Ext(BIG_INT_EXT, value.to_bytes(size, "big", signed=True))
    return value


def _csv(value: dict[str, Any] | list[Any]) -> bytes:
    rows = [row if isinstance(row, dict) else {"value": row} for row in (value if isinstance(value, list) else [value])]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return (csv_line(names) if names else b"") + csv_rows(names, rows)


def csv_line(cells: Sequence[str]) -> bytes:
    """One line of CSV."""
    return _lines([cells])


def csv_rows(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Lines of CSV with these properties of some records."""
    return _lines([_cell(row.get(name)) for name in names] for row in rows)


def _lines(lines: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    plain = csv.writer(out, lineterminator="\n")
    # A return within a cell ends the line for those who read it, and the writer quotes only its own line ends.
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for cells in lines:
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    text = _json.encode(value).decode()
    return text[1:-1] if isinstance(value, Instant | bytes) else text
