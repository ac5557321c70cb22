"""Files of the machine, and nothing outside the folders that the operator set.

A path is walked folder by folder without following links, so that no link leads out and none can be put there between a
look and the opening. Each account has its own files: those of the operator's organization lie in the folder itself, those
of others in `accounts/<account>` within it. Source: docs/products/harper.md#files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

PATH_LENGTH_MAX: Final = 1_000
# Where in the folder the files of other organizations lie.
ACCOUNTS: Final = "accounts"
_LOOK: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_ENTER: Final = _LOOK | os.O_DIRECTORY


class Outside(OSError):
    """The path leads out of the folder; told like one that is not there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one account in a folder of the operator."""

    root: Path
    account_id: str
    is_operators: bool

    @property
    def path(self) -> Path:
        """Where paths begin."""
        return self.root if self.is_operators else self.root / ACCOUNTS / self.account_id

    def within(self, text: str) -> tuple[str, ...]:
        """The names on the way to a path, which is whole or relative to the folder. Raises `Outside`."""
        if len(text) > PATH_LENGTH_MAX or "\0" in text:
            raise Outside(text)
        asked = PurePosixPath(text)
        if asked.is_absolute():
            for base in (self.path, self.path.resolve()):
                with suppress(ValueError):
                    asked = asked.relative_to(base)
                    break
            else:
                raise Outside(text)
        parts = asked.parts
        if ".." in parts or (self.is_operators and parts[:1] == (ACCOUNTS,)):
            raise Outside(text)
        return parts

    def make(self) -> None:
        """Make the folder, readable by its owner only, if it is not there."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)


def open_folder(folder: Folder, parts: Sequence[str]) -> int:
    """A descriptor of a folder. Raises OSError: not there, a link, no folder, not permitted."""
    at = os.open(folder.path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    for part in parts:
        try:
            inner = os.open(part, _ENTER, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    return at


def open_file(folder: Folder, parts: Sequence[str]) -> int:
    """A descriptor of a plain file, to be read. Raises OSError: not there, a link, a device, not permitted."""
    if not parts:
        raise Outside(str(folder.path))
    at = open_folder(folder, parts[:-1])
    try:
        # What is no plain file could make the opening wait.
        found = os.open(parts[-1], _LOOK | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise Outside(parts[-1])
    return found
