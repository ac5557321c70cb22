"""The runner's own files: `processes.json` of each application, sealed, because it holds the variables.

The key lies beside and not in the instance's key file: the runner starts without the server, and a rotation of the
installation's key must not lock it out of what runs. A file is written beside, synced, and renamed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harbor.products.appharbor_apps.builder.environments import IN_USE
from harbor.products.appharbor_apps.runner.model import Kept

KEY = "runner.key"
NAME = "processes.json"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class Keeping:
    """The states of applications below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._cipher = AESGCM(_key(root / KEY))

    def folder(self, application_id: int) -> Path:
        """The folder of an application: no name that anybody chose is part of it."""
        return self.root / str(int(application_id))

    def folders(self) -> list[int]:
        """The applications that have a folder, with a state or without."""
        return [int(entry.name) for entry in self.root.iterdir() if entry.name.isdigit()]

    def save(self, application_id: int, kept: Kept) -> None:
        """Keep the state of an application; it is on disk when this returns."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, msgspec.json.encode(kept), str(application_id).encode())
        folder = self.folder(application_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / NAME, sealed)

    def load(self) -> Iterator[tuple[int, Kept]]:
        """The states of all applications. What cannot be read is as if it were not there."""
        for entry in sorted(self.root.iterdir()):
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError, InvalidTag, msgspec.MsgspecError, ValueError):
                sealed = (entry / NAME).read_bytes()
                plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], entry.name.encode())
                yield int(entry.name), msgspec.json.decode(plain, type=Kept)

    def forget(self, application_id: int) -> None:
        """Remove what the runner has of an application that is deleted."""
        folder = self.folder(application_id)
        for name in (NAME, IN_USE):
            (folder / name).unlink(missing_ok=True)
        for name in ("artefacts", "releases", "files", "logs", "pipes"):
            shutil.rmtree(folder / name, ignore_errors=True)


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file at once: whoever reads it sees the former bytes or these, also after a crash."""
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(6)}")
    try:
        with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _key(path: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        key = path.read_bytes()
        if len(key) == _KEY_BYTES:
            return key
    key = secrets.token_bytes(_KEY_BYTES)
    write_whole(path, key)
    return key
