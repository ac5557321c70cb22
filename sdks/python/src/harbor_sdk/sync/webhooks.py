# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""`harbor.webhooks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

from harbor_sdk.calls import webhooks as calls
from harbor_sdk.core.build import UNSET, Unset
from harbor_sdk.core.moments import Moment
from harbor_sdk.filters import WebhookFilters
from harbor_sdk.models.deliveries import Attempt
from harbor_sdk.models.webhooks import Recovery, RotatedSecret, WebhookEndpoint, WebhookStats
from harbor_sdk.sync.runner import Page, Runner


class Webhooks:
    """Endpoints: where events are delivered, and which."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(
        self,
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
    ) -> WebhookEndpoint:
        """Registers an endpoint. Keep its `secret`: it is shown this once.

        `events` are types, `order.*` or `*`; `filter` is a predicate over payloads; `rate_limit` is in deliveries per
        second; `ordering` is `none` or `strict`; `signature_format` is `timestamped` or `hex`; with `secret` you bring
        your own.
        """
        return self._runner.one(
            calls.create(
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
                idempotency_key=idempotency_key,
            )
        )

    def retrieve(self, webhook_id: str) -> WebhookEndpoint:
        """The endpoint, without its secret and header values."""
        return self._runner.one(calls.retrieve(webhook_id))

    def list(self, **filters: Unpack[WebhookFilters]) -> Page[WebhookEndpoint]:
        """One page of a workspace's endpoints."""
        return self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[WebhookFilters]) -> Iterator[WebhookEndpoint]:
        """All endpoints that match, page by page."""
        return self._runner.each(calls.page(**filters))

    def update(
        self,
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
    ) -> WebhookEndpoint:
        """Changes what is given and leaves the rest. None takes a value away; `status="active"` switches on again."""
        return self._runner.one(
            calls.update(
                webhook_id,
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
        )

    def delete(self, webhook_id: str) -> None:
        """Removes the endpoint and cancels what is on its way there. Its history stays readable."""
        self._runner.one(calls.delete(webhook_id))

    def rotate_secret(
        self,
        webhook_id: str,
        *,
        grace_period_seconds: int | None = None,
        secret: str | None = None,
        idempotency_key: str | None = None,
    ) -> RotatedSecret:
        """A new signing secret, shown once. The old one signs too for the grace period (0 to 604800 s, else a day)."""
        return self._runner.one(
            calls.rotate_secret(
                webhook_id, grace_period_seconds=grace_period_seconds, secret=secret, idempotency_key=idempotency_key
            )
        )

    def test(
        self,
        webhook_id: str,
        *,
        event_type: str | None = None,
        payload: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Attempt:
        """Sends a signed test and waits up to 10 s for what the endpoint answers."""
        return self._runner.one(
            calls.send_test(webhook_id, event_type=event_type, payload=payload, idempotency_key=idempotency_key)
        )

    def stats(self, webhook_id: str, *, since: Moment | None = None) -> WebhookStats:
        """Counts, success rate and latencies, for at most 30 days."""
        return self._runner.one(calls.stats(webhook_id, since=since))

    def recover(
        self,
        webhook_id: str,
        *,
        since: Moment,
        until: Moment | None = None,
        include: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> Recovery:
        """Queues what the endpoint missed since then, oldest first. `include` names `failed`, `skipped` or both."""
        return self._runner.one(
            calls.recover(webhook_id, since=since, until=until, include=include, idempotency_key=idempotency_key)
        )
