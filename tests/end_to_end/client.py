"""A caller over real HTTP. Each reply is held against what every reply must carry before a test sees it."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from random import randint
from typing import Any

import aiohttp
import msgspec
from yarl import URL

_ABSENT: Any = object()
_REQUEST_ID = re.compile(r"req_[0-9a-hjkmnp-tv-z]{26}")
_CODES = {
    400: {"invalid_request"},
    401: {"authentication_failed"},
    403: {"permission_denied", "workspace_suspended", "workspace_archived"},
    404: {"resource_not_found", "route_not_found"},
    405: {"method_not_allowed"},
    409: {
        "idempotency_conflict",
        "webhook_disabled",
        "delivery_not_replayable",
        "delivery_not_cancelable",
        "workspace_not_archived",
        "conflict",
    },
    413: {"payload_too_large"},
    415: {"invalid_request"},
    429: {"rate_limit_exceeded"},
    503: {"service_unavailable"},
}
_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` may be asked in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The inside of the error envelope."""
        found: dict[str, Any] = self.json()["error"]
        return found

    @property
    def told(self) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        return self.status, self.error["code"], self.error["message"]

    def expect(self, status: int) -> Any:
        """The decoded body of a reply with this status; None where there is none."""
        assert self.status == status, (self.status, self.body[:2_000])
        return self.json() if self.body else None


@dataclass(frozen=True, slots=True)
class Api:
    """One caller: where, with which key, and with which other headers."""

    http: aiohttp.ClientSession
    url: str
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, key: str | None) -> Api:
        """The same caller with another key, or with none."""
        return replace(self, key=key)

    def saying(self, **headers: str) -> Api:
        """The same caller with more headers; an underscore in a name stands for a dash."""
        return replace(self, headers={**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})

    async def request(
        self,
        method: str,
        target: str,
        json: object = _ABSENT,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The examined reply. `target` is path and query as they stand on the wire."""
        sent = {**self.headers, **(headers or {})}
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        if json is not _ABSENT:
            body = msgspec.json.encode(json)
            sent.setdefault("Content-Type", "application/json")
        async with self.http.request(
            method,
            URL(self.url + target, encoded=True),
            data=body if body is None else BytesIO(body),  # aiohttp warns of large bytes
            headers=sent,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as reply:
            answer = Answer(reply.status, reply.headers, await reply.read())
        if target.startswith(("/v1", "/admin")):
            examine(answer)
        return answer

    async def get(self, target: str, **more: Any) -> Answer:
        """GET."""
        return await self.request("GET", target, **more)

    async def post(self, target: str, json: object = _ABSENT, **more: Any) -> Answer:
        """POST."""
        return await self.request("POST", target, json, **more)

    async def put(self, target: str, json: object = _ABSENT, **more: Any) -> Answer:
        """PUT."""
        return await self.request("PUT", target, json, **more)

    async def delete(self, target: str, **more: Any) -> Answer:
        """DELETE."""
        return await self.request("DELETE", target, **more)


@asynccontextmanager
async def caller(url: str, key: str | None = None) -> AsyncIterator[Api]:
    """A caller with connections and, where the machine lets us, an address of its own: refusals are counted by address."""
    own = f"127.{randint(1, 254)}.{randint(0, 255)}.{randint(1, 254)}" if sys.platform == "linux" else "127.0.0.1"
    connector = aiohttp.TCPConnector(limit=0, local_addr=(own, 0))
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Api(http, url, key)


def examine(answer: Answer) -> None:
    """Hold a reply of the API against what each one must carry: docs/products/harbor.md#transport and #errors."""
    headers = answer.headers
    assert _REQUEST_ID.fullmatch(headers["Harbor-Request-Id"]), headers
    assert headers["Harbor-Version"] == "1"
    assert headers["Cache-Control"] == "no-store"
    if answer.status in (204, 304):
        assert answer.body == b""
        return
    if answer.status < 400 or not answer.body:  # a refused HEAD has no body
        return
    assert headers["Content-Type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error = answer.error
    assert set(error) >= {"code", "message", "request_id"}
    assert set(error) <= {"code", "message", "request_id", "param", "details", "doc_url", "retry_after_ms"}
    assert error["request_id"] == headers["Harbor-Request-Id"]
    assert error["code"] in _CODES[answer.status], (answer.status, error)
    assert ("retry_after_ms" in error) == (answer.status == 429)
    assert ("WWW-Authenticate" in headers) == (answer.status == 401)
    assert "Traceback" not in error["message"]
