"""Exceptions on the wire, where they are called errors. Source: docs/products/appharbor.md#exceptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.exceptions import service
from harbor.products.appharbor_apps.exceptions.model import DEPTH_MAX, Cause, Unhandled
from harbor.products.appharbor_apps.telling import number_of


class Raised(OpenBody):
    """An exception as it is shown and as it is reported."""

    type: str = ""
    message: str = ""
    stack_trace: str = ""
    inner_exception: Raised | None = None


class Report(OpenBody):
    """What an application reports of itself."""

    exception: Raised
    message: str = "An unhandled exception has occurred."
    request_path: str = ""
    date: str | None = None


def index(call: Call, slug: str) -> list[tuple[str, Unhandled]]:
    """The newest exceptions, with the slug for their addresses."""
    return [(slug, each) for each in service.listing(call, slug)]


def retrieve(call: Call, slug: str, exception_id: str) -> Unhandled:
    """One exception."""
    return service.find(call, slug, number_of(exception_id))


def create(call: Call, slug: str, body: Report) -> Created[None]:
    """Record an exception."""
    reported = service.report(
        call,
        slug,
        message=body.message,
        request_path=body.request_path,
        cause=_cause(body.exception, DEPTH_MAX),
        occurred_at=None if body.date is None else _moment(body.date),
    )
    return Created(None, f"/applications/{slug}/errors/{reported.id}")


def show(unhandled: Unhandled) -> dict[str, Any]:
    """An exception."""
    return {
        "commit_id": unhandled.commit_id,
        "date": unhandled.occurred_at,
        "request_path": unhandled.request_path,
        "message": unhandled.message,
        "exception": _shown(unhandled.cause),
    }


def show_listed(listed: tuple[str, Unhandled], call: Call) -> dict[str, Any]:
    """An exception in a list, with its address."""
    slug, unhandled = listed
    return {**show(unhandled), "url": f"{call.base_url}/applications/{slug}/errors/{unhandled.id}"}


def _shown(cause: Cause) -> dict[str, Any]:
    return {
        "stack_trace": cause.stack_trace,
        "message": cause.message,
        "type": cause.type,
        "inner_exception": None if cause.inner is None else _shown(cause.inner),
    }


def _cause(raised: Raised, depth: int) -> Cause:
    inner = raised.inner_exception
    return Cause(
        type=raised.type,
        message=raised.message,
        stack_trace=raised.stack_trace,
        inner=None if inner is None or depth == 0 else _cause(inner, depth - 1),
    )


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("date must be an ISO 8601 moment, like 2026-03-01T10:02:11.", field="date") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_ALL = "/applications/{slug}/errors"
_ONE = f"{_ALL}/{{exception_id}}"
ROUTES = (
    Route("exceptions.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List unhandled exceptions"),
    Route("exceptions.create", "POST", _ALL, create, scope=WRITE, writes=True, status=201, summary="Report one"),
    Route("exceptions.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve one"),
)
