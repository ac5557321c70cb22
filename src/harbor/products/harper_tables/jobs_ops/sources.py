"""Where a load's bytes come from: a file of the machine, or an object of a store. They are the same bytes to the end.

A source that is not what it was when the load began ends it, so no row is lost or loaded twice.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar

from harbor.kernel.bounds import MIB
from harbor.products.harper_tables.jobs_ops.folders import Folder, open_file
from harbor.products.harper_tables.jobs_ops.s3 import S3, Object

T = TypeVar("T")
SIZE_BYTES_MAX: Final = 16 * 1024 * MIB
_FETCHED_BYTES: Final = 8 * MIB


class Unusable(Exception):
    """The source is gone, has changed or is too large; the message is the job's."""


class Source(Protocol):
    """The bytes. `read` waits, so it is called in work that `apart` runs. `tag` names this version of them."""

    size_bytes: int
    tag: str

    def read(self, first: int, size: int) -> bytes:
        """At most `size` bytes from `first` on; fewer only at the end."""
        ...

    async def apart(self, work: Callable[[], T]) -> T:
        """The result of work that reads, on a thread."""
        ...


class FileSource:
    """A file that is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.tag = tag_of(descriptor)
        self.size_bytes = os.fstat(descriptor).st_size

    def read(self, first: int, size: int) -> bytes:
        """At most `size` bytes. Raises `Unusable` if the file has changed."""
        if tag_of(self._descriptor) != self.tag:
            raise Unusable("The file has changed since the load began.")
        found = b""
        while len(found) < size and (piece := os.pread(self._descriptor, size - len(found), first + len(found))):
            found += piece
        return found

    async def apart(self, work: Callable[[], T]) -> T:
        """The result of work that reads."""
        return await asyncio.to_thread(work)


class S3Source:
    """One version of an object. Larger pieces are fetched than are asked for."""

    def __init__(self, s3: S3, found: Object) -> None:
        self._s3 = s3
        self.tag, self.size_bytes = found.etag, found.size_bytes
        self._kept, self._kept_at = b"", 0

    def read(self, first: int, size: int) -> bytes:
        """At most `size` bytes. Raises `S3Fault`, also if the object has changed."""
        found = self._part(first, size)
        while len(found) < size and first + len(found) < self.size_bytes:
            self._kept_at = first + len(found)
            self._kept = self._s3.read_here(self.tag, self._kept_at, max(_FETCHED_BYTES, size))
            if not self._kept:
                raise Unusable("The store sends less of the object than it has.")
            found += self._part(self._kept_at, size - len(found))
        return found

    def _part(self, first: int, size: int) -> bytes:
        at = first - self._kept_at
        return self._kept[at : at + size] if 0 <= at < len(self._kept) else b""

    async def apart(self, work: Callable[[], T]) -> T:
        """The result of work that reads."""
        return await self._s3.apart(work)


@asynccontextmanager
async def opened_file(folder: Folder, source: Mapping[str, Any]) -> AsyncIterator[FileSource]:
    """The file that a request named. Raises `Unusable` if it is not the same any more."""
    try:
        descriptor = await asyncio.to_thread(open_file, folder, source["parts"])
    except OSError:
        raise Unusable("The file is gone.") from None
    try:
        found = FileSource(descriptor)
        if found.tag != source["tag"]:
            raise Unusable("The file has changed since the load began.")
        yield found
    finally:
        os.close(descriptor)


@asynccontextmanager
async def opened_object(s3: S3, tag: str) -> AsyncIterator[S3Source]:
    """The object. Raises `S3Fault`, and `Unusable` if it is not the version `tag`, or too large."""
    async with s3:
        found = await s3.look()
        if tag and found.etag != tag:
            raise Unusable("The object has changed since the load began.")
        if found.size_bytes > SIZE_BYTES_MAX:
            raise Unusable(f"The object has {found.size_bytes} bytes; at most {SIZE_BYTES_MAX} are loaded.")
        yield S3Source(s3, found)


def tag_of(descriptor: int) -> str:
    """What names this version of a file."""
    found = os.fstat(descriptor)
    return f"{found.st_dev}-{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"
