"""Third-party libraries accept what is signed, and refuse it as soon as one byte is another."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace

import pytest
from tests.interop.verifiers import NAMES, Delivery, NodeVerifiers, verify_all, verify_many

from harbor.kernel.webhooks import signing

EVENT_ID = "evt_01j8z0c3t4e6g8h0j2k4m6n8pq"
DELIVERY_ID = "del_01j8z0c3v5m7k9q1r2s4t6w8xy"
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
BODY = (
    '{"id":"del_01j8z0c3v5m7k9q1r2s4t6w8xy","type":"event.created","created_at":"2026-05-25T12:00:01Z",'
    '"data":{"id":"evt_01j8z0c3t4e6g8h0j2k4m6n8pq","type":"order.shipped","payload":{"city":"Zürich","n":1}}}'
).encode()
ALL = dict.fromkeys(NAMES, True)
NONE = dict.fromkeys(NAMES, False)
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

pytestmark = pytest.mark.usefixtures("node_verifiers")


def signed(*secrets: str, body: bytes = BODY, age_s: int = 0) -> Delivery:
    """A delivery signed with `secrets`, in the hands of a receiver who knows the first."""
    headers = signing.headers_for(
        [signing.Signer(secret) for secret in secrets],
        event_id=EVENT_ID,
        delivery_id=DELIVERY_ID,
        event_type="order.shipped",
        attempt=1,
        timestamp=int(time.time()) - age_s,
        body=body,
    )
    return Delivery(secret=secrets[0], headers=headers, body=body)


def test_all_six_accept_a_delivery() -> None:
    delivery = signed(SECRET)

    assert verify_all(delivery.secret, EVENT_ID, delivery.headers, delivery.body) == ALL


def test_all_six_accept_secrets_and_bodies_of_every_shape() -> None:
    longest = "whsec_" + base64.b64encode(bytes(range(64))).decode()
    deliveries = [
        signed(longest),
        signed(signing.new_secret()),
        signed(SECRET, body=b"{}"),
        signed(SECRET, body=json.dumps({"text": "ß 日本 🚢 \u2028 " * 5_000}, ensure_ascii=False).encode()),
        signed(SECRET, body=b'{"n":123456789012345678901234567890,"e":1e2}'),
    ]

    assert verify_many(deliveries) == [ALL] * len(deliveries)


def test_while_a_secret_is_replaced_receivers_of_either_accept() -> None:
    old, new, other = signing.new_secret(), signing.new_secret(), signing.new_secret()
    delivery = signed(new, old)

    verdicts = verify_many([delivery, replace(delivery, secret=old), replace(delivery, secret=other)])

    assert verdicts == [ALL, ALL, NONE]


def test_one_other_byte_anywhere_in_the_body_makes_all_six_refuse() -> None:
    delivery = signed(SECRET)
    flipped = [replace(delivery, body=BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]) for at in range(len(BODY))]

    assert verify_many(flipped) == [NONE] * len(flipped)


def test_one_other_character_anywhere_in_the_secret_makes_all_six_refuse() -> None:
    delivery = signed(SECRET)
    others = [
        SECRET[:at] + BASE64[(BASE64.index(SECRET[at]) + 1) % 64] + SECRET[at + 1 :]
        for at in range(len("whsec_"), len(SECRET))
    ]
    flipped = [replace(delivery, secret=other) for other in others]

    assert verify_many(flipped) == [NONE] * len(flipped)


@pytest.mark.parametrize("by_s", [-1, 1, 10])
def test_another_timestamp_makes_all_six_refuse(by_s: int) -> None:
    delivery = signed(SECRET, age_s=20)
    said = delivery.headers["Harbor-Timestamp"]
    moved = {name: value.replace(said, str(int(said) + by_s)) for name, value in delivery.headers.items()}
    assert moved["webhook-timestamp"] != said != moved["Harbor-Timestamp"]

    assert verify_all(SECRET, EVENT_ID, moved, BODY) == NONE


def test_all_six_refuse_a_delivery_signed_over_five_minutes_ago() -> None:
    delivery = signed(SECRET, age_s=310)

    assert verify_all(SECRET, EVENT_ID, delivery.headers, BODY) == NONE


def test_another_event_id_makes_those_that_sign_it_refuse(node_verifiers: NodeVerifiers) -> None:
    delivery = signed(SECRET)
    renamed = replace(delivery, headers={**delivery.headers, "webhook-id": EVENT_ID[:-1] + "r"})

    assert node_verifiers.verify([renamed]) == [
        {"npm standardwebhooks": False, "npm svix": False, "npm stripe": True},
    ]
