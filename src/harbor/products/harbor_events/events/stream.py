"""The live tail of a workspace's events, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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
from harbor.products.harbor_events import dialect, located, scopes
from harbor.products.harbor_events.events.api import show
from harbor.products.harbor_events.wire import WorkspaceId

HEARTBEAT_S = 15.0
STREAMS_MAX = 200
STREAMS_PER_KEY_MAX = 20
_STEP = 100


class StreamQuery(Query, kw_only=True):
    """Which events to follow; `type` may be repeated and may end in `.*`. Without it they are the workspace's own."""

    workspace_id: WorkspaceId
    type: list[str] = msgspec.field(default_factory=list)
    last_event_id: str | None = None


async def stream(stage: RawStage, request: Request, services: Services, query: StreamQuery) -> Stream:  # noqa: ARG001
    """Follow the log from its end, or after `Last-Event-ID`. Each frame's id resumes there."""
    tail: Tail = services.tools["tail"]
    owner = request.principal.actor if request.principal else ""
    _check_room(tail, owner)

    def begin(call: Call, supply: dict[str, Any]) -> tuple[str, str, tuple[str, ...], tuple[int, str]]:
        wanted: StreamQuery = supply["query"]
        place: Place = supply["place"]
        assert place.workspace is not None
        types = check_filter(wanted.type, field="type") if wanted.type else ("*",)
        after = request.header(b"last-event-id") or wanted.last_event_id
        return call.account_id, place.workspace.id, types, _start(call, place.workspace.id, after)

    account_id, workspace_id, types, start = await stage.read(begin)
    return Stream(
        200,
        {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"},
        _frames(stage, tail, owner, account_id, workspace_id, types, start),
    )


def _check_room(tail: Tail, owner: str) -> None:
    if tail.count >= STREAMS_MAX:
        raise Unavailable(f"{STREAMS_MAX} streams are open, which is the most; try again later.", retry_after_s=30)
    if tail.count_of(owner) >= STREAMS_PER_KEY_MAX:
        raise Unavailable(
            f"This key has {STREAMS_PER_KEY_MAX} streams open, which is the most; close one first.", retry_after_s=30
        )


def _start(call: Call, workspace_id: str, after: str | None) -> tuple[int, str]:
    if after is None:
        return store.last_position(call.tx, call.account_id, workspace_id)
    position = store.position_of(call.tx, call.account_id, workspace_id, after) if is_readable(after, "evt_") else None
    if position is None:
        raise Invalid("Last-Event-ID names no event of this workspace.", field="Last-Event-ID")
    return position, after


async def _frames(
    stage: RawStage,
    tail: Tail,
    owner: str,
    account_id: str,
    workspace_id: str,
    types: tuple[str, ...],
    start: tuple[int, str],
) -> AsyncIterator[bytes]:
    position, last_id = start
    with tail.follow(owner) as news:
        # A frame without data tells the client where it stands, before the first event comes.
        yield f"id: {last_id}\n: following\n\n".encode() if last_id else b": following\n\n"
        while True:
            news.clear()

            def look(call: Call, _supply: object, at: tuple[int, str] = (position, last_id)) -> list[Event]:
                return store.after_position(call.tx, account_id, workspace_id, at[0], at[1], _STEP)

            try:
                found: list[Event] = await stage.read(look)
            except HarborError:
                return  # the key was revoked or the workspace closed: the client hears why when it comes back
            for event in found:
                position, last_id = event.position, event.id
                if matches(types, event.product, event.type):
                    yield _frame(event)
            if len(found) < _STEP:
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"


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
