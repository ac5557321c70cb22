"""Write-behind: small facts that may be lost in a crash, kept in bounded memory and written once a second.

Cursor issue times, request logs and moments of last use go this way. They alone are outside "answered means committed".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from harbor.kernel.bounds import BACKGROUND_STEP_ROWS_MAX, WRITE_BEHIND_ITEMS_MAX
from harbor.kernel.storage.database import Database, Lane, Tx

log = structlog.get_logger("harbor.writebehind")

_EVERY_S = 1.0
Write = Callable[[Tx, list[Any]], None]


class WriteBehind:
    """`put` a fact of some kind; `writes` says how a list of each kind is written."""

    def __init__(
        self, database: Database, writes: Mapping[str, Write], *, items_max: int = WRITE_BEHIND_ITEMS_MAX
    ) -> None:
        self._database = database
        self._writes = writes
        self._items_max = items_max
        self._waiting: dict[str, dict[object, Any]] = {kind: {} for kind in writes}
        self._stopping = asyncio.Event()
        self.dropped = 0

    def put(self, kind: str, key: object, item: object) -> None:
        """Keep a fact until it is written; a newer one with the same key replaces it. Beyond the bound it is dropped."""
        waiting = self._waiting[kind]
        if len(waiting) >= self._items_max and key not in waiting:
            self.dropped += 1
            return
        waiting[key] = item

    async def run(self) -> None:
        """Write once a second until `stop`."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), timeout=_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, in steps of bounded size. A failure is logged and the facts of that step are lost."""
        for kind, write in self._writes.items():
            items = list(self._waiting[kind].values())
            self._waiting[kind] = {}
            for start in range(0, len(items), BACKGROUND_STEP_ROWS_MAX):
                step = items[start : start + BACKGROUND_STEP_ROWS_MAX]
                try:
                    await self._database.write(lambda tx, write=write, step=step: write(tx, step), lane=Lane.BACKGROUND)  # type: ignore[misc]
                except Exception as error:  # these facts may be lost; the loop that writes them may not
                    self.dropped += len(step)
                    log.warning("write_behind_failed", kind=kind, items=len(step), error=str(error))

    def stop(self) -> None:
        """Let `run` flush once more and end."""
        self._stopping.set()
