"""The runner as a process: `python -m harbor.products.appharbor_apps.runner --apps DIR/apps --run DIR/run`.

It ends on SIGTERM and leaves what runs alone: the next one takes it over.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import signal
import sys
from pathlib import Path

from harbor.products.appharbor_apps.builder.interpreters import installed
from harbor.products.appharbor_apps.builder.sandbox import usable_bwrap
from harbor.products.appharbor_apps.runner.code import running_code
from harbor.products.appharbor_apps.runner.enclosure import Enclosure
from harbor.products.appharbor_apps.runner.helpers import ROUTER_SOCKET, ROUTES, RUNNER_SOCKET
from harbor.products.appharbor_apps.runner.requests import follow_router
from harbor.products.appharbor_apps.runner.routing import Routing
from harbor.products.appharbor_apps.runner.server import Server
from harbor.products.appharbor_apps.runner.supervisor import Supervisor


async def main(apps: Path, run: Path, domain: str, *, allow_unsandboxed: bool) -> int:
    """Run applications until told to end; 2 where nothing may run."""
    running_code()  # now: later an update may have changed what lies on disk
    bwrap = await usable_bwrap()
    if bwrap is None and not allow_unsandboxed:
        return 2
    homes = {each.home for each in installed()}
    enclosure = Enclosure(
        bwrap=bwrap, interpreters=[home for home in homes if not home.is_relative_to("/usr")], hidden=apps.parent
    )
    routing = Routing(apps / ROUTES, run / ROUTER_SOCKET)
    supervisor = Supervisor(apps, enclosure, routing, domain=domain)
    server = Server(supervisor)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.left.set)
    await supervisor.start()
    listening = await server.listen(run / RUNNER_SOCKET)
    requests = asyncio.create_task(follow_router(run / ROUTER_SOCKET, supervisor.routed))
    await server.left.wait()
    if server.ends:
        await supervisor.end()
    listening.close()
    requests.cancel()
    supervisor.close()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--apps", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--domain", default="apps.localhost")
    parser.add_argument("--allow-unsandboxed", action="store_true")
    given = parser.parse_args()
    os.umask(0o077)
    given.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Held until the process ends: there is one runner.
    lock = (given.run / "runner.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("Another runner runs here already.")
    sys.exit(
        asyncio.run(main(given.apps.absolute(), given.run, given.domain, allow_unsandboxed=given.allow_unsandboxed))
    )
