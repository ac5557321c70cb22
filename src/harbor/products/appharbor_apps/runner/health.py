"""Whether a web process is ready: it listens itself at the port it was given, and answers with less than 500.

The request carries a name that the application answers to, because many refuse others. Source:
docs/products/appharbor.md#releases.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from harbor.products.appharbor_apps.runner.process import Process

WAITS_S: Final = (0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.5, 0.7, 1.0)
LIMIT_S: Final = 60.0
_ANSWER_S: Final = 10.0
_LISTENING: Final = "0A"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


async def ready(process: Process, host: str, path: str, *, limit_s: float = LIMIT_S) -> str | None:
    """Wait until a process is ready; None then, and otherwise why it will not be."""
    port = process.instance.port
    assert port is not None, process.instance
    said = f"it does not listen at the port in PORT, {port}"
    loop = asyncio.get_running_loop()
    until, waits = loop.time() + limit_s, _waits()
    while loop.time() < until:
        if not process.is_alive:
            return f"it ended{'' if process.code is None else f' with code {process.code}'}"
        status = await _ask(port, host, path)
        if status is not None and not await asyncio.to_thread(_is_own, process, port):
            return f"another process listens at its port, {port}"
        if status is not None and 100 <= status < 500:
            return None
        if status is not None:
            said = f"{path} answers with {status}" if status else f"{path} is not answered as HTTP asks"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(next(waits)):
                await process.exited.wait()
    return f"after {limit_s:g} s {said}"


def _waits() -> Iterator[float]:
    yield from WAITS_S
    while True:
        yield WAITS_S[-1]


async def _ask(port: int, host: str, path: str) -> int | None:
    """The status; 0 for what is none, None where nobody listens."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return None
    try:
        async with asyncio.timeout(_ANSWER_S):
            head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Harbor-Health\r\nAccept: */*\r\n"
            writer.write(f"{head}X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n".encode("ascii", "replace"))
            match = _STATUS.match(await reader.readline())
            return int(match[1]) if match else 0
    except (OSError, TimeoutError, ValueError):
        return 0
    finally:
        writer.close()


def _is_own(process: Process, port: int) -> bool:
    """Whether one of a process' own sockets listens at the port: all applications share the machine's loopback."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    return any(link in wanted for pid in process.pids() for link in _links(pid))


def _listening(port: int) -> Iterator[str]:
    suffix = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and fields[1].endswith(suffix):
                    yield fields[9]


def _links(pid: int) -> Iterable[str]:
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                yield os.readlink(f"/proc/{pid}/fd/{name}")
