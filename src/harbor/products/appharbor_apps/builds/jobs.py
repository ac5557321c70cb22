"""The job that builds: hands the builder a task, keeps what it says, and writes what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from harbor.kernel.blobs import Blob, Blobs
from harbor.kernel.bounds import KIB, MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject, LeaseLost
from harbor.kernel.storage.database import Lane, Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application
from harbor.products.appharbor_apps.builder.port import Builder, Built, Commit, Kept, Refused, Remote, Task
from harbor.products.appharbor_apps.builds import service
from harbor.products.appharbor_apps.builds.model import BUILD_JOB, Build, Source
from harbor.products.appharbor_apps.config_variables import service as variables
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.test_results import service as test_results

log = structlog.get_logger("harbor.appharbor")

ARTEFACT_BYTES_MAX = 2_048 * MIB
ATTEMPTS_MAX = 3
_PIECE_BYTES = 256 * KIB
CallOf = Callable[[Tx, str], Call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What building needs. `repository` is where the bare repository of an application lies."""

    builder: Builder
    blobs: Blobs
    book: Book
    repository: Callable[[str, int], Path]
    builders_max: int


def build_kind(call_of: CallOf, means: Means) -> JobKind:
    """The kind of job that builds. A build that took the process down three times fails."""

    async def run(context: JobContext) -> JsonObject | None:
        account_id = context.job.account_id
        application_id, build_id = int(context.job.data["application_id"]), int(context.job.data["build_id"])
        lost = context.job.attempts > 1

        def begin(tx: Tx) -> tuple[Application, Build, dict[str, str]] | None:
            call = call_of(tx, account_id)
            application = applications.find(call, application_id)
            build = None if application is None else service.begin(call, application_id, build_id)
            if application is None or build is None:
                service.dispatch(call, means.builders_max)
                return None
            if lost:
                service.log(call, build_id, "The builder was interrupted and begins anew")
            return application, build, variables.environment(call, application_id)

        found = await context.write(begin)
        if found is None:
            return None
        application, build, environment = found

        async def say(message: str, details: str | None = None) -> None:
            means.book.put(application_id, "build", str(build_id), message)
            await context.write(lambda tx: service.log(call_of(tx, account_id), build_id, message, details))

        try:
            built = await means.builder.build(_task(means, application, build, environment), say)
        except Refused as refused:
            await say(str(refused))
            built = Built(is_good=False)
        except (LeaseLost, asyncio.CancelledError):
            raise
        except Exception as error:
            if not isinstance(error, HarborError):
                log.exception("build_broke", build_id=build_id)
            await say("The builder failed for a reason of its own; the log of the server knows more")
            built = Built(is_good=False)
        blob = await _kept(means.blobs, account_id, built)
        await context.write(lambda tx: _finish(call_of(tx, account_id), means, application_id, build_id, built, blob))
        return {"is_good": built.is_good}

    return JobKind(name=BUILD_JOB, run=run, attempts_max=ATTEMPTS_MAX, retry_delay_s_min=1, lane=Lane.FOREGROUND)


def _task(means: Means, application: Application, build: Build, environment: dict[str, str]) -> Task:
    source: Commit | Remote | Kept
    if build.source is Source.GIT:
        source = Commit(means.repository(application.account_id, application.id), build.commit_id)
    elif build.source is Source.ARCHIVE:
        source = Remote(build.source_url or "")
    else:
        source = Kept(build.source_url or "")
    return Task(
        account_id=application.account_id,
        application_id=application.id,
        slug=application.slug,
        build_id=build.id,
        commit_id=build.commit_id,
        source=source,
        environment=environment,
        build_command=application.build_command,
        test_command=application.test_command,
        precompilation=application.precompilation,
        fail_on_test_failure=application.fail_on_test_failure,
    )


async def _kept(blobs: Blobs, account_id: str, built: Built) -> Blob | None:
    if built.archive is None:
        return None
    try:
        if not built.is_good:
            return None
        return await blobs.receive(account_id, _read(built.archive), size_bytes_max=ARTEFACT_BYTES_MAX)
    finally:
        built.archive.unlink(missing_ok=True)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece


def _finish(call: Call, means: Means, application_id: int, build_id: int, built: Built, blob: Blob | None) -> None:
    application = applications.find(call, application_id)
    if application is None:  # deleted meanwhile; its removal takes the build along
        return
    build = service.of_application(call, application_id, build_id)
    test_results.put(call, build_id, built.groups)
    service.finish(
        call,
        application,
        build,
        service.Finished(
            is_good=built.is_good,
            artefact=None if blob is None else (blob.key, blob.sha256, blob.size_bytes),
            manifest={"commands": dict(built.commands), "environment": dict(built.environment)},
        ),
        builders_max=means.builders_max,
    )
