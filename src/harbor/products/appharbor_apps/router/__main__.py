"""The router as a process: `python -m harbor.products.appharbor_apps.router --routes DIR/apps/routes.json --run DIR/run`.

On SIGTERM it takes no new connections and finishes what is under way. A second one may listen meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import IO, Final

import uvloop
from aiohttp import web

from harbor.products.appharbor_apps.router.control import Control
from harbor.products.appharbor_apps.router.listening import listener
from harbor.products.appharbor_apps.router.messages import Network
from harbor.products.appharbor_apps.router.proxy import Proxy
from harbor.products.appharbor_apps.runner.code import running_code
from harbor.products.appharbor_apps.runner.helpers import ROUTER_SOCKET

DRAIN_S: Final = 30.0
_LOCK_S: Final = 5.0


async def main(
    routes: Path, run: Path, domain: str, host: str, port: int, trusted: list[Network], release: Callable[[], None]
) -> int:
    """Route until told to end; 1 where the port is taken. `release` lets another router begin."""
    running_code()  # now: later an update may have changed what lies on disk
    proxy = Proxy(domain=domain, trusted=trusted)
    control = Control(proxy, routes)
    proxy.tell = control.tell
    await proxy.open()
    control.load()
    server = listener(proxy)
    runner = web.ServerRunner(server, shutdown_timeout=DRAIN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_port=True, backlog=1_024).start()
    except OSError as error:
        print(f"cannot listen at {host}:{port}: {error.strerror}", file=sys.stderr, flush=True)
        return 1
    control.port = runner.addresses[0][1]
    listening = await control.listen(run / ROUTER_SOCKET)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, control.left.set)
    await control.left.wait()
    listening.close()
    release()
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            await runner.cleanup()
    await proxy.close()
    return 0


def locked(file: IO[str]) -> bool:
    """Whether the lock is ours now; a router that makes room holds it for a moment."""
    until = time.monotonic() + _LOCK_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        else:
            return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--routes", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--domain", default="apps.localhost")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--trusted", type=ip_network, nargs="*", default=[])
    given = parser.parse_args()
    os.umask(0o077)
    given.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Until it makes room there is one router.
    lock = (given.run / "router.lock").open("a")
    if not locked(lock):
        sys.exit("Another router routes here already.")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loops:
        sys.exit(
            loops.run(main(given.routes, given.run, given.domain, given.host, given.port, given.trusted, lock.close))
        )
