"""Waiting for the log, or another topic, to grow: followers are woken by commits of this process, and look by themselves for those of others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from harbor.kernel.storage.database import Database

# On PostgreSQL other processes append too, and nobody tells this one.
_LOOK_EVERY_S = 0.5


class Tail:
    """One per process and topic. `follow` gives an event that is set whenever there may be something new."""

    def __init__(self, database: Database, topic: str = "events") -> None:
        self._followers: dict[asyncio.Event, str] = {}
        self._loop = asyncio.get_running_loop()
        self._polls = database.engine == "postgres"
        self._poll: asyncio.TimerHandle | None = None
        database.on(topic, self._grown)

    @property
    def count(self) -> int:
        """How many follow now."""
        return len(self._followers)

    def count_of(self, owner: str) -> int:
        """How many of one owner follow now."""
        return sum(1 for one in self._followers.values() if one == owner)

    @contextlib.contextmanager
    def follow(self, owner: str = "") -> Iterator[asyncio.Event]:
        """An event for one follower, until the block ends. `owner` is who it counts for."""
        news = asyncio.Event()
        self._followers[news] = owner
        if self._polls and self._poll is None:
            self._look()
        try:
            yield news
        finally:
            self._followers.pop(news, None)

    def _grown(self) -> None:
        if self._followers:
            with contextlib.suppress(RuntimeError):  # the loop of a closed server
                self._loop.call_soon_threadsafe(self._tell)

    def _look(self) -> None:
        self._tell()
        self._poll = self._loop.call_later(_LOOK_EVERY_S, self._look) if self._followers else None

    def _tell(self) -> None:
        for news in self._followers:
            news.set()
