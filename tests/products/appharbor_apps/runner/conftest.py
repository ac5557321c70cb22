"""A runner and a router in this process, and small applications of the standard library to give them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace
from tests.products.appharbor_apps.builder.conftest import tarred

from harbor.products.appharbor_apps.builder.limits import Limits
from harbor.products.appharbor_apps.builder.sandbox import usable_bwrap
from harbor.products.appharbor_apps.deploys.port import Deployed
from harbor.products.appharbor_apps.router.control import Control
from harbor.products.appharbor_apps.router.listening import listener
from harbor.products.appharbor_apps.router.proxy import Proxy
from harbor.products.appharbor_apps.runner import trees
from harbor.products.appharbor_apps.runner.enclosure import Enclosure
from harbor.products.appharbor_apps.runner.model import Release
from harbor.products.appharbor_apps.runner.process import Process
from harbor.products.appharbor_apps.runner.routing import Routing
from harbor.products.appharbor_apps.runner.supervisor import Supervisor

DOMAIN = "apps.localhost"
# Says which release answers; holds a request as long as it asks; ends when asked; is rude to signals when told.
APP = """
import http.server, os, signal, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/wait/"):
            time.sleep(float(self.path.rpartition("/")[2]))
        if self.path == "/end":
            os._exit(3)
        status = 500 if self.path == "/bad" or os.environ.get("BAD") else 200
        body = (os.environ["HARBOR_RELEASE"] + " " + self.headers["Host"]).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        print(*args)
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
if os.environ.get("DEAF"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("listening", flush=True)
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@dataclass(slots=True)
class Quay:
    """The runner, the router, and where they keep their files."""

    folder: Path
    supervisor: Supervisor
    proxy: Proxy
    port: int
    client: aiohttp.ClientSession
    said: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    def release(self, number: int, files: Mapping[str, str | bytes] | None = None, **fields: Any) -> Release:
        """A release of these files, unpacked; of the small application if there are none."""
        archive = tarred(files or {"app.py": APP})
        digest = sha256(archive).hexdigest()
        place = self.folder / "apps" / "1"
        (self.folder / digest).write_bytes(archive)
        with (self.folder / digest).open("rb") as file:
            trees.prepare(place, digest, file, Limits())
        made = Release(
            account_id="acc_1",
            application_id=1,
            slug="tides",
            number=number,
            build_id=number,
            sha256=digest,
            commands={"web": "exec python3 app.py"},
            environment={"HARBOR_RELEASE": f"v{number}", **fields.pop("environment", {})},
            virtual_env=None,
            hostnames=[],
            canonical=None,
            health_check_path="/",
            is_file_system_writable=False,
            formation={},
        )
        return replace(made, **fields)

    async def deploy(self, release: Release) -> Deployed:
        """What comes of a release."""

        async def say(message: str, details: str | None = None) -> None:
            self.said.append(message if details is None else f"{message}: {details}")

        return await self.supervisor.deploy(release, say)

    async def get(self, path: str = "/", host: str = f"tides.{DOMAIN}", **more: Any) -> tuple[int, str]:
        """Status and text of a request through the router."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.client.get(url, headers={"Host": host}, allow_redirects=False, **more) as reply:
            return reply.status, await reply.text()

    def processes(self, kind: str = "web") -> list[Process]:
        """The processes of a type that count."""
        app = self.supervisor.applications[1]
        return [each for key, each in app.processes.items() if key in app.live and each.instance.kind == kind]

    async def until(self, holds: Callable[[], Any], within_s: float = 15.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(
    folder: Path, *, bwrap: str | None = "look", delays_s: tuple[float, ...] = (0.05,)
) -> AsyncIterator[Quay]:
    """A runner and a router over a folder; what runs goes on when they end."""
    apps, run = folder / "apps", folder / "run"
    run.mkdir(parents=True, exist_ok=True)
    apps.mkdir(exist_ok=True)
    proxy = Proxy(domain=DOMAIN)
    control = Control(proxy, apps / "routes.json")
    proxy.tell = control.tell
    await proxy.open()
    control.load()
    runner = web.ServerRunner(listener(proxy), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listening = await control.listen(run / "router.sock")
    enclosure = Enclosure(bwrap=await usable_bwrap() if bwrap == "look" else bwrap)
    routing = Routing(apps / "routes.json", run / "router.sock")
    supervisor = Supervisor(apps, enclosure, routing, domain=DOMAIN, delays_s=delays_s)
    supervisor.world.ready_s = 3.0
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as client:
        quay = Quay(folder, supervisor, proxy, port, client)
        supervisor.followers.add(lambda _id, lines: quay.logs.extend(line.written() for line in lines))
        await supervisor.start()
        try:
            yield quay
        finally:
            supervisor.close()
            listening.close()
    await runner.cleanup()
    await proxy.close()


@pytest.fixture
async def quay(tmp_path: Path) -> AsyncIterator[Quay]:
    """A runner and a router; what runs ends with the test."""
    async with opened(tmp_path) as made:
        yield made
        for app in list(made.supervisor.applications.values()):
            await made.supervisor.remove(app.id)
