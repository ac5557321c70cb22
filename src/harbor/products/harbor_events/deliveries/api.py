"""Deliveries and attempts on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Body
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.pages import ALWAYS, Page, PageRequest
from harbor.kernel.webhooks.model import Attempt, Delivery, State, Trigger
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.deliveries import service
from harbor.products.harbor_events.deliveries.model import Selection
from harbor.products.harbor_events.webhooks.view import STATES, WORDS
from harbor.products.harbor_events.wire import EventId, Moment, Span, WebhookId, WorkspaceId, moment_us

Status = Literal["pending", "retrying", "delivered", "failed", "canceled", "skipped", "paused"]
ResponseStatus = Annotated[int, msgspec.Meta(ge=100, le=599)]
_ATTEMPTS_SHOWN = 20


class DeliveryBody(TypedDict):
    """A delivery as it is shown."""

    id: str
    workspace_id: str
    webhook_id: str
    event_id: str
    event_type: str
    status: str
    attempt_count: int
    next_attempt_at: datetime | None
    expires_at: datetime | None
    last_response_status: int | None
    last_error: str | None
    created_at: datetime
    completed_at: datetime | None


class AttemptBody(TypedDict):
    """An attempt as it is shown."""

    id: str
    delivery_id: str
    number: int
    trigger: str
    started_at: datetime
    duration_ms: int
    url: str
    response_status: int | None
    response_headers: dict[str, str]
    response_body: str | None
    response_truncated: bool
    error: str | None
    signature_timestamp: int | None
    resolved_ip: str | None


class WholeDeliveryBody(DeliveryBody):
    """A delivery with its latest attempts and the exact text that is sent."""

    attempts: list[AttemptBody]
    request_body: str | None


class ListDeliveries(Span, kw_only=True):
    """Which deliveries to list."""

    workspace_id: WorkspaceId
    webhook_id: WebhookId | None = None
    event_id: EventId | None = None
    event_type: str | None = None
    status: Status | None = None
    response_status: ResponseStatus | None = None


class ReplayMany(Body):
    """Which deliveries to send again: filters and a span of time. `dry_run` only counts."""

    workspace_id: WorkspaceId
    webhook_id: WebhookId | None = None
    event_id: EventId | None = None
    event_type: str | None = None
    status: Status | None = None
    response_status: ResponseStatus | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    dry_run: bool = False


class ReplayManyBody(TypedDict):
    """How many deliveries are sent again, and the job that does it; none for a dry run."""

    count: int
    dry_run: bool
    job_id: str | None


def index(call: Call, query: ListDeliveries, page: PageRequest) -> Page[Delivery]:
    """Deliveries of a workspace, newest first."""
    return service.listed(
        call, _selection(query, query.after_us, query.before_us), page, ascending=query.order == "asc"
    )


def retrieve(call: Call, place: Place) -> WholeDeliveryBody:
    """One delivery with its latest attempts and the exact request body."""
    latest = service.attempts(call, place.thing, PageRequest(limit=_ATTEMPTS_SHOWN), ALWAYS)
    return {
        **show(place.thing),
        "attempts": [show_attempt(attempt) for attempt in reversed(latest.items)],
        "request_body": service.request_body(call, place.thing),
    }


def attempts(call: Call, query: Span, page: PageRequest, place: Place) -> Page[Attempt]:
    """Attempts of a delivery, oldest first unless `order=desc`."""
    span = replace(query.span, ascending=query.order != "desc")
    return service.attempts(call, place.thing, page, span)


def replay(call: Call, place: Place) -> Delivery:
    """Send a delivery again now."""
    return service.replay(call, place.thing)


def cancel(call: Call, place: Place) -> Delivery:
    """Cancel an outstanding delivery."""
    return service.cancel(call, place.thing)


def replay_many(call: Call, body: ReplayMany) -> Answer:
    """Send a selection of deliveries again, oldest first."""
    after, before = moment_us(body.created_after, "created_after"), moment_us(body.created_before, "created_before")
    selection = _selection(body, after, before)
    count = service.count(call, selection)
    job = None if body.dry_run else service.start_replay(call, selection, Trigger.MANUAL)
    return Answer(
        200 if body.dry_run else 202, {"count": count, "dry_run": body.dry_run, "job_id": job.id if job else None}
    )


def show(delivery: Delivery) -> DeliveryBody:
    """The fields of a delivery. What is not outstanding has no next attempt."""
    return {
        "id": delivery.id,
        "workspace_id": delivery.workspace_id,
        "webhook_id": delivery.subscription_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "status": WORDS[delivery.state],
        "attempt_count": delivery.attempt_count,
        "next_attempt_at": delivery.due_at if delivery.state in (State.DUE, State.RETRYING) else None,
        "expires_at": delivery.expires_at,
        "last_response_status": delivery.last_response_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
        "completed_at": delivery.completed_at,
    }


def show_attempt(attempt: Attempt) -> AttemptBody:
    """The fields of an attempt."""
    return {
        "id": attempt.id,
        "delivery_id": attempt.delivery_id,
        "number": attempt.number,
        "trigger": attempt.trigger.value,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "url": attempt.url,
        "response_status": attempt.response_status,
        "response_headers": dict(attempt.response_headers),
        "response_body": attempt.response_body,
        "response_truncated": attempt.response_truncated,
        "error": attempt.error,
        "signature_timestamp": attempt.signature_timestamp,
        "resolved_ip": attempt.resolved_ip,
    }


def _selection(wanted: ListDeliveries | ReplayMany, after_us: int | None, before_us: int | None) -> Selection:
    return Selection(
        workspace_id=wanted.workspace_id,
        webhook_id=wanted.webhook_id,
        event_id=wanted.event_id,
        event_type=wanted.event_type,
        states=None if wanted.status is None else (STATES[wanted.status],),
        response_status=wanted.response_status,
        created_after=after_us,
        created_before=before_us,
    )


_ONE = "/v1/deliveries/{delivery_id}"
_READ = (scopes.WEBHOOKS_MANAGE, scopes.DELIVERIES_READ)
_REPLAY = (scopes.WEBHOOKS_MANAGE, scopes.DELIVERIES_REPLAY)
_TAGS = ("Deliveries",)


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    settings = {
        "scope": _READ if method == "GET" else _REPLAY,
        "locate": located.of_delivery,
        "writes": method == "POST",
        **more,
    }
    return Route(name, method, path, handler, summary=summary, tags=_TAGS, **settings)


ROUTES = (
    _route(
        "deliveries.list",
        "GET",
        "/v1/deliveries",
        index,
        "List deliveries",
        show=show,
        paged=True,
        locate=located.named,
    ),
    _route(
        "deliveries.replay_many",
        "POST",
        "/v1/deliveries/replay",
        replay_many,
        "Send many deliveries again",
        status=202,
        locate=located.named,
        reply={200: ReplayManyBody, 202: ReplayManyBody},
    ),
    _route("deliveries.retrieve", "GET", _ONE, retrieve, "Retrieve a delivery"),
    _route("deliveries.attempts", "GET", f"{_ONE}/attempts", attempts, "List attempts", show=show_attempt, paged=True),
    _route("deliveries.replay", "POST", f"{_ONE}/replay", replay, "Send a delivery again", show=show, status=202),
    _route(
        "deliveries.retry",
        "POST",
        f"{_ONE}/retry",
        replay,
        "Send a delivery again (alias of replay)",
        show=show,
        status=202,
    ),
    _route("deliveries.cancel", "POST", f"{_ONE}/cancel", cancel, "Cancel a delivery", show=show),
)
