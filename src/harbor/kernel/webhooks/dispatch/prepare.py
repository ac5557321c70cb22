"""From a claimed delivery to the bytes and headers of one attempt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from harbor.kernel.clock import real_now
from harbor.kernel.eventlog.snapshots import snapshot_of
from harbor.kernel.storage.database import Tx
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.queue.store import Claimed
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Rendering, Signing, View


class Prepared(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery with all that its attempt needs, so that sending touches no database."""

    claimed: Claimed
    subscription: Subscription
    view: View
    retries: RetryTable
    body: bytes
    secrets: tuple[str, ...]
    own_headers: Mapping[str, str]
    lease_until_us: int
    began_us: int

    @property
    def number(self) -> int:
        """The number of the attempt that comes now."""
        return self.claimed.delivery.attempt_count + 1


class Preparer:
    """Renders and opens what is sealed, inside the claiming transaction."""

    def __init__(self, vault: Vault) -> None:
        self._secrets = lru_cache(4_096)(lambda account_id, sealed: keys.open_secrets(vault, account_id, sealed))
        self._headers = lru_cache(4_096)(lambda account_id, sealed: keys.open_headers(vault, account_id, sealed))

    def prepare(
        self, tx: Tx, claimed: Claimed, subscription: Subscription, view: View, retries: RetryTable, lease_until_us: int
    ) -> Prepared:
        """The attempt of a claimed delivery. A body that is not pure is rendered once and kept."""
        body = claimed.body.encode() if claimed.body is not None else self._render(tx, claimed, subscription, view)
        kept = self._secrets(subscription.account_id, subscription.sealed_secrets)
        return Prepared(
            claimed=claimed,
            subscription=subscription,
            view=view,
            retries=retries,
            body=body,
            secrets=tuple(secret.text for secret in keys.valid_at(kept, tx.now)),
            own_headers=self._headers(subscription.account_id, subscription.sealed_headers),
            lease_until_us=lease_until_us,
            began_us=tx.now_us,
        )

    def _render(self, tx: Tx, claimed: Claimed, subscription: Subscription, view: View) -> bytes:
        delivery = claimed.delivery
        sequence = delivery.sequence
        is_first = delivery.number == 0 and delivery.attempt_count == 0
        if view.draws_sequence and sequence is None and is_first:
            sequence = subscriptions.draw_sequence(tx, delivery.account_id, delivery.subscription_id)
        body = view.render(
            Rendering(
                event=claimed.event,
                snapshot=snapshot_of(tx, claimed.event, view.name) if view.snapshot is not None else None,
                subscription=subscription,
                delivery_id=delivery.id,
                created_at=delivery.created_at,
                sequence=sequence,
            )
        )
        if not view.is_pure:
            queue.keep_rendered(tx, delivery, body=body.decode(), sequence=sequence)
        return body


def signed_headers(prepared: Prepared) -> tuple[dict[str, str], int]:
    """The headers of an attempt and the Unix second they were signed at: real time, new for every attempt."""
    timestamp = int(real_now().timestamp())
    headers = prepared.view.headers(
        Signing(
            subscription=prepared.subscription,
            secrets=prepared.secrets,
            event_id=prepared.claimed.event.id,
            event_type=prepared.claimed.event.type,
            delivery_id=prepared.claimed.delivery.id,
            attempt=prepared.number,
            timestamp=timestamp,
            body=prepared.body,
        )
    )
    return {**prepared.own_headers, **headers}, timestamp
