"""What a push leads to: builds queued, and their log told to the pusher until it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.kernel.identity.model import system
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.builds.following import Changes
from harbor.products.appharbor_apps.builds.model import Build, LogEntry, Source, Status, Wanted
from harbor.products.appharbor_apps.git.pushes import Say, Tip, deadline
from harbor.products.appharbor_apps.setup import setup_of
from harbor.products.appharbor_apps.test_results import service as test_results


async def take(
    services: Services,
    stage: RawStage,
    application: Application,
    tips: Sequence[Tip],
    *,
    base_url: str,
    waits: bool,
    say: Say,
) -> None:
    """Queue a build for each tip, or deploy the one there is, and tell the pusher. Follows the last one if they wait.

    `base_url` is scheme, host and prefix as the pusher has reached them.
    """
    followed = None
    for tip in tips:
        build, is_new = await _queued(services, stage, application, tip)
        address = f"{base_url}/applications/{application.slug}/builds/{build.id}"
        if is_new:
            await say(f"Build {build.id} of {tip.branch} is queued: {address}")
            followed = build
        else:
            await say(f"{tip.commit_id[:12]} was built before; build {build.id} is being deployed: {address}")
    if followed is not None and waits:
        await _follow(services, application, followed, say)


async def _queued(services: Services, stage: RawStage, application: Application, tip: Tip) -> tuple[Build, bool]:
    def write(call: Call, _supply: Mapping[str, Any]) -> tuple[Build, bool]:
        inside, present = applications.require(call, application.slug, Right.PUSH)
        if present.tracks(tip.branch):
            known = builds.deploy_commit(inside, present, tip.commit_id)
            if known is not None:
                return known, False
        wanted = Wanted(branch=tip.branch, commit_id=tip.commit_id, commit_message=tip.message, source=Source.GIT)
        return builds.add(inside, present, wanted, builders_max=setup_of(services).builders_max), True

    found: tuple[Build, bool] = await stage.write(write)
    return found


async def _follow(services: Services, application: Application, build: Build, say: Say) -> None:
    changes: Changes = services.tools["appharbor.build_changes"]
    until, number = deadline(), 0

    def look(tx: Any) -> tuple[Build, list[LogEntry], Application | None]:
        call = services.call(tx, system(application.account_id))
        present, entries = builds.log_after(call, application.id, build.id, number)
        return present, entries, applications.find(call, application.id)

    ticks = changes.ticks()
    try:
        async for _ in ticks:
            if services.draining.is_set() or monotonic() > until:
                await say("The build goes on; its address shows what becomes of it.")
                return
            present, entries, now = await services.database.read(look)
            for entry in entries:
                number = entry.number
                await say(entry.message)
            if now is None or (not present.is_open and build.id not in (now.deploying_build_id, now.wanted_build_id)):
                await _summary(services, application, present, say)
                return
    finally:
        await ticks.aclose()  # type: ignore[attr-defined]


async def _summary(services: Services, application: Application, build: Build, say: Say) -> None:
    def count(tx: Any) -> Mapping[str, int]:
        return test_results.counts(services.call(tx, system(application.account_id)), build.id)

    counts = await services.database.read(count)
    if counts:
        await say("Tests: " + ", ".join(f"{n} {word.lower()}" for word, n in sorted(counts.items())))
    if build.status is Status.FAILED:
        await say(f"Build {build.id} failed.")
    elif build.deployed_at is not None:
        await say(f"Build {build.id} is live: {setup_of(services).address(application.slug)}")
    else:
        await say(f"Build {build.id} succeeded.")
