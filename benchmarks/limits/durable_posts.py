"""The bare limit of durable posts: Falcon, a queue, one writer thread that commits an event and a delivery row. No features.

Run: python -m benchmarks.limits.durable_posts FILE PORT
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections import deque
from typing import Any

import apsw
import falcon.asgi
import uvicorn

_BATCH_MAX = 256


class Writer:
    """One thread; `write` returns after the commit that holds the rows is synced."""

    def __init__(self, path: str) -> None:
        self._connection = apsw.Connection(path)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE events (id TEXT PRIMARY KEY, type TEXT, payload TEXT, created_at INTEGER) STRICT",
            "CREATE TABLE deliveries (id TEXT PRIMARY KEY, event_id TEXT, endpoint TEXT, due_at INTEGER) STRICT",
            "CREATE INDEX due ON deliveries (endpoint, due_at)",
        ):
            self._connection.execute(statement).fetchall()
        self._queue: deque[tuple[str, str, str, asyncio.Future[None]]] = deque()
        self._ready = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    async def write(self, id_: str, type_: str, payload: str) -> None:
        """Both rows, durable."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._ready:
            self._queue.append((id_, type_, payload, future))
            self._ready.notify()
        await future

    def _run(self) -> None:
        connection = self._connection
        while True:
            with self._ready:
                while not self._queue:
                    self._ready.wait()
            batch: list[asyncio.Future[None]] = []
            connection.execute("BEGIN IMMEDIATE")
            while self._queue and len(batch) < _BATCH_MAX:
                id_, type_, payload, future = self._queue.popleft()
                connection.execute("INSERT INTO events VALUES (?, ?, ?, 0)", (id_, type_, payload))
                connection.execute("INSERT INTO deliveries VALUES (?, ?, 'wh', 0)", ("d" + id_, id_))
                batch.append(future)
            connection.execute("COMMIT")
            batch[0].get_loop().call_soon_threadsafe(_settle, batch)


def _settle(batch: list[asyncio.Future[None]]) -> None:
    for future in batch:
        if not future.done():
            future.set_result(None)


class Events:
    """POST /v1/events."""

    def __init__(self, path: str) -> None:
        self._writer = Writer(path)

    async def on_post(self, req: Any, resp: Any) -> None:
        """Decode, write, answer."""
        body = json.loads(await req.stream.read())
        id_ = os.urandom(13).hex()
        payload = json.dumps(body["payload"])
        await self._writer.write(id_, body["type"], payload)
        resp.status = 201
        resp.data = json.dumps({"id": id_, "type": body["type"], "payload": body["payload"]}).encode()
        resp.content_type = "application/json"


def main() -> None:
    """Serve until killed."""
    path, port = sys.argv[1], int(sys.argv[2])
    app = falcon.asgi.App()
    app.add_route("/v1/events", Events(path))
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="critical", access_log=False, loop="uvloop", http="httptools"
    )


if __name__ == "__main__":
    main()
