"""The bare limit of durable posts on PostgreSQL: Falcon, a pool, one statement that inserts an event and a delivery row.

Run: python -m benchmarks.limits.durable_posts_postgres DSN PORT
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import falcon.asgi
import psycopg
import uvicorn
from psycopg_pool import AsyncConnectionPool

_CONNECTIONS = 8
_TABLES = (
    "CREATE TABLE events (id TEXT PRIMARY KEY, type TEXT, payload TEXT, created_at BIGINT)",
    "CREATE TABLE deliveries (id TEXT PRIMARY KEY, event_id TEXT, endpoint TEXT, due_at BIGINT)",
    "CREATE INDEX due ON deliveries (endpoint, due_at)",
)
# Both rows in one round trip; the statement is its own transaction, and its commit is synced.
_INSERT = """
WITH event AS (INSERT INTO events VALUES (%s, %s, %s, 0) RETURNING id)
INSERT INTO deliveries SELECT 'd' || id, id, 'wh', 0 FROM event
"""


class Events:
    """POST /v1/events."""

    def __init__(self, dsn: str) -> None:
        self._pool = AsyncConnectionPool(
            dsn, min_size=_CONNECTIONS, max_size=_CONNECTIONS, kwargs={"autocommit": True}, open=False
        )

    async def process_startup(self, _scope: Any, _event: Any) -> None:
        """Open the pool on the server's loop."""
        await self._pool.open(wait=True)

    async def process_shutdown(self, _scope: Any, _event: Any) -> None:
        """Close it."""
        await self._pool.close()

    async def on_post(self, req: Any, resp: Any) -> None:
        """Decode, write, answer."""
        body = json.loads(await req.stream.read())
        id_ = os.urandom(13).hex()
        async with self._pool.connection() as connection:
            await connection.execute(_INSERT, (id_, body["type"], json.dumps(body["payload"])), prepare=True)
        resp.status = 201
        resp.data = json.dumps({"id": id_, "type": body["type"], "payload": body["payload"]}).encode()
        resp.content_type = "application/json"


def main() -> None:
    """Serve until killed."""
    dsn, port = sys.argv[1], int(sys.argv[2])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _TABLES:
            connection.execute(statement.encode())
    events = Events(dsn)
    app = falcon.asgi.App(middleware=[events])
    app.add_route("/v1/events", events)
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="critical", access_log=False, loop="uvloop", http="httptools"
    )


if __name__ == "__main__":
    main()
