"""How the router is spoken to: a new table, what is under way, what applications were asked; and its lines, as they come.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

import harbor
from harbor.kernel.bounds import KIB
from harbor.products.appharbor_apps.router.proxy import Proxy
from harbor.products.appharbor_apps.router.table import Table
from harbor.products.appharbor_apps.runner.code import running_code
from harbor.products.appharbor_apps.runner.helpers import make_room

log = structlog.get_logger("harbor.router")

BEHIND_MAX: Final = 10_000
_BATCH_S: Final = 0.1
_DRAIN_S_MAX: Final = 300.0


class Control:
    """Answers at a socket about `proxy`, whose table is the file `routes`. `left` is set when it shall make room."""

    def __init__(self, proxy: Proxy, routes: Path) -> None:
        self.left = asyncio.Event()
        # Where it listens, which somebody must tell it.
        self.port = 0
        self._proxy = proxy
        self._routes = routes
        self._version = -1
        self._followers: list[deque[tuple[str, str]]] = []

    async def listen(self, path: Path) -> asyncio.AbstractServer:
        """Answer at a socket from now on."""
        make_room(path)
        return await asyncio.start_unix_server(self._serve, path, limit=64 * KIB)

    def load(self) -> int:
        """Read the table and route by it; a table that cannot be read leaves the former one. Its version."""
        try:
            table = msgspec.json.decode(self._routes.read_bytes(), type=Table)
        except FileNotFoundError:
            return self._version
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("table_unreadable", reason=str(error))
            return self._version
        self._proxy.replace(table)
        self._version = table.version
        return self._version

    def tell(self, number: str, line: str) -> None:
        """A line about a request to an application. Whoever follows too slowly loses some."""
        for waiting in self._followers:
            waiting.append((number, line))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError, asyncio.CancelledError):
            request = msgspec.json.decode(await reader.readline())
            match request:
                case {"do": "follow"}:
                    await self._follow(writer)
                case {"do": "drain", "upstream": str(upstream), "timeout_s": timeout_s}:
                    left = await self._proxy.balance.drained(upstream, min(float(timeout_s), _DRAIN_S_MAX))
                    await _tell(writer, {"under_way": left})
                case _:
                    await _tell(writer, self._answer(request))
        writer.close()

    def _answer(self, request: Any) -> dict[str, Any]:
        balance = self._proxy.balance
        match request:
            case {"do": "hello"}:
                about = {"version": harbor.__version__, "code": running_code()}
                return {**about, "port": self.port, "pid": os.getpid()}
            case {"do": "leave"}:
                self.left.set()
                return {}
            case {"do": "reload"}:
                return {"version": self.load()}
            case {"do": "counts", "application": str(number)}:
                return {"requests": balance.requests.get(number, 0), "failures": balance.failures.get(number, 0)}
            case _:
                return {"trouble": "The router does not know this request."}

    async def _follow(self, writer: asyncio.StreamWriter) -> None:
        waiting: deque[tuple[str, str]] = deque(maxlen=BEHIND_MAX)
        self._followers.append(waiting)
        try:
            while not writer.is_closing():
                lines: dict[str, list[str]] = {}
                while waiting:
                    number, line = waiting.popleft()
                    lines.setdefault(number, []).append(line)
                if lines:
                    await _tell(writer, lines)
                await asyncio.sleep(_BATCH_S)
        finally:
            self._followers = [each for each in self._followers if each is not waiting]


async def _tell(writer: asyncio.StreamWriter, message: Any) -> None:
    writer.write(msgspec.json.encode(message) + b"\n")
    await writer.drain()
