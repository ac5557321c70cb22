"""The demo's own directory: made, recognized by its mark, and emptied; never somebody else's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harbor.cli.output import Failure
from harbor.kernel.datadir import DataDir

MARK: Final = ".harbor-demo"
LOG: Final = "server.log"
SANDBOX_RETRIES: Final = "0,1,2,5,10"
# What Harbor and the demo put there. Nothing else is ever removed, whatever else a person keeps beside it.
OURS: Final = (
    "harbor.db", "harbor.db-wal", "harbor.db-shm", "instance.key", "blobs", "harbor.toml", LOG, ".gitignore",
)  # fmt: skip
FILES: Final = {
    MARK: "`harbor demo` made this directory, and empties it when it runs here again.\n",
    ".gitignore": "*\n",  # there are keys in it
    "harbor.toml": f"""\
# Written by `harbor demo`, for a receiver of webhooks on this machine. Not for use by others.
webhook_allow_http = true
webhook_allow_cidrs = ["127.0.0.0/8"]
# Seconds before each attempt. Without this line the second one comes after 5 minutes, the last after 72 hours.
retry_schedule_sandbox = "{SANDBOX_RETRIES}"
drain_seconds = 2
""",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The directory, ready for `harbor init`. `was_used` tells that an earlier demo was removed from it."""

    path: Path
    was_used: bool

    @property
    def log(self) -> Path:
        """Where the server's log goes."""
        return self.path / LOG


def prepare(path: Path) -> Place:
    """An empty directory with the demo's mark and settings.

    What an earlier demo left is removed: its keys were shown once, so nobody could use it. Raises `Failure` for a
    directory that is not a demo's, and `StartRefused` while another demo runs in it.
    """
    was_used = (path / MARK).is_file()
    if was_used:
        _empty(path)
    elif path.is_dir() and any(path.iterdir()):
        raise Failure(
            f"{path} holds something that is not a demo's, so it is left as it is.",
            hint="Name an empty or a new directory with --data.",
            code="not_a_demo",
        )
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in FILES.items():
            (path / name).write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"{path} cannot be used: {error.strerror}.", hint="Name another one with --data.") from None
    return Place(path, was_used)


def _empty(path: Path) -> None:
    folder = DataDir(path)
    folder.acquire()  # refused while a server still uses what would be removed
    try:
        for name in OURS:
            found = path / name
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
    finally:
        folder.release()
