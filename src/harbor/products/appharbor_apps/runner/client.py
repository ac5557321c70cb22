"""The runner as the server speaks to it.

Each request has a connection of its own. One that breaks is asked again for a while: whoever keeps the runner up starts
another, and that one takes over what runs. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harbor.kernel.blobs import Blobs
from harbor.kernel.errors import Unavailable
from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.node import VARIABLE as NODE_MODULES
from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.deploys.port import Deployed, Order, Say
from harbor.products.appharbor_apps.runner import trees
from harbor.products.appharbor_apps.runner.model import MESSAGE_BYTES_MAX, Formation, Release

ATTEMPTS_MAX = 20
RETRY_S = 0.5
_ANSWER_S = 30.0


class Broken(Exception):
    """The connection to the runner cannot be made, or has ended before the answer."""


class Runner:
    """Brings releases up through the runner that listens at `socket`. Implements `deploys.port.Deployer`.

    `ensure` starts it where it is not there.
    """

    def __init__(
        self,
        root: Path,
        socket: Path,
        blobs: Blobs,
        ensure: Callable[[], Awaitable[None]],
        limits: Limits | None = None,
    ) -> None:
        self._root = root
        self._socket = socket
        self._blobs = blobs
        self._ensure = ensure
        self._limits = limits or Limits()

    async def deploy(self, order: Order, say: Say) -> Deployed:
        """Start the release beside the old one, wait until it answers, switch, and end the old one."""
        try:
            await asyncio.to_thread(self._unpack, order)
        except Refused as refused:
            return Deployed(False, str(refused))
        request = {"do": "deploy", "release": msgspec.to_builtins(_release(order))}
        for attempt in range(ATTEMPTS_MAX):
            try:
                return await self._deploy(request, say)
            except Broken:
                await self._ensure()
                if attempt == 1:
                    await say("The runner is not there; waiting for it")
            if attempt:
                await asyncio.sleep(RETRY_S)
        return Deployed(False, "The runner does not answer")

    async def _deploy(self, request: Mapping[str, Any], say: Say) -> Deployed:
        async with contextlib.aclosing(self.asking(request)) as messages:
            async for message in messages:
                if "say" in message:
                    await say(message["say"], message.get("details"))
                elif "is_live" in message:
                    return Deployed(bool(message["is_live"]), str(message.get("reason", "")))
                else:
                    return Deployed(False, str(message.get("trouble", "The runner gave no answer")))
        raise Broken("the connection has ended")

    async def remove(self, _account_id: str, application_id: int) -> None:
        """Stop routing and all processes of an application that is deleted, and remove what it left."""
        await self._ensure()
        await self.ask({"do": "remove", "application_id": application_id})

    async def name(self, application_id: int, hostnames: list[str], canonical: str | None) -> None:
        """Route other names to an application."""
        await self.ask({"do": "name", "application_id": application_id, "hostnames": hostnames, "canonical": canonical})

    async def scale(self, application_id: int, formation: Mapping[str, Formation]) -> None:
        """Another formation for the live release."""
        shown = {kind: msgspec.to_builtins(each) for kind, each in formation.items()}
        await self.ask({"do": "scale", "application_id": application_id, "formation": shown})

    async def run(self, application_id: int, command: str, timeout_s: float) -> tuple[int | None, list[str]]:
        """Run a command in the live release: its code, None if it took too long, and its last lines. Raises `Unavailable`."""
        request = {"do": "run", "application_id": application_id, "command": command, "timeout_s": timeout_s}
        answer = await self.ask(request, answer_s=timeout_s + _ANSWER_S)
        return answer["code"], list(answer["lines"])

    async def detach(self, application_id: int, command: str, timeout_s: float) -> None:
        """Run a command in the live release without waiting for it. Raises `Unavailable` if none is live."""
        about = {"command": command, "timeout_s": timeout_s, "detach": True}
        await self.ask({"do": "run", "application_id": application_id, **about})

    async def ask(self, request: Mapping[str, Any], *, answer_s: float = _ANSWER_S) -> dict[str, Any]:
        """The answer to a request that has one. Raises `Unavailable`."""
        trouble = "The runner does not answer; try again in a moment."
        with contextlib.suppress(Broken, TimeoutError):
            async with asyncio.timeout(answer_s), contextlib.aclosing(self.asking(request)) as messages:
                async for message in messages:
                    if "trouble" not in message:
                        return message
                    trouble = str(message["trouble"])
        raise Unavailable(trouble, retry_after_s=2)

    async def asking(self, request: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """What the runner answers, message by message, until it ends. Raises `Broken`."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket, limit=MESSAGE_BYTES_MAX)
        except OSError as error:
            raise Broken(str(error)) from None
        try:
            writer.write(msgspec.json.encode(request) + b"\n")
            await writer.drain()
            while True:
                line = await reader.readline()
                if not line.endswith(b"\n"):
                    raise Broken("the connection has ended")
                yield msgspec.json.decode(line)
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            raise Broken(str(error)) from None
        finally:
            writer.close()

    def _unpack(self, order: Order) -> None:
        folder = self._root / str(order.application_id)
        if not trees.artefact(folder, order.artefact.sha256).is_dir():
            with self._blobs.open(order.account_id, order.artefact.key) as file:
                trees.prepare(folder, order.artefact.sha256, file, self._limits)


def _release(order: Order) -> Release:
    return Release(
        account_id=order.account_id,
        application_id=order.application_id,
        slug=order.slug,
        number=order.release,
        build_id=order.build_id,
        sha256=order.artefact.sha256,
        commands=dict(order.artefact.commands),
        environment=dict(order.environment),
        # What the builder says, and not the variables, which anybody who configures the application can set.
        virtual_env=order.artefact.environment.get("VIRTUAL_ENV"),
        node_modules=order.artefact.environment.get(NODE_MODULES),
        hostnames=list(order.hostnames),
        canonical=order.canonical,
        health_check_path=order.health_check_path,
        is_file_system_writable=order.is_file_system_writable,
        formation={kind: Formation(quantity=each[0], memory_mb=each[1]) for kind, each in order.formation.items()},
    )
