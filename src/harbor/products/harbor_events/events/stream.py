"""The live tail of a workspace's events, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Invalid, Unavailable
from harbor.kernel.eventlog import store
from harbor.kernel.eventlog.model import Event
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.decode import Query
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.kernel.ids import is_readable
from harbor.kernel.webhooks.matching import check_filter, matches
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events import dialect, located, scopes
from harbor.products.harbor_events.events.api import show
from harbor.products.harbor_events.wire import WorkspaceId

HEARTBEAT_S = 15.0
STREAMS_MAX = 200
STREAMS_PER_KEY_MAX = 20
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
_STEP = 100
_SEEN_MAX = 1_000


class StreamQuery(Query, kw_only=True):
    """Which events to follow; `type` may be repeated and may end in `.*`. Without it they are the workspace's own."""

    workspace_id: WorkspaceId
    type: list[str] = msgspec.field(default_factory=list)
    last_event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Who follows which types in which workspace, and from where."""

    owner: str
    account_id: str
    workspace_id: str
    types: tuple[str, ...]
    position: int
    last_id: str
    # Events that had come before the following began, but lie beyond what was settled then.
    seen: frozenset[str] = frozenset()


async def stream(stage: RawStage, request: Request, services: Services, query: StreamQuery) -> Stream:  # noqa: ARG001
    """Follow the log from its end, or after `Last-Event-ID`. Each frame's id resumes there."""
    tail: Tail = services.tools["tail"]
    owner = owner_of(request)
    check_room(tail, owner)

    def begin(call: Call, supply: dict[str, Any]) -> Follower:
        wanted: StreamQuery = supply["query"]
        place: Place = supply["place"]
        assert place.workspace is not None
        after = request.header(b"last-event-id") or wanted.last_event_id
        return follower(call, place.workspace, wanted.type, owner=owner, after=after)

    return Stream(200, HEADERS, _frames(stage, tail, await stage.read(begin)))


def owner_of(request: Request) -> str:
    """Whose streams a request counts among."""
    return request.principal.actor if request.principal else ""


def check_room(tail: Tail, owner: str) -> None:
    """Raise `Unavailable` if there are too many streams already, of all or of this owner."""
    if tail.count >= STREAMS_MAX:
        raise Unavailable(f"{STREAMS_MAX} streams are open, which is the most; try again later.", retry_after_s=30)
    if tail.count_of(owner) >= STREAMS_PER_KEY_MAX:
        raise Unavailable(
            f"This key has {STREAMS_PER_KEY_MAX} streams open, which is the most; close one first.", retry_after_s=30
        )


def follower(call: Call, workspace: Workspace, types: list[str], *, owner: str, after: str | None) -> Follower:
    """A follower from the end of the log, or from after the event `after`. Raises `Invalid` for types that are none."""
    wanted = check_filter(types, field="type") if types else ("*",)
    position, last_id = _start(call, workspace.id, after)
    return Follower(
        owner=owner,
        account_id=call.account_id,
        workspace_id=workspace.id,
        types=wanted,
        position=position,
        last_id=last_id,
        seen=store.unsettled(call.tx, call.account_id, workspace.id, _SEEN_MAX) if after is None else frozenset(),
    )


def _start(call: Call, workspace_id: str, after: str | None) -> tuple[int, str]:
    if after is None:
        return store.last_position(call.tx, call.account_id, workspace_id)
    position = store.position_of(call.tx, call.account_id, workspace_id, after) if is_readable(after, "evt_") else None
    if position is None:
        raise Invalid("Last-Event-ID names no event of this workspace.", field="Last-Event-ID")
    return position, after


async def follow(
    stage: RawStage, tail: Tail, who: Follower, *, quiet_s: float = HEARTBEAT_S, pause_s: float = 0.0
) -> AsyncGenerator[list[Event], None]:
    """What a follower asks for, oldest first, as it comes; an empty list whenever nothing came for `quiet_s`.

    It looks at most every `pause_s` unless it is behind. It ends when the caller may no longer read, and at once where
    there is no room.
    """
    position, last_id = who.position, who.last_id
    quiet_until = time.monotonic() + quiet_s
    with tail.follow(who.owner) as news:
        if tail.count > STREAMS_MAX or tail.count_of(who.owner) > STREAMS_PER_KEY_MAX:
            return  # several asked for the last place at once; whoever comes back hears that there is none
        while True:
            news.clear()

            def look(call: Call, _supply: object, at: tuple[int, str] = (position, last_id)) -> list[Event]:
                return store.after_position(call.tx, who.account_id, who.workspace_id, at[0], at[1], _STEP)

            try:
                found: list[Event] = await stage.read(look)
            except HarborError:
                return  # the key was revoked or the workspace closed: the client hears why when it comes back
            if found:
                position, last_id = found[-1].position, found[-1].id
            wanted = [
                event for event in found if event.id not in who.seen and matches(who.types, event.product, event.type)
            ]
            # Not the wait's own time limit: on PostgreSQL followers are woken to look, whether there is anything or not.
            if wanted or time.monotonic() >= quiet_until:
                quiet_until = time.monotonic() + quiet_s
                yield wanted
            if len(found) < _STEP:
                await asyncio.sleep(pause_s)
                with suppress(TimeoutError):
                    # Not wait_for: in Python 3.11 it loses a cancellation that meets the news.
                    async with asyncio.timeout(max(0.0, quiet_until - time.monotonic())):
                        await news.wait()


async def _frames(stage: RawStage, tail: Tail, who: Follower) -> AsyncIterator[bytes]:
    async with aclosing(follow(stage, tail, who)) as found:
        # A frame without data tells the client where it stands, before the first event comes.
        yield f"id: {who.last_id}\n: following\n\n".encode() if who.last_id else b": following\n\n"
        async for events in found:
            if not events:
                yield b": still here\n\n"
            for event in events:
                yield _frame(event)


def _frame(event: Event) -> bytes:
    body, _ = dialect.encode(show(event))
    return b"id: " + event.id.encode() + b"\nevent: " + event.type.encode() + b"\ndata: " + body + b"\n\n"


ROUTES = (
    Route(
        "events.stream",
        "GET",
        "/v1/events/stream",
        stream,
        scope=scopes.EVENTS_READ,
        locate=located.named,
        raw=True,
        summary="Follow events as they happen",
        tags=("Events",),
    ),
)
