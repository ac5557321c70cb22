"""Which code a process beside the server runs: the version alone does not tell after an update in place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

import harbor

_PARTS = ("kernel", "products/appharbor_apps")


@cache
def running_code() -> str:
    """A digest of what lay on disk when it was first asked for: names, sizes and times of the files of code."""
    root = Path(harbor.__file__).parent
    return code_of(root / part for part in _PARTS)


def code_of(folders: Iterable[Path]) -> str:
    """The digest of the code in folders."""
    found = sha256(harbor.__version__.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            about = path.stat()
            found.update(f"{path.relative_to(folder)} {about.st_size} {about.st_mtime_ns}\0".encode())
    return found.hexdigest()
