"""Bodies beyond 16 MiB: large by their texts and bytes alone, such as a file of CSV or the archive of a component.

Small values cost many times their size in memory, long ones twice: 16 MiB of `{}` become 500 MiB, 128 MiB of text 256. So
what is neither text nor bytes may take 16 MiB together, and that is known before any of it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import TooLarge

# Beyond it a body is looked at before it is read.
LARGE_BYTES = 16 * MIB
# And beyond this the objects and arrays in it are counted: an empty one takes 64 bytes and more. As many as a hundred in
# each record of the largest request.
COUNTED_BYTES = MIB
CONTAINERS_MAX = 1_000_000
_TEXT, _BYTES, _ARRAY, _MAP, _TAG = 3, 2, 4, 5, 6

_json_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
_msgpack_parts = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
# What begins a text or bytes: str8 to str32 and bin8 to bin32.
_MSGPACK_LONG = frozenset({0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB})


def check_json(raw: bytes) -> None:
    """Raise `TooLarge` if the values beside the long texts are too many. Raises msgspec's errors for what is no JSON."""
    small = _check(_json_parts.decode(raw), lambda first: first == ord('"'))
    # Braces within texts count too: nobody writes a million of them.
    texts = map(bytes, small)
    if sum(text.count(b"{") + text.count(b"[") for text in texts) > CONTAINERS_MAX:
        raise too_many()


def check_msgpack(raw: bytes) -> None:
    """The same for MessagePack."""
    _check(_msgpack_parts.decode(raw), lambda first: first in _MSGPACK_LONG)


def check_cbor(raw: bytes) -> None:
    """The same for CBOR, where what follows the first array or object counts with it. Raises `ValueError`, `IndexError`."""
    kind, count, at = _head(raw, 0)
    if kind != _MAP:
        raise ValueError("no object")
    small = 0
    for _ in range(2 * count):
        kind, size, after = _head(raw, at)
        if kind in (_ARRAY, _MAP, _TAG):
            small += len(raw) - at
            break
        if kind in (_TEXT, _BYTES):
            after += size
        else:
            small += after - at
        at = after
        if small > LARGE_BYTES:
            break
    if small > LARGE_BYTES:
        raise too_many()


def too_many() -> TooLarge:
    """A body whose small values would take more memory than it is worth."""
    return TooLarge(
        f"Beside its long texts a body has at most {LARGE_BYTES} bytes, and {CONTAINERS_MAX} objects and arrays; send "
        "fewer records at once, or load them with csv_data_load, csv_url_load or import_from_s3.",
        code="payload_too_large",
    )


def _check(parts: dict[str, Any], is_long: Callable[[int], bool]) -> list[memoryview[int]]:
    """The values that are not long, which together are not too large."""
    views: list[memoryview[int]] = [memoryview(part) for part in parts.values()]
    small = [view for view in views if not is_long(view[0])]
    if sum(map(len, small)) > LARGE_BYTES:
        raise too_many()
    return small


def _head(raw: bytes, at: int) -> tuple[int, int, int]:
    """Kind and argument of the CBOR item at a place, and where its head ends."""
    first = raw[at]
    kind, low = first >> 5, first & 31
    if low < 24:
        return kind, low, at + 1
    if low > 27:
        raise ValueError("items of unknown length are read in small bodies only")
    width = 1 << (low - 24)
    return kind, int.from_bytes(raw[at + 1 : at + 1 + width], "big"), at + 1 + width
