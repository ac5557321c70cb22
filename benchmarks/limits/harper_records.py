"""The bare limit of the Operations API: Falcon, one table of records, one of entries and one of audits, and no features.

It understands the very requests that `harper_operations` sends, and nothing else: no callers, no rights, no attributes
that come as they are used, no checks. Statements, keys, group commit and sync are those of Harper's store.

Run: python -m benchmarks.limits.harper_records FILE RECORDS PORT. Each line on standard input is a line of the benchmark
and a count: so many requests are then worked on without HTTP, and the seconds they took are printed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import apsw
import falcon.asgi
import uvicorn

from benchmarks.books import AUTHOR_YEARS_FROM, LINES, books
from harbor.products.harper_tables.ordering import index_key, order_key

_BATCH_MAX = 256
_BATCH_S_MAX = 0.02
_REQUEST = 1_000
_AUDIT_COMPRESSED_FROM = 400
_TABLES = (
    "CREATE TABLE records (table_id INTEGER, key BLOB, doc BLOB, created_at INTEGER, updated_at INTEGER, "
    "PRIMARY KEY (table_id, key)) STRICT, WITHOUT ROWID",
    "CREATE INDEX records_created ON records (table_id, created_at)",
    "CREATE INDEX records_updated ON records (table_id, updated_at)",
    "CREATE TABLE entries (attribute_id INTEGER, value_key BLOB, record_key BLOB, "
    "PRIMARY KEY (attribute_id, value_key, record_key)) STRICT, WITHOUT ROWID",
    "CREATE TABLE audits (table_id INTEGER, position INTEGER, changes BLOB, PRIMARY KEY (table_id, position)) "
    "STRICT, WITHOUT ROWID",
)
_BY_KEY = "SELECT json(doc) FROM records WHERE table_id = 1 AND key = ?"
_BY_VALUE = """
SELECT json(r.doc) FROM entries AS e JOIN records AS r ON r.table_id = 1 AND r.key = e.record_key
WHERE e.attribute_id = 3 AND e.value_key = ?
"""
_GROUPS = """
SELECT doc ->> '$.kind' AS kind, count(*) AS books, avg(doc ->> '$.price') AS price
FROM records WHERE table_id = 1 GROUP BY 1
"""


class Store:
    """Records on a connection that reads and one that writes."""

    def __init__(self, path: str) -> None:
        self._writer, self._reader = apsw.Connection(path), apsw.Connection(path)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 4000"):
            for connection in (self._writer, self._reader):
                connection.execute(f"PRAGMA {pragma}").fetchall()
        for statement in _TABLES:
            self._writer.execute(statement)
        self._position = 0

    def answer(self, body: dict[str, Any]) -> Any:
        """What a read gives."""
        if body["operation"] == "search_by_id":
            return self._docs(_BY_KEY, order_key(body["ids"][0]))
        if body["operation"] == "search_by_value":
            return self._docs(_BY_VALUE, index_key(body["value"]))
        if body["operation"] == "search_by_conditions":
            found = self._docs(_BY_VALUE, index_key(body["conditions"][0]["value"]))
            return [each for each in found if each["year"] >= AUTHOR_YEARS_FROM][: body["limit"]]
        if "GROUP" in body["sql"]:
            return [{"kind": a, "books": b, "price": c} for a, b, c in self._reader.execute(_GROUPS)]
        return self._docs(_BY_KEY, order_key(int(body["sql"].rpartition(" ")[2])))

    def _docs(self, sql: str, key: bytes) -> list[dict[str, Any]]:
        return [json.loads(str(text)) for (text,) in self._reader.execute(sql, (key,)).fetchall()]

    def write(self, works: Sequence[dict[str, Any]]) -> None:
        """Insert or upsert what these requests hold, behind one sync."""
        self._writer.execute("BEGIN IMMEDIATE")
        for body in works:
            self._write(body)
        self._writer.execute("COMMIT")

    def write_some(self, waiting: Callable[[], dict[str, Any] | None]) -> None:
        """The same with requests that come one after the other, until none waits or the batch is full."""
        until, count = time.monotonic() + _BATCH_S_MAX, 0
        self._writer.execute("BEGIN IMMEDIATE")
        while count < _BATCH_MAX and time.monotonic() < until and (body := waiting()) is not None:
            self._write(body)
            count += 1
        self._writer.execute("COMMIT")

    def _write(self, body: dict[str, Any]) -> None:
        records: list[dict[str, Any]] = body["records"]
        keyed = [(order_key(record["id"]), record) for record in records]
        texts = [json.dumps(record, separators=(",", ":")) for record in records]
        if body["operation"] == "upsert":
            self._forget(keyed)
        self._writer.executemany(
            "INSERT OR REPLACE INTO records VALUES (1, ?, jsonb(?), 1, 1)",
            [(key, text) for (key, _), text in zip(keyed, texts, strict=True)],
        )
        self._writer.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?)", _entries(keyed))
        changes = f"[{','.join(texts)}]".encode()
        self._position += 1
        self._writer.execute(
            "INSERT INTO audits VALUES (1, ?, ?)",
            (self._position, zlib.compress(changes, 1) if len(changes) > _AUDIT_COMPRESSED_FROM else changes),
        )

    def _forget(self, keyed: Sequence[tuple[bytes, dict[str, Any]]]) -> None:
        before = [
            (key, json.loads(str(text)))
            for key, _ in keyed
            for (text,) in self._writer.execute(_BY_KEY, (key,)).fetchall()
        ]
        after = set(_entries(keyed))
        obsolete = [entry for entry in _entries(before) if entry not in after]
        self._writer.executemany(
            "DELETE FROM entries WHERE attribute_id = ? AND value_key = ? AND record_key = ?", obsolete
        )


def _entries(keyed: Sequence[tuple[bytes, dict[str, Any]]]) -> list[tuple[int, bytes, bytes]]:
    return sorted(
        (place, index_key(value), key)
        for key, record in keyed
        for place, value in enumerate(record.values())
        if place and value is not None
    )


class Operations:
    """POST of any path."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: deque[tuple[dict[str, Any], asyncio.Future[None]]] = deque()
        self._ready = threading.Condition()
        threading.Thread(target=self._write_forever, daemon=True).start()

    async def on_post(self, req: Any, resp: Any) -> None:
        """Decode, look or write, answer."""
        body = json.loads(await req.stream.read())
        if "records" in body:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            with self._ready:
                self._queue.append((body, future))
                self._ready.notify()
            await future
            shown: Any = {"message": f"{len(body['records'])} records"}
        else:
            shown = self._store.answer(body)
        resp.data = json.dumps(shown).encode()
        resp.content_type = "application/json"

    def _write_forever(self) -> None:
        while True:
            with self._ready:
                while not self._queue:
                    self._ready.wait()
            done: list[asyncio.Future[None]] = []

            def waiting(done: list[asyncio.Future[None]] = done) -> dict[str, Any] | None:
                if not self._queue:
                    return None
                body, future = self._queue.popleft()
                done.append(future)
                return body

            self._store.write_some(waiting)
            done[0].get_loop().call_soon_threadsafe(_settle, done)


def _settle(done: list[asyncio.Future[None]]) -> None:
    for future in done:
        if not future.done():
            future.set_result(None)


def _follow(store: Store, records: int) -> None:
    """Work without HTTP, as standard input says: `<line> <count> <first>`."""
    while order := sys.stdin.readline():
        name, count, first = order.split()
        line = next(each for each in LINES if each.name == name)
        bodies = [line.make(number, records) for number in range(int(first), int(first) + int(count))]
        began = time.perf_counter()
        if line.writes:
            for start in range(0, len(bodies), line.works):
                store.write(bodies[start : start + line.works])
        else:
            for body in bodies:
                store.answer(body)
        print(time.perf_counter() - began, flush=True)


def main() -> None:
    """Fill, then serve until killed."""
    path, records, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    store = Store(path)
    for first in range(0, records, _REQUEST):
        store.write([{"operation": "insert", "records": books(first, min(_REQUEST, records - first), records)}])
    threading.Thread(target=_follow, args=(store, records), daemon=True).start()
    app = falcon.asgi.App()
    app.add_route("/harper/", Operations(store))
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="critical", access_log=False, loop="uvloop", http="httptools"
    )


if __name__ == "__main__":
    main()
