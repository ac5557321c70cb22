"""Taking a backup of a running installation: a copy of the database of one moment, then everything, in pieces."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from harbor.kernel.backup import model, store, tar, writing
from harbor.kernel.backup.model import Manifest
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.clock import real_now
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import Conflict, StartRefused, Unavailable
from harbor.kernel.rotation import state as rotation
from harbor.kernel.storage import sqlite_copy
from harbor.kernel.storage.database import Database
from harbor.kernel.vault import Vault

_FREE_BYTES_MIN = 64 * 1024 * 1024  # left for the server's own writes while the copy lies beside the database
_COPY = "backup-"
_NOTES = {
    "sqlite": "Everything is here but what it is sealed with, unless has_key says so.",
    "postgres": "The database is not in this file: take it with pg_dump, before this file. Blobs and settings are here.",
}


class Backups:
    """Takes the backups of one process, one at a time. `version` is the program's."""

    def __init__(
        self, database: Database, folder: DataDir, vault: Vault, *, key_file: Path | None, version: str
    ) -> None:
        self._database = database
        self._folder = folder
        self._vault = vault
        self._key_file = key_file or folder.key
        self._version = version
        self._is_taking = False

    async def begin(self, *, has_key: bool, goes_on: Callable[[], bool] = lambda: True) -> Backup:
        """A backup of this moment, to be taken in pieces and closed.

        Raises `Conflict` during another backup and during a rotation of the key, `Unavailable` when the disk has no room
        for a copy of the database or `goes_on` says no.
        """
        if self._is_taking:
            raise Conflict("Another backup is being taken; wait until it is done.")
        self._is_taking = True
        opened: list[BinaryIO] = []
        try:
            before = await self._no_rotation()
            migrations = await self._database.read(store.migrations)
            files: list[tuple[str, BinaryIO]] = []
            if self._database.engine == "sqlite":
                opened.append(await asyncio.to_thread(self._copied, goes_on))
                files.append((model.DATABASE, opened[0]))
            key_ids = self._vault.key_ids
            small = await asyncio.to_thread(self._small_files, has_key)
            # A database sealed half with the old and half with the new key would need a key file that never lasts.
            if await self._no_rotation() != before:
                raise Conflict("The key was rotated meanwhile; take the backup again.")
            now = real_now()
            manifest = Manifest(
                format=model.FORMAT,
                harbor_version=self._version,
                created_at=now.replace(microsecond=0),
                engine=self._database.engine,
                migrations=migrations,
                key_ids=key_ids,
                has_key=has_key,
                note=_NOTES[self._database.engine],
            )
            files += [(name, BytesIO(content)) for name, content in small]
            blobs = LocalBlobs(self._folder.blobs)
            size_bytes = await asyncio.to_thread(_size_of, files, blobs)
            source = writing.pieces(
                model.encode(manifest), files, blobs, modified_at=int(now.timestamp()), folder=str(self._folder.run)
            )
        except BaseException:
            self._end(opened)
            raise
        return Backup(manifest, size_bytes, source, lambda: self._end(opened))

    async def _no_rotation(self) -> str | None:
        newest = await self._database.read(rotation.newest)
        if newest is not None and newest.is_open:
            raise Conflict("A rotation of the key is under way; take the backup when it is done.")
        return None if newest is None else newest.id

    def _copied(self, goes_on: Callable[[], bool]) -> BinaryIO:
        run = self._folder.run
        for left_over in run.glob(f"{_COPY}*"):
            left_over.unlink(missing_ok=True)
        needed = self._folder.database.stat().st_size + _wal_bytes(self._folder.database) + _FREE_BYTES_MIN
        free = shutil.disk_usage(run).free
        if free < needed:
            raise Unavailable(
                f"A backup needs {needed >> 20} MiB in {run} for a copy of the database, and {free >> 20} MiB are free."
            )
        path = run / f"{_COPY}{secrets.token_hex(8)}.db"
        path.touch(mode=0o600)
        try:
            sqlite_copy.copy(self._folder.database, path, goes_on=goes_on)
            return path.open("rb")
        finally:
            path.unlink(missing_ok=True)  # what is open stays readable, and a crash leaves nothing behind

    def _small_files(self, has_key: bool) -> list[tuple[str, bytes]]:
        found = []
        settings = self._folder.path / model.SETTINGS
        wanted = [(model.SETTINGS, settings)] if settings.exists() else []
        if has_key:
            wanted.append((model.KEY, self._key_file))
        for name, path in wanted:
            content = path.read_bytes()
            if len(content) > model.SMALL_FILE_BYTES_MAX:
                raise StartRefused(f"{path} has {len(content)} bytes; nothing that long is kept in a backup.")
            found.append((name, content))
        return found

    def _end(self, opened: list[BinaryIO]) -> None:
        for file in opened:
            file.close()
        self._is_taking = False


class Backup(AsyncIterator[bytes]):
    """One backup: its bytes in pieces. `size_bytes` is about how many there will be. Close it in any case."""

    def __init__(self, manifest: Manifest, size_bytes: int, source: Iterator[bytes], end: Callable[[], None]) -> None:
        self.manifest = manifest
        self.size_bytes = size_bytes
        self._source = source
        self._end = end
        self._turn = asyncio.Lock()

    async def __anext__(self) -> bytes:
        async with self._turn:
            piece = await _finished(asyncio.ensure_future(asyncio.to_thread(self._gathered)))
        if not piece:
            raise StopAsyncIteration
        return piece

    def _gathered(self) -> bytes:
        """Small pieces together, so that a thread is asked once per so many bytes."""
        gathered = bytearray()
        for piece in self._source:
            gathered += piece
            if len(gathered) >= tar.PIECE_BYTES:
                break
        return bytes(gathered)

    async def aclose(self) -> None:
        """Give back what the backup holds."""
        async with self._turn:
            close = getattr(self._source, "close", None)
            if close is not None:
                await asyncio.to_thread(close)
            self._end()


async def _finished(work: asyncio.Future[bytes]) -> bytes:
    """The result; when we are cancelled the thread ends its piece first, so that nobody closes what it reads."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


def _size_of(files: list[tuple[str, BinaryIO]], blobs: LocalBlobs) -> int:
    size_bytes = len(tar.END)
    for _, file in files:
        size_bytes += _framed(file.seek(0, os.SEEK_END))
        file.seek(0)
    return size_bytes + sum(_framed(blob.size_bytes) for blob in blobs.stored())


def _framed(size_bytes: int) -> int:
    return 512 + size_bytes + len(tar.padding(size_bytes))


def _wal_bytes(database: Path) -> int:
    try:
        return database.with_name(f"{database.name}-wal").stat().st_size
    except FileNotFoundError:
        return 0
