"""Following a build: its lines as they come, until it and its deployment are over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.builds.service import LOG_TOPIC

# Another process may have written; on PostgreSQL nobody tells of that.
LOOK_S = 1.0


class Changes:
    """Wakes everybody who waits when something about builds was committed in this process. Make one in the loop."""

    def __init__(self, database: Database) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        database.on(LOG_TOPIC, self._wake)

    async def ticks(self) -> AsyncIterator[None]:
        """Once at once, then after each change, and once a second in any case."""
        self._loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            while True:
                yield
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await woken.wait()
                woken.clear()
        finally:
            self._waiting.discard(woken)

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed; nobody waits any more
                self._loop.call_soon_threadsafe(self._set_all)

    def _set_all(self) -> None:
        for woken in self._waiting:
            woken.set()
