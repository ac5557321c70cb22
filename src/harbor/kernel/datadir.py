"""The data directory: one folder with everything that must be kept, and one owner at a time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from harbor.kernel.errors import StartRefused


class DataDir:
    """Paths in the directory, and the lock that `serve`, `init`, `migrate`, `restore` and `doctor --offline` hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "harbor.db"

    @property
    def key(self) -> Path:
        """The instance key, unless a setting names another file."""
        return self.path / "instance.key"

    @property
    def blobs(self) -> Path:
        """Uploads and artefacts."""
        return self.path / "blobs"

    @property
    def run(self) -> Path:
        """Sockets and the process id."""
        return self.path / "run"

    @property
    def spool(self) -> Path:
        """Large request bodies on their way in."""
        return self.path / "run" / "spool"

    @property
    def pid(self) -> Path:
        """The process id of the owner."""
        return self.path / "run" / "pid"

    def create(self) -> None:
        """Make the folders, readable by their owner only. Raises `StartRefused` if that is impossible."""
        try:
            for folder in (self.path, self.blobs, self.run, self.spool):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StartRefused(f"The data directory {self.path} cannot be made: {error.strerror}.") from None

    def acquire(self) -> None:
        """Become the owner until `release`. Raises `StartRefused` while another process is."""
        os.umask(0o077)  # what this process makes from here on is its owner's only
        self.create()
        handle = (self.run / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = self._owner()
            handle.close()
            raise StartRefused(
                f"The data directory {self.path} is in use by another Harbor process{owner}; stop it with `harbor stop` or choose another --data."
            ) from None
        self._lock = handle
        self.pid.write_text(f"{os.getpid()}\n")

    def _owner(self) -> str:
        try:
            return f" (process {int(self.pid.read_text())})"
        except (OSError, ValueError):
            return ""

    def release(self) -> None:
        """Let another process be the owner."""
        if self._lock is not None:
            self.pid.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None
