"""Log sessions on the wire. Source: docs/products/appharbor.md#log-sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.appharbor_apps.access.model import READ
from harbor.products.appharbor_apps.log_sessions import service
from harbor.products.appharbor_apps.log_sessions.model import LogSession
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.logs.line import Line
from harbor.products.appharbor_apps.wire import TEXT

# One empty line, so that proxies do not take a quiet application for a dead connection.
IDLE_S = 30.0


class CreateSession(OpenBody, rename={"source_filter": "sourceFilter", "process_filter": "processFilter"}):
    """What to show: kept lines, and whether to go on with new ones."""

    tail: bool
    limit: int
    source_filter: str | None = None
    process_filter: str | None = None


def create(call: Call, slug: str, body: CreateSession) -> Created[None]:
    """A new session."""
    secret = service.create(
        call,
        slug,
        tail=body.tail,
        limit=body.limit,
        source_filter=body.source_filter,
        process_filter=body.process_filter,
    )
    return Created(None, f"/sessions/{secret}")


async def open_(services: Services, stage: RawStage, session_id: str) -> Stream:
    """The lines of a session; its address is all the right there is."""
    book: Book = services.tools["appharbor.book"]

    def take(call: Call, _supply: Mapping[str, Any]) -> LogSession:
        return service.open_(call, session_id)[0]

    session: LogSession = await stage.write(take)
    headers = {"Content-Type": TEXT, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(200, headers, lines(book, session))


async def lines(book: Book, session: LogSession, *, idle_s: float = IDLE_S) -> AsyncIterator[bytes]:
    """The kept lines, and with `tail` those that come, each as it is written."""
    source, process = session.source_filter, session.process_filter
    if not session.tail:
        for line in book.recent(session.application_id, session.line_limit, source=source, process=process):
            yield _written(line)
        return
    # Following begins before the kept lines are read, and nothing happens between: no line is lost or shown twice.
    with book.follow(session.application_id) as following:
        for line in book.recent(session.application_id, session.line_limit, source=source, process=process):
            yield _written(line)
        while True:
            found, lost = await following.next(idle_s)
            if lost:
                yield f"{lost} lines were left out because they were read too slowly.\n".encode()
            if not found:
                yield b"\n"
            for line in found:
                if line.passes(source, process):
                    yield _written(line)


def _written(line: Line) -> bytes:
    return f"{line.written()}\n".encode()


ROUTES = (
    Route(
        "log_sessions.create",
        "POST",
        "/applications/{slug}/logsession",
        create,
        scope=READ,
        writes=True,
        status=201,
        summary="Make a log session",
    ),
    Route(
        "log_sessions.open",
        "GET",
        "/sessions/{session_id}",
        open_,
        auth="none",
        raw=True,
        writes=True,
        reply="text/plain",
        summary="Open a log session",
    ),
)
