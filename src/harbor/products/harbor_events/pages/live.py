"""The live tail: events as they come, at most fifty a second, and a count of those that are not shown."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms
from harbor.kernel.errors import Invalid
from harbor.kernel.eventlog.model import Event
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import CONSOLE, Html
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.kernel.webhooks.matching import check_filter
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.events import stream
from harbor.products.harbor_events.pages import lists, places
from harbor.products.harbor_events.pages.events import preview

# Nobody reads faster, and a browser that gets more than this stops answering its person.
ROWS_PER_S = 50
_BURST = 50
_LOOK_EVERY_S = 0.1
_TELL_EVERY_S = 1.0


class Wanted(Query):
    """Which types to follow, with commas or blanks between them; the workspace's own, if blank."""

    type: str = ""


@dataclass(slots=True)
class Sample:
    """Lets through what a person can follow, and counts the rest. `now` is a clock in seconds."""

    now: Callable[[], float] = time.monotonic
    missed: int = 0
    _tokens: float = float(_BURST)
    _filled_at: float = field(init=False)
    _told_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._filled_at = self._told_at = self.now()

    def takes(self) -> bool:
        """Whether the next event is shown. One that is not counts as missed."""
        present = self.now()
        self._tokens = min(float(_BURST), self._tokens + (present - self._filled_at) * ROWS_PER_S)
        self._filled_at = present
        if self._tokens < 1:
            self.missed += 1
            return False
        self._tokens -= 1
        return True

    def told(self) -> int:
        """How many were missed since it was said last; 0 if it was said less than a second ago."""
        if not self.missed or self.now() - self._told_at < _TELL_EVERY_S:
            return 0
        count, self.missed, self._told_at = self.missed, 0, self.now()
        return count


def watch(query: Wanted, place: Place) -> Html:  # noqa: ARG001
    """The page that follows. Types that cannot be are shown with what is wrong, and nothing is followed."""
    wanted, error = lists.words(query.type), None
    try:
        if wanted:
            check_filter(wanted, field="type")
    except Invalid as fault:
        error = fault
    return Html(
        "events_live.html",
        "Live tail",
        {"type": query.type, "types": wanted, "error": error},
        trail=[("Events", f"{places.PATH}/events")],
    )


async def follow(stage: RawStage, request: Request, services: Services, query: Wanted, environment: str) -> Stream:  # noqa: ARG001
    """The stream behind the page, under the session: it ends with it. It begins at the end of the log."""
    tail: Tail = services.tools["tail"]
    owner = stream.owner_of(request)
    stream.check_room(tail, owner)

    def begin(call: Call, supply: dict[str, Any]) -> stream.Follower:
        wanted: Wanted = supply["query"]
        types = lists.words(wanted.type)
        return stream.follower(call, places.at(supply["place"]), types, owner=owner, after=None)

    return Stream(200, stream.HEADERS, _frames(stage, tail, await stage.read(begin), environment))


async def _frames(stage: RawStage, tail: Tail, who: stream.Follower, environment: str) -> AsyncIterator[bytes]:
    sample = Sample()
    base = f"{CONSOLE}{places.PATH.format(environment=environment, workspace_id=who.workspace_id)}/events/"
    quiet_s, silent = _TELL_EVERY_S, 0.0
    async with aclosing(stream.follow(stage, tail, who, quiet_s=quiet_s, pause_s=_LOOK_EVERY_S)) as found:
        yield b": following\n\n"
        async for events in found:
            frames = [_row(event, base) for event in events if sample.takes()]
            if count := sample.told():
                frames.append(b'event: sampled\ndata: {"count":%d}\n\n' % count)
            silent = 0.0 if frames else silent + quiet_s
            if silent >= stream.HEARTBEAT_S:
                frames.append(b": still here\n\n")
                silent = 0.0
            if frames:
                yield b"".join(frames)


def _row(event: Event, base: str) -> bytes:
    row = {
        "id": event.id,
        "type": event.type,
        "created_at": iso_ms(event.created_at),
        "preview": preview(event),
        "href": base + event.id,
    }
    return b"data: " + msgspec.json.encode(row) + b"\n\n"


_PATH = f"{places.PATH}/events/live"
ROUTES = (
    Route("harbor.events.live", "GET", _PATH, watch, locate=places.of_workspace, scope=scopes.EVENTS_READ),
    Route(
        "harbor.events.live.stream",
        "GET",
        f"{_PATH}/stream",
        follow,
        locate=places.of_workspace,
        scope=scopes.EVENTS_READ,
        raw=True,
    ),
)
