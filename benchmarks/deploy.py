"""How long from the push of a Flask application to its answer, and is any request lost meanwhile?

The first push of a fresh installation with a warm cache of packages of the machine, then pushes with the same dependencies
under a load of 200 requests a second, then a way back to an older build. piku on the same kind of machine took 14.8 s for
the first push and 2.65 s for the others, with at least 1.1 s of refused connections. Where pushing is not possible (no
git), there is no figure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.request import Request, urlopen

import aiohttp

from benchmarks.measuring import Options, Report, command
from benchmarks.servers import Place, Program, free_port, place
from harbor.products.appharbor_apps.runner import helpers

FIRST_S_MAX = 4.0
REDEPLOY_S_MAX = 1.3
REDEPLOY_P95_S_MAX = 2.6
ROLLBACK_S_MAX = 1.0
LOAD_PER_S = 200
HOST = "tides.apps.localhost"
_PIKU_FIRST_S, _PIKU_REDEPLOY_S = 14.8, 2.65
_APPLICATION = """
import os
from flask import Flask
app = Flask(__name__)
@app.route("/")
def tides():
    return "release {number}"
if __name__ == "__main__":
    app.run(host=os.environ["HOST"], port=int(os.environ["PORT"]), threaded=True)
"""


@dataclass(slots=True)
class Town:
    """An installation, a repository to push from, and what the load has heard."""

    server: Program
    router_port: int
    token: str
    work: Path
    run: Path
    statuses: list[int] = field(default_factory=list)

    def git(self, *words: str) -> None:
        """Run git in the repository. Raises RuntimeError."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.work), "GIT_CONFIG_NOSYSTEM": "1"}
        name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.test"]
        ended = subprocess.run(["git", *name, *words], cwd=self.work, env=env, check=False, capture_output=True)
        if ended.returncode:
            raise RuntimeError(ended.stderr.decode())

    async def pushed(self, number: int) -> float:
        """Seconds from the start of a push until the new release answers."""
        (self.work / "app.py").write_text(_APPLICATION.replace("{number}", str(number)), encoding="utf-8")
        await asyncio.to_thread(self.git, "add", ".")
        await asyncio.to_thread(self.git, "commit", "--quiet", "-m", f"Release {number}")
        began = time.perf_counter()
        remote = f"http://admin:{self.token}@127.0.0.1:{self.server.port}/appharbor/tides.git"
        pushing = asyncio.create_task(asyncio.to_thread(self.git, "push", "--quiet", remote, "HEAD:main"))
        answered = asyncio.create_task(self.until(f"release {number}"))
        await asyncio.wait({pushing, answered}, return_when=asyncio.FIRST_COMPLETED)
        if pushing.done():
            pushing.result()
        await answered
        seconds = time.perf_counter() - began
        await pushing
        return seconds

    async def until(self, text: str, within_s: float = 120.0) -> None:
        """Wait until the application answers with this."""
        async with asyncio.timeout(within_s), aiohttp.ClientSession() as client:
            while await self._asked(client) != text:
                await asyncio.sleep(0.01)

    async def _asked(self, client: aiohttp.ClientSession) -> str:
        try:
            async with client.get(f"http://127.0.0.1:{self.router_port}/", headers={"Host": HOST}) as reply:
                return await reply.text()
        except aiohttp.ClientError:
            return ""

    @contextlib.asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """Two hundred requests a second meanwhile, whatever becomes of those before."""
        ends = asyncio.Event()

        async def pour(client: aiohttp.ClientSession) -> None:
            began, asked, waiting = time.monotonic(), 0, set[asyncio.Task[None]]()
            while not ends.is_set():
                if asked >= (time.monotonic() - began) * LOAD_PER_S:
                    await asyncio.sleep(0.002)
                    continue
                asked += 1
                task = asyncio.create_task(self._count(client))
                waiting.add(task)
                task.add_done_callback(waiting.discard)
            await asyncio.gather(*waiting)

        async with aiohttp.ClientSession() as client:
            pouring = asyncio.create_task(pour(client))
            try:
                yield
            finally:
                ends.set()
                await pouring

    async def _count(self, client: aiohttp.ClientSession) -> None:
        try:
            async with client.get(f"http://127.0.0.1:{self.router_port}/", headers={"Host": HOST}) as reply:
                await reply.read()
                self.statuses.append(reply.status)
        except aiohttp.ClientError:
            self.statuses.append(0)

    def ask(self, method: str, path: str, body: object = None) -> object:
        """A request to AppHarbor's API."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"BEARER {self.token}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.server.port}/appharbor{path}"
        with urlopen(Request(url, content, headers, method=method), timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text.strip() else None


async def ask(options: Options) -> Report:
    """First push, pushes under load, and the way back."""
    report = Report("deploy", "From a push of a Flask application to its answer", "piku, measured once")
    with place(options.place) as here:
        town = _town(here)
        try:
            town.ask("POST", "/applications", {"name": "Tides"})
            first = await town.pushed(1)
            async with town.load():
                again = [await town.pushed(number) for number in range(2, options.size(12, 4))]
                builds = town.ask("GET", "/applications/tides/builds?count=200")
                assert isinstance(builds, list), builds
                oldest = str(builds[-1]["url"]).rpartition("/")[2]
                began = time.perf_counter()
                town.ask("POST", f"/applications/tides/builds/{oldest}/deploy")
                await town.until("release 1")
                back = time.perf_counter() - began
        finally:
            await _ended(town)
    failed = sum(status != 200 for status in town.statuses)
    report.value("first push", first, unit="s", other=_PIKU_FIRST_S, below=FIRST_S_MAX)
    report.value(
        "push with unchanged dependencies", median(again), unit="s", other=_PIKU_REDEPLOY_S, below=REDEPLOY_S_MAX
    )
    worst = quantiles(again, n=20)[-1] if len(again) > 1 else again[0]
    report.value("  p95", worst, unit="s", below=REDEPLOY_P95_S_MAX)
    report.value("back to the first build", back, unit="s", below=ROLLBACK_S_MAX)
    report.value("requests meanwhile", len(town.statuses), unit="")
    report.value("  of them failed", failed, unit="", exactly=0)
    report.notes.append(f"{len(again)} pushes and one way back under {LOAD_PER_S} requests a second")
    return report


def _town(here: Place) -> Town:
    settings = {"HARBOR_APPS_PORT": str(free_port()), "HARBOR_LOG_LEVEL": "warning"}
    folder, port = here.folder / "harbor", free_port()
    env = {**os.environ, **settings}
    harbor = [sys.executable, "-m", "harbor"]
    made = subprocess.run(
        [*harbor, "init", "--json", "--data", str(folder)], env=env, check=True, capture_output=True
    ).stdout
    flags = ["--data", str(folder), "--port", str(port), "--operations-port", "off"]
    server = here.run([*harbor, "serve", "--json", *flags], port, settings)
    assert json.loads(server.line())["ready"]
    work = here.folder / "work"
    work.mkdir()
    (work / "requirements.txt").write_text("flask\n", encoding="utf-8")
    token = json.loads(made)["appharbor"]["access_token"]
    town = Town(server, int(settings["HARBOR_APPS_PORT"]), token, work, folder / "run")
    town.git("init", "--quiet", "--initial-branch=main")
    return town


async def _ended(town: Town) -> None:
    """End the application, and the processes that would outlive the server."""
    with contextlib.suppress(OSError):
        town.ask("DELETE", "/applications/tides")
        async with asyncio.timeout(30):
            status = await helpers.ask(town.run / "runner.sock", {"do": "status"})
            while status and status["applications"]:
                await asyncio.sleep(0.05)
                status = await helpers.ask(town.run / "runner.sock", {"do": "status"})
    town.server.stop()
    for name in ("runner", "router"):
        found = await helpers.hello(town.run / f"{name}.sock")
        if found is not None:
            os.kill(int(found["pid"]), signal.SIGTERM)


if __name__ == "__main__":
    command(ask)
