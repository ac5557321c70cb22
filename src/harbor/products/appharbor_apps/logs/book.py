"""The book of lines in this process: the newest 1,500 of each application, and who follows them.

Who has more (the supervisor, with its segments on disk) hands lines over by `put`; who shows or sends them asks `recent`
and `follow`. Whoever follows too slowly loses the oldest lines and is told how many. Source:
docs/products/appharbor.md#log-sessions.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final

from harbor.kernel.clock import real_now
from harbor.products.appharbor_apps.logs.line import Line, clean
from harbor.products.appharbor_apps.logs.segments import LOGS, Segments

KEPT_MAX: Final = 1_500
APPLICATIONS_MAX: Final = 2_000
BEHIND_MAX: Final = 1_000
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(slots=True, eq=False)
class _Follower:
    waiting: deque[Line] = field(default_factory=deque)
    lost: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Following:
    """Somebody who follows the lines of an application. Close it, or use it in a `with` block."""

    def __init__(self, book: Book, application_id: int, follower: _Follower) -> None:
        self._book = book
        self._application_id = application_id
        self._follower = follower

    async def next(self, idle_s: float) -> tuple[list[Line], int]:
        """The lines that came, and how many were lost before them; none if nothing came for `idle_s` seconds."""
        follower = self._follower
        try:
            async with asyncio.timeout(idle_s):
                await follower.wake.wait()
        except TimeoutError:
            return [], 0
        follower.wake.clear()
        lost, follower.lost = follower.lost, 0
        lines = list(follower.waiting)
        follower.waiting.clear()
        return lines, lost

    def close(self) -> None:
        """Follow no longer. May be called again."""
        self._book._unfollow(self._application_id, self._follower)

    def __enter__(self) -> Following:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Book:
    """Lines by application. For one event loop.

    With `apps`, the folder of the folders of applications, lines of this process are written beside those of the runner,
    which tells them again to the next server.
    """

    def __init__(self, apps: Path | None = None) -> None:
        self._apps = apps
        self._kept: OrderedDict[int, deque[Line]] = OrderedDict()
        self._followers: dict[int, set[_Follower]] = {}

    def put(self, application_id: int, source: str, process: str, text: str, *, at: datetime | None = None) -> Line:
        """Add a line; `at` is now unless it was written earlier."""
        line = Line(at=at or real_now(), source=source, process=process, text=clean(text))
        if at is None:
            self._write(application_id, line)
        kept = self._kept.get(application_id)
        if kept is None:
            if len(self._kept) >= APPLICATIONS_MAX:
                self._kept.popitem(last=False)
            kept = self._kept[application_id] = deque(maxlen=KEPT_MAX)
        self._kept.move_to_end(application_id)
        kept.append(line)
        for follower in self._followers.get(application_id, ()):
            if len(follower.waiting) >= BEHIND_MAX:
                follower.waiting.popleft()
                follower.lost += 1
            follower.waiting.append(line)
            follower.wake.set()
        return line

    def _write(self, application_id: int, line: Line) -> None:
        folder = None if self._apps is None else self._apps / str(application_id)
        # That of a deleted application must not come back.
        if folder is not None and folder.is_dir():
            segments = Segments(folder / LOGS)
            segments.append([line])
            segments.close()

    def has(self, application_id: int, line: Line) -> bool:
        """Whether this line is in it already; the moment counts to the millisecond, as it is written."""
        return any(
            (kept.text, kept.process, kept.source) == (line.text, line.process, line.source)
            and abs(kept.at - line.at) < _MILLISECOND
            for kept in self._kept.get(application_id, ())
        )

    def recent(
        self, application_id: int, limit: int, *, source: str | None = None, process: str | None = None
    ) -> list[Line]:
        """The newest lines that pass, the oldest of them first."""
        found: list[Line] = []
        for line in reversed(self._kept.get(application_id, ())):
            if len(found) >= limit:
                break
            if line.passes(source, process):
                found.append(line)
        return found[::-1]

    def follow(self, application_id: int) -> Following:
        """What comes from now on, until it is closed."""
        follower = _Follower()
        self._followers.setdefault(application_id, set()).add(follower)
        return Following(self, application_id, follower)

    def _unfollow(self, application_id: int, follower: _Follower) -> None:
        followers = self._followers.get(application_id, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(application_id, None)

    def forget(self, application_ids: Iterable[int]) -> None:
        """Drop the lines of applications that are gone."""
        for application_id in application_ids:
            self._kept.pop(application_id, None)
