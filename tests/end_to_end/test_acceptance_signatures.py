"""Signatures: what receivers with other people's libraries accept, and while secrets rotate."""

from __future__ import annotations

import asyncio
import hmac
from datetime import timedelta

import pytest
from tests.end_to_end.tenant import Tenant, moment
from tests.interop.verifiers import NAMES, Delivery, verify_many
from tests.receiver import Got, Receiver


async def delivered(shop: Tenant, receiver: Receiver) -> Got:
    """One more delivery as it arrived."""
    count = len(receiver.got)
    await shop.event("order.shipped", {"city": "Zürich", "n": 1})
    await receiver.until(lambda it: len(it.got) > count)
    return receiver.got[-1]


async def verdicts(*cases: tuple[str, Got]) -> list[dict[str, bool]]:
    """What the six verifiers say of each secret and request."""
    deliveries = [Delivery(secret=secret, headers=got.headers, body=got.body) for secret, got in cases]
    return await asyncio.to_thread(verify_many, deliveries)


async def test_six_verifiers_accept_a_delivery_and_refuse_it_with_one_byte_flipped(
    shop: Tenant, receiver: Receiver
) -> None:
    secret = (await shop.webhook(receiver.url()))["secret"]
    got = await delivered(shop, receiver)
    flipped = bytes([*got.body[:120], got.body[120] ^ 1, *got.body[121:]])
    other_time = {**got.headers, "harbor-signature": got.headers["harbor-signature"].replace("t=1", "t=2")}
    other_time["webhook-timestamp"] = str(int(got.headers["webhook-timestamp"]) - 1)

    good, bad_body, bad_time, bad_secret = await verdicts(
        (secret, got),
        (secret, Got(got.path, got.headers, flipped)),
        (secret, Got(got.path, other_time, got.body)),
        ("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY", got),
    )

    assert good == dict.fromkeys(NAMES, True)
    for refused in (bad_body, bad_time, bad_secret):
        assert refused == dict.fromkeys(NAMES, False)


async def test_six_verifiers_accept_a_secret_that_was_brought_along(shop: Tenant, receiver: Receiver) -> None:
    own = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
    made = await shop.webhook(receiver.url(), secret=own)

    (verdict,) = await verdicts((own, await delivered(shop, receiver)))

    assert made["secret"] == own
    assert verdict == dict.fromkeys(NAMES, True)


async def test_old_and_new_secret_verify_in_the_grace_and_only_the_new_one_after(
    slow_shop: Tenant, receiver: Receiver
) -> None:
    hook = await slow_shop.webhook(receiver.url())
    old = hook["secret"]
    before = await delivered(slow_shop, receiver)

    rotated = (
        await slow_shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {"grace_period_seconds": 3_600})
    ).expect(200)
    new = rotated["secret"]
    now = await slow_shop.now()
    within = await delivered(slow_shop, receiver)
    await slow_shop.advance(3_601)
    after = await delivered(slow_shop, receiver)

    assert set(rotated) == {"id", "secret", "previous_secret_expires_at"}
    ends = moment(rotated["previous_secret_expires_at"])
    assert timedelta() <= now + timedelta(hours=1) - ends < timedelta(milliseconds=1)
    yes, no = dict.fromkeys(NAMES, True), dict.fromkeys(NAMES, False)
    found = await verdicts((old, before), (old, within), (new, within), (old, after), (new, after))
    assert found == [yes, yes, yes, no, yes]
    assert within.headers["harbor-signature"].count("v1=") == 2
    assert len(within.headers["webhook-signature"].split(" ")) == 2
    assert after.headers["harbor-signature"].count("v1=") == 1


async def test_a_rotation_without_grace_ends_the_old_secret_at_once(shop: Tenant, receiver: Receiver) -> None:
    hook = await shop.webhook(receiver.url())

    rotated = (await shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {"grace_period_seconds": 0})).expect(200)
    got = await delivered(shop, receiver)

    assert rotated["previous_secret_expires_at"] is None
    old, new = await verdicts((hook["secret"], got), (rotated["secret"], got))
    assert (old, new) == (dict.fromkeys(NAMES, False), dict.fromkeys(NAMES, True))


async def test_at_most_five_secrets_are_valid_at_once(shop: Tenant, receiver: Receiver) -> None:
    hook = await shop.webhook(receiver.url())
    statuses = [(await shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {})).status for _ in range(5)]

    assert statuses == [200, 200, 200, 200, 409]
    assert (await delivered(shop, receiver)).headers["harbor-signature"].count("v1=") == 5


async def test_the_hex_format_is_the_bare_digest_of_the_current_secret(shop: Tenant, receiver: Receiver) -> None:
    hook = await shop.webhook(receiver.url(), signature_format="hex")
    await shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {})
    rotated = (await shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {})).expect(200)["secret"]

    got = await delivered(shop, receiver)

    signed = got.headers["harbor-timestamp"].encode() + b"." + got.body
    assert got.headers["harbor-signature"] == hmac.new(rotated.encode(), signed, "sha256").hexdigest()


async def test_a_delivery_carries_the_documented_headers_and_envelope(each_shop: Tenant, receiver: Receiver) -> None:
    await each_shop.webhook(receiver.url(), headers={"X-Team": "blue"})
    event = await each_shop.event("order.shipped", {"order_id": "ord_77"})
    delivery = await each_shop.settled(event["id"])
    (got,) = receiver.got

    assert got.headers["harbor-delivery-id"] == delivery["id"]
    assert got.headers["harbor-attempt"] == "1"
    assert got.headers["harbor-event-type"] == "order.shipped"
    assert got.headers["harbor-timestamp"] == got.headers["webhook-timestamp"]
    assert got.headers["webhook-id"] == event["id"]
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "Harbor-Webhooks/1.0"
    assert got.headers["x-team"] == "blue"
    assert got.body.decode() == (
        f'{{"id":"{delivery["id"]}","type":"event.created","created_at":"{delivery["created_at"]}",'
        f'"data":{{"id":"{event["id"]}","type":"order.shipped","workspace_id":"{each_shop.workspace_id}",'
        f'"payload":{{"order_id":"ord_77"}},"created_at":"{event["created_at"]}"}}}}'
    )
    assert (await each_shop.delivery(delivery["id"]))["request_body"] == got.body.decode()


async def test_three_endpoints_of_a_type_get_three_deliveries_of_their_own(
    each_shop: Tenant, receiver: Receiver
) -> None:
    hooks = [await each_shop.webhook(receiver.url(f"/{n}"), ["order.shipped", "order.*"]) for n in range(3)]
    await each_shop.webhook(receiver.url("/other"), ["invoice.*"])

    event = await each_shop.event()
    await receiver.until(lambda it: len(it.got) == 3)

    deliveries = await each_shop.deliveries(event["id"])
    assert {delivery["webhook_id"] for delivery in deliveries} == {hook["id"] for hook in hooks}
    assert {got.headers["harbor-delivery-id"] for got in receiver.got} == {delivery["id"] for delivery in deliveries}
    assert {got.headers["webhook-id"] for got in receiver.got} == {event["id"]}
    assert not receiver.at("/other")


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "secret",
        "whsec_AQID",
        "whsec_!!!!",
        "whsec_" + "A" * 1_000,
        "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY=",
    ],
)
async def test_a_secret_of_another_form_is_refused(shop: Tenant, secret: str) -> None:
    body = {"workspace_id": shop.workspace_id, "url": "http://127.0.0.1:9/", "events": ["*"], "secret": secret}

    answer = await shop.api.post("/v1/webhooks", body)

    assert (answer.status, answer.error["param"]) == (400, "secret")
    assert not secret or len(secret) < 20 or secret not in answer.error["message"]
