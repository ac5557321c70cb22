"""Packages of other languages and environments, installed once for a machine and a lock file."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

INSTALL_S_MAX = 110
_CACHE = Path(__file__).parents[2] / ".cache" / "interop"


def kept(sources: Sequence[Path], install: Callable[[Path], None]) -> Path:
    """A folder with copies of `sources`, in which `install` has run. Workers of one test run wait for whoever installs first."""
    digest = hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()
    made = _CACHE / digest[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=_CACHE) as name:
                building = Path(name) / "building"
                building.mkdir()
                for source in sources:
                    shutil.copy(source, building)
                install(building)
                # The rename is the mark that all is there.
                building.rename(made)
    return made
