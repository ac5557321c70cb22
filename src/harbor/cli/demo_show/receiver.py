"""The demo's receiver of webhooks: an HTTP server on loopback that checks signatures and can fail on purpose."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from harbor_sdk import verify_webhook_signature

HOST: Final = "127.0.0.1"
BODY_BYTES_MAX: Final = 1024 * 1024
IDLE_S_MAX: Final = 60
FORGE_S_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One delivery as it came. `latency_ms` counts from the moment of the event; None if the signature fails."""

    path: str
    event_type: str
    event_id: str
    attempt: int
    is_genuine: bool
    latency_ms: float | None
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Receiver:
    """Listens while it is open. `secrets` are signing secrets by path; `show` hears of each arrival."""

    def __init__(self, show: Callable[[Arrival], None]) -> None:
        self.secrets: dict[str, str] = {}
        self.show = show
        self._arrivals: list[Arrival] = []
        self._refused_types: set[str] = set()
        self._changed = threading.Condition()
        self._server = _Server((HOST, 0), _Handler)
        self._server.receiver = self
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()

    @property
    def address(self) -> str:
        """Its origin."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def arrivals(self) -> Sequence[Arrival]:
        """What came so far, in order."""
        with self._changed:
            return tuple(self._arrivals)

    def refuse_next(self, event_type: str) -> None:
        """Answer 503 to the next delivery of this type, and then take them again."""
        with self._changed:
            self._refused_types.add(event_type)

    def wait_for(self, true: Callable[[Sequence[Arrival]], bool], timeout_s: float) -> bool:
        """Wait until `true` of the arrivals; whether it came so."""
        with self._changed:
            return self._changed.wait_for(lambda: true(self._arrivals), timeout_s)

    def forge(self, arrival: Arrival) -> int:
        """Send `arrival` again with a changed body and its old signature, as a stranger would; the answer."""
        signed = {name: value for name, value in arrival.headers.items() if name.startswith("harbor-")}
        connection = http.client.HTTPConnection(HOST, self._server.server_address[1], timeout=FORGE_S_MAX)
        try:
            connection.request("POST", arrival.path, arrival.body + b" ", signed)
            return connection.getresponse().status
        finally:
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Judge a delivery and keep it; the status to answer."""
        is_genuine = verify_webhook_signature(
            body, headers.get("harbor-signature", ""), headers.get("harbor-timestamp", ""), self.secrets.get(path, "")
        )
        # Nothing in a body is believed before its signature holds.
        event = json.loads(body)["data"] if is_genuine else {"type": "-", "id": "-"}
        with self._changed:
            arrival = Arrival(
                path=path,
                event_type=event["type"],
                event_id=event["id"],
                attempt=int(headers.get("harbor-attempt", "0")) if is_genuine else 0,
                is_genuine=is_genuine,
                latency_ms=_age_ms(event["created_at"]) if is_genuine else None,
                status=self._answer(event["type"], is_genuine),
                headers=headers,
                body=body,
            )
            self._arrivals.append(arrival)
            self.show(arrival)
            self._changed.notify_all()
        return arrival.status

    def _answer(self, event_type: str, is_genuine: bool) -> int:
        if not is_genuine:
            return 401
        if event_type in self._refused_types:
            self._refused_types.remove(event_type)
            return 503
        return 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a killed sender resets its connections
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_S_MAX

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._reply(413)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the sender was killed while it sent: nothing has arrived
            self.close_connection = True
            return
        assert isinstance(self.server, _Server)
        self._reply(self.server.receiver.take(self.path, {n.lower(): v for n, v in self.headers.items()}, body))

    def log_message(self, format: str, *args: object) -> None:
        pass  # the demo has a line of its own for each delivery

    def _reply(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _age_ms(moment: str) -> float:
    return max(0.0, (time.time() - datetime.fromisoformat(moment).timestamp()) * 1000)
