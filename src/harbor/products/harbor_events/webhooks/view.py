"""Harbor's view of webhooks: the envelope, the headers, the words, and what follows an attempt.

Source: docs/products/harbor.md#deliveries, #signatures, #retries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from harbor.kernel.clock import iso_ms
from harbor.kernel.webhooks.model import State
from harbor.kernel.webhooks.retries import STANDARD, RetryTable
from harbor.kernel.webhooks.signing import SignatureFormat, Signer, headers_for
from harbor.kernel.webhooks.view import Consequences, Rendering, Settled, Signing, SwitchOff, View

NAME = "harbor"
TIMEOUT_S = 10.0
WORDS: Mapping[State, str] = {
    State.DUE: "pending",
    State.RETRYING: "retrying",
    State.DELIVERED: "delivered",
    State.EXHAUSTED: "failed",
    State.CANCELED: "canceled",
    State.SKIPPED: "skipped",
    State.PARKED: "paused",
}
STATES = {word: state for state, word in WORDS.items()}

_signer = lru_cache(8_192)(Signer)


def render(rendering: Rendering) -> bytes:
    """The envelope: compact, keys in the documented order, the payload as it was written. The same bytes every time."""
    event = rendering.event
    # Ids and types have a grammar without characters that JSON escapes; the payload is JSON text already.
    return (
        f'{{"id":"{rendering.delivery_id}","type":"event.created","created_at":"{iso_ms(rendering.created_at)}",'
        f'"data":{{"id":"{event.id}","type":"{event.type}","workspace_id":"{event.workspace_id}","payload":{event.payload},'
        f'"created_at":"{iso_ms(event.created_at)}"}}}}'
    ).encode()


def headers(signing: Signing) -> Mapping[str, str]:
    """The headers of one attempt."""
    return headers_for(
        [_signer(secret) for secret in signing.secrets],
        event_id=signing.event_id,
        delivery_id=signing.delivery_id,
        event_type=signing.event_type,
        attempt=signing.attempt,
        timestamp=signing.timestamp,
        body=signing.body,
        signature_format=SignatureFormat(signing.subscription.signature_format),
    )


def after(consequences: Consequences, settled: Settled) -> None:
    """Operational events. Deliveries of operational events cause none, so that there is no echo."""
    subscription = settled.subscription
    about = {"webhook_id": subscription.id, "workspace_id": subscription.workspace_id}
    is_echo = settled.delivery.event_type.partition(".")[0] == "harbor"
    if settled.state is State.EXHAUSTED and not is_echo:
        consequences.emit(
            "harbor.delivery.failed",
            workspace_id=subscription.workspace_id,
            subject=settled.delivery.id,
            data={
                **about,
                "delivery_id": settled.delivery.id,
                "event_id": settled.delivery.event_id,
                "event_type": settled.delivery.event_type,
                "attempts": settled.attempt.number,
                "last_error": settled.attempt.error,
                "last_response_status": settled.attempt.response_status,
            },
        )
    if settled.disabled_reason is not None:
        consequences.emit(
            "harbor.webhook.disabled",
            workspace_id=subscription.workspace_id,
            subject=subscription.id,
            data={**about, "reason": settled.disabled_reason},
        )
    elif settled.is_failing and not is_echo:
        consequences.emit(
            "harbor.webhook.failing", workspace_id=subscription.workspace_id, subject=subscription.id, data=about
        )


def harbor_view(
    *,
    auto_disable_after_hours: int = 120,
    retries: RetryTable = STANDARD,
    by_environment: Mapping[str, RetryTable] | None = None,
) -> View:
    """The view with an installation's settings; 0 hours never disable."""
    after_time = timedelta(hours=auto_disable_after_hours) if auto_disable_after_hours else None
    return View(
        name=NAME,
        render=render,
        headers=headers,
        retries=retries,
        retries_by_environment=by_environment or {},
        timeout_s=TIMEOUT_S,
        words=WORDS,
        switch_off=SwitchOff(after=after_time, failures_min=10, warn_after=timedelta(hours=24)),
        is_pure=True,
        after=after,
    )
