"""The runner as a whole: all applications, from the files it finds when it starts to the orders that come.

When it starts, processes that an earlier runner has started are taken over, those that ended are started again, and what
nobody knows is ended. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog
from msgspec.structs import replace

from harbor.kernel.clock import real_now
from harbor.products.appharbor_apps.builder import watch
from harbor.products.appharbor_apps.deploys.port import Deployed, Say
from harbor.products.appharbor_apps.logs.line import Line
from harbor.products.appharbor_apps.logs.segments import LOGS, Segments
from harbor.products.appharbor_apps.runner import deploying
from harbor.products.appharbor_apps.runner.applications import DELAYS_S, Application, World, pipes_without_owner
from harbor.products.appharbor_apps.runner.enclosure import Enclosure
from harbor.products.appharbor_apps.runner.keeping import Keeping
from harbor.products.appharbor_apps.runner.model import CRON, WEB, Formation, Kept, Release
from harbor.products.appharbor_apps.runner.process import Process, end_strays
from harbor.products.appharbor_apps.runner.reports import Reports
from harbor.products.appharbor_apps.runner.routing import Routing
from harbor.products.appharbor_apps.runner.static_sites import is_static
from harbor.products.appharbor_apps.runner.times import is_due, split

log = structlog.get_logger("harbor.runner")

CRON_S_MAX: Final = 3_600.0
RUN: Final = "run"
RUNS_MAX: Final = 10
_LINES_MAX = 1_500


class Supervisor:
    """All applications below `root`. `hear` gets every line of every application."""

    def __init__(
        self,
        root: Path,
        enclosure: Enclosure,
        routing: Routing,
        *,
        domain: str,
        delays_s: tuple[float, ...] = DELAYS_S,
    ) -> None:
        self.keeping = Keeping(root)
        self.reports = Reports(root / "reports")
        self.followers: set[Callable[[int, list[Line]], None]] = set()
        self.applications: dict[int, Application] = {}
        self.world = World(
            keeping=self.keeping,
            enclosure=enclosure,
            routing=routing,
            domain=domain,
            mark=sha256(str(root).encode()).hexdigest()[:16],
            tell=self._tell,
            report=self.reports.add,
            delays_s=delays_s,
        )
        self._cron: asyncio.Task[None] | None = None
        self._runs: set[tuple[int, int]] = set()
        self._at_work: set[tuple[int, str]] = set()

    async def start(self) -> None:
        """Take over what runs, start what should, and end what nobody knows."""
        for id_, kept in await asyncio.to_thread(lambda: list(self.keeping.load())):
            self.applications[id_] = Application(id_, kept, self.world)
        for app in self.applications.values():
            old = self._adopt(app)
            app.save()
            entry = app.entry()
            if entry is not None:
                self.world.routing.prepare(app.id, entry)
            app.spawn(deploying.end_old(app, old))
        # Also what nobody has written down may still be asked: it is ended when the router knows better.
        await self.world.routing.publish()
        known = {key for app in self.applications.values() for key in app.processes}
        await asyncio.to_thread(watch.sweep)
        ended = await asyncio.to_thread(end_strays, self.world.mark, known)
        if ended:
            log.warning("strays_ended", processes=ended)
        for app in self.applications.values():
            for path in pipes_without_owner(app.folder, known):
                path.unlink(missing_ok=True)
            self._bring_up(app)
        self._cron = asyncio.create_task(self._keep_time())

    def _adopt(self, app: Application) -> list[Process]:
        """Take over the processes of an application; those of a former release."""
        current = app.kept.current
        for instance in app.kept.instances:
            if app.adopt(instance) and current is not None and instance.release == current.number:
                app.live.add(instance.id)
        return [each for key, each in app.processes.items() if key not in app.live]

    def _bring_up(self, app: Application) -> None:
        release = app.kept.current
        if release is None:
            return
        if WEB in release.commands and not is_static(release.commands[WEB]):
            for index in range(1, release.of(WEB).quantity + 1):
                app.keep_up(WEB, index)
        deploying.start_workers(app)

    async def deploy(self, release: Release, say: Say) -> Deployed:
        """Bring a release up."""
        app = self.applications.get(release.application_id)
        if app is None:
            app = self.applications[release.application_id] = Application(release.application_id, Kept(), self.world)
        return await deploying.deploy(app, release, say)

    async def remove(self, application_id: int) -> None:
        """End an application and remove what the runner has of it."""
        app = self.applications.pop(application_id, None) or Application(application_id, Kept(), self.world)
        async with app.lock:
            await app.remove()

    async def name(self, application_id: int, hostnames: list[str], canonical: str | None) -> None:
        """Route other names to an application."""
        app = self.applications.get(application_id)
        current = None if app is None else app.kept.current
        if app is None or current is None or (current.hostnames, current.canonical) == (hostnames, canonical):
            return
        app.kept.current = replace(current, hostnames=hostnames, canonical=canonical)
        app.save()
        await app.route()

    async def scale(self, application_id: int, formation: dict[str, Formation]) -> None:
        """Another formation for the live release."""
        app = self.applications.get(application_id)
        if app is not None and app.kept.current is not None and app.kept.current.formation != formation:
            await deploying.scale(app, replace(app.kept.current, formation=formation))

    async def run(self, application_id: int, command: str, timeout_s: float) -> tuple[int | None, list[str]]:
        """Run a command in the live release; its code and what it printed last. Raises `LookupError` if none is live."""
        app, release, index = self._free(application_id)
        try:
            return await deploying.run_once(app, release, RUN, index, command, timeout_s)
        finally:
            self._runs.discard((application_id, index))

    def detach(self, application_id: int, command: str, timeout_s: float) -> None:
        """Run a command in the live release without waiting for it. Raises `LookupError`."""
        app, release, index = self._free(application_id)

        async def run() -> None:
            try:
                code, _ = await deploying.run_once(app, release, RUN, index, command, timeout_s)
                app.say("worker", f"{RUN}.{index}", "It took too long" if code is None else f"Ended with code {code}")
            finally:
                self._runs.discard((application_id, index))

        app.spawn(run())

    def _free(self, application_id: int) -> tuple[Application, Release, int]:
        """An application with its live release, and a number for one more command."""
        app = self.applications.get(application_id)
        if app is None or app.kept.current is None:
            raise LookupError("No release is live.")
        index = next((each for each in range(1, RUNS_MAX + 1) if (application_id, each) not in self._runs), None)
        if index is None:
            raise LookupError(f"{RUNS_MAX} commands run already.")
        self._runs.add((application_id, index))
        return app, app.kept.current, index

    def recent(self, application_id: int, limit: int, since: datetime | None) -> list[Line]:
        """The newest lines of an application that were written after a moment."""
        app = self.applications.get(application_id)
        # Of one that was never live there is what the server has written.
        segments = Segments(self.keeping.folder(application_id) / LOGS) if app is None else app.segments
        return segments.recent(min(limit, _LINES_MAX), lambda line: since is None or line.at > since)

    def logged(self) -> list[int]:
        """The applications that may have lines."""
        return sorted({*self.applications, *self.keeping.folders()})

    def routed(self, application_id: int, lines: list[str]) -> None:
        """Lines of the router about requests to an application."""
        app = self.applications.get(application_id)
        if app is not None:
            app.say("router", "router", *lines)

    async def end(self) -> None:
        """End the processes of all applications; the next runner starts them again."""
        apps = list(self.applications.values())
        for app in apps:
            app.is_gone = True  # nothing is started any more
        await asyncio.gather(*(app.stop(list(app.processes.values())) for app in apps))
        for app in apps:
            app.processes = {key: each for key, each in app.processes.items() if each.is_alive}
            app.save()

    def close(self) -> None:
        """Leave all processes alone, and go."""
        if self._cron is not None:
            self._cron.cancel()
        for app in self.applications.values():
            app.close()

    def _tell(self, application_id: int, lines: list[Line]) -> None:
        for follower in list(self.followers):
            follower(application_id, lines)

    # Commands by the clock

    async def _keep_time(self) -> None:
        while True:
            now = real_now()
            await asyncio.sleep(60.0 - now.second - now.microsecond / 1e6 + 0.01)
            minute = real_now()
            for app in list(self.applications.values()):
                release = app.kept.current
                for kind, line in {} if release is None else release.commands.items():
                    timed = split(line) if kind.startswith(CRON) else None
                    if timed is not None and release is not None and is_due(timed[0], minute):
                        app.spawn(self._run_timed(app, release, kind, timed[1]))

    async def _run_timed(self, app: Application, release: Release, kind: str, command: str) -> None:
        if (app.id, kind) in self._at_work:
            app.say("worker", f"{kind}.1", "Left out: the run before has not ended")
            return
        self._at_work.add((app.id, kind))
        try:
            code, _ = await deploying.run_once(app, release, kind, 1, command, CRON_S_MAX)
            if code != 0:
                app.say("error", f"{kind}.1", "It took too long" if code is None else f"It ended with code {code}")
        finally:
            self._at_work.discard((app.id, kind))
