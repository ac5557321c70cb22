"""What the server hears of the runner: lines for the book, reports that become rows and events; and the names it tells.

Everything begins anew when the connection breaks: lines from where they were, reports from the first that is open, names
all at once. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import structlog

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.storage.database import Database, Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.exceptions import service as exceptions
from harbor.products.appharbor_apps.exceptions.model import Cause
from harbor.products.appharbor_apps.formation import service as formation
from harbor.products.appharbor_apps.hostnames import service as hostnames
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.logs.line import Line
from harbor.products.appharbor_apps.runner.client import Broken, Runner
from harbor.products.appharbor_apps.runner.model import Formation
from harbor.products.appharbor_apps.runner.reports import Report
from harbor.products.appharbor_apps.telling import tell

log = structlog.get_logger("harbor.appharbor")

AGAIN_S = 0.5
# On PostgreSQL another process may have changed a name; nobody tells of that.
LOOK_S = 5.0
_OURS = frozenset({"build", "deploy"})
CallOf = Callable[[Tx, str], Call]


class Hearing:
    """Follows the runner until cancelled."""

    def __init__(self, runner: Runner, database: Database, call_of: CallOf, book: Book) -> None:
        self._runner = runner
        self._database = database
        self._call_of = call_of
        self._book = book
        self._newest: str | None = None
        self._named: dict[int, tuple[list[str], str | None]] = {}
        self._formed: dict[int, dict[str, tuple[int, int]]] = {}
        self._renamed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed; nobody waits any more
                loop.call_soon_threadsafe(self._renamed.set)

        database.on(deploys.ROUTES_TOPIC, wake)

    async def run(self) -> None:
        """Hear and tell, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._lines())
            group.create_task(self._reports())
            group.create_task(self._names())

    async def _lines(self) -> None:
        while True:
            async for message in self._asking({"do": "follow", "since": self._newest}):
                for application_id, at, source, process, text in message.get("lines", ()):
                    self._newest = at if self._newest is None else max(self._newest, at)
                    line = Line(at=datetime.fromisoformat(at), source=source, process=process, text=text)
                    # What this server has written itself is told again after the connection broke.
                    if source not in _OURS or not self._book.has(application_id, line):
                        self._book.put(application_id, source, process, text, at=line.at)

    async def _reports(self) -> None:
        while True:
            async for message in self._asking({"do": "reports"}):
                report = msgspec.convert(message["report"], Report)
                try:
                    await self._database.write(partial(self._written, report=report))
                except HarborError as error:
                    log.warning("report_refused", kind=report.kind, reason=error.message)
                await self._runner.ask({"do": "acknowledge", "number": report.number})

    def _written(self, tx: Tx, *, report: Report) -> None:
        about: Mapping[str, Any] = report.about
        call = self._call_of(tx, str(about["account_id"]))
        application = applications.find(call, report.application_id)
        if application is None:  # deleted meanwhile
            return
        if report.kind == "rolled_back":
            deploys.rolled_back(call, application.id, int(about["release"]), int(about["former"]))
            return
        if report.kind == "exception":
            message = "An unhandled exception has occurred."
            exceptions.record(call, application, message=message, request_path="", cause=_cause(about))
            return
        name, code = str(about["process"]), about.get("code")
        told = {"process": name, "code": code if isinstance(code, int) else None}
        tell(call, "process.crash_looped" if report.kind == "crash_loop" else "process.ended", application.id, **told)
        message = f"{name} ended" if code is None else f"{name} ended with code {code}"
        cause = Cause(type="ProcessEnded", message=message, stack_trace="")
        exceptions.record(call, application, message=message, request_path="", cause=cause)

    async def _names(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._renamed.wait()
            self._renamed.clear()
            wanted, formed = await self._database.read(
                lambda tx: (hostnames.of_live_applications(tx), formation.of_live_applications(tx))
            )
            for application_id, names in wanted.items():
                # The first time, too: they may have changed while nobody told.
                if self._named.get(application_id) != names:
                    with contextlib.suppress(HarborError):
                        await self._runner.name(application_id, *names)
                        self._named[application_id] = names
            for application_id, kinds in formed.items():
                if self._formed.get(application_id) != kinds:
                    with contextlib.suppress(HarborError):
                        await self._runner.scale(
                            application_id,
                            {kind: Formation(quantity=each[0], memory_mb=each[1]) for kind, each in kinds.items()},
                        )
                        self._formed[application_id] = kinds

    async def _asking(self, request: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """What the runner says until the connection breaks, and then a while of nothing."""
        with contextlib.suppress(Broken, HarborError):
            async with contextlib.aclosing(self._runner.asking(request)) as messages:
                async for message in messages:
                    yield message
        await asyncio.sleep(AGAIN_S)


def _cause(about: Mapping[str, Any]) -> Cause:
    inner = about.get("inner")
    return Cause(
        type=str(about["type"]),
        message=str(about["message"]),
        stack_trace=str(about["stack_trace"]),
        inner=_cause(inner) if isinstance(inner, Mapping) else None,
    )
