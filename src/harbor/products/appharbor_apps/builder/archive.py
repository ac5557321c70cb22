"""Unpacking what strangers have packed: nothing leaves the tree, nothing but files, folders and links within it.

Source: docs/products/appharbor.md#build-address.
"""

from __future__ import annotations

import gzip
import os
import posixpath
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.port import Refused

NAME_LENGTH_MAX = 4_000
_COPIED_BYTES = MIB


def unpack(file: IO[bytes], folder: Path, limits: Limits, *, compressed: bool, strips: bool) -> None:
    """Unpack a tar, gzipped or not, into an empty folder. `strips` drops the one folder everything may lie in.

    Raises `Refused` for what is no such archive, leads outside, or is larger than the limits; the folder is then of no use.
    """
    try:
        with tarfile.open(fileobj=file, mode="r|gz" if compressed else "r|") as tar:
            for member, target in _members(tar, folder, limits):
                _put(tar, member, target, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Refused(f"The archive cannot be unpacked: {error.strerror}") from None
        raise Refused("The archive is no gzipped tar, or it is damaged") from None
    if strips:
        _strip(folder)


def _members(tar: tarfile.TarFile, folder: Path, limits: Limits) -> Iterator[tuple[tarfile.TarInfo, Path]]:
    size = 0
    for count, member in enumerate(tar, 1):
        size += max(0, member.size)
        if count > limits.entries_max:
            raise Refused(f"The archive has more than {limits.entries_max} entries")
        if size > limits.tree_bytes_max:
            raise Refused(f"The archive unpacks to more than {limits.tree_bytes_max} bytes")
        name = _checked(member.name)
        if name:
            yield member, folder / name


def _checked(name: str) -> str:
    """The name as a path below the folder; empty for the folder itself."""
    if len(name) > NAME_LENGTH_MAX or "\0" in name or name.startswith("/"):
        raise Refused("The archive has an entry with an absolute or endless name")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Refused("The archive has an entry that leads out of it")
    return "/".join(parts)


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, folder: Path) -> None:
    if member.isdir():
        _parents(target / "x", folder)
        return
    _parents(target, folder)
    if os.path.lexists(target):
        if target.is_dir() and not target.is_symlink():
            raise Refused(f"The archive has {_shown(member.name)} twice")
        target.unlink()
    if member.isreg():
        source = tar.extractfile(member)
        assert source is not None, member.name
        with source, target.open("xb") as file:
            shutil.copyfileobj(source, file, _COPIED_BYTES)
        # Nobody else's rights, and never those of another user.
        target.chmod(0o755 if member.mode & 0o100 else 0o644)
    elif member.issym():
        _check_link(posixpath.join(posixpath.dirname(_checked(member.name)), member.linkname), member)
        target.symlink_to(member.linkname)
    elif member.islnk():
        original = folder / _checked(member.linkname)
        _parents(original, folder)
        if original.is_symlink() or not original.is_file():
            raise Refused(f"The archive has a link {_shown(member.name)} to something that is no file")
        shutil.copyfile(original, target)
    elif not member.isfile() and member.type not in (tarfile.XGLTYPE, tarfile.XHDTYPE):
        raise Refused(f"The archive has a device or a pipe, {_shown(member.name)}")


def _check_link(joined: str, member: tarfile.TarInfo) -> None:
    resolved = posixpath.normpath(joined)
    if member.linkname.startswith("/") or resolved == ".." or resolved.startswith("../"):
        raise Refused(f"The archive has a link {_shown(member.name)} that leads out of it")


def _parents(target: Path, folder: Path) -> None:
    """Make the folders above a target; a link among them would lead somewhere else."""
    missing = []
    for parent in target.parents:
        if parent == folder:
            break
        missing.append(parent)
    for parent in reversed(missing):
        if parent.is_symlink():
            raise Refused("The archive puts something below a link")
        if not parent.is_dir():
            if os.path.lexists(parent):
                raise Refused("The archive puts something below a file")
            parent.mkdir()


def _strip(folder: Path) -> None:
    entries = list(folder.iterdir())
    if len(entries) != 1 or entries[0].is_symlink() or not entries[0].is_dir():
        return
    # Out of the way first: it may hold something of its own name.
    wrapping = entries[0].rename(folder / ".harbor-wrapping")
    for entry in list(wrapping.iterdir()):
        entry.rename(folder / entry.name)
    wrapping.rmdir()


def _shown(name: str) -> str:
    return ascii(name[:100])


def pack(folder: Path, archive: Path, *, left_out: frozenset[str] = frozenset({".git"})) -> None:
    """Pack a tree as a gzipped tar. The same tree gives the same bytes, so that equal artefacts are kept once."""
    with archive.open("wb") as raw:
        _pack(folder, raw, left_out)


# Programs for zip archives know no time before 1980.
_WHEN = 315_619_200
_LEVEL = 1  # measured on a tree of 12 MB: level 1 takes 0.25 s, level 6 0.9 s, for 8 % more bytes


def _pack(folder: Path, raw: IO[bytes], left_out: frozenset[str]) -> None:
    with (
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=_WHEN) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in _tree(folder, left_out):
            member = tar.gettarinfo(path, arcname=path.relative_to(folder).as_posix())
            if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
                continue
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = _WHEN
            if member.islnk():
                member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            if member.isreg():
                with path.open("rb") as file:
                    tar.addfile(member, file)
            else:
                tar.addfile(member)


def _tree(folder: Path, left_out: frozenset[str]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in left_out or entry.name == "__pycache__":
            continue
        yield entry
        if entry.is_dir() and not entry.is_symlink():
            yield from _tree(entry, frozenset())
