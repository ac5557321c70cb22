"""Webhook endpoints on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Body, Query
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Answer, Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.webhooks.model import Standing, Subscription
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.deliveries.api import AttemptBody, show_attempt
from harbor.products.harbor_events.events.model import check_payload
from harbor.products.harbor_events.webhooks import model, ping, recovery, service, stats
from harbor.products.harbor_events.webhooks.service import Changes, WithSecret
from harbor.products.harbor_events.wire import Moment, Span, WorkspaceId, moment_of, moment_us

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2048, examples=["https://hooks.example.com/harbor"])]
Entries = Annotated[list[str], msgspec.Meta(min_length=1, max_length=100, examples=[["order.shipped", "invoice.*"]])]
RateLimit = Annotated[int, msgspec.Meta(ge=1, le=model.RATE_LIMIT_MAX)]
Secret = Annotated[str, msgspec.Meta(description="whsec_ and base64 of 24 to 64 bytes.")]
_UNSET = msgspec.UNSET
Unset = msgspec.UnsetType


class WebhookBody(TypedDict):
    """An endpoint as it is shown; its secret and the values of its headers never are."""

    id: str
    workspace_id: str
    url: str
    events: list[str]
    status: str
    created_at: datetime
    description: str | None
    metadata: dict[str, str]
    filter: dict[str, Any] | None
    rate_limit: int | None
    ordering: str
    signature_format: str
    disabled_reason: str | None
    updated_at: datetime


class NewWebhookBody(WebhookBody):
    """An endpoint with its secret, shown once."""

    secret: str


class CreateWebhook(Body):
    """A new endpoint."""

    workspace_id: WorkspaceId
    url: Url
    events: Entries
    description: str | None = None
    metadata: dict[str, str] | None = None
    headers: dict[str, str] | None = None
    filter: dict[str, Any] | None = None
    rate_limit: RateLimit | None = None
    ordering: Literal["none", "strict"] = "none"
    signature_format: Literal["timestamped", "hex"] = "timestamped"
    secret: Secret | None = None


class UpdateWebhook(Body):
    """What changes; an absent field stays. `status` `active` re-enables, `disabled` pauses."""

    url: Url | Unset = _UNSET
    events: Entries | Unset = _UNSET
    status: Literal["active", "disabled"] | Unset = _UNSET
    description: str | Unset | None = _UNSET
    metadata: dict[str, str] | Unset | None = _UNSET
    headers: dict[str, str] | Unset | None = _UNSET
    filter: dict[str, Any] | Unset | None = _UNSET
    rate_limit: RateLimit | Unset | None = _UNSET
    ordering: Literal["none", "strict"] | Unset = _UNSET
    signature_format: Literal["timestamped", "hex"] | Unset = _UNSET


class ListWebhooks(Span, kw_only=True):
    """Which endpoints to list."""

    workspace_id: WorkspaceId
    status: Literal["active", "disabled"] | None = None


class RotateSecret(Body):
    """How long the present secret stays valid, and a secret of one's own."""

    grace_period_seconds: Annotated[int, msgspec.Meta(ge=0, le=model.GRACE_S_MAX)] = 86_400
    secret: Secret | None = None


class RotatedBody(TypedDict):
    """The new secret, shown once."""

    id: str
    secret: str
    previous_secret_expires_at: datetime | None


class TestWebhook(Body):
    """What the test pretends to be."""

    event_type: str | None = None
    payload: msgspec.Raw | Unset = _UNSET


class StatsQuery(Query, kw_only=True):
    """Since when; at most 30 days."""

    since: Moment | None = None


class Recover(Body):
    """Which deliveries are sent again, in the order they were created."""

    since: Moment
    until: Moment | None = None
    include: Annotated[list[Literal["failed", "skipped"]], msgspec.Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: ["failed", "skipped"]
    )


class JobBody(TypedDict):
    """A job that was started."""

    job_id: str


async def check_address(value: Any, services: Services) -> Invalid | None:
    """Why an address is refused, as far as can be known now; every attempt looks again.

    It is raised by the handler, because a missing workspace and an answer given before come first.
    """
    url = value.get("url") if isinstance(value, dict) else None
    if isinstance(url, str) and url and len(url) <= 2048:
        try:
            services.outbound.check_url(url)
            await services.outbound.check_resolves(url)
        except Invalid as refused:
            return refused
    return None


def create(call: Call, body: CreateWebhook, place: Place, prepared: Any) -> Created[WithSecret]:
    """Register an endpoint; the reply is the only one that shows its secret."""
    if prepared is not None:
        raise prepared
    changes = Changes(
        url=body.url,
        events=body.events,
        description=body.description,
        metadata=body.metadata,
        headers=body.headers,
        filter=body.filter,
        rate_limit=body.rate_limit,
        ordering=body.ordering,
        signature_format=body.signature_format,
    )
    assert place.workspace is not None
    return Created(service.create(call, place.workspace, changes, secret=body.secret))


def retrieve(place: Place) -> Subscription:
    """One endpoint."""
    return place.thing  # type: ignore[no-any-return]


def index(call: Call, query: ListWebhooks, page: PageRequest, place: Place) -> Page[Subscription]:
    """Endpoints of a workspace, newest first."""
    assert place.workspace is not None
    return service.listed(
        call,
        place.workspace,
        page,
        status=Standing(query.status) if query.status else None,
        created_after=query.after_us,
        created_before=query.before_us,
        ascending=query.order == "asc",
    )


def update(call: Call, body: UpdateWebhook, place: Place, prepared: Any) -> Subscription:
    """Change an endpoint."""
    if prepared is not None:
        raise prepared
    changes = Changes(**{name: getattr(body, name) for name in UpdateWebhook.__struct_fields__})
    return service.update(call, place.thing, changes)


def delete(call: Call, place: Place) -> None:
    """Remove an endpoint."""
    service.delete(call, place.thing)


def rotate_secret(call: Call, body: RotateSecret, place: Place) -> RotatedBody:
    """A new secret; both sign until the grace period ends."""
    made, expires_at = service.rotate_secret(call, place.thing, grace_s=body.grace_period_seconds, secret=body.secret)
    return {"id": made.subscription.id, "secret": made.secret, "previous_secret_expires_at": expires_at}


async def test(stage: Stage, services: Services) -> Reply:
    """Send a signed test and answer with its attempt."""

    def begin(call: Call, body: TestWebhook, place: Place) -> Any:
        payload = None if body.payload is _UNSET else check_payload(body.payload)
        assert place.workspace is not None
        return ping.begin(
            call,
            place.thing,
            place.workspace,
            event_type=body.event_type,
            payload=payload,
            owner=services.tools["dispatch.owner"],
        )

    prepared = await stage.first(begin)
    finished = await services.send_webhook(prepared)

    def record(call: Call) -> Any:
        services.record_webhook(call.tx, finished)
        return show_attempt(finished.attempt)

    return await stage.last(record)


def statistics(call: Call, query: StatsQuery, place: Place) -> stats.Stats:
    """How an endpoint did."""
    since = None if query.since is None else moment_of(query.since, "since")
    return stats.of(call, place.thing, since=since)


def recover(call: Call, body: Recover, place: Place) -> Answer:
    """Send again what failed or was skipped since a moment."""
    job = recovery.start(
        call,
        place.thing,
        since_us=moment_us(body.since, "since") or 0,
        until_us=moment_us(body.until, "until"),
        include=body.include,
    )
    return Answer(202, {"job_id": job.id})


def show(subscription: Subscription) -> WebhookBody:
    """The fields of an endpoint."""
    return {
        "id": subscription.id,
        "workspace_id": subscription.workspace_id,
        "url": subscription.url,
        "events": list(subscription.entries),
        "status": subscription.status.value,
        "created_at": subscription.created_at,
        "description": subscription.description,
        "metadata": dict(subscription.metadata),
        "filter": msgspec.Raw(subscription.filter.encode()) if subscription.filter else None,  # type: ignore[typeddict-item]
        "rate_limit": subscription.rate_limit,
        "ordering": subscription.ordering.value,
        "signature_format": subscription.signature_format,
        "disabled_reason": subscription.disabled_reason,
        "updated_at": subscription.updated_at,
    }


def show_new(made: WithSecret) -> NewWebhookBody:
    """The fields of a new endpoint and its secret."""
    shown = show(made.subscription)
    head = {name: shown.pop(name) for name in ("id", "workspace_id", "url", "events", "status")}  # type: ignore[misc]
    return {**head, "secret": made.secret, **shown}  # type: ignore[typeddict-item]


_ONE = "/v1/webhooks/{webhook_id}"
_TAGS = ("Webhooks",)


def _manage(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    return Route(
        name,
        method,
        path,
        handler,
        scope=scopes.WEBHOOKS_MANAGE,
        summary=summary,
        tags=_TAGS,
        **{"locate": located.of_webhook, **more},
    )


ROUTES = (
    _manage(
        "webhooks.create",
        "POST",
        "/v1/webhooks",
        create,
        "Register a webhook endpoint",
        show=show_new,
        writes=True,
        status=201,
        locate=located.named,
        prepare=check_address,
    ),
    _manage(
        "webhooks.list",
        "GET",
        "/v1/webhooks",
        index,
        "List webhook endpoints",
        show=show,
        paged=True,
        locate=located.named,
    ),
    _manage("webhooks.retrieve", "GET", _ONE, retrieve, "Retrieve a webhook endpoint", show=show),
    _manage(
        "webhooks.update",
        "PUT",
        _ONE,
        update,
        "Change a webhook endpoint",
        show=show,
        writes=True,
        prepare=check_address,
    ),
    _manage(
        "webhooks.patch",
        "PATCH",
        _ONE,
        update,
        "Change a webhook endpoint",
        show=show,
        writes=True,
        prepare=check_address,
    ),
    _manage("webhooks.delete", "DELETE", _ONE, delete, "Delete a webhook endpoint", writes=True, status=204),
    _manage(
        "webhooks.rotate_secret",
        "POST",
        f"{_ONE}/rotate_secret",
        rotate_secret,
        "Rotate the signing secret",
        writes=True,
    ),
    _manage(
        "webhooks.test", "POST", f"{_ONE}/test", test, "Send a test", journey=True, reply=AttemptBody, takes=TestWebhook
    ),
    _manage("webhooks.stats", "GET", f"{_ONE}/stats", statistics, "How an endpoint did", show=stats.show, read="long"),
    _manage(
        "webhooks.recover",
        "POST",
        f"{_ONE}/recover",
        recover,
        "Send again what was missed",
        writes=True,
        status=202,
        reply=JobBody,
    ),
)
