"""Bodies: what a request brings, read within its bound, kept in memory while small and in a file beyond."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any

import structlog

from harbor.kernel.bounds import BODY_BYTES_SPOOL_BUDGET, BODY_BYTES_SPOOLED_ABOVE, MIB
from harbor.kernel.errors import TooLarge, Unavailable
from harbor.kernel.sharing import Budget

RETRY_AFTER_S = 2.0  # most uploads are through by then
# The rest of the body is not read, so the next request could not be found on this connection.
LAST_REPLY = {"Connection": "close"}

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

log = structlog.get_logger("harbor.http")


class Disconnected(Exception):
    """The client went away before its body was complete; nobody waits for a reply."""


class BodyBudget(Budget):
    """How many bytes of bodies may lie in files at once, and where. Safe to use from any thread."""

    def __init__(
        self,
        directory: Path,
        bytes_max: int = BODY_BYTES_SPOOL_BUDGET,
        *,
        spooled_above: int = BODY_BYTES_SPOOLED_ABOVE,
    ) -> None:
        sentence = "The server is busy with other large requests; send this one again in a moment."
        super().__init__(bytes_max, sentence, retry_after_s=RETRY_AFTER_S, headers=LAST_REPLY)
        self.directory = directory
        self.spooled_above = spooled_above


class Body:
    """A complete body of `size` bytes. Close it, or use it in a `with` block: a file counts until then."""

    __slots__ = ("_data", "_spool", "size")

    def __init__(self, data: bytes, spool: Spool | None = None) -> None:
        self._data = data
        self._spool = spool
        self.size = len(data) if spool is None else spool.size

    @property
    def is_spooled(self) -> bool:
        """Whether the body lies in a file, so that reading it may wait for the disk."""
        return self._spool is not None

    def read(self) -> bytes:
        """All of it. Call this from a thread when `is_spooled`."""
        return self._data if self._spool is None else self.open().read()

    def open(self) -> IO[bytes]:
        """A file at its start, to copy from; it belongs to the body and ends with it."""
        if self._spool is None:
            return BytesIO(self._data)
        self._spool.file.seek(0)
        return self._spool.file

    def close(self) -> None:
        """Drop the file, if there is one, and give its bytes back to the budget. May be called again."""
        if self._spool is not None:
            self._spool.close()

    def __enter__(self) -> Body:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def read_body(receive: Receive, headers: Iterable[tuple[bytes, bytes]], limit: int, budget: BodyBudget) -> Body:
    """The whole body, at most `limit` bytes.

    Raises TooLarge as soon as the declared or the received size says so, Unavailable while the budget is used up or
    the disk is full (both ask for the connection to be closed: the rest is not read), and Disconnected.
    """
    declared = declared_size(headers)
    if declared > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    data: bytes = message.get("body", b"")
    if len(data) > limit:
        raise _too_large(limit)
    if message.get("more_body", False):
        return await _read_more(receive, data, limit, budget, declared)
    return Body(data)


def declared_size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """The Content-Length, or 0 where none is sent; the protocol has refused what is no number."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
    return 0


async def _read_more(receive: Receive, first: bytes, limit: int, budget: BodyBudget, declared: int) -> Body:
    if declared > budget.spooled_above:
        budget.check(declared)  # rather now than after most of it was sent
    parts, kept, spool = [first], len(first), None
    try:
        async for chunk in _rest(receive, limit, seen=len(first)):
            parts.append(chunk)
            kept += len(chunk)
            if kept > (budget.spooled_above if spool is None else MIB):
                spool = spool or Spool(budget)
                await spool.write(b"".join(parts))
                parts, kept = [], 0
        if spool is None:
            return Body(b"".join(parts))
        await spool.write(b"".join(parts))
        return Body(b"", spool)
    except BaseException:
        if spool is not None:
            spool.close()
        raise


async def _rest(receive: Receive, limit: int, seen: int) -> AsyncIterator[bytes]:
    is_more = True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk: bytes = message.get("body", b"")
        is_more = message.get("more_body", False)
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        yield chunk


class Spool:
    """A file without a name, whose bytes count against the budget until it is closed or forgotten."""

    def __init__(self, budget: BodyBudget) -> None:
        self.size = 0
        self._budget = budget
        try:
            self.file = TemporaryFile(dir=budget.directory, buffering=0)  # noqa: SIM115 - `close` ends it
        except OSError as trouble:
            raise _disk_trouble(trouble) from trouble

    async def write(self, data: bytes) -> None:
        """Add `data` at the end, off the loop: a full page cache would hold up every other request."""
        self._budget.take(len(data))
        self.size += len(data)
        try:
            await asyncio.to_thread(self._write, data)
        except OSError as trouble:
            raise _disk_trouble(trouble) from trouble

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.file.write(rest) :]

    def close(self) -> None:
        """Drop the file and give its bytes back. May be called again."""
        self.file.close()
        self._budget.give_back(self.size)
        self.size = 0

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is too large; at most {limit} bytes are accepted here.", headers=LAST_REPLY)


def _unavailable(message: str) -> Unavailable:
    return Unavailable(message, retry_after_s=RETRY_AFTER_S, headers=LAST_REPLY)


def _disk_trouble(trouble: OSError) -> Unavailable:
    log.error("body.spool_failed", error=str(trouble))
    return _unavailable("The server cannot keep large requests right now; send this one again in a moment.")
