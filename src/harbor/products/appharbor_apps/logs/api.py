"""The lines of an application on the wire: the newest that pass, searched, and those that come as an event stream.

Source: docs/products/appharbor.md#log-sessions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.appharbor_apps.access.model import READ
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Right
from harbor.products.appharbor_apps.logs.book import KEPT_MAX, Book
from harbor.products.appharbor_apps.logs.line import Line
from harbor.products.appharbor_apps.wire import TEXT

LIMIT_DEFAULT = 100
SEARCHED_LENGTH_MAX = 200
# One comment, so that proxies do not take a quiet application for a dead connection.
IDLE_S = 15.0
Passes = Callable[[Line], bool]


class LogQuery(Query):
    """Which lines: of a source, of a process, with a text in them whatever its case; and whether to go on with new ones."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=KEPT_MAX)] = LIMIT_DEFAULT
    source: str | None = None
    process: str | None = None
    search: Annotated[str, msgspec.Meta(max_length=SEARCHED_LENGTH_MAX)] | None = None
    follow: bool = False


async def lines(services: Services, stage: RawStage, slug: str, query: LogQuery) -> Stream:
    """The newest lines, the oldest of them first; with `follow` an event stream that goes on."""
    book: Book = services.tools["appharbor.book"]

    def look(call: Call, supply: Mapping[str, Any]) -> tuple[int, LogQuery]:
        return applications.require(call, slug, Right.READ)[1].id, supply["query"]

    application_id, query = await stage.read(look)
    passes = _passing(query)
    if not query.follow:
        content = "".join(f"{line.written()}\n" for line in _recent(book, application_id, query.limit, passes))
        return Stream(200, {"Content-Type": TEXT, "Cache-Control": "no-store"}, _once(content.encode()))
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(200, headers, events(book, application_id, query.limit, passes, idle_s=IDLE_S))


async def events(book: Book, application_id: int, limit: int, passes: Passes, *, idle_s: float) -> AsyncIterator[bytes]:
    """The kept lines, and those that come, each as an event."""
    with book.follow(application_id) as following:
        for line in _recent(book, application_id, limit, passes):
            yield _event(line)
        while True:
            found, lost = await following.next(idle_s)
            if lost:
                yield f"event: lost\ndata: {lost}\n\n".encode()
            if not found:
                yield b": quiet\n\n"
            for line in found:
                if passes(line):
                    yield _event(line)


def _passing(query: LogQuery) -> Passes:
    wanted = (query.search or "").casefold()

    def passes(line: Line) -> bool:
        return line.passes(query.source, query.process) and (not wanted or wanted in line.text.casefold())

    return passes


def _recent(book: Book, application_id: int, limit: int, passes: Passes) -> list[Line]:
    return [line for line in book.recent(application_id, KEPT_MAX) if passes(line)][-limit:]


def _event(line: Line) -> bytes:
    return f"data: {line.written()}\n\n".encode("utf-8", "replace")


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


ROUTES = (
    Route(
        "logs.list",
        "GET",
        "/applications/{slug}/logs",
        lines,
        scope=READ,
        raw=True,
        reply="text/plain",
        summary="The newest lines of the log, and those that come",
    ),
)
