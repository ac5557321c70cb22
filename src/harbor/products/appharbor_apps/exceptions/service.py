"""Exceptions read by people and recorded by what runs applications: the newest 500 of each application are kept."""

from __future__ import annotations

from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.exceptions import store
from harbor.products.appharbor_apps.exceptions.model import (
    KEPT_MAX,
    LINE_LENGTH_MAX,
    LISTED_MAX,
    TEXT_LENGTH_MAX,
    Cause,
    Unhandled,
    clip,
)
from harbor.products.appharbor_apps.telling import next_number, tell


def listing(call: Call, slug: str) -> list[Unhandled]:
    """The newest exceptions of an application."""
    call, application = applications.require(call, slug, Right.READ)
    return store.newest_first(call.tx, call.account_id, application.id, LISTED_MAX)


def find(call: Call, slug: str, exception_id: int) -> Unhandled:
    """One exception. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    found = store.find(call.tx, call.account_id, application.id, exception_id)
    if found is None:
        raise Missing("Not Found")
    return found


def report(
    call: Call, slug: str, *, message: str, request_path: str, cause: Cause, occurred_at: datetime | None
) -> Unhandled:
    """Record an exception that the application itself, or somebody who may push to it, reports."""
    call, application = applications.require(call, slug, Right.PUSH)
    return record(call, application, message=message, request_path=request_path, cause=cause, occurred_at=occurred_at)


def record(
    call: Call,
    application: Application,
    *,
    message: str,
    request_path: str,
    cause: Cause,
    occurred_at: datetime | None = None,
) -> Unhandled:
    """Record an exception; the call acts in the application's account. It names the commit that is live now."""
    commit_id = ""
    if application.live_build_id is not None:
        commit_id = builds.of_application(call, application.id, application.live_build_id).commit_id
    unhandled = Unhandled(
        account_id=call.account_id,
        id=next_number(call, "exceptions"),
        application_id=application.id,
        commit_id=commit_id,
        occurred_at=min(occurred_at or call.tx.now, call.tx.now),
        request_path=clip(request_path, LINE_LENGTH_MAX),
        message=clip(message, LINE_LENGTH_MAX),
        cause=_clipped(cause),
    )
    store.insert(call.tx, call.account_id, unhandled)
    store.forget_old(call.tx, call.account_id, application.id, KEPT_MAX)
    tell(call, "exception.raised", application.id, exception_id=unhandled.id)
    return unhandled


def remove_all(call: Call, application_id: int) -> None:
    """Remove the exceptions of an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)


def _clipped(cause: Cause) -> Cause:
    return Cause(
        type=clip(cause.type, LINE_LENGTH_MAX),
        message=clip(cause.message, LINE_LENGTH_MAX),
        stack_trace=clip(cause.stack_trace, TEXT_LENGTH_MAX),
        inner=None if cause.inner is None else _clipped(cause.inner),
    )
