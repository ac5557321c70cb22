"""A backup as it comes: a tar in chunks, however large."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final

import httpx

from harbor_sdk.aio.transport import Transport
from harbor_sdk.core.reply import absence, refusal
from harbor_sdk.core.request import Request
from harbor_sdk.core.wire import read_failure, read_head

# The server first copies its database, and sends nothing meanwhile.
SILENCE_S_MAX: Final = 1_800.0


class AsyncBackupStream:
    """The bytes of a backup, once, in an `async with` block. Raises `HarborError` when it is refused or breaks off.

    A tar whose last file is not `SHA256SUMS` was cut off: hold what you stored against those sums.
    """

    def __init__(self, transport: Transport, request: Request) -> None:
        self._transport = transport
        self._request = request
        self._stack = AsyncExitStack()
        self._response: httpx.Response | None = None

    @property
    def size_bytes(self) -> int | None:
        """About how many bytes will come, where the server says so."""
        text = "" if self._response is None else self._response.headers.get("harbor-backup-size", "")
        return int(text) if text.isascii() and text.isdigit() else None

    async def __aenter__(self) -> AsyncBackupStream:
        async with AsyncExitStack() as stack:
            try:
                opened = self._transport.open(self._request, silence_s_max=SILENCE_S_MAX)
                response = await stack.enter_async_context(opened)
                if not response.is_success:
                    deadline = time.monotonic() + self._transport.settings.timeout_s
                    raise refusal(read_head(response, await self._transport.read_body(response, deadline) or b""))
            except httpx.RequestError as error:
                raise absence(read_failure(error, self._transport.settings)) from error
            self._response = response
            self._stack = stack.pop_all()  # a refused backup was closed on the way out
        return self

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self._response is not None, "a backup is read in its `async with` block"
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx.RequestError as error:
            raise absence(read_failure(error, self._transport.settings)) from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
