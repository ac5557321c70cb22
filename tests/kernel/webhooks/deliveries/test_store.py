"""Deliveries and attempts: kept as they are, found by their account, listed by what is asked."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.webhooks.deliveries import store
from harbor.kernel.webhooks.model import Attempt, Delivery, ParkedBy, State, Subscription, Trigger

ALL = PageRequest(limit=100)
ATTEMPT = Attempt(
    id="att_1",
    account_id="",
    delivery_id="",
    subscription_id="wh_1",
    number=1,
    trigger=Trigger.MANUAL,
    started_at=None,  # type: ignore[arg-type]
    duration_ms=17,
    url="https://hooks.example",
    response_status=503,
    response_headers={"x-a": "é"},
    response_body='"\\x00"',
    response_truncated=True,
    error="http_status",
    signature_timestamp=1_700_000_000,
    resolved_ip="192.0.2.1",
)


async def made(probe: Probe, webhook: Subscription, **more: Any) -> Delivery:
    """A delivery of an event of its own."""
    return await probe.write(
        lambda call: make_delivery(
            call, event=make_event(call, type="quiet.event"), webhook=webhook, **{"attempts": 0, **more}
        )
    )


@pytest.fixture
async def webhook(probe: Probe) -> Subscription:
    """A subscription that hears of nothing by itself."""
    return await probe.webhook(events=["never.sent"])


async def listed(probe: Probe, page: PageRequest = ALL, **more: Any) -> list[str]:
    """Ids of the deliveries that a list shows."""
    found = await probe.read(
        lambda call: store.newest_first(
            call.tx,
            call.account_id,
            page,
            **{"workspace_id": call.default_workspace().id, "view": "harbor", **more},
        )
    )
    return [delivery.id for delivery in found.items]


async def count(probe: Probe, **more: Any) -> int:
    return await probe.read(
        lambda call: store.count(
            call.tx, call.account_id, workspace_id=call.default_workspace().id, view="harbor", **more
        )
    )


# Finding


async def test_a_delivery_is_found_by_its_account_and_workspace(probe: Probe, webhook: Subscription) -> None:
    delivery = await made(probe, webhook)

    def look(call: Call) -> list[Delivery | None]:
        return [
            store.find(call.tx, call.account_id, delivery.id),
            store.find(call.tx, call.account_id, delivery.id, workspace_id=delivery.workspace_id),
            store.find(call.tx, call.account_id, delivery.id, workspace_id="ws_other"),
            store.find(call.tx, probe.organization.production.id, delivery.id),
        ]

    assert await probe.read(look) == [delivery, delivery, None, None]


@pytest.mark.parametrize("state", [State.DUE, State.PARKED, State.SKIPPED])
async def test_a_delivery_is_kept_as_it_was_born(probe: Probe, webhook: Subscription, state: State) -> None:
    first = await made(probe, webhook)
    now = probe.clock.now()
    born = msgspec.structs.replace(
        first,
        id="del_born01",
        number=7,
        state=state,
        trigger=Trigger.RECOVERY,
        parked_by=ParkedBy.HOLD if state is State.PARKED else None,
        due_at=now if state is State.DUE else None,
        completed_at=now if state is State.SKIPPED else None,
        kept_due_at=now if state is State.PARKED else None,
        expires_at=now + timedelta(microseconds=1),
    )

    await probe.write(lambda call: store.insert(call.tx, born, is_strict=False))

    assert await probe.delivery(born.id) == born


# Lists


async def test_lists_go_by_id_in_pages(probe: Probe, webhook: Subscription) -> None:
    ids = [(await made(probe, webhook)).id for _ in range(4)]

    assert await listed(probe) == ids[::-1]
    assert await listed(probe, ascending=True) == ids
    assert await listed(probe, PageRequest(limit=2, after=ids[3])) == [ids[2], ids[1]]
    assert await listed(probe, PageRequest(limit=2, after=ids[0]), ascending=True) == [ids[1], ids[2]]


async def test_a_list_is_narrowed_by_everything_at_once_and_counted_alike(probe: Probe, webhook: Subscription) -> None:
    other = await probe.webhook(events=["never.sent"])
    keeping = await probe.webhook(events=["never.sent"], view="keeping")
    due = await made(probe, webhook, state=State.DUE)
    probe.clock.advance(1)
    failed = await made(probe, webhook, state=State.EXHAUSTED)
    delivered = await made(probe, other, state=State.DELIVERED)
    await made(probe, keeping)
    await probe.write(
        lambda call: call.tx.run("UPDATE deliveries SET last_response_status = 503 WHERE id = :id", id=failed.id)
    )
    cases: list[tuple[dict[str, Any], list[Delivery]]] = [
        ({}, [delivered, failed, due]),
        ({"subscription_id": webhook.id}, [failed, due]),
        ({"event_id": failed.event_id}, [failed]),
        ({"event_type": "quiet.event"}, [delivered, failed, due]),
        ({"event_type": "other"}, []),
        ({"states": (State.EXHAUSTED,)}, [failed]),
        ({"states": (State.DELIVERED,)}, [delivered]),
        ({"states": (State.DUE, State.EXHAUSTED)}, [failed, due]),
        ({"states": ()}, []),
        ({"response_status": 503}, [failed]),
        ({"created_after": micros(failed.created_at)}, [delivered, failed]),
        ({"created_before": micros(failed.created_at)}, [due]),
        ({"subscription_id": webhook.id, "states": (State.EXHAUSTED,), "response_status": 503}, [failed]),
        ({"subscription_id": other.id, "event_id": failed.event_id}, []),
    ]

    for filters, expected in cases:
        assert await listed(probe, **filters) == [delivery.id for delivery in expected], filters
        assert await count(probe, **filters) == len(expected), filters


async def test_a_delivery_whose_transaction_waited_counts_for_its_moment(probe: Probe, webhook: Subscription) -> None:
    began = micros(probe.clock.now())

    def slow(call: Call) -> str:
        event = make_event(call, type="quiet.event")
        probe.clock.advance(6)
        return make_delivery(call, event=event, webhook=webhook, attempts=0).id

    delivery_id = await probe.write(slow)

    assert await listed(probe, created_before=began + 1) == [delivery_id]


async def test_other_workspaces_are_not_shown(probe: Probe, webhook: Subscription) -> None:
    def act(call: Call) -> None:
        shop = make_workspace(call)
        theirs = make_webhook(call, workspace=shop)
        make_delivery(call, event=make_event(call, workspace=shop, type="quiet"), webhook=theirs)

    await probe.write(act)

    assert await listed(probe) == []
    assert await listed(probe, workspace_id="ws_nobody") == []


async def test_redeliveries_at_the_same_time_get_numbers_of_their_own(probe: Probe, webhook: Subscription) -> None:
    event = await probe.write(lambda call: make_event(call, type="quiet.event"))

    made = await asyncio.gather(
        *(
            probe.write(lambda call: make_delivery(call, event=event, webhook=webhook, attempts=0).number)
            for _ in range(6)
        )
    )

    assert sorted(made) == list(range(6))


# Attempts


def attempt(probe: Probe, delivery: Delivery, number: int, **changes: Any) -> Attempt:
    base = {
        "id": f"att_{number:06}",
        "account_id": probe.account.id,
        "delivery_id": delivery.id,
        "number": number,
        "started_at": probe.clock.now() + timedelta(seconds=number),
    }
    return msgspec.structs.replace(ATTEMPT, **{**base, **changes})


async def test_an_attempt_is_kept_as_it_was(probe: Probe, webhook: Subscription) -> None:
    delivery = await made(probe, webhook)
    full = attempt(probe, delivery, 1)
    bare = attempt(
        probe,
        delivery,
        2,
        response_status=None,
        response_headers={},
        response_body=None,
        error=None,
        signature_timestamp=None,
        resolved_ip=None,
        response_truncated=False,
    )

    await probe.write(lambda call: store.insert_attempts(call.tx, [full, bare]))

    assert await probe.attempts(delivery.id) == [full, bare]


async def test_an_attempt_that_is_there_already_stays(probe: Probe, webhook: Subscription) -> None:
    delivery = await made(probe, webhook)
    first = attempt(probe, delivery, 1)

    await probe.write(lambda call: store.insert_attempts(call.tx, [first]))
    await probe.write(lambda call: store.insert_attempts(call.tx, [attempt(probe, delivery, 1, response_status=200)]))

    assert await probe.attempts(delivery.id) == [first]


async def test_attempts_are_listed_in_pages_both_ways(probe: Probe, webhook: Subscription) -> None:
    delivery = await made(probe, webhook)
    made_ = [attempt(probe, delivery, number) for number in (1, 2, 3)]
    await probe.write(lambda call: store.insert_attempts(call.tx, made_))

    async def numbers(page: PageRequest = ALL, **span: Any) -> list[int]:
        found = await probe.read(
            lambda call: store.attempts_of(call.tx, call.account_id, delivery.id, page, span=Span(**span))
        )
        return [each.number for each in found.items]

    assert await numbers(ascending=True) == [1, 2, 3]
    assert await numbers() == [3, 2, 1]
    assert await numbers(PageRequest(limit=1, after=made_[0].id), ascending=True) == [2]
    assert await numbers(PageRequest(limit=5, after=made_[2].id)) == [2, 1]
    assert await numbers(since=micros(made_[1].started_at), until=micros(made_[2].started_at)) == [2]
    assert await probe.read(lambda call: store.has_attempt(call.tx, call.account_id, delivery.id, made_[0].id))
    assert not await probe.read(lambda call: store.has_attempt(call.tx, call.account_id, delivery.id, "att_x"))


async def test_what_answered_an_erased_body_is_forgotten(probe: Probe, webhook: Subscription) -> None:
    erased, kept = await made(probe, webhook), await made(probe, webhook)

    def act(call: Call) -> None:
        call.tx.run("UPDATE deliveries SET body = '{}' WHERE id = :id", id=kept.id)
        store.insert_attempts(call.tx, [attempt(probe, each, 1) for each in (erased, kept)])
        store.forget_answers_of_erased(call.tx, [(erased, 1), (kept, 1)])

    await probe.write(act)

    bodies = [(await probe.attempts(each.id))[0].response_body for each in (erased, kept)]
    assert bodies == [None, ATTEMPT.response_body]
