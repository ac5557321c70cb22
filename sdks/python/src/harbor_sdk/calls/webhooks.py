"""Webhook endpoints: registered, changed, tested, and caught up after an outage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from harbor_sdk.core.build import UNSET, Unset, changed, get, get_list, given, post, segment, send
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.moments import Moment
from harbor_sdk.core.read import one
from harbor_sdk.core.reply import read_nothing
from harbor_sdk.core.request import Call
from harbor_sdk.filters import WebhookFilters
from harbor_sdk.models.deliveries import Attempt
from harbor_sdk.models.webhooks import Recovery, RotatedSecret, WebhookEndpoint, WebhookStats


def create(
    *,
    workspace_id: str,
    url: str,
    events: Sequence[str],
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    filter: Mapping[str, Any] | None = None,
    rate_limit: int | None = None,
    ordering: str | None = None,
    signature_format: str | None = None,
    secret: str | None = None,
    idempotency_key: str | None = None,
) -> Call[WebhookEndpoint]:
    """A new endpoint, with the signing secret that is shown this once."""
    body = given(
        workspace_id=workspace_id,
        url=url,
        events=events,
        description=description,
        metadata=metadata,
        headers=headers,
        filter=filter,
        rate_limit=rate_limit,
        ordering=ordering,
        signature_format=signature_format,
        secret=secret,
    )
    return Call(post("/v1/webhooks", body, idempotency_key=idempotency_key), one(WebhookEndpoint))


def retrieve(webhook_id: str) -> Call[WebhookEndpoint]:
    """One endpoint, without its secret."""
    return Call(get(_path(webhook_id)), one(WebhookEndpoint))


def page(**filters: Unpack[WebhookFilters]) -> ListCall[WebhookEndpoint]:
    """A page of a workspace's endpoints, newest first."""
    return ListCall(get_list("/v1/webhooks", filters, WebhookFilters), WebhookEndpoint)


def update(
    webhook_id: str,
    *,
    url: str | Unset = UNSET,
    events: Sequence[str] | Unset = UNSET,
    status: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    metadata: Mapping[str, str] | Unset = UNSET,
    headers: Mapping[str, str] | Unset = UNSET,
    filter: Mapping[str, Any] | Unset | None = UNSET,
    rate_limit: int | Unset | None = UNSET,
    ordering: str | Unset = UNSET,
    signature_format: str | Unset = UNSET,
) -> Call[WebhookEndpoint]:
    """An endpoint with other fields; what is UNSET stays."""
    body = changed(
        url=url,
        events=events,
        status=status,
        description=description,
        metadata=metadata,
        headers=headers,
        filter=filter,
        rate_limit=rate_limit,
        ordering=ordering,
        signature_format=signature_format,
    )
    return Call(send("PUT", _path(webhook_id), body), one(WebhookEndpoint))


def delete(webhook_id: str) -> Call[None]:
    """The end of an endpoint; its outstanding deliveries are canceled."""
    return Call(send("DELETE", _path(webhook_id)), read_nothing)


def rotate_secret(
    webhook_id: str,
    *,
    grace_period_seconds: int | None = None,
    secret: str | None = None,
    idempotency_key: str | None = None,
) -> Call[RotatedSecret]:
    """A new signing secret. The old one signs too until `grace_period_seconds` are over."""
    body = given(grace_period_seconds=grace_period_seconds, secret=secret)
    return Call(
        post(f"{_path(webhook_id)}/rotate_secret", body or None, idempotency_key=idempotency_key), one(RotatedSecret)
    )


def send_test(
    webhook_id: str,
    *,
    event_type: str | None = None,
    payload: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[Attempt]:
    """One attempt with a made-up event, and how it went."""
    body = given(event_type=event_type, payload=payload)
    return Call(post(f"{_path(webhook_id)}/test", body or None, idempotency_key=idempotency_key), one(Attempt))


def stats(webhook_id: str, *, since: Moment | None = None) -> Call[WebhookStats]:
    """Counts and latencies of an endpoint since a moment."""
    return Call(get(f"{_path(webhook_id)}/stats", since=since), one(WebhookStats))


def recover(
    webhook_id: str,
    *,
    since: Moment,
    until: Moment | None = None,
    include: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Call[Recovery]:
    """A job that sends what an endpoint missed between two moments."""
    body = given(since=since, until=until, include=include)
    return Call(post(f"{_path(webhook_id)}/recover", body, idempotency_key=idempotency_key), one(Recovery))


def _path(webhook_id: str) -> str:
    return f"/v1/webhooks/{segment(webhook_id, 'webhook_id')}"
