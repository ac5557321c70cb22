"""The table of routes, as the runner writes it and the router reads it, and how the two talk.

The table is a file that is replaced as a whole; over the socket the router is only told that there is a new one. So the
router starts, and goes on, without anybody. Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec

from harbor.products.appharbor_apps.router.table import Entry, Table
from harbor.products.appharbor_apps.runner.keeping import write_whole

_ANSWER_S = 2.0
_DRAIN_MORE_S = 5.0


class Routing:
    """The table of routes, and the router behind `socket`. The file is at `path`."""

    def __init__(self, path: Path, socket: Path) -> None:
        self._path = path
        self._socket = socket
        self._entries: dict[int, Entry] = {}
        self._version = 0
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            self._version = msgspec.json.decode(path.read_bytes(), type=Table).version

    async def put(self, application_id: int, entry: Entry | None) -> None:
        """Route to an application like this from now on; None no longer routes to it. Nothing is done for what is so."""
        if self._entries.get(application_id) == entry:
            return
        if entry is None:
            self._entries.pop(application_id)
        else:
            self._entries[application_id] = entry
        await self.publish()

    def prepare(self, application_id: int, entry: Entry) -> None:
        """Like `put`, for many before one `publish`."""
        self._entries[application_id] = entry

    async def publish(self) -> None:
        """Write the table and wait until the router has it, or is not there."""
        self._version += 1
        table = Table(version=self._version, applications={str(key): each for key, each in self._entries.items()})
        write_whole(self._path, msgspec.json.encode(table))
        await self._ask({"do": "reload", "version": self._version}, _ANSWER_S)

    async def drained(self, upstream: str, timeout_s: float) -> None:
        """Wait until no request is under way to a process that is no longer in the table, at most so long."""
        await self._ask({"do": "drain", "upstream": upstream, "timeout_s": timeout_s}, timeout_s + _DRAIN_MORE_S)

    async def counts(self, application_id: int) -> tuple[int, int]:
        """How many requests an application was asked since the router began, and how many of them ended with 5xx."""
        answer = await self._ask({"do": "counts", "application": str(application_id)}, _ANSWER_S)
        return int(answer.get("requests", 0)), int(answer.get("failures", 0))

    async def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """The router's answer; empty where it is not there or takes too long."""
        writer = None
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_unix_connection(self._socket)
                writer.write(msgspec.json.encode(request) + b"\n")
                answer = msgspec.json.decode(await reader.readline())
                return answer if isinstance(answer, dict) else {}
        except (OSError, TimeoutError, msgspec.MsgspecError):
            return {}
        finally:
            if writer is not None:
                writer.close()
