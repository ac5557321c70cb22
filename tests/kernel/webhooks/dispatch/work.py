"""A dispatcher at work, and what it is given to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.factories import make_event, make_webhook
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.webhooks.dispatch.dispatcher import Dispatcher
from harbor.kernel.webhooks.model import Subscription


async def send(probe: Probe, count: int = 1) -> list[str]:
    """Events in one transaction."""

    def act(call: Call) -> list[str]:
        return [make_event(call).id for _ in range(count)]

    return await probe.write(act)


async def webhooks(probe: Probe, urls: list[str], **more: Any) -> list[Subscription]:
    """Subscriptions of the view that never switches off."""

    def act(call: Call) -> list[Subscription]:
        return [make_webhook(call, url=url, view="calm", **more) for url in urls]

    return await probe.write(act)


async def until(true: Callable[[], Any]) -> None:
    """Wait for something that the dispatcher brings about."""
    async with asyncio.timeout(10):
        while not await true():
            await asyncio.sleep(0.005)


async def until_states(probe: Probe, webhook: Subscription, states: list[str]) -> None:
    async def reached() -> bool:
        return await probe.states(webhook.id) == states

    await until(reached)


@asynccontextmanager
async def running(probe: Probe) -> AsyncIterator[Dispatcher]:
    """The dispatcher at work."""
    dispatcher = probe.house.dispatcher
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        await dispatcher.stop(0)
        await asyncio.wait_for(task, 5)
