"""What an attempt is made of: the body, rendered once where it is kept, the secrets that are valid, and the headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import msgspec
from tests.factories import make_event
from tests.kernel.probe import Probe
from tests.kernel.webhooks.dispatch.claims import claim, prepare, prepared

from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.dispatch.prepare import Prepared, Preparer, signed_headers
from harbor.kernel.webhooks.model import SecretKept, Subscription, Trigger
from harbor.kernel.webhooks.queue import store as queue
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions


async def told(probe: Probe, subject: str = "7") -> None:
    """An event of a product that the subscriptions here ask for."""
    await probe.write(lambda call: make_event(call, type="harvest.client.created", subject=subject))


async def give_back(probe: Probe, one: Prepared) -> None:
    await probe.write(lambda call: queue.release(call.tx, [one.claimed], "test"))


async def kept_body(probe: Probe, one: Prepared) -> str | None:
    return await probe.read(lambda call: deliveries.kept_body(call.tx, one.claimed.delivery))


async def test_a_pure_body_is_rendered_from_the_event_and_kept_nowhere(probe: Probe) -> None:
    webhook = await probe.webhook()
    event = await probe.write(make_event)

    one = await prepared(probe, webhook)

    assert json.loads(one.body) == {"event": event.id, "payload": {"amount": 1299}}
    assert await kept_body(probe, one) is None
    assert one.number == 1


async def test_a_body_that_is_kept_is_rendered_once_and_the_same_afterwards(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    await told(probe)

    first = await prepared(probe, webhook)
    await give_back(probe, first)
    await probe.write(lambda call: call.tx.run("UPDATE snapshots SET body = '\"changed\"'"))
    again = await prepared(probe, webhook)

    assert json.loads(first.body)["snapshot"] == "7 as it was"
    assert json.loads(first.body)["number"] == 1
    assert again.body == first.body
    assert await kept_body(probe, first) == first.body.decode()


async def test_each_first_attempt_draws_the_next_number(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    for subject in ("7", "8", "9"):
        await told(probe, subject)

    found = await probe.write(lambda call: prepare(call, webhook))

    assert [json.loads(one.body)["number"] for one in found] == [1, 2, 3]
    assert [delivery.sequence for delivery in await probe.deliveries(webhook.id)] == [1, 2, 3]


async def test_a_redelivery_draws_no_number(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    await told(probe)
    first = await prepared(probe, webhook)

    def again(call: Call) -> None:
        delivery = msgspec.structs.replace(
            first.claimed.delivery, id=call.new_id("del_"), number=1, trigger=Trigger.MANUAL, due_at=call.tx.now
        )
        deliveries.insert(call.tx, delivery, is_strict=False)

    await probe.write(again)
    second = await prepared(probe, webhook)
    await told(probe, "8")
    third = await prepared(probe, webhook)

    assert "number" not in json.loads(second.body)
    assert json.loads(third.body)["number"] == 2


async def test_an_erased_body_is_rendered_without_its_snapshot(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    await told(probe)
    first = await prepared(probe, webhook)
    await give_back(probe, first)

    def erase(call: Call) -> None:
        call.tx.run("DELETE FROM snapshots")
        call.tx.run("UPDATE deliveries SET body = NULL")

    await probe.write(erase)
    again = await prepared(probe, webhook)

    assert "snapshot" not in json.loads(again.body)
    assert json.loads(again.body)["number"] == 1


async def with_secrets(probe: Probe, *kept: SecretKept, headers: Mapping[str, str] | None = None) -> Subscription:
    """A subscription that signs with these."""
    webhook = await probe.webhook()

    def seal(call: Call) -> Subscription:
        changed = replace(
            webhook,
            sealed_secrets=keys.seal_secrets(call.vault, call.account_id, list(kept)),
            sealed_headers=keys.seal_headers(call.vault, call.account_id, headers or {}),
        )
        subscriptions.put(call.tx, changed)
        return changed

    return await probe.write(seal)


async def test_it_signs_with_every_secret_that_is_valid_the_current_one_first(probe: Probe) -> None:
    soon = probe.clock.now() + timedelta(hours=1)
    webhook = await with_secrets(
        probe, SecretKept(text="new", expires_at=None), SecretKept(text="old", expires_at=soon)
    )
    preparer = probe.house.dispatcher._preparer
    seen = []
    for _ in range(2):
        await probe.write(make_event)
        seen.append([one.secrets for one in await probe.write(lambda call: prepare(call, webhook, preparer))])
        probe.clock.set(soon)

    assert seen == [[("new", "old")], [("new",)]]


async def test_headers_of_its_own_do_not_outweigh_ours(probe: Probe) -> None:
    webhook = await with_secrets(
        probe,
        SecretKept(text="s", expires_at=None),
        headers={"X-Mine": "é", "content-type": "text/plain", "probe-attempt": "99"},
    )
    await probe.write(make_event)
    before = int(real_now().timestamp())

    headers, timestamp = signed_headers(await prepared(probe, webhook))

    assert headers["X-Mine"] == "é"
    assert headers["content-type"] == "application/json"
    assert headers["probe-attempt"] == "1"
    assert headers["probe-secrets"] == "s"
    assert before <= timestamp <= int(real_now().timestamp())  # the calendar of the test says something else


async def test_a_changed_secret_counts_from_the_next_attempt(probe: Probe) -> None:
    webhook = await with_secrets(probe, SecretKept(text="one", expires_at=None))
    preparer = Preparer(probe.house.services.faculties.vault)
    await probe.write(make_event)
    (first,) = await probe.write(lambda call: prepare(call, webhook, preparer))

    def rotate(call: Call) -> Subscription:
        sealed = keys.seal_secrets(call.vault, call.account_id, [SecretKept(text="two", expires_at=None)])
        return replace(webhook, sealed_secrets=sealed)

    changed = await probe.write(rotate)
    await give_back(probe, first)
    (again,) = await probe.write(lambda call: prepare(call, changed, preparer))

    assert (first.secrets, again.secrets) == (("one",), ("two",))


async def test_an_attempt_begins_at_the_moment_of_its_claim(probe: Probe) -> None:
    webhook = await probe.webhook()
    await probe.write(make_event)
    probe.clock.advance(5)

    def act(call: Call) -> tuple[int, int]:
        (one,) = prepare(call, webhook)
        return one.began_us, call.tx.now_us

    began_us, now_us = await probe.write(act)

    assert began_us == now_us
    assert await probe.write(lambda call: claim(call, webhook)) == []
