"""Opening one listener of a running server again: who asks, and what it is to be afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harbor.kernel.http.listeners import Listener


class Reopening:
    """How the listener `name` is asked to open again. Made on the loop of the server that heeds it.

    `change` is awaited first, with nobody cut off yet. It gives the listener as it is to be, or None to keep its address,
    which is kept also where it is to be as it was asked for last.
    """

    def __init__(self, name: str, change: Callable[[], Awaitable[Listener | None]]) -> None:
        self.name = name
        self.change = change
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Ask, from any thread. Asked twice before the first was heeded, it is done once."""
        self._loop.call_soon_threadsafe(self._asked.set)

    async def asked(self) -> None:
        """Return once somebody has asked."""
        await self._asked.wait()
        self._asked.clear()
