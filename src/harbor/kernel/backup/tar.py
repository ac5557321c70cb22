"""The tar form, as far as backups need it: plain files, one after the other.

Written with GNU headers, which `tar` reads and which know files above 8 GiB. Read strictly: a plain file or a refusal,
never a link, a device, a sparse file or a header of unknown length, so nothing read can be larger than the file itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from tarfile import AREGTYPE, BLOCKSIZE, GNU_FORMAT, LENGTH_NAME, REGTYPE, HeaderError, TarInfo
from typing import BinaryIO

from harbor.kernel.errors import Invalid

PIECE_BYTES = 1024 * 1024
END = bytes(2 * BLOCKSIZE)
_FILES_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a tar: its name, its length, and its bytes in pieces, to be taken before the next member."""

    name: str
    size_bytes: int
    pieces: Iterator[bytes]


def header(name: str, size_bytes: int, modified_at: int) -> bytes:
    """What stands before a file. `modified_at` is in seconds since 1970."""
    assert len(name.encode()) <= LENGTH_NAME, name
    info = TarInfo(name)
    info.size, info.mtime, info.mode = size_bytes, modified_at, 0o600
    return info.tobuf(GNU_FORMAT)


def padding(size_bytes: int) -> bytes:
    """What follows a file of this length, so that the next header begins on a block."""
    return bytes(-size_bytes % BLOCKSIZE)


def members(file: BinaryIO) -> Iterator[Member]:
    """The files in a tar, in their order. Raises `Invalid` for anything else, and for a tar that ends too early."""
    for _ in range(_FILES_MAX):
        block = _exactly(file, BLOCKSIZE)
        if not block.strip(b"\0"):
            if file.read(PIECE_BYTES).strip(b"\0"):
                raise Invalid("The backup goes on after its end; the file was not made by Harbor.")
            return
        try:
            info = TarInfo.frombuf(block, "utf-8", "strict")
        except (HeaderError, UnicodeDecodeError):
            raise Invalid("The file is no backup of Harbor, or it is damaged: a header in it cannot be read.") from None
        if info.type not in (REGTYPE, AREGTYPE) or info.size < 0:
            raise Invalid(f"{info.name[:120]!r} in the backup is no plain file; the file was not made by Harbor.")
        pieces = _pieces(file, info.size)
        yield Member(info.name, info.size, pieces)
        assert next(pieces, None) is None, f"{info.name} was not read to its end"
        _exactly(file, len(padding(info.size)))
    raise Invalid(f"The backup holds more than {_FILES_MAX} files.")


def _pieces(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while left:
        piece = file.read(min(left, PIECE_BYTES))
        if not piece:
            raise _ends_early()
        left -= len(piece)
        yield piece


def _exactly(file: BinaryIO, size_bytes: int) -> bytes:
    content = file.read(size_bytes)
    if len(content) < size_bytes:
        raise _ends_early()
    return content


def _ends_early() -> Invalid:
    return Invalid("The backup ends too early: it was cut off. Take another one.")
