"""Blobs in a directory: `<account>/<first two letters>/<key>`, each named only after its bytes are on disk."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import AsyncIterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from harbor.kernel.blobs.blobs import Blob, Referenced, StoredBlob, Swept
from harbor.kernel.bounds import KIB
from harbor.kernel.errors import Missing, TooLarge

# Small pieces of an upload are gathered, so that a thread is asked once per so many bytes.
WRITE_BYTES = 256 * KIB
SWEEP_KEYS = 500
# Between writing a blob and committing its row lie seconds; an hour is the least that is safe beyond doubt.
OLDER_THAN_H_MIN = 1.0

_INCOMING = ".incoming"
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_KEY = re.compile(r"[0-9a-f]{32}")


class LocalBlobs:
    """The blobs below `root`, which lies on one file system. May be used from any thread and by several processes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        _make_directory(root)
        _make_directory(root / _INCOMING)

    def put(self, account_id: str, content: bytes) -> Blob:
        """Keep `content`; it is on disk when this returns."""
        incoming = _Incoming(self._root, account_id)
        incoming.write(content)
        return incoming.keep()

    async def receive(self, account_id: str, chunks: AsyncIterable[bytes], *, size_bytes_max: int) -> Blob:
        """Keep what comes in; it is on disk when this returns. Raises `TooLarge`, and then keeps nothing."""
        incoming = _Incoming(self._root, account_id)
        waiting = bytearray()
        size_bytes = 0
        try:
            async for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > size_bytes_max:
                    raise TooLarge(f"The file has more than {size_bytes_max} bytes.")
                waiting += chunk
                if len(waiting) >= WRITE_BYTES:
                    await asyncio.to_thread(incoming.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(incoming.write, bytes(waiting))
        except BaseException:
            incoming.discard()
            raise
        # Cancelled here, the thread still ends its work, and leaves a whole blob for the sweep.
        return await asyncio.to_thread(incoming.keep)

    def open(self, account_id: str, key: str) -> BinaryIO:
        """The bytes, to be read in pieces and closed by the caller. Raises `Missing`."""
        try:
            return self._path(account_id, key).open("rb")
        except FileNotFoundError:
            raise _missing() from None

    def read(self, account_id: str, key: str) -> bytes:
        """All bytes at once. Raises `Missing`."""
        with self.open(account_id, key) as file:
            return file.read()

    def size(self, account_id: str, key: str) -> int:
        """How many bytes it has. Raises `Missing`."""
        try:
            return self._path(account_id, key).stat().st_size
        except FileNotFoundError:
            raise _missing() from None

    def delete(self, account_id: str, key: str) -> bool:
        """Remove it, and say whether it was there. To be called after the commit that dropped the reference."""
        try:
            self._path(account_id, key).unlink()
        except (FileNotFoundError, Missing):
            return False
        return True

    def stored(self) -> Iterator[StoredBlob]:
        """All blobs, one account after the other, in no further order. What is not ours is passed over."""
        for account in _entries(self._root):
            if not _ACCOUNT.fullmatch(account.name):
                continue
            for shelf in _entries(Path(account.path)):
                for entry in _entries(Path(shelf.path)):
                    if not _KEY.fullmatch(entry.name):
                        continue
                    try:
                        found = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:  # deleted meanwhile
                        continue
                    yield StoredBlob(
                        account_id=account.name,
                        key=entry.name,
                        size_bytes=found.st_size,
                        written_at=datetime.fromtimestamp(found.st_mtime, UTC),
                    )

    async def sweep(self, referenced: Referenced, *, older_than_h: float) -> Swept:
        """Remove the blobs older than `older_than_h` hours that no row names, and what broken uploads left."""
        assert older_than_h >= OLDER_THAN_H_MIN, older_than_h
        before = datetime.fromtimestamp(time.time() - older_than_h * 3600, UTC)
        removed = size_bytes = 0
        batches = self._old(before)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            account_id = batch[0].account_id
            named = await referenced(account_id, {blob.key for blob in batch})
            orphans = [blob for blob in batch if blob.key not in named]
            gone = await asyncio.to_thread(self._delete_all, orphans)
            removed += len(gone)
            size_bytes += sum(blob.size_bytes for blob in gone)
        leftovers = await asyncio.to_thread(self._drop_leftovers, before)
        return Swept(blobs=removed, size_bytes=size_bytes, leftovers=leftovers)

    def _old(self, before: datetime) -> Iterator[list[StoredBlob]]:
        old = (blob for blob in self.stored() if blob.written_at < before)
        for _, blobs in groupby(old, key=lambda blob: blob.account_id):
            while batch := list(islice(blobs, SWEEP_KEYS)):
                yield batch

    def _delete_all(self, blobs: list[StoredBlob]) -> list[StoredBlob]:
        return [blob for blob in blobs if self.delete(blob.account_id, blob.key)]

    def _drop_leftovers(self, before: datetime) -> int:
        dropped = 0
        for entry in _entries(self._root / _INCOMING):
            try:
                if entry.stat(follow_symlinks=False).st_mtime < before.timestamp():
                    os.unlink(entry.path)
                    dropped += 1
            except FileNotFoundError:  # finished meanwhile
                continue
        return dropped

    def _path(self, account_id: str, key: str) -> Path:
        assert _ACCOUNT.fullmatch(account_id), account_id
        if not _KEY.fullmatch(key):
            raise _missing()
        return self._root / account_id / key[:2] / key


class _Incoming:
    """A blob that is being written, under a name that nobody looks for."""

    def __init__(self, root: Path, account_id: str) -> None:
        assert _ACCOUNT.fullmatch(account_id), account_id
        self._key = secrets.token_hex(16)
        self._shelf = root / account_id / self._key[:2]
        self._path = root / _INCOMING / self._key
        self._digest = sha256()
        self._size_bytes = 0
        # Buffered on purpose: its lock makes `discard` wait for a `write` that another thread has begun.
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, content: bytes) -> None:
        try:
            self._file.write(content)
        except BaseException:
            self.discard()
            raise
        self._digest.update(content)
        self._size_bytes += len(content)

    def keep(self) -> Blob:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            for directory in (self._shelf.parent, self._shelf):
                _make_directory(directory)
            self._path.rename(self._shelf / self._key)
            _sync_directory(self._shelf)
        except BaseException:
            self.discard()
            raise
        return Blob(key=self._key, size_bytes=self._size_bytes, sha256=self._digest.hexdigest())

    def discard(self) -> None:
        self._path.unlink(missing_ok=True)
        # On a full disk closing fails too, since it writes what is still buffered; the descriptor is freed anyway.
        try:
            self._file.close()
        except OSError:
            return


def _missing() -> Missing:
    return Missing("There is no such file.")


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
