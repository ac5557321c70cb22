"""Identifiers: a prefix and 26 lower-case Crockford characters (ULID), in order of creation inside a process."""

from __future__ import annotations

import os
import re
import struct
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from harbor.kernel.clock import EPOCH

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]
_VALUE = {letter: index for index, letter in enumerate(ALPHABET)}
_RANDOM_BITS = 80
_HALF_BITS = 65
_LOW_HALF = (1 << _HALF_BITS) - 1
_BLOCK = struct.Struct(">512Q")
# Ids of one millisecond differ by a random step of 40 bits, so that they ascend and cannot be guessed from one another.

# A transaction takes its moment when it begins and draws its ids when it comes to them, perhaps after waiting for locks:
# so much more time than their rows they may carry. Lists that seek by time in an index of ids look that much further.
LATE_US_MAX = 10_000_000

READABLE = re.compile(r"^(?:ws|evt|wh|del|key|att|req|org|job|aud|ppl|acc)_[0-9a-z]{6,64}\Z")


class IdMint:
    """Makes ids that never go below one it made or was told of, even when the clock jumps back."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last = 0
        self._lock = threading.Lock()
        self._drawn: list[int] = []
        self._high = 0
        self._high_letters = _half(0)

    def next(self, prefix: str) -> str:
        """A new id, larger than all before it."""
        with self._lock:
            now_ms, last = self._now_ms(), self._last
            # A system call an id would cost more than all the rest, so they come in blocks.
            if len(self._drawn) < 2:
                self._drawn += _BLOCK.unpack(os.urandom(_BLOCK.size))
            if now_ms > last >> _RANDOM_BITS:
                # The highest random bit stays free, so that steps within the millisecond have room.
                last = now_ms << _RANDOM_BITS | self._drawn.pop() << 15 | self._drawn.pop() >> 49
            else:
                last += 1 + (self._drawn.pop() >> 24)
            self._last = last
            # The ids of one millisecond nearly always share their first letters.
            if last >> _HALF_BITS != self._high:
                self._high = last >> _HALF_BITS
                self._high_letters = _half(self._high)
            letters = self._high_letters
        return prefix + letters + _half(last & _LOW_HALF)

    def not_below(self, id_: str) -> None:
        """Never mint below `id_`: called at start with the largest id found in the database."""
        value = decode(id_.rpartition("_")[2])
        with self._lock:
            self._last = max(self._last, value)


def encode(value: int) -> str:
    """128 bits as 26 letters; text order is number order."""
    assert 0 <= value < 1 << 130, value
    high, low = value >> _HALF_BITS, value & _LOW_HALF
    # 13 five-bit letters are 65 bits, so both halves fit 13 letters; pairs of letters are looked up at once.
    return _half(high) + _half(low)


def _half(value: int) -> str:
    pairs = _PAIRS
    return (
        ALPHABET[value >> 60]
        + pairs[(value >> 50) & 1023]
        + pairs[(value >> 40) & 1023]
        + pairs[(value >> 30) & 1023]
        + pairs[(value >> 20) & 1023]
        + pairs[(value >> 10) & 1023]
        + pairs[value & 1023]
    )


def decode(text: str) -> int:
    """The number behind 26 letters."""
    value = 0
    for letter in text:
        value = value << 5 | _VALUE[letter]
    return value


def lowest_at(moment: datetime) -> str:
    """The smallest 26 letters an id made at `moment` can have: to seek by time in an index of ids."""
    milliseconds = max(0, (moment - EPOCH) // timedelta(milliseconds=1))
    return encode(min(milliseconds, (1 << 48) - 1) << _RANDOM_BITS)


def is_readable(id_: str, prefix: str) -> bool:
    """Whether `id_` is well formed for `prefix`, also in the shorter form of older samples."""
    return id_.startswith(prefix) and READABLE.match(id_) is not None
