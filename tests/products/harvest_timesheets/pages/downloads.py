"""A file as a browser takes it: to its end, where the harness cuts a stream after a piece."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from tests.console.session import Browser
from tests.harness import Client, Reply


async def download(browser: Browser, path: str) -> Reply:
    """The whole reply. `path` lies below the console."""
    return await whole(browser.client, path, {"cookie": f"harbor_session={browser.secret}"})


async def whole(client: Client, path: str, headers: Mapping[str, str]) -> Reply:
    """The whole reply to a client that says so who it is."""
    below, _, query = path.partition("?")
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": unquote(below),
        "raw_path": below.encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": [
            (b"host", b"desk.test"),
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ],
        "client": (client.address, 50_000),
    }
    incoming: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if incoming:
            return incoming.pop()
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            ended.set()

    await client.pipeline(scope, receive, send, below, client.mount)
    told = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:]))
