"""Writing a backup in pieces: the manifest, the database, settings and key, the blobs, and the sums of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from harbor.kernel.backup import tar
from harbor.kernel.backup.model import MANIFEST, SUMS
from harbor.kernel.backup.reading import line
from harbor.kernel.blobs.local import LocalBlobs
from harbor.kernel.errors import Missing

_LINES_IN_MEMORY_BYTES = 1024 * 1024


def pieces(
    manifest: bytes, files: Sequence[tuple[str, BinaryIO]], blobs: LocalBlobs, *, modified_at: int, folder: str
) -> Iterator[bytes]:
    """The backup. Holds a piece in memory at a time; the sums of many blobs grow in a file of `folder`.

    A blob that is erased while the others are copied is left out: the sums tell what is there.
    """
    with SpooledTemporaryFile(_LINES_IN_MEMORY_BYTES, dir=folder) as lines:
        yield from _member(MANIFEST, BytesIO(manifest), len(manifest), lines, modified_at)
        for name, file in files:
            yield from _member(name, file, _size_of(file), lines, modified_at)
        for blob in blobs.stored():
            try:
                file = blobs.open(blob.account_id, blob.key)
            except Missing:
                continue
            with file:
                name = f"blobs/{blob.account_id}/{blob.key[:2]}/{blob.key}"
                written_at = int(blob.written_at.timestamp())
                yield from _member(name, file, _size_of(file), lines, written_at)
        size_bytes = lines.tell()
        lines.seek(0)
        yield tar.header(SUMS, size_bytes, modified_at)
        yield from _read(lines, size_bytes)
        yield tar.padding(size_bytes) + tar.END


def _member(name: str, file: BinaryIO, size_bytes: int, lines: IO[bytes], modified_at: int) -> Iterator[bytes]:
    yield tar.header(name, size_bytes, modified_at)
    digest = sha256()
    for piece in _read(file, size_bytes):
        digest.update(piece)
        yield piece
    yield tar.padding(size_bytes)
    lines.write(line(digest.hexdigest(), name))


def _read(file: IO[bytes], size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left:
        piece = file.read(min(left, tar.PIECE_BYTES))
        if not piece:
            raise OSError("a file became shorter while it was copied")  # the receiver sees a backup that was cut off
        left -= len(piece)
        yield piece


def _size_of(file: BinaryIO) -> int:
    position = file.tell()
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(position)
    return size_bytes
