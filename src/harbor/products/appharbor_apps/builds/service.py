"""Builds asked for, taken in turn, finished and deployed.

A build of an application begins when the one before has ended, and so many run at once as the operator allows. Whoever
adds or finishes one calls `dispatch`, which queues jobs for those whose turn it is: so nothing waits for a clock.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing, QuotaExceeded
from harbor.kernel.jobs import queue
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.builds import log_store, store
from harbor.products.appharbor_apps.builds.model import (
    BRANCH_LENGTH_MAX,
    BUILD_JOB,
    COMMIT_ID_LENGTH_MAX,
    COMMIT_MESSAGE_LENGTH_MAX,
    LOG_ENTRIES_MAX,
    MESSAGE_LENGTH_MAX,
    QUEUED_MAX,
    Build,
    LogEntry,
    Status,
    Wanted,
    clip,
    clip_details,
)
from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.deploys.model import Reason
from harbor.products.appharbor_apps.telling import next_number, tell

LOG_TOPIC = "appharbor.build_log"
_LOCK = "appharbor_builds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came of a build: its artefact as key, digest and size, and how it is run."""

    is_good: bool
    artefact: tuple[str, str, int] | None = None
    manifest: dict[str, object] | None = None


def listing(call: Call, slug: str, *, count: int, offset: int) -> list[Build]:
    """Builds of an application, the newest first."""
    call, application = applications.require(call, slug, Right.READ)
    return store.newest_first(call.tx, call.account_id, application.id, count=count, offset=offset, vault=call.vault)


def find(call: Call, slug: str, build_id: int) -> tuple[Build, list[LogEntry]]:
    """One build with the lines of its log. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    build = of_application(call, application.id, build_id)
    return build, log_store.of_build(call.tx, call.account_id, build.id)


def require(call: Call, slug: str, build_id: int) -> tuple[Call, Build]:
    """One build of an application the caller may see, and a call in its account. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return call, of_application(call, application.id, build_id)


def log_details(call: Call, slug: str, build_id: int, number: int) -> str:
    """The text behind a line of the log. Raises `Missing` where there is no more than the line."""
    call, build = require(call, slug, build_id)
    entry = log_store.find(call.tx, call.account_id, build.id, number)
    if entry is None or entry.details is None:
        raise Missing("Not Found")
    return entry.details


def add(call: Call, application: Application, wanted: Wanted, *, builders_max: int) -> Build:
    """A new build in the queue; the call acts in the application's account.

    What waits of the same branch is superseded by it: those builds fail and say so.
    """
    call.tx.lock(_LOCK)
    waiting = store.open_of(call.tx, call.account_id, application.id, call.vault)
    if len(waiting) >= QUEUED_MAX:
        raise QuotaExceeded(f"{QUEUED_MAX} builds of this application wait already.")
    for former in waiting:
        if former.status is Status.QUEUED and former.branch == wanted.branch:
            log(call, former.id, "superseded")
            finish(call, application, former, Finished(is_good=False), builders_max=builders_max, dispatches=False)
    build = Build(
        account_id=call.account_id,
        id=next_number(call, "builds"),
        application_id=application.id,
        status=Status.QUEUED,
        source=wanted.source,
        source_url=wanted.source_url,
        branch=clip(wanted.branch, BRANCH_LENGTH_MAX),
        commit_id=clip(wanted.commit_id, COMMIT_ID_LENGTH_MAX),
        commit_message=clip(wanted.commit_message, COMMIT_MESSAGE_LENGTH_MAX),
        artefact_key=None,
        artefact_sha256=None,
        artefact_bytes=None,
        manifest=None,
        created_at=call.tx.now,
        dispatched_at=None,
        started_at=None,
        finished_at=None,
        deployed_at=None,
    )
    store.insert(call.tx, call.account_id, build, call.vault)
    tell(call, "build.queued", application.id, build_id=build.id, source=build.source.value)
    dispatch(call, builders_max)
    return build


def add_all(call: Call, application: Application, wanted: Sequence[Wanted], *, builders_max: int) -> Build:
    """Builds for several branches; the last one. Raises `Invalid` if there is none."""
    if not wanted:
        raise Invalid("branches names no branch.", field="branches")
    return [add(call, application, each, builders_max=builders_max) for each in wanted][-1]


def dispatch(call: Call, builders_max: int) -> None:
    """Queue jobs for the builds whose turn it is."""
    call.tx.lock(_LOCK)
    present = store.open_everywhere(call.tx, call.account_id)
    busy = {row["application_id"] for row in present if row["dispatched_at"] is not None}
    for row in present:
        if len(busy) >= builders_max:
            return
        if row["dispatched_at"] is not None or row["application_id"] in busy:
            continue
        busy.add(row["application_id"])
        store.dispatch(call.tx, row["account_id"], row["id"])
        queue.enqueue(
            call.tx,
            row["account_id"],
            BUILD_JOB,
            {"application_id": row["application_id"], "build_id": row["id"]},
            job_id=call.new_id("job_"),
            unique_key=f"{BUILD_JOB}:{row['id']}",
        )


def begin(call: Call, application_id: int, build_id: int) -> Build | None:
    """The build, which runs from now on; None if nobody waits for it any more."""
    if not store.start(call.tx, call.account_id, build_id):
        return None
    tell(call, "build.started", application_id, build_id=build_id)
    return store.find(call.tx, call.account_id, application_id, build_id, call.vault)


def finish(
    call: Call,
    application: Application,
    build: Build,
    finished: Finished,
    *,
    builders_max: int,
    dispatches: bool = True,
) -> None:
    """Write the outcome. A good build of a tracked branch is deployed; of any other its end is told at once."""
    artefact = finished.artefact
    if artefact is not None and (known := store.with_artefact(call.tx, call.account_id, artefact[1])) is not None:
        artefact = (known, *artefact[1:])
    status = Status.SUCCEEDED if finished.is_good else Status.FAILED
    store.finish(call.tx, call.account_id, build.id, status, artefact=artefact, manifest=finished.manifest)
    call.tx.notify(LOG_TOPIC)
    tell(call, f"build.{status.value.lower()}", application.id, build_id=build.id)
    if finished.is_good and artefact is not None and application.tracks(build.branch):
        deploys.request(call, application.id, build.id, Reason.PUSH)
    else:
        completed(call, application.id, build.id, is_good=finished.is_good)
    if dispatches:
        dispatch(call, builders_max)


def completed(call: Call, application_id: int, build_id: int, *, is_good: bool) -> None:
    """Tell that a build and its deployment are over: service hooks hear of this, once for each build."""
    if not store.told(call.tx, call.account_id, build_id):
        return
    tell(call, "build.completed", application_id, build_id=build_id, status="succeeded" if is_good else "failed")


def deployment_ended(call: Call, application: Application, build_id: int, *, is_live: bool) -> None:
    """Tell the end of a build whose deployment is over, and of those that a newer one has overtaken on their way."""
    if is_live:
        store.deployed(call.tx, call.account_id, build_id)
        tell(call, "build.deployed", application.id, build_id=build_id)
        call.tx.notify(LOG_TOPIC)
    coming = (application.deploying_build_id, application.wanted_build_id)
    for each in store.untold(call.tx, call.account_id, application.id):
        if each == build_id or each not in coming:
            completed(call, application.id, each, is_good=is_live if each == build_id else True)


def deploy(call: Call, slug: str, build_id: int) -> None:
    """Deploy a build again, with the configuration as it is now. Raises `Invalid` if there is nothing to deploy."""
    call, application = applications.require(call, slug, Right.PUSH)
    build = of_application(call, application.id, build_id)
    if build.status is not Status.SUCCEEDED or build.artefact_key is None:
        raise Invalid("Only a build that succeeded and whose artefact is kept can be deployed.", code="not_deployable")
    deploys.request(call, application.id, build.id, Reason.DEPLOY)


def deploy_commit(call: Call, application: Application, commit_id: str) -> Build | None:
    """Deploy the good build that a commit has already; None if it has none. The call acts in the application's account."""
    build = store.succeeded_with(call.tx, call.account_id, application.id, commit_id, call.vault)
    if build is not None:
        deploys.request(call, application.id, build.id, Reason.PUSH)
    return build


def log(call: Call, build_id: int, message: str, details: str | None = None) -> None:
    """Add a line to the log of a build."""
    log_store.append(
        call.tx,
        call.account_id,
        build_id,
        clip(message, MESSAGE_LENGTH_MAX),
        clip_details(details) if details and details.strip() else None,
        number_max=LOG_ENTRIES_MAX,
    )
    call.tx.notify(LOG_TOPIC)


def log_after(call: Call, application_id: int, build_id: int, number: int) -> tuple[Build, list[LogEntry]]:
    """A build of the call's account and the lines of its log after one: for whoever follows it."""
    build = of_application(call, application_id, build_id)
    return build, log_store.of_build(call.tx, call.account_id, build.id, after=number)


def of_application(call: Call, application_id: int, build_id: int) -> Build:
    """One build of an application, the call acting in its account. Raises `Missing`."""
    build = store.find(call.tx, call.account_id, application_id, build_id, call.vault)
    if build is None:
        raise Missing("Not Found")
    return build


def artefacts_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs builds name: for the sweep of blobs, which takes what nobody names."""
    return store.artefacts_among(tx, account_id, keys)


def remove_some(call: Call, application_id: int, limit: int) -> list[int]:
    """Remove some builds of an application that goes, with their logs; their ids."""
    gone = store.delete_some(call.tx, call.account_id, application_id, limit)
    log_store.delete_of_builds(call.tx, call.account_id, gone)
    return gone
