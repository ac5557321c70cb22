"""`git http-backend` as a child: a request goes in as it comes, and the reply comes out as it is made.

Source: the manual page git-http-backend(1).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harbor.kernel.bounds import KIB, MIB
from harbor.kernel.errors import Internal, TooLarge, Unavailable
from harbor.kernel.http.body import Disconnected
from harbor.products.appharbor_apps.git.repositories import environment

CHILDREN_MAX = 16
# Before the body is through git says little; more than this is kept back in the pipe.
AHEAD_BYTES_MAX = MIB
HEAD_BYTES_MAX = 16 * KIB
_PIECE_BYTES = 64 * KIB
_HEAD_S_MAX = 60.0

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(slots=True)
class Backend:
    """Starts children, at most sixteen at a time: each is two or three processes and holds a pack in memory."""

    git: str
    body_bytes_max: int
    _running: int = field(default=0, init=False)

    async def serve(
        self, repository: Path, receive: Receive, about: Mapping[str, str]
    ) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        """Status, headers and body of one request. `about` is the variables of CGI that describe it.

        Raises `Unavailable` when too many run, `TooLarge`, and `Disconnected` when the client goes while it sends.
        """
        if self._running >= CHILDREN_MAX:
            raise Unavailable("Too many git operations run at once; try again in a moment.", retry_after_s=2)
        self._running += 1
        child = None
        try:
            child = await self._start(repository, about)
            await self._feed(child, receive)
            status, headers = await _head(child)
        except BaseException:
            self._running -= 1
            if child is not None:
                await _end(child)
            raise
        return status, headers, self._rest(child)

    async def _start(self, repository: Path, about: Mapping[str, str]) -> asyncio.subprocess.Process:
        variables = {
            "GIT_PROJECT_ROOT": str(repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            **about,
        }
        return await asyncio.create_subprocess_exec(
            self.git,
            "http-backend",
            env=environment(variables),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=AHEAD_BYTES_MAX,
        )

    async def _feed(self, child: asyncio.subprocess.Process, receive: Receive) -> None:
        assert child.stdin is not None
        taken, is_more = 0, True
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # git has heard enough; its reply says why
            while is_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                piece: bytes = message.get("body", b"")
                is_more = message.get("more_body", False)
                taken += len(piece)
                if taken > self.body_bytes_max:
                    raise TooLarge(f"A push may have at most {self.body_bytes_max} bytes.")
                if child.stdin.is_closing():  # git is through before we are; uvloop refuses to write then
                    break
                child.stdin.write(piece)
                await child.stdin.drain()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.close()
            await child.stdin.wait_closed()

    async def _rest(self, child: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
        assert child.stdout is not None
        try:
            while piece := await child.stdout.read(_PIECE_BYTES):
                yield piece
        finally:
            self._running -= 1
            await _end(child)


async def _head(child: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    assert child.stdout is not None
    headers: dict[str, str] = {}
    status, size = 200, 0
    try:
        async with asyncio.timeout(_HEAD_S_MAX):
            while True:
                line = await child.stdout.readline()
                size += len(line)
                if not line or size > HEAD_BYTES_MAX:
                    raise Internal("git gave no reply.")
                text = line.decode("latin-1").strip()
                if not text:
                    return status, headers
                name, _, value = text.partition(":")
                if name.lower() == "status":
                    status = int(value.split()[0])
                else:
                    headers[name] = value.strip()
    except TimeoutError:
        raise Internal("git gave no reply in time.") from None


async def _end(child: asyncio.subprocess.Process) -> None:
    """Wait for the child, which has closed its output or is no longer wanted."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            await child.wait()
            return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()
