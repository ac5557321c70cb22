"""A vault whose key file may be renewed by another process while this one works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from harbor.kernel.errors import StartRefused
from harbor.kernel.vault import Vault

# How old the knowledge of the key file may be when something is sealed. A look costs 2 us, sealing as much.
LOOK_S: Final = 1.0
# How long a rotation waits until every process has looked, and whatever was under way then is committed or undone.
SETTLE_S: Final = 20.0

log = structlog.get_logger("harbor.vault")


class FollowingVault(Vault):
    """The `Vault` that servers use: it looks at its file again before it seals, and when it meets a key it lacks.

    So all processes that share a key file seal with its newest key within `LOOK_S` seconds. Safe on any thread.
    """

    def __init__(self, path: Path, keys: dict[str, bytes], *, stopwatch: Callable[[], float] = time.monotonic) -> None:
        # A text is sealed with one key and named after one key: the two must not be of different moments.
        self._lock = threading.RLock()
        self._stopwatch = stopwatch
        super().__init__(path, keys)
        # Seals happen inside transactions, where files are not read: this one is, once for each time it changes.
        self._stamp = _stamp(path)
        self._look_at = stopwatch() + LOOK_S

    def seal(self, account_id: str, purpose: str, text: str) -> str:
        """As in `Vault`."""
        with self._lock:
            if self._stopwatch() >= self._look_at:
                self.refresh()
            return super().seal(account_id, purpose, text)

    def open(self, account_id: str, purpose: str, sealed: str) -> str:
        """As in `Vault`."""
        with self._lock:
            if sealed.partition(".")[0] not in self._keys:
                self.refresh()
            return super().open(account_id, purpose, sealed)

    def add_key(self) -> str:
        """As in `Vault`."""
        with self._lock:
            self.refresh()
            return super().add_key()

    def remove_key(self, key_id: str) -> None:
        """As in `Vault`."""
        with self._lock:
            self.refresh()
            if key_id in self._keys:
                super().remove_key(key_id)

    def refresh(self) -> None:
        """Take the keys that the file holds now. A file that is missing or damaged changes nothing and is logged."""
        with self._lock:
            self._look_at = self._stopwatch() + LOOK_S
            try:
                stamp = _stamp(self._path)
                if stamp == self._stamp:
                    return
                keys = dict(Vault.from_file(self._path)._keys)
            except (OSError, StartRefused) as trouble:
                log.warning("key_file_unusable", reason=str(trouble))
                return
            self._stamp = stamp
            if tuple(keys) != self.key_ids:
                self._replace_keys(keys)


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
