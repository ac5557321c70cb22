# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""A backup as it comes: a tar in chunks, however large."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Final

import httpx

from harbor_sdk.core.reply import absence, refusal
from harbor_sdk.core.request import Request
from harbor_sdk.core.wire import read_failure, read_head
from harbor_sdk.sync.transport import Transport

# The server first copies its database, and sends nothing meanwhile.
SILENCE_S_MAX: Final = 1_800.0


class BackupStream:
    """The bytes of a backup, once, in a `with` block. Raises `HarborError` when it is refused or breaks off.

    A tar whose last file is not `SHA256SUMS` was cut off: hold what you stored against those sums.
    """

    def __init__(self, transport: Transport, request: Request) -> None:
        self._transport = transport
        self._request = request
        self._stack = ExitStack()
        self._response: httpx.Response | None = None

    @property
    def size_bytes(self) -> int | None:
        """About how many bytes will come, where the server says so."""
        text = "" if self._response is None else self._response.headers.get("harbor-backup-size", "")
        return int(text) if text.isascii() and text.isdigit() else None

    def __enter__(self) -> BackupStream:
        with ExitStack() as stack:
            try:
                opened = self._transport.open(self._request, silence_s_max=SILENCE_S_MAX)
                response = stack.enter_context(opened)
                if not response.is_success:
                    deadline = time.monotonic() + self._transport.settings.timeout_s
                    raise refusal(read_head(response, self._transport.read_body(response, deadline) or b""))
            except httpx.RequestError as error:
                raise absence(read_failure(error, self._transport.settings)) from error
            self._response = response
            self._stack = stack.pop_all()  # a refused backup was closed on the way out
        return self

    def __iter__(self) -> Iterator[bytes]:
        assert self._response is not None, "a backup is read in its `with` block"
        try:
            yield from self._response.iter_bytes()
        except httpx.RequestError as error:
            raise absence(read_failure(error, self._transport.settings)) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
