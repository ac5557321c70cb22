"""The client: one object per key, with a namespace for each kind of thing."""

from __future__ import annotations

import asyncio
import random as random_numbers
from collections.abc import Awaitable, Callable
from types import TracebackType

import httpx

from harbor_sdk.aio.admin import Admin
from harbor_sdk.aio.deliveries import Deliveries
from harbor_sdk.aio.events import Events
from harbor_sdk.aio.insight import EventTypes, Key, RequestLogs
from harbor_sdk.aio.runner import Runner
from harbor_sdk.aio.transport import Transport
from harbor_sdk.aio.webhooks import Webhooks
from harbor_sdk.aio.workspaces import Workspaces
from harbor_sdk.log import Logger, Silence
from harbor_sdk.settings import read_settings


class AsyncHarbor:
    """A client of Harbor. Use it in an `async with` block, or `close` it. Tasks of one event loop may share one.

    `secret_key` falls back to `HARBOR_SECRET_KEY`; its prefix chooses production or sandbox unless `host` names an
    origin. `timeout` is in seconds, for each request. `max_retries` counts the repeats of requests that may be
    repeated: GETs, and POSTs with an idempotency key. `logger` hears of every request, never of secrets.
    `sleep`, `random` and `transport` replace waiting, jitter and sockets.

    Raises `AuthenticationError` at once for a key that cannot be one.
    """

    def __init__(
        self,
        secret_key: str | None = None,
        *,
        host: str | None = None,
        timeout: float = 30.0,
        max_retries: int = 2,
        logger: Logger | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random_numbers.random,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings = read_settings(secret_key, host, timeout, max_retries)
        self._transport = Transport(
            settings, logger=logger or Silence(), sleep=sleep, random=random, transport=transport
        )
        runner = Runner(self._transport)
        self.workspaces = Workspaces(runner)
        self.events = Events(runner)
        self.webhooks = Webhooks(runner)
        self.deliveries = Deliveries(runner)
        self.event_types = EventTypes(runner)
        self.request_logs = RequestLogs(runner)
        self.key = Key(runner)
        self.admin = Admin(runner)

    @property
    def host(self) -> str:
        """The origin that requests go to."""
        return self._transport.settings.host

    async def close(self) -> None:
        """Closes the connections. The client cannot be used afterwards."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncHarbor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncHarbor(host={self.host!r})"
