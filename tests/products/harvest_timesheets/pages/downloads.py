"""A file as a browser takes it: to its end, where the harness cuts a stream after a piece."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

from tests.console.session import Browser
from tests.harness import Reply


async def download(browser: Browser, path: str) -> Reply:
    """The whole reply. `path` lies below the console."""
    client = browser.client
    below, _, query = path.partition("?")
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": unquote(below),
        "raw_path": below.encode("ascii"),
        "query_string": query.encode("ascii"),
        "headers": [(b"host", b"desk.test"), (b"cookie", f"harbor_session={browser.secret}".encode())],
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
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
