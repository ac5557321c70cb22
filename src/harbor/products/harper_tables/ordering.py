"""The one order of all values, as byte strings: what compares lower as bytes is lower as a value.

null < false < true < numbers < texts < byte strings < arrays < objects. Numbers are exact, whatever their size, and
dates compare as their milliseconds. Texts compare by UTF-16 code units, as JavaScript does. Arrays compare element by
element. Objects have no order among one another: all share one key. Source: docs/products/harper.md#order.

`order_key` is whole and decides; `index_key` is cut after 128 bytes, so it only narrows: a <= b gives
index_key(a) <= index_key(b), and whoever finds records by it looks at the record again.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from harbor.products.harper_tables.values import Instant

INDEX_KEY_BYTES_MAX = 128

NULL, FALSE, TRUE = b"\x00", b"\x10", b"\x11"
NUMBER, TEXT, BYTES, ARRAY, OBJECT = 0x20, 0x30, 0x40, 0x50, 0x60
_DOUBLE = struct.Struct(">d")
_POSITIVE = struct.Struct(">Bd")
_WORD = struct.Struct(">Q")
_LENGTH = struct.Struct(">I")
_SIGN = 1 << 63
_ALL = (1 << 64) - 1
_EXACT_MAX = 1 << 53
_INFINITY = float("inf")


def order_key(value: object) -> bytes:
    """The whole key of a value."""
    if type(value) is str:
        return b"\x30" + (value.encode() if value.isascii() else _code_units(value))
    if type(value) is int or type(value) is float:
        if 0 < value <= _EXACT_MAX:  # most numbers: a third of the time
            # The sign bit is what makes positive doubles sort above negative ones.
            return _POSITIVE.pack(NUMBER, -value).rstrip(b"\x00")
        return b"\x20" + _number(value)
    return _other(value)


def index_key(value: object) -> bytes:
    """The key as the index holds it: cut, so that it only narrows."""
    return order_key(value)[:INDEX_KEY_BYTES_MAX]


def is_cut(key: bytes) -> bool:
    """Whether an index key may stand for several values; objects always do."""
    return len(key) >= INDEX_KEY_BYTES_MAX or key[0] == OBJECT or key[0] == ARRAY


def rank_end(key: bytes) -> bytes:
    """The least key above every value of the same kind: numbers end where texts begin."""
    return bytes([(key[0] & 0xF0) + 0x10])


def after_prefix(prefix: bytes) -> bytes | None:
    """The least byte string above all that begin with `prefix`; None where there is none."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else None


def _other(value: object) -> bytes:
    if value is None:
        return NULL
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    if isinstance(value, Instant):
        return b"\x20" + _number(value.ms)
    if isinstance(value, bytes):
        return b"\x40" + value
    if isinstance(value, Mapping):
        return b"\x60"
    assert isinstance(value, Sequence), type(value)
    return b"\x50" + b"".join(_element(item) for item in value)


def _element(value: Any) -> bytes:
    # A zero within becomes 00 FF, so the end 00 00 is below whatever an element may go on with.
    return order_key(value).replace(b"\x00", b"\x00\xff") + b"\x00\x00"


def _number(value: int | float) -> bytes:
    """The double at or below `value` in eight bytes that sort, and what is missing to it.

    Zeros at the end of a positive double are left out: a byte string sorts below its own continuation, as zeros would.
    """
    if type(value) is float or -_EXACT_MAX <= value <= _EXACT_MAX:
        double, rest = float(value), 0
    else:
        double, rest = _floor(int(value))
    if double == 0:
        double = 0.0  # minus zero is zero
    word: int = _WORD.unpack(_DOUBLE.pack(double))[0]
    head = _WORD.pack(word ^ _ALL if word & _SIGN else word | _SIGN)
    if rest:
        return head + _magnitude(rest)
    return head if word & _SIGN else head.rstrip(b"\x00")


def _floor(value: int) -> tuple[float, int]:
    """The largest double not above an integer, and the rest; beyond all doubles the rest is the integer itself."""
    try:
        double = float(value)
    except OverflowError:
        return (_INFINITY if value > 0 else -_INFINITY), value
    if int(double) > value:
        double = _below(double)
    return double, value - int(double)


def _below(double: float) -> float:
    word = _WORD.unpack(_DOUBLE.pack(double))[0]
    return _DOUBLE.unpack(_WORD.pack(word - 1 if double > 0 else word + 1))[0]  # type: ignore[no-any-return]


def _magnitude(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8 or 1
    if value > 0:
        return _LENGTH.pack(size) + value.to_bytes(size, "big")
    return bytes(byte ^ 0xFF for byte in _LENGTH.pack(size) + (-value).to_bytes(size, "big"))


def _code_units(text: str) -> bytes:
    """UTF-8 in which a character beyond U+FFFF is its two surrogates: sorts as UTF-16 code units do."""
    if max(text) <= "\uffff":
        return text.encode()
    return "".join(letter if letter <= "\uffff" else _pair(ord(letter)) for letter in text).encode(
        "utf-8", "surrogatepass"
    )


def _pair(code: int) -> str:
    code -= 0x10000
    return chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))
