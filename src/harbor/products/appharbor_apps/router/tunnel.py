"""WebSockets: the application agrees, and from then on bytes go to and fro as they come.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any, Final, cast

from aiohttp import web
from multidict import CIMultiDict

from harbor.kernel.bounds import KIB, MIB
from harbor.products.appharbor_apps.router.pages import page

CONNECT_S: Final = 5.0
HEAD_S: Final = 60.0
_HEAD_BYTES_MAX: Final = 64 * KIB
_BODY_BYTES_MAX: Final = MIB
_PIECE_BYTES: Final = 64 * KIB
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")


class Switched(web.Response):
    """What stands for an answer that was sent by hand; its connection ends with it."""

    async def prepare(self, request: web.BaseRequest) -> None:
        """Nothing is sent."""

    async def write_eof(self, data: Any = b"") -> None:
        """Nothing is sent."""


class _Inward:
    """Takes what the client sends, in the place of a parser."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """What came. True, for the end, where nobody takes it any more."""
        transport = self._writer.transport
        if transport.is_closing() or transport.get_write_buffer_size() > _BODY_BYTES_MAX:
            return True, b""
        self._writer.write(data)
        return False, b""

    def feed_eof(self) -> None:
        """The client has gone."""
        self._writer.close()


async def tunnel(request: web.BaseRequest, target: str, headers: CIMultiDict[str], upstream: str) -> web.StreamResponse:
    """Ask a process to switch protocols, and carry what follows until one side ends it."""
    host, _, port = upstream.rpartition(":")
    try:
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(host, int(port), limit=_HEAD_BYTES_MAX)
    except (OSError, TimeoutError):
        return page(502)
    try:
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("utf-8", "replace"))
        try:
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return page(504)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return page(502)
        match = _STATUS.match(head)
        status = int(match[1]) if match else 502
        if status != 101:
            return await _declined(status, reader)
        await _carry(request, head, reader, writer)
        response = Switched(status=101)
        response.force_close()
        return response
    finally:
        writer.close()


async def _declined(status: int, reader: asyncio.StreamReader) -> web.Response:
    """The status of an application that does not switch; its text is of no use to a program that wanted to."""
    del reader
    if not 200 <= status <= 599:
        return page(502)
    response = web.Response(status=status, headers={"Server": "Harbor"})
    response.force_close()
    return response


async def _carry(
    request: web.BaseRequest, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    transport = request.transport
    if transport is None:
        return
    transport.write(head)
    request.protocol.set_parser(cast(Any, _Inward(writer)))
    with contextlib.suppress(OSError, ConnectionError):
        while piece := await reader.read(_PIECE_BYTES):
            if transport.is_closing():
                return
            transport.write(piece)
            await request.protocol._drain_helper()
