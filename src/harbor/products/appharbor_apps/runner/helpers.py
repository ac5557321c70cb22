"""The two processes beside the server, runner and router: started when they are not there, and left alone when it ends.

Each holds a lock in the installation's folder, so there is one of it. One of other code than a server finds when it starts
makes room. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from harbor.kernel.bounds import MIB
from harbor.products.appharbor_apps.runner.code import running_code
from harbor.products.appharbor_apps.runner.process import leave

log = structlog.get_logger("harbor.appharbor")

RUNNER_SOCKET: Final = "runner.sock"
ROUTER_SOCKET: Final = "router.sock"
ROUTES: Final = "routes.json"
RUNNER: Final = "harbor.products.appharbor_apps.runner"
ROUTER: Final = "harbor.products.appharbor_apps.router"
LOOK_S: Final = 1.0
_ANSWER_S: Final = 5.0
_LOG_BYTES_MAX: Final = 4 * MIB
_START_S: Final = 15.0


@dataclass(slots=True, kw_only=True)
class Helpers:
    """Runner and router of one installation, whose folders are `apps` and `run`."""

    apps: Path
    run: Path
    domain: str
    host: str
    port: int
    allow_unsandboxed: bool = False
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)
    _compared: set[str] = field(default_factory=set, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def keep(self, wanted: Callable[[], Awaitable[bool]]) -> None:
        """Start what is not there, once it is `wanted` and whenever it ends, until cancelled."""
        while True:
            if await wanted():
                await self.ensure()
            await asyncio.sleep(LOOK_S)

    def leave(self) -> None:
        """Let them run on when this process ends."""
        for child in self._children:
            if child.poll() is None:
                leave(child)

    async def ensure(self) -> None:
        """Start what is not there."""
        async with self._lock:
            await self._ensure()

    async def _ensure(self) -> None:
        self._children = [child for child in self._children if child.poll() is None]
        for name, socket, start in (
            ("router", ROUTER_SOCKET, self._router),
            ("runner", RUNNER_SOCKET, self._runner),
        ):
            said = await hello(self.run / socket)
            # Once: after an update servers of old and new code run side by side for a while, and must not take turns.
            is_first = name not in self._compared
            self._compared.add(name)
            if said is not None and (not is_first or said.get("code") == running_code()):
                continue
            if said is not None:  # of other code: it leaves what runs alone, and the next takes it over
                await ask(self.run / socket, {"do": "leave"})
                log.info("helper_replaced", name=name, former=said.get("version"))
            await self._until_there(name, self.run / socket, self._start(name, start()))

    def _runner(self) -> list[str]:
        more = ["--allow-unsandboxed"] if self.allow_unsandboxed else []
        return [RUNNER, "--apps", str(self.apps), "--run", str(self.run), "--domain", self.domain, *more]

    def _router(self) -> list[str]:
        return [
            ROUTER, "--routes", str(self.apps / ROUTES), "--run", str(self.run), "--domain", self.domain,
            "--host", self.host, "--port", str(self.port),
        ]  # fmt: skip

    def _start(self, name: str, words: list[str]) -> subprocess.Popen[bytes]:
        path = self.run / f"{name}.log"
        with contextlib.suppress(OSError):
            if path.stat().st_size > _LOG_BYTES_MAX:
                path.unlink()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                # Nothing of the server's variables: what it is told stands in its words.
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        self._children.append(child)
        return child

    async def _until_there(self, name: str, socket: Path, child: subprocess.Popen[bytes]) -> None:
        until = asyncio.get_running_loop().time() + _START_S
        while asyncio.get_running_loop().time() < until:
            if await hello(socket) is not None:
                return
            if child.poll() is not None:
                log.warning("helper_ended", name=name, code=child.returncode, log=str(self.run / f"{name}.log"))
                return
            await asyncio.sleep(0.02)
        log.warning("helper_slow", name=name)


def make_room(socket: Path) -> None:
    """Remove a socket that somebody has left, so that another can listen there."""
    socket.unlink(missing_ok=True)


async def hello(socket: Path) -> dict[str, Any] | None:
    """What a helper says of itself; None where nobody listens."""
    return await ask(socket, {"do": "hello"})


async def ask(socket: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of a helper to a request; None where nobody gives one."""
    writer = None
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            writer.write(msgspec.json.encode(request) + b"\n")
            answer = msgspec.json.decode(await reader.readline())
            return answer if isinstance(answer, dict) else None
    except (OSError, TimeoutError, msgspec.MsgspecError):
        return None
    finally:
        if writer is not None:
            writer.close()
