"""AppHarbor's view of webhooks: the body, the headers, and when a delivery is tried again.

Source: docs/products/appharbor.md#hooks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import msgspec

from harbor.kernel.eventlog.model import Event
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks.model import State
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.view import Rendering, Signing, SwitchOff, View
from harbor.products.appharbor_apps.service_hooks import store
from harbor.products.appharbor_apps.service_hooks.model import VIEW
from harbor.products.appharbor_apps.wire import indented

TIMEOUT_S = 10.0
RETRIES = RetryTable(delays_s=(10, 60, 300, 1_800, 7_200), jitter=0.1, total_s=None, retry_after_s_max=7_200)
USER_AGENT = "Harbor-Hookshot/1"
WORDS: Mapping[State, str] = {
    State.DUE: "pending",
    State.RETRYING: "retrying",
    State.DELIVERED: "delivered",
    State.EXHAUSTED: "failed",
    State.CANCELED: "canceled",
    State.SKIPPED: "skipped",
    State.PARKED: "paused",
}


def headers(signing: Signing) -> Mapping[str, str]:
    """The headers of one attempt. The signature is made with the subscription's secret, as GitHub makes its own."""
    made = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Harbor-Event": "build",
        "X-Harbor-Delivery": signing.delivery_id,
    }
    if signing.secrets:
        digest = hmac.new(signing.secrets[0].encode(), signing.body, hashlib.sha256).hexdigest()
        made["X-Harbor-Signature-256"] = f"sha256={digest}"
    return made


def render(rendering: Rendering) -> bytes:
    """The body: what the snapshot holds."""
    return indented((rendering.snapshot or "{}").encode())


def appharbor_view(public_url: str) -> View:
    """The view of an installation whose addresses begin with `public_url`, AppHarbor's prefix included."""

    def snapshot(tx: Tx, event: Event) -> str | None:
        about = msgspec.json.decode(event.payload)
        told = store.told(tx, event.account_id, about["application_id"], about["build_id"])
        if told is None:
            return None
        address = f"{public_url.rstrip('/')}/applications/{told['slug']}"
        commit = {"id": told["commit_id"], "message": told["commit_message"]}
        body = {
            "application": {"name": told["name"], "slug": told["slug"], "url": address},
            "build": {
                "id": str(told["id"]),
                "branch": {"name": told["branch"], "commit": commit},
                # The older place; at least one receiver knows no other.
                "commit": commit,
                "status": about["status"],
                "url": f"{address}/builds/{told['id']}",
            },
        }
        return msgspec.json.encode(body).decode()

    return View(
        name=VIEW,
        render=render,
        headers=headers,
        retries=RETRIES,
        timeout_s=TIMEOUT_S,
        words=WORDS,
        # A receiver that is down for a week hears of builds again afterwards: nobody would notice a hook switched off.
        switch_off=SwitchOff(after=None, failures_min=0, when_gone=False),
        snapshot=snapshot,
    )
