"""One delivery that two want to cancel, send again or attempt in the same moment: one wins, and it is sent no oftener than asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.factories import make_delivery, make_event, make_webhook
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim
from tests.racing import overlapping, together
from tests.receiver import Answer, Receiver, listening

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.storage.database import Work
from harbor.kernel.webhooks.model import Delivery, Ordering, State, Subscription
from harbor.products.harbor_events.deliveries import service

Act = Callable[[Call, str], Any]


# As requests do it: they find the delivery, and then change it.


def replay(call: Call, delivery_id: str) -> Delivery:
    return service.replay(call, service.visible(call, delivery_id))


def cancel(call: Call, delivery_id: str) -> Delivery:
    return service.cancel(call, service.visible(call, delivery_id))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as opened:
        yield opened


@pytest.fixture
async def webhook(shop: Probe, receiver: Receiver) -> Subscription:
    """It hears of nothing by itself."""
    return await shop.write(lambda call: make_webhook(call, url=receiver.url(), events=["never.sent"]))


async def outstanding(shop: Probe, webhook: Subscription, state: State, *, attempts: int = 1) -> str:
    """A delivery in some state with failed attempts behind it."""

    def act(call: Call) -> str:
        return make_delivery(call, event=make_event(call), webhook=webhook, state=state, attempts=attempts).id

    return await shop.write(act)


def at(shop: Probe, delivery_id: str, *acts: Act) -> list[Work[Any]]:
    """Each act on the delivery as a work of its own."""
    return [lambda tx, act=act: act(shop.house._call(tx, shop.account), delivery_id) for act in acts]  # type: ignore[misc]


def taking(webhook: Subscription) -> Act:
    """The dispatcher of another process takes what is due."""
    return lambda call, _: claim(call, webhook)


async def attempts(shop: Probe, delivery_id: str) -> list[int]:
    return [attempt.number for attempt in await shop.attempts(delivery_id)]


@pytest.mark.parametrize("state", [State.EXHAUSTED, State.DELIVERED, State.CANCELED])
async def test_of_two_replays_at_once_one_is_sent(
    shop: Probe, webhook: Subscription, receiver: Receiver, state: State
) -> None:
    delivery_id = await outstanding(shop, webhook, state)

    _, refused = await overlapping(shop.house.database, *at(shop, delivery_id, replay, replay))
    await shop.house.dispatcher.run_due()

    assert isinstance(refused, Conflict)
    assert len(receiver.got) == 1
    assert await attempts(shop, delivery_id) == [1, 2]
    assert (await shop.types()).count("harbor.delivery.replayed") == 1


async def test_a_retrying_delivery_replayed_by_two_is_sent_once_and_keeps_its_schedule(
    shop: Probe, webhook: Subscription, receiver: Receiver
) -> None:
    receiver.otherwise = Answer(status=500)
    delivery_id = await outstanding(shop, webhook, State.RETRYING)
    before = await shop.delivery(delivery_id)

    await overlapping(shop.house.database, *at(shop, delivery_id, replay, replay))
    await shop.house.dispatcher.run_due()

    after = await shop.delivery(delivery_id)
    assert len(receiver.got) == 1
    assert await attempts(shop, delivery_id) == [1, 2]
    assert (after.state, after.due_at, after.budget_attempts) == (
        State.RETRYING,
        before.due_at,
        before.budget_attempts,
    )


@pytest.mark.parametrize("state", [State.DUE, State.RETRYING, State.PARKED])
async def test_of_two_cancellations_at_once_one_tells_of_it(shop: Probe, webhook: Subscription, state: State) -> None:
    delivery_id = await outstanding(shop, webhook, state)

    _, refused = await overlapping(shop.house.database, *at(shop, delivery_id, cancel, cancel))

    assert isinstance(refused, Conflict)
    assert (await shop.delivery(delivery_id)).state is State.CANCELED
    assert (await shop.types()).count("harbor.delivery.canceled") == 1


async def test_a_replay_does_not_bring_back_what_is_canceled_in_the_same_moment(
    shop: Probe, webhook: Subscription, receiver: Receiver
) -> None:
    delivery_id = await outstanding(shop, webhook, State.RETRYING)

    _, refused = await overlapping(shop.house.database, *at(shop, delivery_id, cancel, replay))
    await shop.house.dispatcher.run_due()

    if shop.house.database.engine == "sqlite":  # there it comes later, and what is canceled may be sent again
        assert len(receiver.got) == 1
        return
    assert isinstance(refused, Conflict)
    assert (await shop.delivery(delivery_id)).state is State.CANCELED
    assert receiver.got == []


async def test_what_is_canceled_after_its_replay_is_not_sent(
    shop: Probe, webhook: Subscription, receiver: Receiver
) -> None:
    delivery_id = await outstanding(shop, webhook, State.RETRYING)

    await together(shop.house.database, *at(shop, delivery_id, replay, cancel))
    await shop.house.dispatcher.run_due()

    assert (await shop.delivery(delivery_id)).state is State.CANCELED
    assert receiver.got == []


async def test_a_replay_loses_against_the_attempt_that_has_just_begun(
    shop: Probe, webhook: Subscription, receiver: Receiver
) -> None:
    delivery_id = await outstanding(shop, webhook, State.RETRYING)
    shop.clock.advance(2 * 86_400)

    claimed, refused = await overlapping(shop.house.database, *at(shop, delivery_id, taking(webhook), replay))
    await shop.house.dispatcher.run_due()

    assert [one.delivery.id for one in claimed] == [delivery_id]
    if shop.house.database.engine == "postgres":  # SQLite's replay saw the attempt, and left it alone
        assert isinstance(refused, Conflict)
    assert (await shop.delivery(delivery_id)).is_leased
    assert receiver.got == []


async def test_a_claim_passes_by_what_is_canceled_in_the_same_moment(shop: Probe, webhook: Subscription) -> None:
    delivery_id = await outstanding(shop, webhook, State.RETRYING)
    shop.clock.advance(2 * 86_400)

    _, claimed = await together(shop.house.database, *at(shop, delivery_id, cancel, taking(webhook)))

    assert claimed == []
    assert (await shop.delivery(delivery_id)).state is State.CANCELED


async def test_in_strict_order_a_claim_waits_for_the_cancellation_of_the_first_and_takes_no_canceled_one(
    shop: Probe, receiver: Receiver
) -> None:
    webhook = await shop.write(lambda call: make_webhook(call, url=receiver.url(), ordering=Ordering.STRICT))
    sent = [(await shop.write(make_event)).id for _ in range(2)]
    first = (await shop.deliveries(webhook.id))[0]

    await together(shop.house.database, *at(shop, first.id, cancel, taking(webhook)))
    taken = await shop.write(lambda call: claim(call, webhook))

    states = {delivery.event_id: delivery for delivery in await shop.deliveries(webhook.id)}
    assert states[sent[0]].state is State.CANCELED
    assert not states[sent[0]].is_leased
    assert states[sent[1]].is_leased
    assert len(taken) <= 1


async def test_a_replay_that_saw_an_older_attempt_takes_back_nothing_of_a_newer(
    shop: Probe, webhook: Subscription
) -> None:
    delivery_id = await outstanding(shop, webhook, State.RETRYING)
    old = await shop.delivery(delivery_id)

    def attempted(call: Call) -> None:  # meanwhile, by the schedule
        call.tx.run(
            "UPDATE deliveries SET attempt_count = 2, budget_attempts = 2 WHERE account_id = :account_id AND id = :id",
            account_id=call.account_id,
            id=delivery_id,
        )

    await shop.write(attempted)
    with pytest.raises(Conflict):
        await shop.write(lambda call: service.replay(call, old))

    assert (await shop.delivery(delivery_id)).budget_attempts == 2
