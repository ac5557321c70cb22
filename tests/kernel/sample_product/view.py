"""The desk's webhooks: numbered one after the other, the whole parcel in the version a subscriber began with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from tests.kernel.sample_product import store
from tests.kernel.sample_product.dialect import unix_ms
from tests.kernel.sample_product.model import Parcel
from tests.kernel.sample_product.versions import VERSIONS

from harbor.kernel.eventlog.model import Event
from harbor.kernel.http.encode import as_json
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import State
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.view import Consequences, Meanwhile, Rendering, Settled, Signing, SwitchOff, View

NAME = "desk"
WORDS = {
    State.DUE: "to send",
    State.RETRYING: "to send again",
    State.DELIVERED: "sent",
    State.EXHAUSTED: "given up",
    State.CANCELED: "withdrawn",
    State.SKIPPED: "left out",
    State.PARKED: "held",
}
RETRIES = RetryTable(delays_s=(60, 600), jitter=0, total_s=None, retry_after_s_max=0)


def shown(parcel: Parcel) -> dict[str, Any]:
    """A parcel in the newest shape."""
    return {
        "id": parcel.id,
        "label": parcel.label,
        "recipient": parcel.recipient,
        "note": parcel.note,
        "weight_g": parcel.weight_g,
        "state": parcel.state.value,
        "tracking": parcel.tracking,
        "arrived_at": parcel.arrived_at,
    }


def snapshot(tx: Tx, event: Event) -> str | None:
    """The parcel as it was when the event happened."""
    parcel = store.find(tx, event.account_id, int(event.subject or 0))
    return None if parcel is None else as_json(shown(parcel), moment=unix_ms, decimal=float).decode()


def render(rendering: Rendering) -> bytes:
    """What is sent: the number, the type, and the parcel in the subscriber's version."""
    parcel = None
    if rendering.snapshot is not None:
        version = rendering.subscription.pinned_version or VERSIONS.known[0]
        parcel = VERSIONS.down(version, "parcel", msgspec.json.decode(rendering.snapshot))
    return msgspec.json.encode({"number": rendering.sequence, "type": rendering.event.type, "parcel": parcel})


def headers(signing: Signing) -> Mapping[str, str]:
    """The signature over the body, and nothing else of our own."""
    mac = hmac.new(signing.secrets[0].encode(), signing.body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "Desk-Signature": mac, "Desk-Attempt": str(signing.attempt)}


def after(consequences: Consequences, settled: Settled) -> None:
    """The desk hears of what it has given up."""
    if settled.state is State.EXHAUSTED:
        consequences.emit(
            "harper.hook.given_up",
            workspace_id=settled.subscription.workspace_id,
            subject=settled.subscription.id,
            data={"hook": settled.subscription.id, "event": settled.delivery.event_id},
        )


VIEW = View(
    name=NAME,
    render=render,
    headers=headers,
    snapshot=snapshot,
    retries=RETRIES,
    timeout_s=2.0,
    words=WORDS,
    switch_off=SwitchOff(after=None, failures_min=1),
    meanwhile=Meanwhile.HOLD,
    hold_for=timedelta(days=7),
    draws_sequence=True,
    after=after,
)

# For those who want to know that something happened, and no more.
PLAIN = replace(
    VIEW,
    name="plain",
    render=lambda rendering: rendering.event.payload.encode(),
    snapshot=None,
    is_pure=True,
    draws_sequence=False,
)
