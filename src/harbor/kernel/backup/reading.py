"""Reading a backup: every file, held against the sums at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from harbor.kernel.backup import tar
from harbor.kernel.backup.model import MANIFEST, SUMS, Manifest, check_name, decode
from harbor.kernel.errors import Invalid

_IN_MEMORY_BYTES = 1024 * 1024
_LINE_BYTES_MAX = 512

Take = Callable[[str, Iterator[bytes]], None]


@dataclass(frozen=True, slots=True)
class Read:
    """What was in a backup that is whole."""

    manifest: Manifest
    files: int
    size_bytes: int


def read(
    file: BinaryIO, take: Take, *, begin: Callable[[Manifest], None] = lambda _: None, moved: Callable[[int], None]
) -> Read:
    """Hand each file of a backup to `take(name, pieces)`, and hold all of it against the sums at its end.

    What was taken may be trusted once this returns. `begin` sees the manifest first and may refuse; `moved` is told how
    many bytes were read. Raises `Invalid` for a backup that is not whole or was not made by Harbor.
    """
    manifest: Manifest | None = None
    files = size_bytes = 0
    is_complete = False
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as lines:
        for member in tar.members(file):
            check_name(member.name, member.size_bytes)
            if is_complete or (manifest is None) is not (member.name == MANIFEST):
                raise Invalid(f"{member.name} stands at a wrong place in the backup; the file was not made by Harbor.")
            if member.name == SUMS:
                _compare(lines, member.pieces)
                is_complete = True
                continue
            digest = _Digest(member.pieces, moved)
            if member.name == MANIFEST:
                manifest = decode(b"".join(digest.pieces()))
                begin(manifest)
            else:
                take(member.name, digest.pieces())
                files += 1
                size_bytes += member.size_bytes
            lines.write(line(digest.hex(), member.name))
    if manifest is None or not is_complete:
        raise Invalid("The backup is not complete: it was cut off. Take another one.")
    return Read(manifest, files, size_bytes)


def verify(file: BinaryIO, *, moved: Callable[[int], None] = lambda _: None) -> Read:
    """What is in a backup, if all of it is as it was written. Raises `Invalid`."""

    def take(_name: str, pieces: Iterator[bytes]) -> None:
        for _ in pieces:
            pass

    return read(file, take, moved=moved)


def line(digest: str, name: str) -> bytes:
    """A line of the sums, as `sha256sum --check` reads it."""
    return f"{digest}  {name}\n".encode()


class _Digest:
    def __init__(self, pieces: Iterator[bytes], moved: Callable[[int], None]) -> None:
        self._pieces = pieces
        self._moved = moved
        self._digest = sha256()

    def pieces(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._digest.update(piece)
            self._moved(len(piece))
            yield piece

    def hex(self) -> str:
        return self._digest.hexdigest()


def _compare(lines: IO[bytes], sums: Iterator[bytes]) -> None:
    lines.seek(0)
    for found, said in zip_longest(lines, _lines(sums), fillvalue=b""):
        if found != said:
            name = (said or found)[66:].decode("utf-8", "replace").strip()[:120]
            raise Invalid(
                f"{name} in the backup is not as it was written: its sum is another one. Take another backup."
            )


def _lines(sums: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in sums:
        *whole, rest = (rest + piece).splitlines(keepends=True)
        yield from whole
        if len(rest) > _LINE_BYTES_MAX:
            raise Invalid(f"{SUMS} in the backup cannot be read; the file was not made by Harbor.")
    if rest:
        yield rest
