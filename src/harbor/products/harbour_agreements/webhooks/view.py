"""Harbour's view of webhooks: its envelope, headers, retry table, words, and what follows an attempt.

Source: docs/products/harbour.md#events, #deliveries, #service-status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.dispatch.record import switch_off
from harbor.kernel.webhooks.model import Standing, State
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.signing import USER_AGENT, Signer, standard_headers
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Consequences, Meanwhile, Rendering, Settled, Signing, SwitchOff, View
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.moments import iso_text, unix_ms
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.versions import CURRENT, VERSIONS
from harbor.products.harbour_agreements.webhooks import notices
from harbor.products.harbour_agreements.webhooks.model import HELD_FOR, NAME, PUBLIC_TYPE, TEST, VERIFICATION, WORDS
from harbor.products.harbour_agreements.webhooks.samples import sample

TIMEOUT_S: Final = 15.0
RETRIES: Final = RetryTable(
    delays_s=(30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400),
    jitter=0.10,
    total_s=None,
    retry_after_s_max=3_600,
)
_FAILURES_MIN, _FAILING_FOR = 20, timedelta(hours=24)
_THIRD = 3

# Makes the data of an event in the newest shape, as JSON text, in the transaction of the event; None where ids are all.
Snapshot = Callable[[Tx, Event], str | None]
_signer = lru_cache(1_024)(Signer)


def public_type(kernel_type: str, payload: str) -> str:
    """The documented type of an event; of a test, the one that it pretends to be."""
    if kernel_type == TEST:
        return str(msgspec.json.decode(payload)["event_type"])
    return PUBLIC_TYPE[kernel_type]


def render(rendering: Rendering) -> bytes:
    """The envelope in the webhook's version."""
    event, subscription = rendering.event, rendering.subscription
    version = subscription.pinned_version or CURRENT
    type_ = public_type(event.type, event.payload)
    is_test = event.type == TEST
    envelope = {
        "event_id": ids.event_id(event.id),
        "event_type": type_,
        "event_datetime": iso_text(event.created_at),
        "event_timestamp": unix_ms(event.created_at),
        "webhook_id": ids.webhook_id(subscription.id),
        "organization_id": public_id(event.account_id),
        "api_version": version,
        "sequence": rendering.sequence,
        "test": is_test,
        "data": sample(type_, event, version) if is_test else _data(event, rendering.snapshot, type_, version),
    }
    return msgspec.json.encode(envelope)


def headers(signing: Signing) -> Mapping[str, str]:
    """The headers of one attempt: what it is about, and the trio of Standard Webhooks."""
    signers = [_signer(secret) for secret in signing.secrets]
    body: dict[str, Any] = msgspec.json.decode(signing.body)
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Harbour-Event": body["event_type"],
        "Harbour-Version": body["api_version"],
        **standard_headers(
            signers, message_id=ids.event_id(signing.event_id), timestamp=signing.timestamp, body=signing.body
        ),
    }


def harbour_view(
    snapshots: Mapping[str, Snapshot], *, dashboard_url: str | None = None, timeout_s: float = TIMEOUT_S
) -> View:
    """The view of an installation. `snapshots` are functions by kernel type; mails lead to `dashboard_url`."""

    def snapshot(tx: Tx, event: Event) -> str | None:
        make = snapshots.get(event.type)
        return None if make is None else make(tx, event)

    def after(consequences: Consequences, settled: Settled) -> None:
        assert isinstance(consequences, Call), type(consequences)
        reason = settled.disabled_reason
        if settled.state is State.EXHAUSTED and reason is None and _switched_off(consequences.tx, settled, view):
            reason = "dead"
        if reason is not None:
            id_ = settled.subscription.id
            data = {"webhook_id": ids.webhook_id(id_), "reason": reason}
            consequences.emit("harbour.webhook.disabled", subject=id_, data=data)
        if settled.outcome.is_success:
            notices.recovered(consequences, settled.subscription, dashboard_url)
        else:
            notices.failed(
                consequences,
                settled.subscription,
                dashboard_url,
                is_third=settled.delivery.budget_attempts + 1 == _THIRD,
                is_dead=settled.state is State.EXHAUSTED,
                reason=reason,
                status=settled.attempt.response_status,
                error=settled.attempt.error,
            )

    view = View(
        name=NAME,
        render=render,
        headers=headers,
        snapshot=snapshot,
        retries=RETRIES,
        timeout_s=timeout_s,
        words=WORDS,
        switch_off=SwitchOff(after=_FAILING_FOR, failures_min=_FAILURES_MIN),
        meanwhile=Meanwhile.HOLD,
        hold_for=HELD_FOR,
        draws_sequence=True,
        after=after,
    )
    return view


def _data(event: Event, snapshot: str | None, type_: str, version: str) -> dict[str, Any]:
    """What happened. Once a person's data was erased, only the ids are left."""
    told: dict[str, Any] = msgspec.json.decode(event.payload)
    if snapshot is None:
        return told
    data: dict[str, Any] = msgspec.json.decode(snapshot)
    if type_ == VERIFICATION:
        return {**VERSIONS.down(version, VERIFICATION, data), "previous": told["previous"]}
    return data


def _switched_off(tx: Tx, settled: Settled, view: View) -> bool:
    """Switch a webhook off whose event is dead; whether it was still on."""
    present = subscriptions.find(tx, settled.subscription.account_id, settled.subscription.id)
    if present is None or present.status is not Standing.ACTIVE:
        return False
    switch_off(tx, present, "dead", view)
    return True
