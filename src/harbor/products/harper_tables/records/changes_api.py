"""The operation `changes`, and `GET /changes`: the changes of a table as server-sent events. An addition of ours.

The stream goes on behind `Last-Event-ID`, ends when the caller may no longer read the table, and is told of at once by
commits of this process. Source: docs/products/harper.md#changes.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Unavailable
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables import replies
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.records import following
from harbor.products.harper_tables.records.audit_store import TOPIC
from harbor.products.harper_tables.records.feed_store import Place
from harbor.products.harper_tables.records.following import Follower, News
from harbor.products.harper_tables.search.large import held

HEARTBEAT_S = 15.0
# How often a follower that is woken again and again looks.
PAUSE_S = 0.05
STREAMS_MAX = 200
STREAMS_PER_USER_MAX = 20
_MS_MAX = 1e15
Frames = deque[tuple[Place, bytes | None]]
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no", "Cache-Control": "no-store"}


class Followers:
    """Those who follow tables in this process; made with the first of them, whose loop and database they share."""

    def __init__(self, *, quiet_s: float = HEARTBEAT_S) -> None:
        self.quiet_s = quiet_s
        self._tail: tuple[Database, Tail] | None = None

    def tail(self, database: Database) -> Tail:
        """What wakes them."""
        if self._tail is None or self._tail[0] is not database:
            self._tail = database, Tail(database, TOPIC)
        return self._tail[1]


def changes_operations(followers: Followers | None = None) -> tuple[Operation, ...]:
    """The operation, with its followers."""
    known = followers or Followers()

    async def changes(stage: RawStage, request: Request, services: Services) -> Stream:
        """Follow the changes of a table from now, from a moment, or behind the one named by Last-Event-ID."""
        tail = known.tail(services.database)
        owner = f"{request.principal.account_id} {request.principal.actor}" if request.principal else ""
        _check_room(tail, owner)

        def begin(call: Call, supply: dict[str, Any]) -> Follower:
            return _begin(call, supply["body"], request.header(b"last-event-id"), owner)

        who = await stage.read(begin)
        return Stream(200, _HEADERS, _frames(stage, tail, who, known.quiet_s))

    return (
        Operation(
            name="changes",
            handler=changes,
            raw=True,
            group="Records",
            summary="Follow the changes of a table as they happen",
        ),
    )


def _begin(call: Call, body: Fields, last_id: str | None, owner: str) -> Follower:
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    name = body.name("table", required=True)
    since = _moment(body)
    after = last_id or body.text("last_event_id") or None
    body.check()
    return following.begin(call, database, name, since_ms=since, last_id=after, owner=owner)


def _moment(body: Fields) -> float | None:
    """The field `since`, which in a query is a text."""
    value = body.raw("since")
    if isinstance(value, str):
        with suppress(ValueError):
            value = float(value)
    if value is None or (type(value) in (int, float) and 0 <= value < _MS_MAX):
        return None if value is None else float(value)
    body.refuse("'since' must be a number of milliseconds since 1970", field="since")
    return None


def _check_room(tail: Tail, owner: str) -> None:
    if tail.count >= STREAMS_MAX:
        raise Unavailable(f"{STREAMS_MAX} streams are open, which is the most; try again later.", retry_after_s=30)
    if tail.count_of(owner) >= STREAMS_PER_USER_MAX:
        raise Unavailable(
            f"This user has {STREAMS_PER_USER_MAX} streams open, which is the most; close one first.", retry_after_s=30
        )


async def _frames(stage: RawStage, tail: Tail, who: Follower, quiet_s: float) -> AsyncIterator[bytes]:
    place = who.place
    with tail.follow(who.owner) as news:
        if tail.count > STREAMS_MAX or tail.count_of(who.owner) > STREAMS_PER_USER_MAX:
            return  # several asked for the last place at once; whoever comes back hears that there is none
        # A frame without data tells the client where it stands, before the first change comes. Who asked for a moment stands
        # behind no change, and asks for it again.
        stands = f"id: {following.id_of(place)}\n" if who.since is None else ""
        yield f"{stands}: following\n\n".encode()
        quiet_until = time.monotonic() + quiet_s
        while True:
            news.clear()

            try:
                found = await _look(stage, who, place)
            except HarborError:
                return  # the role or the table has changed: the client hears how when it comes back
            count = len(found)
            while found:
                place, frame = found.popleft()
                if frame is not None:
                    yield frame
            if count:
                quiet_until = time.monotonic() + quiet_s
            elif time.monotonic() >= quiet_until:
                quiet_until = time.monotonic() + quiet_s
                yield b": still here\n\n"
            if count < following.LOOK_MAX:
                await asyncio.sleep(PAUSE_S)
            if not count:
                with suppress(TimeoutError):
                    # Not wait_for: in Python 3.11 it loses a cancellation that meets the news.
                    async with asyncio.timeout(max(0.0, quiet_until - time.monotonic())):
                        await news.wait()


async def _look(stage: RawStage, who: Follower, place: Place) -> Frames:
    """The next changes as frames. Large ones are read and written on a thread, and count as large answers do."""

    def look(is_short: bool) -> Callable[[Call, object], Frames | None]:
        def act(call: Call, _supply: object) -> Frames | None:
            found = following.look(call, who, place, is_short=is_short)
            return None if found is None else deque((each.place, _frame(each)) for each in found)

        return act

    frames: Frames | None = await stage.read(look(is_short=True))
    if frames is None:
        frames = await stage.read(look(is_short=False), long=True)
    assert frames is not None
    return frames


def _frame(news: News) -> bytes | None:
    if news.data is None:
        return None
    head = f"id: {following.id_of(news.place)}\nevent: {news.operation}\ndata: ".encode()
    return held(head + replies.encode(news.data, replies.JSON) + b"\n\n")
