"""What a process prints: read from its pipe as fast as it comes, cut into lines, and dropped where there is too much of it.

Nothing here ever holds a process up. Source: docs/products/appharbor.md#log-sessions.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harbor.kernel.bounds import KIB, MIB

LINE_BYTES_MAX: Final = 16 * KIB
BYTES_A_SECOND_MAX: Final = 1 * MIB
_PIECE_BYTES: Final = 64 * KIB
# So many pieces at once; then others have their turn.
_PIECES_MAX: Final = 4


class Output:
    """Reads a named pipe until `close`, and gives its lines in batches."""

    def __init__(self, pipe: Path, put: Callable[[list[str]], None]) -> None:
        self._put = put
        self._rest = b""
        self._lost = 0
        self._window = 0.0
        self._taken = 0
        # Both ends, so that it never ends, whoever comes and goes on the other side.
        self._descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._descriptor, self._ready)

    def close(self) -> None:
        """Read what is left, and end."""
        if self._descriptor < 0:
            return
        asyncio.get_running_loop().remove_reader(self._descriptor)
        while self._read():
            pass
        if self._rest:
            self._give([self._rest])
        if self._lost:
            self._tell_lost()
        os.close(self._descriptor)
        self._descriptor = -1

    def _ready(self) -> None:
        for _ in range(_PIECES_MAX):
            if not self._read():
                return

    def _read(self) -> bool:
        piece = b""
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self._descriptor, _PIECE_BYTES)
        if not piece:
            return False
        now = asyncio.get_running_loop().time()
        if now - self._window >= 1.0:
            self._window, self._taken = now, 0
            if self._lost:
                self._tell_lost()
        self._taken += len(piece)
        if self._taken > BYTES_A_SECOND_MAX:
            self._lost += piece.count(b"\n")
            self._rest = b""
            return True
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LINE_BYTES_MAX:
            lines.append(self._rest[:LINE_BYTES_MAX])
            self._rest = self._rest[LINE_BYTES_MAX:]
        self._give(lines)
        return True

    def _give(self, lines: list[bytes]) -> None:
        shown = [line[:LINE_BYTES_MAX].decode("utf-8", "replace").rstrip("\r") for line in lines]
        if shown := [line for line in shown if line]:
            self._put(shown)

    def _tell_lost(self) -> None:
        lost, self._lost = self._lost, 0
        self._put(
            [f"{lost} lines were left out because they came faster than {BYTES_A_SECOND_MAX // MIB} MiB a second."]
        )
