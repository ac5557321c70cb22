"""Which build is wanted, and the releases that bring it up, one after the other.

An application has at most one deployment under way. Whoever asks meanwhile says what is wanted next; of several the last
counts. The job of `jobs.py` takes `begin`, hands an order to the runner, and takes `finish`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid, Missing
from harbor.kernel.jobs import queue
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.deploys import store
from harbor.products.appharbor_apps.deploys.model import DEPLOY_JOB, REFRESH_DELAY, Reason, Release, State
from harbor.products.appharbor_apps.telling import tell

ROUTES_TOPIC = "appharbor.routes"
_LOCK = "appharbor_deploy"


def request(call: Call, application_id: int, build_id: int, reason: Reason) -> None:
    """Ask for a build to go live. Raises `Conflict` if that very build is being deployed by hand already."""
    call.tx.lock(_LOCK, application_id)
    application = applications.find(call, application_id)
    if application is None:
        return
    if application.deploying_build_id == build_id and reason is Reason.DEPLOY:
        raise Conflict("This build is being deployed.", code="build_deploying")
    if application.deploying_build_id is not None:
        applications.put(call, replace(application, wanted_build_id=build_id))
        return
    _start(call, application, build_id, reason, due_at=None)


def refresh(call: Call, application_id: int) -> None:
    """Ask for the live build to be started anew, because its configuration has changed."""
    call.tx.lock(_LOCK, application_id)
    application = applications.find(call, application_id)
    if application is None or application.live_build_id is None:
        return
    if application.deploying_build_id is not None:
        if store.starting(call.tx, call.account_id, application_id, call.vault) is None:
            return  # it has not begun, and takes the variables when it does
        wanted = application.wanted_build_id or application.deploying_build_id
        applications.put(call, replace(application, wanted_build_id=wanted))
        return
    due_at = call.tx.now + REFRESH_DELAY
    _start(call, application, application.live_build_id, Reason.CONFIGURATION, due_at=due_at)


def rollback(call: Call, slug: str, number: int) -> None:
    """Go back to a release, with the variables that it had. Raises `Conflict` while something is being deployed."""
    call, application = applications.require(call, slug, Right.PUSH)
    call.tx.lock(_LOCK, application.id)
    release = store.find(call.tx, call.account_id, application.id, number, call.vault)
    if release is None:
        raise Missing("Not Found")
    if release.state not in (State.LIVE, State.RETIRED):
        raise Invalid("Only a release that was live can be gone back to.", code="not_deployable")
    if application.deploying_build_id is not None:
        raise Conflict("Something is being deployed; try again when it has ended.", code="build_deploying")
    _start(call, application, release.build_id, Reason.ROLLBACK, due_at=None, variables_of=number)


def variables_of(call: Call, application_id: int, number: int) -> dict[str, str] | None:
    """The variables that a release had; None if it is gone."""
    release = store.find(call.tx, call.account_id, application_id, number, call.vault)
    return None if release is None else release.variables


def reroute(call: Call) -> None:
    """Tell the writer of the table of routes that names have changed."""
    call.tx.notify(ROUTES_TOPIC)


def begin(call: Call, application_id: int, reason: Reason, variables: Mapping[str, str]) -> Release | None:
    """The release of the deployment under way, made with the variables as they are now; None if there is none any more.

    After a crash in the middle it is the one that was made before.
    """
    call.tx.lock(_LOCK, application_id)
    application = applications.find(call, application_id)
    if application is None or application.deploying_build_id is None:
        return None
    present = store.starting(call.tx, call.account_id, application_id, call.vault)
    if present is not None and present.build_id == application.deploying_build_id:
        return present
    release = Release(
        account_id=call.account_id,
        application_id=application_id,
        number=store.last_number(call.tx, call.account_id, application_id) + 1,
        build_id=application.deploying_build_id,
        reason=reason,
        state=State.STARTING,
        variables=dict(variables),
        created_at=call.tx.now,
        finished_at=None,
    )
    store.insert(call.tx, call.account_id, release, call.vault)
    return release


def finish(call: Call, release: Release, *, is_live: bool) -> None:
    """Write what became of a release, and start what is wanted next."""
    call.tx.lock(_LOCK, release.application_id)
    state = State.LIVE if is_live else State.FAILED
    store.settle(call.tx, call.account_id, release.application_id, release.number, state)
    application = applications.find(call, release.application_id)
    if application is None or application.deploying_build_id != release.build_id:
        return
    after = replace(
        application,
        live_build_id=release.build_id if is_live else application.live_build_id,
        deploying_build_id=None,
        wanted_build_id=None,
    )
    applications.put(call, after)
    tell(
        call,
        "release.live" if is_live else "release.failed",
        application.id,
        release=release.number,
        build_id=release.build_id,
    )
    reroute(call)
    if application.wanted_build_id is not None:
        _start(call, after, application.wanted_build_id, Reason.DEPLOY, due_at=None)


def rolled_back(call: Call, application_id: int, number: int, former: int) -> None:
    """Write that the runner went back from a release to the one before, which is live again."""
    call.tx.lock(_LOCK, application_id)
    application = applications.find(call, application_id)
    release = store.find(call.tx, call.account_id, application_id, former, call.vault)
    if application is None or release is None or release.state is State.LIVE:
        return
    store.settle(call.tx, call.account_id, application_id, number, State.FAILED)
    store.settle(call.tx, call.account_id, application_id, former, State.LIVE)
    applications.put(call, replace(application, live_build_id=release.build_id))
    tell(call, "release.rolled_back", application_id, release=number, former=former, build_id=release.build_id)


def listing(call: Call, slug: str, limit: int = 50) -> list[Release]:
    """The newest releases of an application."""
    call, application = applications.require(call, slug, Right.READ)
    return store.newest_first(call.tx, call.account_id, application.id, limit, call.vault)


def remove_all(call: Call, application_id: int) -> None:
    """Remove the releases of an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)
    reroute(call)


def _start(
    call: Call,
    application: Application,
    build_id: int,
    reason: Reason,
    *,
    due_at: datetime | None,
    variables_of: int | None = None,
) -> None:
    applications.put(call, replace(application, deploying_build_id=build_id, wanted_build_id=None))
    queue.enqueue(
        call.tx,
        call.account_id,
        DEPLOY_JOB,
        {"application_id": application.id, "reason": reason.value, "variables_of": variables_of},
        job_id=call.new_id("job_"),
        due_at=due_at,
    )
