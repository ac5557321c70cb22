"""The router's lines about requests, on their way into the logs of applications. What is lost meanwhile is not sent again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from harbor.kernel.bounds import MIB

_AGAIN_S = 0.5


async def follow_router(socket: Path, put: Callable[[int, list[str]], None]) -> None:
    """Give the lines of the router at `socket` to `put`, whenever it is there."""
    while True:
        writer = None
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            reader, writer = await asyncio.open_unix_connection(socket, limit=4 * MIB)
            writer.write(b'{"do":"follow"}\n')
            while line := await reader.readline():
                for number, lines in msgspec.json.decode(line, type=dict[str, list[str]]).items():
                    put(int(number), lines)
        if writer is not None:
            writer.close()
        await asyncio.sleep(_AGAIN_S)
