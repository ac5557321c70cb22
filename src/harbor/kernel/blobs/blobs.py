"""The port to blobs: written before the transaction, referenced in it, swept when nothing came to reference them.

So a row never names a blob that is not on disk, and a request that failed leaves only an orphan. Plain functions wait
for the disk and belong on a thread; `receive` and `sweep` are for the edge.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """What a row remembers of a blob: its key, its size and the SHA-256 of its bytes in hexadecimal."""

    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlob:
    """What the store knows of a blob by itself. `written_at` is real time."""

    account_id: str
    key: str
    size_bytes: int
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep removed: blobs, their bytes, and files of uploads that broke off."""

    blobs: int = 0
    size_bytes: int = 0
    leftovers: int = 0


Referenced = Callable[[str, Set[str]], Awaitable[Set[str]]]
"""Of some keys of an account, those that a row names: `await referenced(account_id, keys)`."""


class Blobs(Protocol):
    """A store of bytes; keys are random and mean something in their own account only."""

    def put(self, account_id: str, content: bytes) -> Blob:
        """Keep `content`; it is on disk when this returns."""
        ...

    async def receive(self, account_id: str, chunks: AsyncIterable[bytes], *, size_bytes_max: int) -> Blob:
        """Keep what comes in; it is on disk when this returns. Raises `TooLarge`, and then keeps nothing."""
        ...

    def open(self, account_id: str, key: str) -> BinaryIO:
        """The bytes, to be read in pieces and closed by the caller. Raises `Missing`."""
        ...

    def read(self, account_id: str, key: str) -> bytes:
        """All bytes at once. Raises `Missing`."""
        ...

    def size(self, account_id: str, key: str) -> int:
        """How many bytes it has. Raises `Missing`."""
        ...

    def delete(self, account_id: str, key: str) -> bool:
        """Remove it, and say whether it was there. To be called after the commit that dropped the reference."""
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """All blobs, one account after the other, in no further order."""
        ...

    async def sweep(self, referenced: Referenced, *, older_than_h: float) -> Swept:
        """Remove the blobs older than `older_than_h` hours that no row names."""
        ...
