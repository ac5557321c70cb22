"""One application as the runner has it: its processes, their output, and how they are kept up.

A process that ends by itself is started again after 1, 2, 5, 10, 30, 60 seconds, and after ten quick ends no more until
the next release. A worker that ends with 0 is done. Source: docs/products/appharbor.md#runner.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from harbor.kernel.clock import real_now
from harbor.products.appharbor_apps.builder.environments import IN_USE, in_use
from harbor.products.appharbor_apps.logs.line import Line, clean
from harbor.products.appharbor_apps.logs.segments import LOGS, Segments
from harbor.products.appharbor_apps.router.table import Entry
from harbor.products.appharbor_apps.runner import health, trees
from harbor.products.appharbor_apps.runner.enclosure import Enclosure, Places
from harbor.products.appharbor_apps.runner.keeping import Keeping, write_whole
from harbor.products.appharbor_apps.runner.model import WEB, Instance, Kept, Release
from harbor.products.appharbor_apps.runner.output import Output
from harbor.products.appharbor_apps.runner.process import Process, adopt, start
from harbor.products.appharbor_apps.runner.raised import Raised
from harbor.products.appharbor_apps.runner.routing import Routing
from harbor.products.appharbor_apps.runner.static_sites import folder_of

DELAYS_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
QUICK_S: Final = 60.0
QUICK_ENDS_MAX: Final = 10
STARTS_AT_ONCE_MAX: Final = 8
# Below the ports that the system gives to connections of its own.
_PORTS: Final = range(20_000, 30_000)
_PORTS_TRIED_MAX: Final = 200

Report = Callable[[str, int, Mapping[str, object]], None]


@dataclass(slots=True, kw_only=True)
class World:
    """What all applications share. `tell` gets lines, `report` what the server must hear of."""

    keeping: Keeping
    enclosure: Enclosure
    routing: Routing
    domain: str
    mark: str
    tell: Callable[[int, list[Line]], None]
    report: Report
    delays_s: tuple[float, ...] = DELAYS_S
    ready_s: float = health.LIMIT_S
    # How often a new release is looked at.
    look_s: float = 2.0
    ports: set[int] = field(default_factory=set)
    # After a restart of the machine everything is to be started at once.
    starts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STARTS_AT_ONCE_MAX))

    def port(self) -> int:
        """A port at which nobody listens. Raises `OSError` where there is none."""
        for _ in range(_PORTS_TRIED_MAX):
            port = random.choice(_PORTS)  # noqa: S311 (no secret)
            if port in self.ports:
                continue
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                self.ports.add(port)
                return port
        raise OSError("no port is free")


class Application:
    """One application."""

    def __init__(self, id_: int, kept: Kept, world: World) -> None:
        self.id = id_
        self.kept = kept
        self.world = world
        self.folder = world.keeping.folder(id_)
        self.pipes = self.folder / "pipes"
        self.segments = Segments(self.folder / LOGS)
        self.lock = asyncio.Lock()
        self.processes: dict[str, Process] = {}
        # Those that count: of the live release, started and found ready.
        self.live: set[str] = set()
        self.quick_ends: dict[str, int] = {}
        self._rising: set[tuple[int, str]] = set()
        self.is_gone = False
        self.tasks: set[asyncio.Task[None]] = set()

    # Starting and ending

    def launch(
        self,
        release: Release,
        kind: str,
        index: int,
        *,
        command: str | None = None,
        collect: Callable[[list[str]], None] | None = None,
    ) -> Process:
        """Start a process; from now on it is watched. Raises `OSError`."""
        port = self.world.port() if kind == WEB else None
        process = start(
            release,
            self.places(release),
            self.pipes,
            self.world.enclosure,
            kind=kind,
            index=index,
            port=port,
            mark=self.world.mark,
            command=command,
        )
        self._attach(process, collect)
        return process

    def adopt(self, instance: Instance) -> bool:
        """Take over a process that an earlier runner has started; False if it has ended."""
        process = adopt(instance, self.pipes)
        if process is None:
            return False
        if instance.port is not None:
            self.world.ports.add(instance.port)
        self._attach(process, None)
        return True

    def _attach(self, process: Process, collect: Callable[[list[str]], None] | None) -> None:
        self.processes[process.instance.id] = process

        raised = Raised(process.instance.name, self.report)

        def put(lines: list[str]) -> None:
            self.say("app" if process.instance.kind == WEB else "worker", process.instance.name, *lines)
            raised.hear(lines)
            if collect is not None:
                collect(lines)

        output = Output(process.pipe, put)
        self.spawn(self._watch(process, output))

    async def _watch(self, process: Process, output: Output) -> None:
        await process.exited.wait()
        instance, expected = process.instance, process.is_stopping
        was_live = instance.id in self.live
        self.live.discard(instance.id)
        output.close()
        process.read.set()
        await process.kill()  # what it has left behind
        self.processes.pop(instance.id, None)
        self.world.ports.discard(instance.port or 0)
        if expected or not was_live or self.is_gone:
            return
        code = "" if process.code is None else f" with code {process.code}"
        self.say("app" if instance.kind == WEB else "worker", instance.name, f"Process ended{code}")
        self.save()
        if instance.kind == WEB:
            await self.route()
        elif process.code == 0:
            return
        is_quick = time.time() - instance.started_at < QUICK_S
        self.quick_ends[instance.name] = self.quick_ends.get(instance.name, 0) + 1 if is_quick else 0
        self.report("crashed", {"process": instance.name, "code": process.code})
        self.keep_up(instance.kind, instance.index)

    def keep_up(self, kind: str, index: int) -> None:
        """Bring one process of the live release up, now or after the wait that its quick ends have earned."""
        self.spawn(self._keep_up(kind, index))

    async def _keep_up(self, kind: str, index: int) -> None:
        release, name = self.kept.current, f"{kind}.{index}"
        if release is None or (release.number, name) in self._rising:
            return
        self._rising.add((release.number, name))
        try:
            await self._rise(release, kind, index)
        finally:
            self._rising.discard((release.number, name))

    async def _rise(self, release: Release, kind: str, index: int) -> None:
        name = f"{kind}.{index}"
        while self._is_wanted(release, kind, index):
            ends = self.quick_ends.get(name, 0)
            if ends >= QUICK_ENDS_MAX:
                self.say("error", name, f"Crashed: it ended {ends} times; the next release tries again")
                self.report("crash_loop", {"process": name, "release": release.number})
                return
            if ends:
                delays = self.world.delays_s
                await asyncio.sleep(delays[min(ends, len(delays)) - 1] * random.uniform(0.9, 1.1))  # noqa: S311
            async with self.world.starts:
                if self._is_wanted(release, kind, index) and await self._try(release, kind, index):
                    return
            self.quick_ends[name] = ends + 1

    async def _try(self, release: Release, kind: str, index: int) -> bool:
        try:
            process = self.launch(release, kind, index)
        except OSError as error:
            self.say("error", f"{kind}.{index}", f"It cannot be started: {error.strerror or error}")
            return False
        if kind == WEB:
            trouble = await self.ready(process, release)
            if trouble is not None:
                self.say("error", process.instance.name, f"Not ready: {trouble}")
                await process.kill()
                return False
        if not self._is_wanted(release, kind, index):
            await process.stop()
            return True
        self.take([process])
        self.save()
        await self.route()
        return True

    def _is_wanted(self, release: Release, kind: str, index: int) -> bool:
        current = self.kept.current
        if self.is_gone or current is None or current.number != release.number or kind not in current.commands:
            return False
        has = any(
            each.instance.name == f"{kind}.{index}" for each in self.processes.values() if each.instance.id in self.live
        )
        return not has and index <= current.of(kind).quantity

    def take(self, processes: list[Process]) -> None:
        """Count these from now on. One that has ended meanwhile is brought up again."""
        for process in processes:
            self.live.add(process.instance.id)
            if not process.is_alive:
                self.live.discard(process.instance.id)
                self.keep_up(process.instance.kind, process.instance.index)

    async def stop(self, processes: list[Process], *, drain_s: float = 0.0) -> None:
        """End processes together; web processes once no request is under way to them, at most so long."""

        async def end(process: Process) -> None:
            if process.instance.kind == WEB and drain_s:
                await self.world.routing.drained(f"127.0.0.1:{process.instance.port}", drain_s)
            await process.stop()

        await asyncio.gather(*map(end, processes))

    # What it is from outside

    def save(self) -> None:
        """Keep what runs. Those that are being ended stay in it, so that the next runner ends them."""
        self.kept.instances = [each.instance for each in self.processes.values()]
        # Before the state: what is to run after a crash must be there.
        used = trees.environments_of(each for each in (self.kept.current, self.kept.previous) if each is not None)
        if used != in_use(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.folder / IN_USE, "\n".join(sorted(used)).encode())
        self.world.keeping.save(self.id, self.kept)

    async def route(self) -> None:
        """Route to what is ready."""
        if not self.is_gone:
            await self.world.routing.put(self.id, self.entry())

    def entry(self) -> Entry | None:
        """The application in the table of routes."""
        release = self.kept.current
        if release is None:
            return None
        ready = [each.instance for key, each in self.processes.items() if key in self.live and each.is_alive]
        return Entry(
            slug=release.slug,
            hostnames=release.hostnames,
            canonical=release.canonical,
            upstreams=sorted(f"127.0.0.1:{each.port}" for each in ready if each.kind == WEB),
            folder=folder_of(release.commands.get(WEB, ""), self.places(release).tree),
            release=release.number,
        )

    def host(self, release: Release) -> str:
        """A name that the application surely answers to."""
        own = [name for name in release.hostnames if not name.startswith("*")]
        return release.canonical or (own[0] if own else f"{release.slug}.{self.world.domain}")

    async def ready(self, process: Process, release: Release) -> str | None:
        """Wait until a web process is ready; None then, and otherwise why it will not be."""
        return await health.ready(process, self.host(release), release.health_check_path, limit_s=self.world.ready_s)

    def places(self, release: Release) -> Places:
        """Where a release lies."""
        return trees.places_of(self.folder, release)

    def say(self, source: str, process: str, *texts: str, at: datetime | None = None) -> None:
        """Add lines to the application's log."""
        now = at or real_now()
        lines = [Line(at=now, source=source, process=process, text=clean(text)) for text in texts]
        self.segments.append(lines)
        self.world.tell(self.id, lines)

    def report(self, kind: str, about: Mapping[str, object]) -> None:
        """Let the server hear of something."""
        if self.kept.current is not None:
            self.world.report(kind, self.id, {"account_id": self.kept.current.account_id, **about})

    def spawn(self, work: Awaitable[None]) -> None:
        """Do something beside; it ends with the application."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def remove(self) -> None:
        """End everything and remove what the runner has of it."""
        self.is_gone = True
        await self.world.routing.put(self.id, None)
        await self.stop(list(self.processes.values()))
        self.close()
        await asyncio.to_thread(self.world.keeping.forget, self.id)

    def close(self) -> None:
        """Leave the processes alone, and go."""
        for task in self.tasks:
            task.cancel()
        for process in self.processes.values():
            process.leave()
        self.segments.close()


def pipes_without_owner(folder: Path, known: set[str]) -> list[Path]:
    """Pipes and files of processes that nobody knows any more."""
    try:
        return [path for path in (folder / "pipes").iterdir() if path.stem not in known]
    except OSError:
        return []
