"""AppHarbor's pipeline: the kernel's, behind what its clients do to addresses and methods.

They double the slash after the host, end paths with one, and send PUT and DELETE as POST with a header. Replies to GET
carry an ETag. None of it is ever answered with a redirect, which would lose the token. Source:
docs/products/appharbor.md#requests.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any

from harbor.kernel.errors import Denied
from harbor.kernel.http.pipeline import Pipeline, Receive, Send
from harbor.kernel.http.product import Product
from harbor.kernel.http.request import Mount, Request
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.dialect import error

_OVERRIDE = b"x-http-method-override"
_METHODS = frozenset({"PUT", "DELETE", "PATCH"})
_ETAG_LETTERS = 32


class AppHarborPipeline(Pipeline):
    """Answers the requests of AppHarbor. `require_https` refuses plain HTTP with 403, never with a redirect."""

    def __init__(self, product: Product, services: Services, *, require_https: bool = False) -> None:
        super().__init__(product, services)
        self._require_https = require_https

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, path: str, mount: Mount
    ) -> None:
        """Answer one HTTP request whose path below the mount is `path`."""
        if self._require_https and scope.get("scheme") == "http":
            await _refuse_plain(scope, send, path, mount)
            return
        scope = _with_method(scope)
        if scope["method"] in ("GET", "HEAD"):
            send = _Tagging(send, _header(scope, b"if-none-match"), is_head=scope["method"] == "HEAD")
        await super().__call__(scope, receive, send, tidy(path), mount)


def tidy(path: str) -> str:
    """The path with one slash at its beginning and none at its end."""
    return "/" + path.strip("/")


def _with_method(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    asked = _header(scope, _OVERRIDE).strip().upper()
    if scope["method"] != "POST" or asked not in _METHODS:
        return scope
    return {**scope, "method": asked}


async def _refuse_plain(scope: MutableMapping[str, Any], send: Send, path: str, mount: Mount) -> None:
    reply = error(Denied("HTTPS is required.", code="https_required"), Request(scope, path, mount, ""))
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (b"content-type", (reply.media_type or "").encode()),
                (b"content-length", str(len(reply.body)).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": reply.body})


class _Tagging:
    """Adds an ETag to a whole reply of 200, and answers 304 where the client has that one already."""

    def __init__(self, send: Send, known: str, *, is_head: bool) -> None:
        self._send = send
        self._known = known
        self._is_head = is_head
        self._start: MutableMapping[str, Any] | None = None

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = {key: value for key, value in message.items() if key != "body"}
            if "body" not in message:
                return
            # A whole reply in one message.
            message = {"type": "http.response.body", "body": message["body"]}
        start, self._start = self._start, None
        if start is not None:
            if start["status"] == 200 and not message.get("more_body") and message.get("body"):
                await self._tagged(start, message)
                return
            await self._send(start)
        await self._send(message)

    async def _tagged(self, start: MutableMapping[str, Any], message: MutableMapping[str, Any]) -> None:
        tag = f'"{sha256(message["body"]).hexdigest()[:_ETAG_LETTERS]}"'
        start["headers"] = [*start["headers"], (b"etag", tag.encode())]
        offered = {each.strip().removeprefix("W/") for each in self._known.split(",")}
        if self._known and (tag in offered or "*" in offered):
            start["status"] = 304
            start["headers"] = [
                each for each in start["headers"] if each[0] not in (b"content-length", b"content-type")
            ]
            message = {**message, "body": b""}
        await self._send(start)
        await self._send(message)


def _header(scope: MutableMapping[str, Any], name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""
