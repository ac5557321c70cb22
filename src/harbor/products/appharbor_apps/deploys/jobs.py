"""The job that deploys: makes a release, hands the runner an order, and writes what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from harbor.kernel.call import Call
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, LeaseLost
from harbor.kernel.storage.database import Lane, Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.builds.model import Build
from harbor.products.appharbor_apps.config_variables import service as variables
from harbor.products.appharbor_apps.deploys import service
from harbor.products.appharbor_apps.deploys.model import DEPLOY_JOB, Reason, Release
from harbor.products.appharbor_apps.deploys.port import Artefact, Deployed, Deployer, Order
from harbor.products.appharbor_apps.formation import service as formation
from harbor.products.appharbor_apps.hostnames import service as hostnames
from harbor.products.appharbor_apps.hostnames.model import Hostname
from harbor.products.appharbor_apps.logs.book import Book

log = structlog.get_logger("harbor.appharbor")

ATTEMPTS_MAX = 3
CallOf = Callable[[Tx, str], Call]


@dataclass(frozen=True, slots=True)
class _Begun:
    application: Application
    build: Build
    release: Release
    hostnames: list[Hostname]
    formation: dict[str, tuple[int, int]]


def deploy_kind(call_of: CallOf, deployer: Deployer, book: Book) -> JobKind:
    """The kind of job that deploys."""

    async def run(context: JobContext) -> JsonObject | None:
        account_id = context.job.account_id
        application_id = int(context.job.data["application_id"])
        reason = Reason(context.job.data["reason"])
        former = context.job.data.get("variables_of")
        begun = await context.write(lambda tx: _begin(call_of(tx, account_id), application_id, reason, former))
        if begun is None:
            return None

        async def say(message: str, details: str | None = None) -> None:
            book.put(application_id, "deploy", str(begun.release.number), message)
            await context.write(lambda tx: builds.log(call_of(tx, account_id), begun.build.id, message, details))

        try:
            deployed = await deployer.deploy(_order(begun), say)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("deploy_broke", application_id=application_id, release=begun.release.number)
            deployed = Deployed(False, "The runner failed for a reason of its own; the log of the server knows more")
        if deployed.reason:
            await say(deployed.reason)
        await context.write(lambda tx: _finish(call_of(tx, account_id), begun, is_live=deployed.is_live))
        return {"release": begun.release.number, "is_live": deployed.is_live}

    return JobKind(name=DEPLOY_JOB, run=run, attempts_max=ATTEMPTS_MAX, retry_delay_s_min=1, lane=Lane.FOREGROUND)


def _begin(call: Call, application_id: int, reason: Reason, former: int | None) -> _Begun | None:
    present = None if former is None else service.variables_of(call, application_id, former)
    present = variables.environment(call, application_id) if present is None else present
    release = service.begin(call, application_id, reason, present)
    application = applications.find(call, application_id)
    if release is None or application is None:
        return None
    build = builds.of_application(call, application_id, release.build_id)
    formed = {each.kind: (each.quantity, each.memory_mb) for each in formation.of_application(call, application_id)}
    return _Begun(application, build, release, hostnames.of_application(call, application_id), formed)


def _finish(call: Call, begun: _Begun, *, is_live: bool) -> None:
    service.finish(call, begun.release, is_live=is_live)
    application = applications.find(call, begun.application.id)
    if application is not None:
        builds.deployment_ended(call, application, begun.build.id, is_live=is_live)


def _order(begun: _Begun) -> Order:
    application, build, release = begun.application, begun.build, begun.release
    assert build.artefact_key is not None, build.id
    assert build.artefact_sha256 is not None, build.id
    manifest: Any = build.manifest or {}
    own = {
        "HARBOR_APP": application.slug,
        "HARBOR_RELEASE": f"v{release.number}",
        "HARBOR_BUILD": str(build.id),
        "HARBOR_COMMIT": build.commit_id,
        "APPHARBOR_COMMIT_ID": build.commit_id,
        # Applications of the original find out by this name where they run.
        "appharbor.commit_id": build.commit_id,
        "ENVIRONMENT": application.environment_name,
    }
    return Order(
        account_id=application.account_id,
        application_id=application.id,
        slug=application.slug,
        release=release.number,
        build_id=build.id,
        artefact=Artefact(
            key=build.artefact_key,
            sha256=build.artefact_sha256,
            size_bytes=build.artefact_bytes or 0,
            commands=manifest.get("commands", {}),
            environment=manifest.get("environment", {}),
        ),
        environment={**manifest.get("environment", {}), **own, **release.variables},
        hostnames=[each.value for each in begun.hostnames],
        canonical=next((each.value for each in begun.hostnames if each.canonical), None),
        health_check_path=application.health_check_path,
        is_file_system_writable=application.is_file_system_writable,
        formation=begun.formation,
    )
