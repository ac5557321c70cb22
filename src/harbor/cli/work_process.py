"""One worker process from its start to its last commit."""

from __future__ import annotations

import asyncio
import os
import signal

from harbor.app import Harbor
from harbor.cli.output import Output
from harbor.kernel.datadir import DataDir
from harbor.kernel.errors import StartRefused
from harbor.kernel.settings import Settings

_INTERRUPTED = 128


async def work_until_stopped(settings: Settings, out: Output) -> None:
    """Open the instance without a socket, and close it in order when a signal comes. Raises `StartRefused`.

    The data directory is shared with a server on the same machine: a worker keeps nothing in it.
    """
    if settings.database is None:
        raise StartRefused(
            "`harbor work` needs PostgreSQL: on SQLite the server is the only process, and works itself. "
            "Name a database with --database."
        )
    if settings.clock == "manual":
        raise StartRefused("A manual calendar belongs to one process; unset HARBOR_CLOCK, or do without `harbor work`.")
    os.umask(0o077)
    DataDir(settings.data).create()
    stop = asyncio.Event()
    harbor = Harbor(settings)
    await harbor.open()
    try:
        _heed_signals(stop)
        out.line({"ready": True, "pid": os.getpid()}, f"The worker is ready (process {os.getpid()}).")
        await stop.wait()
    finally:
        await harbor.close(settings.drain_seconds)


def _heed_signals(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT end the work in order; the next one ends the process at once, which loses nothing committed."""
    loop = asyncio.get_running_loop()

    def heed(number: int) -> None:
        if stop.is_set():
            os._exit(_INTERRUPTED + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heed, number)
