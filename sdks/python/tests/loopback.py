"""A small real HTTP server on the loopback interface that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to reply. `chunks` are sent one by one and end with the connection; `drops` closes it without a word."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Iterable[bytes] | None = None
    drops: bool = False


def refusal(status: int, code: str, **more: Any) -> Answer:
    """An error envelope."""
    error = {"code": code, "message": f"{code}!", "request_id": "req_01j8z1m2n3p4q5r6s7t8v9w0xy"} | more
    return Answer(status, {"error": error})


def sse(*chunks: bytes) -> Answer:
    """A stream that ends after `chunks`."""
    return Answer(chunks=chunks, headers={"Content-Type": "text/event-stream; charset=utf-8"})


class Loopback:
    """Answers with `script`, one entry per request, then with `respond`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: list[Answer] = []
        self.respond: Callable[[Seen], Answer] = lambda _: refusal(500, "internal_error", message="nothing scripted")
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def last(self) -> Seen:
        return self.seen[-1]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            return self.script.pop(0) if self.script else self.respond(seen)

    def _handler(loopback) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, parts.path, parse_qsl(parts.query), headers, body)
                try:
                    self._send(loopback._answer(seen))
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client had heard enough

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def _send(self, answer: Answer) -> None:
                if answer.drops:
                    self.close_connection = True
                    return
                body = answer.body if answer.body is not None else b""
                if answer.json is not None:
                    body = json.dumps(answer.json).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.chunks is None and answer.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                if answer.chunks is not None:
                    self.send_header("Connection", "close")
                self.end_headers()
                if answer.chunks is None:
                    self.wfile.write(body)
                    return
                for chunk in answer.chunks:
                    self.wfile.write(chunk)
                    self.wfile.flush()

            def log_message(self, format: str, *args: Any) -> None: ...

        return Handler
