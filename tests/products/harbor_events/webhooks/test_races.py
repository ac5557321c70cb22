"""One webhook, changed by two at once: by callers, and by the recorder that switches it off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import make_event, make_webhook
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import OWNER, prepare, standing
from tests.racing import overlapping, together

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.storage.database import Work
from harbor.kernel.webhooks.dispatch.prepare import Prepared
from harbor.kernel.webhooks.dispatch.record import Recorder
from harbor.kernel.webhooks.dispatch.send import Finished
from harbor.kernel.webhooks.model import Attempt, Subscription
from harbor.kernel.webhooks.outcome import Error, Outcome
from harbor.kernel.webhooks.subscriptions import keys
from harbor.products.harbor_events.webhooks import service
from harbor.products.harbor_events.webhooks.service import Changes, WithSecret

Act = Callable[[Call, str], Any]
NEW_URL = "https://hooks.example.com/moved"


# As requests do it: they find the webhook, and then change it.


def update(call: Call, webhook_id: str, **changes: Any) -> Subscription:
    return service.update(call, service.visible(call, webhook_id), Changes(**changes))


def move(call: Call, webhook_id: str) -> Subscription:
    return update(call, webhook_id, url=NEW_URL)


def describe(call: Call, webhook_id: str) -> Subscription:
    return update(call, webhook_id, description="Till")


def switch_on(call: Call, webhook_id: str) -> Subscription:
    return update(call, webhook_id, status="active")


def switch_off(call: Call, webhook_id: str) -> Subscription:
    return update(call, webhook_id, status="disabled")


def rotate(call: Call, webhook_id: str) -> WithSecret:
    return service.rotate_secret(call, service.visible(call, webhook_id), grace_s=3_600, secret=None)[0]


def delete(call: Call, webhook_id: str) -> None:
    service.delete(call, service.visible(call, webhook_id))


def at(shop: Probe, webhook: Subscription, *acts: Act) -> list[Work[Any]]:
    """Each act on the webhook as a work of its own."""
    return [lambda tx, act=act: act(shop.house._call(tx, shop.account), webhook.id) for act in acts]  # type: ignore[misc]


def gone(shop: Probe, prepared: Prepared) -> Act:
    """Record that the endpoint answered an attempt with 410."""

    def record(call: Call, _: str) -> None:
        delivery = prepared.claimed.delivery
        attempt = Attempt(
            id=call.new_id("att_"),
            account_id=delivery.account_id,
            delivery_id=delivery.id,
            subscription_id=delivery.subscription_id,
            number=prepared.number,
            trigger=delivery.trigger,
            started_at=call.tx.now,
            duration_ms=1,
            url=prepared.subscription.url,
            response_status=410,
            response_headers={},
            response_body=None,
            response_truncated=False,
            error=Error.HTTP_STATUS.value,
            signature_timestamp=None,
            resolved_ip=None,
        )
        recorder = Recorder(OWNER, lambda tx, _: shop.house._call(tx, shop.account))
        recorder.record(call.tx, [Finished(prepared, attempt, Outcome(error=Error.HTTP_STATUS, is_gone=True))])

    return record


@pytest.fixture
async def webhook(shop: Probe) -> Subscription:
    return await shop.write(make_webhook)


@pytest.fixture
async def prepared(shop: Probe, webhook: Subscription) -> Prepared:
    """An attempt under way."""
    await shop.write(make_event)
    (found,) = await shop.write(lambda call: prepare(call, webhook))
    return found


async def secrets(shop: Probe, webhook: Subscription) -> list[str]:
    """What signs now, the newest first."""
    found = await shop.subscription(webhook.id)

    def look(call: Call) -> list[str]:
        kept = keys.open_secrets(call.vault, call.account_id, found.sealed_secrets)
        return [one.text for one in keys.valid_at(kept, call.tx.now)]

    return await shop.read(look)


@pytest.mark.parametrize(("first", "second"), [(move, describe), (describe, move)])
async def test_of_two_updates_at_once_none_is_lost(shop: Probe, webhook: Subscription, first: Act, second: Act) -> None:
    await together(shop.house.database, *at(shop, webhook, first, second))

    found = await shop.subscription(webhook.id)
    assert (found.url, found.description) == (NEW_URL, "Till")


@pytest.mark.parametrize("rotates_first", [True, False])
async def test_an_update_keeps_the_secret_that_was_just_shown(
    shop: Probe, webhook: Subscription, rotates_first: bool
) -> None:
    (before,) = await secrets(shop, webhook)
    acts: list[Act] = [rotate, move] if rotates_first else [move, rotate]

    results = await together(shop.house.database, *at(shop, webhook, *acts))

    shown = results[0 if rotates_first else 1].secret
    assert await secrets(shop, webhook) == [shown, before]
    assert (await shop.subscription(webhook.id)).url == NEW_URL


async def test_every_secret_that_was_shown_signs_after_two_rotations_at_once(
    shop: Probe, webhook: Subscription
) -> None:
    (before,) = await secrets(shop, webhook)

    first, second = await together(shop.house.database, *at(shop, webhook, rotate, rotate))

    assert await secrets(shop, webhook) == [second.secret, first.secret, before]


@pytest.mark.parametrize("act", [move, switch_on, rotate, delete])
async def test_nothing_brings_a_deleted_webhook_back(shop: Probe, webhook: Subscription, act: Act) -> None:
    _, refused = await overlapping(shop.house.database, *at(shop, webhook, delete, act))

    assert isinstance(refused, Missing)
    assert (await shop.subscription(webhook.id)).deleted_at is not None


# Against the recorder


async def test_a_switch_off_leaves_the_new_url(shop: Probe, webhook: Subscription, prepared: Prepared) -> None:
    await together(shop.house.database, *at(shop, webhook, move, gone(shop, prepared)))

    assert (await shop.subscription(webhook.id)).url == NEW_URL
    assert await standing(shop, webhook) == ("disabled", "gone")


async def test_a_new_url_switches_nothing_on(shop: Probe, webhook: Subscription, prepared: Prepared) -> None:
    await together(shop.house.database, *at(shop, webhook, gone(shop, prepared), move))

    assert (await shop.subscription(webhook.id)).url == NEW_URL
    assert await standing(shop, webhook) == ("disabled", "gone")


async def test_who_switches_on_what_was_just_switched_off_wakes_what_was_parked(
    shop: Probe, webhook: Subscription, prepared: Prepared
) -> None:
    await shop.write(make_event)

    await together(shop.house.database, *at(shop, webhook, gone(shop, prepared), switch_on))

    assert await standing(shop, webhook) == ("active", None)
    assert await shop.states(webhook.id) == ["exhausted", "due"]
    assert (await shop.health(webhook.id))["failed_attempts"] == 0


async def test_what_was_switched_off_by_hand_keeps_no_reason_of_ours(
    shop: Probe, webhook: Subscription, prepared: Prepared
) -> None:
    await together(shop.house.database, *at(shop, webhook, switch_off, gone(shop, prepared)))

    assert await standing(shop, webhook) == ("disabled", None)
    assert "harbor.webhook.disabled" not in await shop.types()


async def test_a_deleted_webhook_is_not_switched_off_and_its_last_result_is_kept(
    shop: Probe, webhook: Subscription, prepared: Prepared
) -> None:
    await together(shop.house.database, *at(shop, webhook, delete, gone(shop, prepared)))

    found = await shop.subscription(webhook.id)
    assert found.deleted_at is not None
    assert found.disabled_reason is None
    assert await shop.states(webhook.id) == ["canceled"]
    assert len(await shop.attempts(prepared.claimed.delivery.id)) == 1


async def test_a_webhook_deleted_after_it_was_switched_off_stays_deleted(
    shop: Probe, webhook: Subscription, prepared: Prepared
) -> None:
    await shop.write(make_event)

    await together(shop.house.database, *at(shop, webhook, gone(shop, prepared), delete))

    assert (await shop.subscription(webhook.id)).deleted_at is not None
    assert await shop.states(webhook.id) == ["exhausted", "canceled"]
