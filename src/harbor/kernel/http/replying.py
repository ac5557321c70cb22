"""What a reply costs on its way out: uvicorn's cycle with its head made at once.

A reply that is all there may come in one message, the start with its `body`; `WHOLE` among the scope's extensions says
so. Head and body then leave together. Everything else is as uvicorn has it, and streams are its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import HEADER_RE, STATUS_LINE, RequestResponseCycle

WHOLE = "harbor.whole"
EXTENSIONS: dict[str, dict[object, object]] = {WHOLE: {}}
# Joining copies: a larger body costs more copied than sent by itself, and those who count its bytes wait for its end.
_JOINED_BYTES_MAX = 65_536
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

Headers = Sequence[tuple[bytes, bytes]]


class ReplyCycle(RequestResponseCycle):
    """One request and its reply. A connection's cycle becomes one when its head has been read."""

    async def send(self, message: Any) -> None:
        """Send the start of a reply, a whole reply, or a part of its body."""
        if self.response_started or message["type"] != "http.response.start":
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        self.response_started = True
        self.waiting_for_100_continue = False
        body = message.get("body")
        head = self._head(message["status"], [*self.default_headers, *message["headers"]])
        if body is None:
            self.transport.write(head)
            return
        if self.scope["method"] == "HEAD" or not body:
            self.transport.write(head)
        elif len(body) <= _JOINED_BYTES_MAX:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        self._complete()

    def _head(self, status: int, headers: Headers) -> bytes:
        """Status line and headers, none of which can end a line too early."""
        if _CONTROL.search(b"".join([value for _, value in headers])):
            raise RuntimeError("Invalid HTTP header value.")
        closes = False
        lines = [STATUS_LINE[status]]
        for given, value in headers:
            name = _checked(given)
            if name == b"content-length" and self.chunked_encoding is None:
                self.chunked_encoding, self.expected_content_length = False, int(value)
            elif name == b"transfer-encoding":
                self.chunked_encoding = value.lower() == b"chunked" or self.chunked_encoding
            elif name == b"connection" and b"close" in [each.strip() for each in value.lower().split(b",")]:
                self.keep_alive, closes = False, True
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive and not closes:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in (204, 304):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


@lru_cache(512)
def _checked(name: bytes) -> bytes:
    """A header's name in small letters; programs send few different ones. Raises `RuntimeError` for what is none."""
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    return name.lower()
