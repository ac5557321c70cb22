"""Bodies in: JSON, CBOR or MessagePack, plain or gzip, to the values that records hold.

Everything comes out as null, booleans, numbers, texts, bytes, `Instant`, lists and dicts with text keys. What cannot be
kept the same on every engine is refused by name: U+0000, half a surrogate pair, nesting beyond 64 levels.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import cbor2
import msgspec

from harbor.kernel.bounds import JSON_DEPTH_MAX, MIB
from harbor.kernel.clock import micros
from harbor.kernel.errors import HarborError, TooLarge
from harbor.products.harper_tables import large_bodies
from harbor.products.harper_tables.refusals import invalid, invalid_json
from harbor.products.harper_tables.values import Instant

CBOR, MSGPACK = "application/cbor", "application/x-msgpack"
_MSGPACKS = frozenset({MSGPACK, "application/msgpack", "application/vnd.msgpack"})
BODY_BYTES_MAX = 128 * MIB
# Integers of more digits are no numbers to JavaScript either, and Python reads no more from text.
INT_BITS_MAX = 14_000
BIG_INT_EXT = 0x42  # msgpackr's extension for integers beyond 64 bits, two's complement
_ESCAPED_NUL = b"\\u0000"
_PATH_LENGTH_MAX = 200

_json = msgspec.json.Decoder()


def read(raw: bytes, media_type: str | None, coding: str | None, *, bytes_max: int = BODY_BYTES_MAX) -> dict[str, Any]:
    """The object a body holds. Raises `Invalid`, and `TooLarge` for one of more than `bytes_max` when unpacked."""
    if coding and coding.strip().lower() not in ("identity", ""):
        raw = _unpacked(raw, coding.strip().lower(), bytes_max)
    kind = (media_type or "").partition(";")[0].strip().lower()
    is_counted = len(raw) > large_bodies.COUNTED_BYTES and kind != CBOR and kind not in _MSGPACKS
    if is_counted or len(raw) > large_bodies.LARGE_BYTES:
        _check_large(raw, kind)
    if kind == CBOR:
        value = _plain(_cbor(raw))
    elif kind in _MSGPACKS:
        value = _plain(_msgpack(raw))
    else:
        value = _from_json(raw)
    if not isinstance(value, dict):
        raise invalid_json()
    return value


def digest(values: dict[str, Any]) -> str:
    """What a body says, whatever its form and the order of its names."""
    return hashlib.sha256(_in_order.encode(values)).hexdigest()


def _told(value: object) -> object:
    if isinstance(value, Instant):
        return {"$": ["date", value.ms]}
    raise NotImplementedError(type(value))


_in_order = msgspec.json.Encoder(enc_hook=_told, order="deterministic")


def _check_large(raw: bytes, kind: str) -> None:
    try:
        if kind == CBOR:
            large_bodies.check_cbor(raw)
        elif kind in _MSGPACKS:
            large_bodies.check_msgpack(raw)
        else:
            large_bodies.check_json(raw)
    except (msgspec.MsgspecError, ValueError, IndexError, RecursionError):
        if len(raw) > large_bodies.LARGE_BYTES:
            raise invalid_json() from None  # of a smaller one it is found out why


def _from_json(raw: bytes) -> Any:
    try:
        value = _json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _why_no_json(raw) from None
    except RecursionError:
        raise _too_deep() from None
    if _ESCAPED_NUL in raw or b"\0" in raw or raw.count(b"{") + raw.count(b"[") > JSON_DEPTH_MAX:
        return _plain(value)
    return value


def _why_no_json(raw: bytes) -> HarborError:
    """Half a surrogate pair is a text in JavaScript, so it is told apart from what is no JSON at all."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return invalid_json()
    try:
        _plain(value)
    except HarborError as error:
        return error
    return invalid_json()  # a number beyond what a double holds


def _cbor(raw: bytes) -> Any:
    try:
        return cbor2.loads(raw)
    except RecursionError:
        raise _too_deep() from None
    except Exception:  # its C part raises whatever the bytes made it meet
        raise invalid_json() from None


def _msgpack(raw: bytes) -> Any:
    try:
        return _msgpack_decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, OverflowError):
        raise invalid_json() from None
    except RecursionError:
        raise _too_deep() from None


def _extension(code: int, data: memoryview) -> Any:
    if code == BIG_INT_EXT:
        return int.from_bytes(bytes(data), "big", signed=True)
    raise invalid_json()


_msgpack_decoder = msgspec.msgpack.Decoder(ext_hook=_extension)


def check_kept(value: Any, path: tuple[str | int, ...]) -> None:
    """Raise `Invalid` for texts within a value that cannot be kept: for values that come from elsewhere than a body."""
    if len(path) > JSON_DEPTH_MAX:
        raise _too_deep()
    if isinstance(value, str):
        _text(value, path)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            check_kept(item, (*path, place))
    elif isinstance(value, dict):
        for name, item in value.items():
            check_kept(item, (*path, _text(name, path)))


def _plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value, path)
    if value is None or kind is bool:
        return value
    if kind is int:
        return _integer(value, path)
    if kind is float:
        return value if math.isfinite(value) else None  # as JavaScript prints them
    if len(path) >= JSON_DEPTH_MAX:
        raise _too_deep()
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, place)) for place, item in enumerate(value)]
    if isinstance(value, dict):
        return {_name(name, path): _plain(item, (*path, str(name))) for name, item in value.items()}
    return _foreign(value, path)


def _foreign(value: Any, path: tuple[str | int, ...]) -> Any:
    """What CBOR and MessagePack have and JSON has not."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, datetime):
        us = micros(value if value.tzinfo else value.replace(tzinfo=UTC))
        return Instant(us // 1000 if us % 1000 == 0 else us / 1000)
    if isinstance(value, date):
        return Instant(micros(datetime(value.year, value.month, value.day, tzinfo=UTC)) // 1000)
    if isinstance(value, Decimal):
        return _plain(float(value), path)
    if isinstance(value, set | frozenset):
        return _plain(list(value), path)
    if value is cbor2.undefined:
        return None
    raise invalid(
        f"{_shown(path)} holds a kind of value that cannot be kept.", code="invalid_value", field=_shown(path)
    )


def _name(name: object, path: tuple[str | int, ...]) -> str:
    if isinstance(name, str):
        return _text(name, (*path, name))
    if isinstance(name, int) and not isinstance(name, bool):
        return str(_integer(name, path))
    raise invalid(f"{_shown(path)} has a key that is no text.", code="invalid_value", field=_shown(path))


def _text(text: str, path: tuple[str | int, ...]) -> str:
    if "\0" in text:
        what = "contains the character U+0000, which cannot be kept"
    elif not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        what = "contains half of a surrogate pair, which is no character"
    else:
        return text
    raise invalid(f"{_shown(path)} {what}.", code="invalid_value", field=_shown(path))


def _integer(value: int, path: tuple[str | int, ...]) -> int:
    if value.bit_length() > INT_BITS_MAX:
        raise invalid(f"{_shown(path)} is an integer of too many digits.", code="invalid_value", field=_shown(path))
    return value


def _shown(path: tuple[str | int, ...]) -> str:
    text = ".".join(map(str, path)) or "The body"
    return text.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()[:_PATH_LENGTH_MAX]


def _too_deep() -> HarborError:
    return invalid(f"The body is nested deeper than {JSON_DEPTH_MAX} levels.", code="invalid_json")


def _unpacked(raw: bytes, coding: str, bytes_max: int) -> bytes:
    if coding not in ("gzip", "x-gzip"):
        raise invalid(f"The content coding {coding[:50]} is not known here; send gzip or none.", code="invalid_json")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(raw, bytes_max)
    except zlib.error:
        raise invalid_json() from None
    if unpacker.unconsumed_tail:
        raise TooLarge(f"The body is too large; at most {bytes_max} bytes are accepted here.")
    if not unpacker.eof:
        raise invalid_json()
    return found
