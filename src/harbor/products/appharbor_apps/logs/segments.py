"""The lines of one application on disk: files of ten MiB, at most a hundred MiB and seven days of them.

Whoever writes appends and never waits for the disk; what a crash of the machine takes is lost. Source:
docs/products/appharbor.md#log-sessions.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from harbor.kernel.bounds import KIB, MIB
from harbor.products.appharbor_apps.logs.line import Line

# The folder of an application that they lie in.
LOGS: Final = "logs"
SEGMENT_BYTES_MAX: Final = 10 * MIB
SEGMENTS_MAX: Final = 10
KEPT_S: Final = 7 * 24 * 3_600
_NAME = re.compile(r"[0-9]{20}\.log")
_WRITTEN = re.compile(r"(\S{29}) ([a-z]+)\[([A-Za-z0-9_.-]+)\]: (.*)")


class Segments:
    """The segments in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1
        self._size = 0

    def append(self, lines: Sequence[Line]) -> None:
        """Add lines. A full disk loses them."""
        content = "".join(f"{line.written()}\n" for line in lines).encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            if self._descriptor < 0 or self._size + len(content) > SEGMENT_BYTES_MAX:
                self._next()
            self._size += os.write(self._descriptor, content)

    def recent(self, limit: int, passes: Callable[[Line], bool] = lambda _line: True) -> list[Line]:
        """The newest lines that pass, the oldest of them first."""
        found: list[Line] = []
        for path in reversed(self._paths()):
            for text in _backwards(path):
                line = parsed(text)
                if line is None or not passes(line):
                    continue
                found.append(line)
                if len(found) >= limit:
                    return found[::-1]
        return found[::-1]

    def close(self) -> None:
        """Close the file that is written to. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _next(self) -> None:
        self.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        present = self._paths()
        last = present[-1] if present else None
        if last is None or last.stat().st_size >= SEGMENT_BYTES_MAX - 64 * KIB:
            last = self._folder / f"{time.time_ns() // 1_000:020}.log"
            present.append(last)
        self._descriptor = os.open(last, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        oldest = time.time() - KEPT_S
        for path in present[:-1]:
            if path in present[:-SEGMENTS_MAX] or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder / name for name in os.listdir(self._folder) if _NAME.fullmatch(name))
        except OSError:
            return []


def parsed(text: str) -> Line | None:
    """A line as it was written; None for what is none."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    try:
        at = datetime.fromisoformat(match[1])
    except ValueError:
        return None
    return Line(at=at, source=match[2], process=match[3], text=match[4])


def _backwards(path: Path) -> list[str]:
    """The lines of a file, the last first. A segment fits into memory."""
    try:
        return path.read_text("utf-8", "replace").splitlines()[::-1]
    except OSError:
        return []
