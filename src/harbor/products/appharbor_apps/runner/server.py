"""How the runner is spoken to: a socket in the installation's folder, a line of JSON for a request, lines for its answer.

Whoever can open the socket is the installation's own user. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

import harbor
from harbor.products.appharbor_apps.logs.line import Line
from harbor.products.appharbor_apps.runner.code import running_code
from harbor.products.appharbor_apps.runner.helpers import make_room
from harbor.products.appharbor_apps.runner.model import MESSAGE_BYTES_MAX, Formation, Release
from harbor.products.appharbor_apps.runner.supervisor import Supervisor

log = structlog.get_logger("harbor.runner")

BEHIND_MAX = 5_000
_BATCH_S = 0.05
_BATCH_MAX = 500
Tell = Callable[[dict[str, Any]], Awaitable[None]]


class Server:
    """Answers requests about `supervisor`. `left` is set when the runner is asked to make room for a newer one."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self.left = asyncio.Event()
        # Whether all applications end with it.
        self.ends = False
        # One at a time hears of reports: of several servers of an installation one writes them down.
        self._reporting = asyncio.Lock()

    async def listen(self, path: Path) -> asyncio.AbstractServer:
        """Answer at a socket from now on; one that a former runner has left is replaced."""
        make_room(path)
        return await asyncio.start_unix_server(self._serve, path, limit=MESSAGE_BYTES_MAX)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def tell(message: dict[str, Any]) -> None:
            writer.write(msgspec.json.encode(message) + b"\n")
            await writer.drain()

        work: asyncio.Task[None] | None = None
        try:
            line = await reader.readline()
            if not line:
                return
            work = asyncio.create_task(self._answer(msgspec.json.decode(line), tell))
            gone = asyncio.create_task(reader.read(1))
            # Whoever asked has gone: what they wanted is given up, as far as it can be.
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not work.done():
                work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
        except asyncio.CancelledError:
            return  # the runner ends
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            log.warning("request_failed", reason=str(error)[:200])
        except Exception:
            log.exception("request_broke")
            with contextlib.suppress(OSError):
                await tell({"trouble": "The runner failed for a reason of its own; its log knows more"})
        finally:
            if work is not None:
                work.cancel()
            writer.close()

    async def _answer(self, request: dict[str, Any], tell: Tell) -> None:
        supervisor = self._supervisor
        match request:
            case {"do": "hello"}:
                await tell({"version": harbor.__version__, "code": running_code(), "pid": os.getpid()})
            case {"do": "end"}:
                self.ends = True
                await tell({})
                self.left.set()
            case {"do": "leave"}:
                await tell({})
                self.left.set()
            case {"do": "deploy", "release": release}:
                await self._deploy(msgspec.convert(release, Release), tell)
            case {"do": "remove", "application_id": int(id_)}:
                await supervisor.remove(id_)
                await tell({})
            case {"do": "name", "application_id": int(id_), "hostnames": list(names), "canonical": canonical}:
                await supervisor.name(id_, [str(name) for name in names], canonical)
                await tell({})
            case {"do": "scale", "application_id": int(id_), "formation": formation}:
                await supervisor.scale(id_, msgspec.convert(formation, dict[str, Formation]))
                await tell({})
            case {"do": "run", "application_id": int(id_), "command": str(command), "timeout_s": timeout_s}:
                try:
                    if request.get("detach"):
                        supervisor.detach(id_, command, float(timeout_s))
                        await tell({})
                        return
                    code, lines = await supervisor.run(id_, command, float(timeout_s))
                    await tell({"code": code, "lines": lines})
                except LookupError as error:
                    await tell({"trouble": str(error.args[0])})
            case {"do": "status"}:
                await tell({"applications": self._status()})
            case {"do": "follow", "since": since}:
                await self._follow(None if since is None else datetime.fromisoformat(since), tell)
            case {"do": "reports"}:
                await self._report(tell)
            case {"do": "acknowledge", "number": int(number)}:
                supervisor.reports.acknowledge(number)
                await tell({})
            case _:
                await tell({"trouble": "The runner does not know this request."})

    async def _deploy(self, release: Release, tell: Tell) -> None:
        async def say(message: str, details: str | None = None) -> None:
            await tell({"say": message, "details": details})

        deployed = await self._supervisor.deploy(release, say)
        await tell({"is_live": deployed.is_live, "reason": deployed.reason})

    def _status(self) -> dict[str, Any]:
        """The processes of each application: name, release, since when, and whether they count."""
        return {
            str(app.id): {
                "release": None if app.kept.current is None else app.kept.current.number,
                "processes": [
                    {
                        "name": each.instance.name,
                        "release": each.instance.release,
                        "pid": each.instance.pid,
                        "port": each.instance.port,
                        "started_at": each.instance.started_at,
                        "is_live": each.instance.id in app.live,
                    }
                    for each in app.processes.values()
                ],
            }
            for app in self._supervisor.applications.values()
        }

    async def _follow(self, since: datetime | None, tell: Tell) -> None:
        """All lines from now on, and before them those that were written since a moment."""
        waiting: deque[tuple[int, Line]] = deque(maxlen=BEHIND_MAX)
        come = asyncio.Event()

        def hear(application_id: int, lines: list[Line]) -> None:
            waiting.extend((application_id, line) for line in lines)
            come.set()

        self._supervisor.followers.add(hear)
        try:
            for id_ in await asyncio.to_thread(self._supervisor.logged):
                kept = await asyncio.to_thread(self._supervisor.recent, id_, BEHIND_MAX, since)
                for start in range(0, len(kept), _BATCH_MAX):
                    await tell({"lines": [_shown(id_, line) for line in kept[start : start + _BATCH_MAX]]})
            while True:
                await come.wait()
                come.clear()
                while waiting:
                    batch = [waiting.popleft() for _ in range(min(len(waiting), _BATCH_MAX))]
                    await tell({"lines": [_shown(id_, line) for id_, line in batch]})
                await asyncio.sleep(_BATCH_S)
        finally:
            self._supervisor.followers.discard(hear)

    async def _report(self, tell: Tell) -> None:
        """All reports that are open, and those that come."""
        reports, last = self._supervisor.reports, 0
        async with self._reporting:
            while True:
                reports.come.clear()
                for report in reports.after(last):
                    last = report.number
                    await tell({"report": msgspec.to_builtins(report)})
                await reports.come.wait()


def _shown(application_id: int, line: Line) -> list[Any]:
    return [application_id, line.at.isoformat(), line.source, line.process, line.text]
