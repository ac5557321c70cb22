"""A kernel around one account, with views of webhooks to try it by: for tests of calls, events and deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.factories import Organization, make_webhook
from tests.harness import House, open_house

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.eventlog.model import Event
from harbor.kernel.identity.store import Account
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.storage.database import Database, Row, Tx
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import Attempt, Delivery, State, Subscription
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.webhooks.view import Consequences, Meanwhile, Rendering, Settled, Signing, SwitchOff, View

T = TypeVar("T")


def render(rendering: Rendering) -> bytes:
    """The payload, with the snapshot and the number where the view has them."""
    snapshot = "" if rendering.snapshot is None else f',"snapshot":{rendering.snapshot}'
    number = "" if rendering.sequence is None else f',"number":{rendering.sequence}'
    return f'{{"event":"{rendering.event.id}","payload":{rendering.event.payload}{snapshot}{number}}}'.encode()


def headers(signing: Signing) -> Mapping[str, str]:
    """Who sent it, and which attempt it is. The secrets stand for signatures with them."""
    return {
        "content-type": "application/json",
        "probe-delivery": signing.delivery_id,
        "probe-attempt": str(signing.attempt),
        "probe-secrets": ",".join(signing.secrets),
    }


def snapshot(tx: Tx, event: Event) -> str | None:
    """What the subject says now; nothing for events without one."""
    return None if event.subject is None else f'"{event.subject} as it was"'


def after(consequences: Consequences, settled: Settled) -> None:
    """Tells of what was given up, switched off, or fails."""
    told = {
        "delivery.failed": settled.state is State.EXHAUSTED,
        "webhook.disabled": settled.disabled_reason is not None,
        "webhook.failing": settled.is_failing,
    }
    for word in (word for word, is_so in told.items() if is_so):
        consequences.emit(
            f"harbor.{word}",
            workspace_id=settled.subscription.workspace_id,
            subject=settled.subscription.id,
            data={"reason": settled.disabled_reason},
        )


# One, two and three minutes, 10 minutes in all; no jitter, so that moments can be told.
RETRIES = RetryTable(delays_s=(60, 120, 180, 240), jitter=0, total_s=600, retry_after_s_max=300)
PURE = View(
    name="harbor",  # what the factories make, unless told otherwise
    render=render,
    headers=headers,
    retries=RETRIES,
    timeout_s=2.0,
    words={state: state.value for state in State},
    switch_off=SwitchOff(after=timedelta(minutes=5), failures_min=3, warn_after=timedelta(minutes=2)),
    is_pure=True,
    after=after,
)
# Bodies are kept, numbered and made of snapshots; while a subscription is off, events are held.
KEEPING = replace(
    PURE,
    name="keeping",
    is_pure=False,
    draws_sequence=True,
    snapshot=snapshot,
    meanwhile=Meanwhile.HOLD,
    hold_for=timedelta(days=7),
)
# Nothing is ever switched off, and an attempt may take as long as a test does.
CALM = replace(PURE, name="calm", switch_off=SwitchOff(after=None, failures_min=1, when_gone=False), timeout_s=30.0)
VIEWS = (PURE, KEEPING, CALM)


@dataclass(slots=True)
class Probe:
    """One account in a house."""

    house: House
    organization: Organization

    @property
    def account(self) -> Account:
        """The account in which everything happens."""
        return self.organization.sandbox

    @property
    def clock(self) -> ManualClock:
        """The calendar."""
        return self.house.clock

    async def write(self, act: Callable[[Call], T]) -> T:
        """The result of `act`, committed."""
        return await self.house.write(self.account, act)

    async def read(self, act: Callable[[Call], T]) -> T:
        """The result of `act` on what is committed."""
        return await self.house.read(self.account, act)

    async def webhook(self, **more: Any) -> Subscription:
        """A subscription in the default workspace."""
        return await self.write(lambda call: make_webhook(call, **more))

    async def subscription(self, subscription_id: str) -> Subscription:
        """A subscription as it is now."""
        found = await self.read(
            lambda call: subscriptions.find(call.tx, call.account_id, subscription_id, deleted=True)
        )
        assert found is not None
        return found

    async def health(self, subscription_id: str) -> Row:
        """The health of a subscription."""
        return await self.read(lambda call: subscriptions.health(call.tx, call.account_id, subscription_id))

    async def deliveries(self, subscription_id: str) -> list[Delivery]:
        """The deliveries of a subscription, oldest first."""

        def look(call: Call) -> list[Delivery]:
            rows = call.tx.rows(
                "SELECT * FROM deliveries WHERE account_id = :account_id AND subscription_id = :id ORDER BY id",
                account_id=call.account_id,
                id=subscription_id,
            )
            return [deliveries.delivery_of(row) for row in rows]

        return await self.read(look)

    async def states(self, subscription_id: str) -> list[str]:
        """Where the deliveries of a subscription stand, oldest first."""
        return [delivery.state.value for delivery in await self.deliveries(subscription_id)]

    async def delivery(self, delivery_id: str) -> Delivery:
        """A delivery as it is now."""
        found = await self.read(lambda call: deliveries.find(call.tx, call.account_id, delivery_id))
        assert found is not None
        return found

    async def attempts(self, delivery_id: str) -> list[Attempt]:
        """The attempts of a delivery, first to last."""
        found = await self.read(
            lambda call: deliveries.attempts_of(
                call.tx, call.account_id, delivery_id, PageRequest(limit=100), span=Span(ascending=True)
            )
        )
        return list(found.items)

    async def types(self) -> list[str]:
        """The types of all events in the default workspace, oldest first."""

        def look(call: Call) -> list[str]:
            rows = call.tx.rows(
                "SELECT type FROM events WHERE account_id = :account_id AND workspace_id = :workspace_id ORDER BY id",
                account_id=call.account_id,
                workspace_id=call.default_workspace().id,
            )
            return [row["type"] for row in rows]

        return await self.read(look)


@asynccontextmanager
async def open_probe(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Probe]:
    """A house with an organization in it."""
    async with open_house(database, clock, folder, [], views=VIEWS) as house:
        yield Probe(house, await house.organization())
