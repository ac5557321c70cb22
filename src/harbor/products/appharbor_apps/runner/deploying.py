"""Bringing a release up beside the old one: release command, start, health, switch, drain; and back again where it is bad.

Until the switch nothing of the old release is touched, and afterwards nothing is undone by whoever asked going away.
Source: docs/products/appharbor.md#releases.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

from harbor.products.appharbor_apps.deploys.port import Deployed, Say
from harbor.products.appharbor_apps.runner import trees
from harbor.products.appharbor_apps.runner.applications import Application
from harbor.products.appharbor_apps.runner.model import RELEASE_COMMAND, WEB, Release
from harbor.products.appharbor_apps.runner.process import Process
from harbor.products.appharbor_apps.runner.static_sites import folder_of, is_static

DRAIN_S: Final = 30.0
RELEASE_COMMAND_S: Final = 600.0
WATCHED_S: Final = 60.0
# Fewer requests say nothing about a release.
_REQUESTS_MIN: Final = 20
_QUICK_ENDS_MAX: Final = 3
_OUTPUT_LINES_MAX: Final = 200


async def deploy(app: Application, release: Release, say: Say) -> Deployed:
    """Bring a release up. The order of a release that is live already is done at once."""
    async with app.lock:
        current = app.kept.current
        if current is not None and current.number == release.number:
            return Deployed(True)
        trouble = await _prepare(app, release, say)
        started: list[Process] = []
        try:
            if trouble is None:
                trouble = await _start_web(app, release, started, say)
            if trouble is None:
                await asyncio.shield(asyncio.ensure_future(_switch(app, release, started)))
        except BaseException:
            if app.kept.current is not release:
                await asyncio.shield(_end(app, started))
            raise
        if trouble is not None:
            await _end(app, started)
            return Deployed(False, trouble)
    await say(f"Release v{release.number} is live")
    return Deployed(True)


async def _prepare(app: Application, release: Release, say: Say) -> str | None:
    if not trees.artefact(app.folder, release.sha256).is_dir():
        return "The artefact of the build is not there any more"
    await asyncio.to_thread(trees.copy, app.folder, release)
    command = release.commands.get(RELEASE_COMMAND)
    if command is None:
        return None
    code, output = await run_once(app, release, RELEASE_COMMAND, 1, command, RELEASE_COMMAND_S)
    await say(f"Running {command}", "\n".join(output))
    if code is None:
        return f"The release command took longer than {RELEASE_COMMAND_S:g} s"
    return None if code == 0 else f"The release command ended with code {code}"


async def _start_web(app: Application, release: Release, started: list[Process], say: Say) -> str | None:
    command = release.commands.get(WEB)
    if command is None:
        return None
    if is_static(command):
        found = folder_of(command, app.places(release).tree)
        return None if found is not None else f"There is no folder to serve: {command}"
    quantity = release.of(WEB).quantity
    await say(f"Starting {quantity} web process{'' if quantity == 1 else 'es'}")
    for index in range(1, quantity + 1):
        try:
            started.append(app.launch(release, WEB, index))
        except OSError as error:
            return f"A web process cannot be started: {error.strerror or error}"
    found_out = await asyncio.gather(*(app.ready(each, release) for each in started))
    for process, trouble in zip(started, found_out, strict=True):
        if trouble is not None:
            return f"The new release is not ready: {process.instance.name}: {trouble}"
    return None


async def _switch(app: Application, release: Release, started: list[Process]) -> None:
    former, old = app.kept.current, [each for each in app.processes.values() if each.instance.id in app.live]
    app.kept.previous, app.kept.current = former, release
    app.live.clear()
    app.quick_ends.clear()
    app.take(started)
    app.save()
    await app.route()
    # Workers do not run twice: two of them would take the same work.
    await app.stop([each for each in old if each.instance.kind != WEB], drain_s=0)
    start_workers(app)
    app.spawn(end_old(app, [each for each in old if each.instance.kind == WEB]))
    if former is not None and former.build_id != release.build_id:
        app.spawn(_watch(app, release, former))


def start_workers(app: Application) -> None:
    """Bring the workers of the live release up."""
    release = app.kept.current
    if release is None:
        return
    for kind in release.workers:
        for index in range(1, release.of(kind).quantity + 1):
            app.keep_up(kind, index)


async def scale(app: Application, release: Release) -> None:
    """The live release with another formation: more are started and found ready before they count, fewer are drained."""
    async with app.lock:
        current = app.kept.current
        if current is None or current.number != release.number:
            return
        app.kept.current = release
        app.save()
        surplus = [
            each
            for each in app.processes.values()
            if each.instance.id in app.live and each.instance.index > release.of(each.instance.kind).quantity
        ]
        for each in surplus:
            app.live.discard(each.instance.id)
        await app.route()
        app.spawn(end_old(app, surplus))
        for kind in (WEB, *release.workers):
            if kind in release.commands and not is_static(release.commands[kind]):
                for index in range(1, release.of(kind).quantity + 1):
                    app.keep_up(kind, index)


async def run_once(
    app: Application, release: Release, kind: str, index: int, command: str, timeout_s: float
) -> tuple[int | None, list[str]]:
    """Run a command of a release to its end: its code, None if it took too long, and the last lines it printed."""
    lines: deque[str] = deque(maxlen=_OUTPUT_LINES_MAX)
    try:
        process = app.launch(release, kind, index, command=command, collect=lines.extend)
    except OSError as error:
        return 126, [f"It cannot be started: {error.strerror or error}"]
    try:
        async with asyncio.timeout(timeout_s):
            await process.exited.wait()
    except TimeoutError:
        await process.stop()
        return None, list(lines)
    except asyncio.CancelledError:
        await asyncio.shield(process.stop())
        raise
    await process.read.wait()
    return (1 if process.code is None else process.code), list(lines)


async def _end(app: Application, started: list[Process]) -> None:
    await asyncio.gather(*(each.kill() for each in started))
    await asyncio.to_thread(trees.forget_old, app.folder, _kept(app))


async def end_old(app: Application, old: list[Process]) -> None:
    """End processes that no longer count, once nothing is under way to them."""
    await app.stop(old, drain_s=DRAIN_S)
    app.save()
    await asyncio.to_thread(trees.forget_old, app.folder, _kept(app))


def _kept(app: Application) -> list[Release]:
    return [each for each in (app.kept.current, app.kept.previous) if each is not None]


async def _watch(app: Application, release: Release, former: Release) -> None:
    """Go back to the former release if the new one answers mostly with 5xx or ends again and again in its first minute."""
    began = await app.world.routing.counts(app.id)
    until = asyncio.get_running_loop().time() + WATCHED_S
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(app.world.look_s)
        if app.kept.current is not release:
            return
        now = await app.world.routing.counts(app.id)
        requests, failures = now[0] - began[0], now[1] - began[1]
        reason = None
        if requests >= _REQUESTS_MIN and failures * 2 > requests:
            reason = f"{failures} of {requests} requests ended with 5xx"
        elif any(ends >= _QUICK_ENDS_MAX for name, ends in app.quick_ends.items() if name.startswith(f"{WEB}.")):
            reason = "its web processes ended again and again"
        if reason is not None:
            await _go_back(app, release, former, reason)
            return


async def _go_back(app: Application, release: Release, former: Release, reason: str) -> None:
    app.say("deploy", str(release.number), f"Release v{release.number} is taken back: {reason}")

    async def say(message: str, details: str | None = None) -> None:
        del details
        app.say("deploy", str(former.number), message)

    with contextlib.suppress(OSError):
        deployed = await deploy(app, former, say)
        if deployed.is_live:
            app.report("rolled_back", {"release": release.number, "former": former.number})
