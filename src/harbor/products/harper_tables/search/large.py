"""Answers that are large: records become bytes part by part, and few such answers are in memory at once.

A record takes five times its text as Python's objects. So a list is encoded while it is found, and what is held of it is
what will be sent. Bytes that wait for their clients count too, until the last one is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import HarborError
from harbor.kernel.sharing import Budget
from harbor.products.harper_tables import replies
from harbor.products.harper_tables.bodies import CBOR, MSGPACK
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search.model import OUT_BYTES_MAX
from harbor.products.harper_tables.values import Doc

_COUNTED_FROM = MIB
PART = 500


def too_large(field: str) -> HarborError:
    """What an answer that no reply may hold is refused with."""
    return invalid(
        f"The answer would hold more than {OUT_BYTES_MAX} bytes of records; ask for a part with limit and offset.",
        code="answer_too_large",
        field=field,
    )


def in_parts(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    """The records in lists of a few hundred."""
    rest = iter(docs)
    while part := list(islice(rest, PART)):
        yield part


class Parts:
    """A list whose records are bytes already, in the form of `media_type`."""

    def __init__(self, parts: Iterable[list[Doc]], media_type: str, field: str) -> None:
        self._form = media_type if media_type in (CBOR, MSGPACK) else replies.JSON
        self._chunks: list[bytes] = []
        self._count = size = 0
        for part in parts:
            chunk = _encoded(part, self._form)
            size += len(chunk)
            if size > OUT_BYTES_MAX:
                raise too_large(field)
            self._chunks.append(chunk)
            self._count += len(part)

    def encode(self, media_type: str) -> bytes:
        """The whole body; the parts are gone afterwards."""
        chunks, self._chunks = self._chunks, []
        if self._form != replies.JSON:
            return b"".join((_head(self._count, self._form), *chunks))
        if media_type in (replies.JSON, "text/plain", "text/yaml"):
            return b"".join((b"[", b",".join(chunks), b"]"))
        # JSON prints values as CSV and events do, so that they can be read back a part at a time.
        return b"".join(_again(chunks, media_type))


def answered(parts: Iterable[list[Doc]], media_type: str | None, *, field: str = "limit") -> list[Doc] | Parts:
    """The records of an answer: a list where they are few, else parts. Raises `Invalid` for too many bytes."""
    rest = iter(parts)
    first = next(rest, [])
    second = next(rest, None)
    if second is None:
        return first
    every = chain((first, second), rest)
    return [doc for part in every for doc in part] if media_type is None else Parts(every, media_type, field)


# Answers that are being sent: four of the largest.
ANSWERS = Budget(
    256 * MIB,
    "Too many large answers are being sent; ask again in a moment, or for a part with limit and offset.",
)
# What sorts, groups and joins keep until they have an answer: as much as one statement may.
WORK = Budget(
    256 * MIB, "Too many large searches and statements are at work; ask again in a moment, or for less with limit."
)


class Keeping:
    """What one request keeps in memory, counted a megabyte at a time. Use it in a `with` block."""

    def __init__(self) -> None:
        self.size = 0
        self._taken = 0

    def add(self, size: int) -> None:
        """Count so many more. Raises `Unavailable` if all requests together keep too many."""
        self.size += size
        if self.size - self._taken >= MIB:
            WORK.take(self.size - self._taken)
            self._taken = self.size

    def release(self) -> None:
        """Nothing is kept any more."""
        WORK.give_back(self._taken)
        self.size = self._taken = 0

    def __enter__(self) -> Keeping:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class _Held(bytes):
    """Bytes that count until nobody needs them any more, which is when the connection has taken the last one."""

    def __del__(self) -> None:
        ANSWERS.give_back(len(self))


def held(body: bytes) -> bytes:
    """The body, counted while it exists if it is large. Raises `Unavailable` if there are too many bytes already."""
    if len(body) < _COUNTED_FROM:
        return body
    ANSWERS.take(len(body))
    return _Held(body)


def _encoded(part: list[Doc], form: str) -> bytes:
    if form == replies.JSON:
        return replies.encode(part, form)[1:-1]
    return b"".join(replies.encode(doc, form) for doc in part)


def _head(count: int, form: str) -> bytes:
    """What an array of so many begins with; there are more than a few hundred."""
    if form == MSGPACK:
        return b"\xdd" + count.to_bytes(4, "big")
    return b"\x9a" + count.to_bytes(4, "big")


def _again(chunks: list[bytes], media_type: str) -> Iterator[bytes]:
    if media_type != replies.CSV:
        yield from (replies.encode(_read(chunk), media_type) for chunk in chunks)
        return
    names = list(dict.fromkeys(name for chunk in chunks for row in _read(chunk) for name in row))
    yield replies.csv_line(names)
    yield from (replies.csv_rows(names, _read(chunk)) for chunk in chunks)


def _read(chunk: bytes) -> list[Doc]:
    found: list[Doc] = msgspec.json.decode(b"[" + chunk + b"]")
    return found
