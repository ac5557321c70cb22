"""Forwarding: an event as a signed delivery to a local server, and what it answered."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import httpx

from harbor.kernel.ids import IdMint
from harbor.kernel.webhooks.signing import Signer, headers_for

if TYPE_CHECKING:
    from harbor_sdk import Event

# Enough to see an error message; more would bury the lines around it.
TEXT_BYTES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one delivery. `status` is None when no reply came; `text` says why, or begins the body."""

    event_id: str
    event_type: str
    delivery_id: str
    status: int | None
    duration_ms: int
    text: str

    @property
    def is_success(self) -> bool:
        """Whether the server took it: any 2xx, as for a registered endpoint."""
        return self.status is not None and 200 <= self.status < 300

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, one line of `listen --json`."""
        return {"type": "reply", **asdict(self), "delivered": self.is_success}


class Forwarder:
    """Delivers events to one address, one after another. Use it in a `with` block."""

    def __init__(self, url: str, secret: str, *, timeout_s: float) -> None:
        self._url = url
        self._signer = Signer(secret)
        self._timeout_s = timeout_s
        self._mint = IdMint(lambda: time.time_ns() // 1_000_000)
        # As a registered endpoint is reached: no redirects, no proxy of the environment.
        self._http = httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False)

    def __enter__(self) -> Forwarder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def forward(self, event: Event) -> Reply:
        """Send `event` once, and tell what came back. A server that is not there is a reply too, not an error."""
        delivery_id = self._mint.next("del_")
        body = envelope(event, delivery_id, datetime.now(UTC))
        headers = headers_for(
            [self._signer],
            event_id=event.id,
            delivery_id=delivery_id,
            event_type=event.type,
            attempt=1,
            timestamp=int(time.time()),
            body=body,
        )
        started = time.monotonic()
        status, text = self._post(body, headers, started + self._timeout_s)
        duration_ms = round((time.monotonic() - started) * 1000)
        return Reply(event.id, event.type, delivery_id, status, duration_ms, text)

    def _post(self, body: bytes, headers: dict[str, str], deadline: float) -> tuple[int | None, str]:
        try:
            with self._http.stream("POST", self._url, content=body, headers=headers) as response:
                found = bytearray()
                for chunk in response.iter_bytes():
                    found += chunk
                    # httpx limits each pause, not their sum; a server that drips bytes is late as well.
                    if time.monotonic() > deadline:
                        return None, f"no complete reply within {self._timeout_s:g} s"
                    if len(found) > TEXT_BYTES_MAX:
                        break
        except httpx.TimeoutException:
            return None, f"no complete reply within {self._timeout_s:g} s"
        except httpx.RequestError as error:
            return None, str(error) or type(error).__name__
        return response.status_code, bytes(found[:TEXT_BYTES_MAX]).decode("utf-8", "replace").strip()


def envelope(event: Event, delivery_id: str, created_at: datetime) -> bytes:
    """The body of a delivery: compact JSON in UTF-8, in the order of the public contract."""
    shown = event.to_dict()
    data = {name: shown[name] for name in ("id", "type", "workspace_id", "payload", "created_at")}
    moment = created_at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    document = {"id": delivery_id, "type": "event.created", "created_at": moment, "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
