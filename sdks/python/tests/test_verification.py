"""Signatures: made by us, checked by us, and by libraries that were written elsewhere."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import standardwebhooks
import stripe
import svix
from hypothesis import given
from hypothesis import strategies as st

from harbor_sdk import HarborError, WebhookSignatureError, construct_webhook_event, verify_webhook_signature
from harbor_sdk.signing import sign, sign_standard

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
OTHER = "whsec_GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB"
EVENT_ID = "evt_01j8z0c3t4e6g8h0j2k4m6n8pq"
AT = 1779710401
BODY = (
    '{"id":"del_01j8z0c3v5m7k9q1r2s4t6w8xy","type":"event.created","created_at":"2026-05-25T12:00:01Z",'
    '"data":{"id":"evt_01j8z0c3t4e6g8h0j2k4m6n8pq","type":"order.shipped",'
    '"workspace_id":"ws_01j8yxw2v3t4s5r6q7p8n9m0k1","payload":{"city":"Zürich","n":1},'
    '"created_at":"2026-05-25T12:00:00Z"}}'
).encode()
HEX = "3d1d1993e35cdfd47d3e4e755b7459666d20b8fab42a9f21822f16ff6ac25704"
SIGNATURE = f"t={AT},v1={HEX}"
STANDARD = "v1,LTkF7njhwCK2HBtRYw8sWtDMKWWj+rROc0b/yUKOCMQ="


def test_the_published_vectors_hold() -> None:
    assert len(BODY) == 286
    assert sign(SECRET, AT, BODY) == SIGNATURE
    assert sign_standard(SECRET, EVENT_ID, AT, BODY) == STANDARD


@pytest.mark.parametrize(
    "signature",
    [SIGNATURE, f"v1={HEX}", HEX, f"t={AT}, v1={HEX}", f"t={AT},v1={'0' * 64},v1={HEX}", f"t={AT},v0=zz,v1={HEX}"],
)
def test_every_form_of_the_signature_is_accepted(signature: str) -> None:
    assert verify_webhook_signature(BODY, signature, str(AT), SECRET, now=AT)
    assert verify_webhook_signature(BODY.decode(), signature, AT, [OTHER, SECRET], now=AT)


@pytest.mark.parametrize(
    "signature",
    ["", " ", "t", f"t={AT}", "v1=", f"v2={HEX}", HEX[:-1], HEX.upper(), f"t={AT + 1},v1={HEX}", f"t={AT},{HEX}",
     f"t={AT},t={AT},v1={HEX}", f"t=0{AT},v1={HEX}", f"v1={HEX}," * 100, "\ud800", STANDARD, f"{HEX},{HEX}"],
)  # fmt: skip
def test_malformed_signatures_are_false(signature: str) -> None:
    assert not verify_webhook_signature(BODY, signature, AT, SECRET, now=AT)


@pytest.mark.parametrize("secret", ["", " ", [], ["", ""], OTHER, [OTHER], SECRET + "x", "\ud800"])
def test_a_wrong_or_empty_secret_verifies_nothing(secret: Any) -> None:
    assert not verify_webhook_signature(BODY, SIGNATURE, AT, secret, now=AT)


def test_an_unset_secret_does_not_let_everybody_sign() -> None:
    forged = hmac.new(b"", f"{AT}.".encode() + BODY, hashlib.sha256).hexdigest()

    assert not verify_webhook_signature(BODY, forged, AT, ["", SECRET], now=AT)


@pytest.mark.parametrize(("age", "is_good"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_the_timestamp_counts_five_minutes_both_ways(age: int, is_good: bool) -> None:
    assert verify_webhook_signature(BODY, SIGNATURE, AT, SECRET, now=AT + age) is is_good


def test_now_is_now_unless_told_otherwise() -> None:
    now = int(time.time())

    assert verify_webhook_signature(BODY, sign(SECRET, now, BODY), now, SECRET)
    assert not verify_webhook_signature(BODY, sign(SECRET, now - 400, BODY), now - 400, SECRET)
    assert verify_webhook_signature(BODY, sign(SECRET, now - 400, BODY), now - 400, SECRET, 500)


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "1.5", "١٢٣", "9" * 13, None, 1.5, True])
def test_malformed_timestamps_are_false(timestamp: Any) -> None:
    assert not verify_webhook_signature(BODY, SIGNATURE, timestamp, SECRET, now=AT)


@given(st.text() | st.binary(), st.text(), st.text() | st.integers(), st.text() | st.lists(st.text()))
def test_nothing_is_ever_raised(payload: str | bytes, signature: str, timestamp: str | int, secret: Any) -> None:
    assert verify_webhook_signature(payload, signature, timestamp, secret, now=AT) is False


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_noticed(place: int, change: int) -> None:
    body = bytearray(BODY)
    body[place] ^= change

    assert not verify_webhook_signature(bytes(body), SIGNATURE, AT, SECRET, now=AT)


@given(st.binary(min_size=1), st.integers(0, 10**11), st.integers(1, 5))
def test_what_we_sign_we_accept(body: bytes, moment: int, secrets_count: int) -> None:
    secrets = [f"whsec_{number}" for number in range(secrets_count)]
    header = sign(secrets, moment, body)

    assert all(verify_webhook_signature(body, header, moment, secret, now=moment) for secret in secrets)


def test_signing_without_a_secret_is_refused() -> None:
    for secret in ("", [], ["whsec_x", ""]):
        with pytest.raises(ValueError, match="secret"):
            sign(secret, AT, BODY)
    with pytest.raises(ValueError, match="base64"):
        sign_standard("whsec_!", EVENT_ID, AT, BODY)


def test_libraries_of_others_accept_our_signatures() -> None:
    now = int(time.time())
    standard = {
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(now),
        "webhook-signature": sign_standard(SECRET, EVENT_ID, now, BODY),
    }

    standardwebhooks.Webhook(SECRET).verify(BODY, standard)
    svix.Webhook(SECRET).verify(BODY, standard)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), sign(SECRET, now, BODY), SECRET, 300)


def test_a_genuine_delivery_becomes_an_envelope() -> None:
    headers = {"HARBOR-SIGNATURE": SIGNATURE, "harbor-timestamp": str(AT), "Other": "x"}
    envelope = construct_webhook_event(BODY, headers, SECRET, now=AT)

    assert (envelope.type, envelope.data.type, envelope.data.id) == ("event.created", "order.shipped", EVENT_ID)
    assert envelope.data.payload == {"city": "Zürich", "n": 1}


def test_standard_headers_are_enough() -> None:
    headers = {
        "Webhook-Id": EVENT_ID,
        "Webhook-Timestamp": str(AT),
        "Webhook-Signature": f"v1a,xyz {sign_standard(OTHER, EVENT_ID, AT, BODY)} {STANDARD}",
    }

    assert construct_webhook_event(BODY.decode(), headers, ["not base64!", SECRET], now=AT).data.id == EVENT_ID


GENUINE_STANDARD = {"webhook-id": EVENT_ID, "webhook-timestamp": str(AT), "webhook-signature": STANDARD}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"harbor-signature": SIGNATURE},
        {"harbor-timestamp": str(AT)},
        {"harbor-signature": f"v1={'0' * 64}", "harbor-timestamp": str(AT), **GENUINE_STANDARD},
        GENUINE_STANDARD | {"webhook-id": "evt_other"},
        GENUINE_STANDARD | {"webhook-id": ""},
        GENUINE_STANDARD | {"webhook-timestamp": str(AT + 1)},
        GENUINE_STANDARD | {"webhook-signature": STANDARD.removeprefix("v1,")},
        GENUINE_STANDARD | {"webhook-signature": "v1,\ud800"},
    ],
)
def test_anything_else_is_no_event(headers: dict[str, str]) -> None:
    with pytest.raises(WebhookSignatureError) as refused:
        construct_webhook_event(BODY, headers, SECRET, now=AT)

    assert refused.value.code == "webhook_signature_invalid"


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"\xff", json.dumps({"id": "del_1"}).encode()])
def test_a_genuine_body_that_is_no_envelope_is_told_apart(body: bytes) -> None:
    headers = {"harbor-signature": sign(SECRET, AT, body), "harbor-timestamp": str(AT)}

    with pytest.raises(HarborError) as refused:
        construct_webhook_event(body, headers, SECRET, now=AT)
    assert refused.value.code == "invalid_response"
