"""Restoring a backup: into a directory beside the target, which takes its place when all of it was found whole."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harbor.kernel.backup import reading
from harbor.kernel.backup.model import Manifest
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import Invalid, StartRefused

_FREE_BYTES_MIN = 16 * 1024 * 1024


def restore_into(
    source: Path,
    target: Path,
    *,
    begin: Callable[[Manifest], None] = lambda _: None,
    moved: Callable[[int], None] = lambda _: None,
) -> reading.Read:
    """Make the data directory `target` out of the backup `source`. After a failure there is nothing of it.

    `begin` sees the manifest and may refuse. All files are readable by their owner only. Raises `StartRefused` if the
    target is not empty or cannot be made, `Invalid` if the backup is not whole.
    """
    _require_empty(target)
    with source.open("rb") as file, _partial(target) as partial:
        _require_room(partial, os.fstat(file.fileno()).st_size)

        def take(name: str, pieces: Iterator[bytes]) -> None:
            path = partial / name
            for folder in reversed(path.relative_to(partial).parents[:-1]):
                (partial / folder).mkdir(
                    mode=0o700, exist_ok=True
                )  # mkdir(parents=True) makes those in between for all
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            except FileExistsError:
                raise Invalid(f"{name} is in the backup twice; the file was not made by Harbor.") from None
            with os.fdopen(descriptor, "wb") as out:
                for piece in pieces:
                    out.write(piece)

        try:
            found = reading.read(file, take, begin=begin, moved=moved)
            DataDir(partial).create()
            os.sync()  # once for all files, before the directory gets the name that makes them count
            os.rename(partial, target)
        except OSError as error:
            raise StartRefused(_why(target, error)) from error
        _sync(target.parent)
        return found


def _require_empty(target: Path) -> None:
    try:
        is_empty = not any(target.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise StartRefused(f"{target} cannot be looked into: {error.strerror}.") from None
    if not is_empty:
        raise StartRefused(
            f"{target} is not empty; a backup is never written over an installation. Move it away first."
        )


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """A new directory beside `target`, ours alone, that is gone at the end unless it was renamed."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise StartRefused(f"{partial} cannot be made: {error.strerror}; choose another --data.") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartRefused(f"Another restore is writing to {partial}; wait until it has ended.") from None
        try:
            _empty(partial)  # what a restore that was broken off left
            yield partial
        finally:
            if _is_still(partial, lock):
                shutil.rmtree(partial, ignore_errors=True)
    finally:
        os.close(lock)


def _empty(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _is_still(partial: Path, lock: int) -> bool:
    try:
        return partial.stat(follow_symlinks=False).st_ino == os.fstat(lock).st_ino
    except FileNotFoundError:
        return False


def _require_room(partial: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(partial).free
    if free < size_bytes + _FREE_BYTES_MIN:
        raise StartRefused(f"{partial.parent} has {free >> 20} MiB free and the backup needs {size_bytes >> 20} MiB.")


def _why(target: Path, error: OSError) -> str:
    if error.errno in (errno.EBUSY, errno.EXDEV):
        return f"{target} is a mount point, which nothing can take the place of; restore into a directory inside it."
    if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
        return f"Something was put into {target} meanwhile; empty it and restore again."
    return f"The backup could not be restored: {error.strerror}."


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
