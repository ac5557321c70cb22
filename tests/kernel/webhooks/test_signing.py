"""Signatures: the exact bytes, what a receiver accepts, and what a diagnosis says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.webhooks import signing
from harbor.kernel.webhooks.signing import Check, SignatureFormat, Signer, diagnose, headers_for, verify

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
OTHER = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()
EVENT_ID = "evt_01j8z0c3t4e6g8h0j2k4m6n8pq"
TIMESTAMP = 1779710401
BODY = (
    '{"id":"del_01j8z0c3v5m7k9q1r2s4t6w8xy","type":"event.created","created_at":"2026-05-25T12:00:01Z",'
    '"data":{"id":"evt_01j8z0c3t4e6g8h0j2k4m6n8pq","type":"order.shipped",'
    '"workspace_id":"ws_01j8yxw2v3t4s5r6q7p8n9m0k1","payload":{"city":"Zürich","n":1},'
    '"created_at":"2026-05-25T12:00:00Z"}}'
).encode()
HEX = "3d1d1993e35cdfd47d3e4e755b7459666d20b8fab42a9f21822f16ff6ac25704"
STANDARD = "v1,LTkF7njhwCK2HBtRYw8sWtDMKWWj+rROc0b/yUKOCMQ="


def headers(*secrets: str, body: bytes = BODY, form: SignatureFormat = SignatureFormat.TIMESTAMPED) -> dict[str, str]:
    return headers_for(
        [Signer(secret) for secret in secrets or (SECRET,)],
        event_id=EVENT_ID,
        delivery_id="del_01j8z0c3v5m7k9q1r2s4t6w8xy",
        event_type="order.shipped",
        attempt=2,
        timestamp=TIMESTAMP,
        body=body,
        signature_format=form,
    )


def accepts(
    signature: str,
    *,
    timestamp: str | int = TIMESTAMP,
    secret: str | list[str] = SECRET,
    now: float = TIMESTAMP,
    body: bytes | str = BODY,
) -> bool:
    return verify(body, signature=signature, timestamp=timestamp, secret=secret, now=now)


# Signing


def test_the_published_vectors() -> None:
    assert len(BODY) == 286
    assert headers() == {
        "Content-Type": "application/json",
        "User-Agent": "Harbor-Webhooks/1.0",
        "Harbor-Signature": f"t={TIMESTAMP},v1={HEX}",
        "Harbor-Timestamp": str(TIMESTAMP),
        "Harbor-Delivery-Id": "del_01j8z0c3v5m7k9q1r2s4t6w8xy",
        "Harbor-Attempt": "2",
        "Harbor-Event-Type": "order.shipped",
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": STANDARD,
    }


def test_every_valid_secret_signs_the_current_one_first() -> None:
    both = headers(SECRET, OTHER)

    assert both["Harbor-Signature"].startswith(f"t={TIMESTAMP},v1={HEX},v1=")
    assert both["webhook-signature"].startswith(f"{STANDARD} v1,")
    assert both["webhook-signature"].split(" ")[1] == headers(OTHER)["webhook-signature"]


def test_the_hex_format_is_the_bare_digest_of_the_current_secret() -> None:
    bare = headers(SECRET, OTHER, form=SignatureFormat.HEX)

    assert bare["Harbor-Signature"] == HEX
    assert bare["webhook-signature"] == headers(SECRET, OTHER)["webhook-signature"]


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=300), st.integers(0, 10**12))
def test_a_signer_computes_what_hmac_computes(key: bytes, body: bytes, timestamp: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    signer = Signer(secret)

    for _ in range(2):  # a signer is used again and again
        assert (
            signer.harbor(timestamp, body)
            == hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()
        )
        assert (
            signer.standard("evt_1", timestamp, body)
            == "v1,"
            + base64.b64encode(hmac.new(key, f"evt_1.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()
        )


# Secrets


def test_a_new_secret_is_good_and_never_twice_the_same() -> None:
    made = {signing.new_secret() for _ in range(50)}

    assert len(made) == 50
    for secret in made:
        assert signing.check_secret(secret) == secret
        assert len(secret) == 38
        assert "=" not in secret


@pytest.mark.parametrize("size", [24, 25, 26, 32, 64])
def test_a_secret_holds_24_to_64_bytes(size: int) -> None:
    assert signing.check_secret("whsec_" + base64.b64encode(b"\xff" * size).decode())


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY",
        "WHSEC_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY",
        SECRET + "\n",
        " " + SECRET,
        SECRET[:-1],
        SECRET[:-1] + "é",
        "whsec_" + base64.b64encode(b"\xff" * 23).decode(),
        "whsec_" + base64.b64encode(b"\xff" * 65).decode(),
        "whsec_" + base64.b64encode(b"\xff" * 25).decode().rstrip("="),
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 24).decode(),
        "whsec_" + base64.b64encode(b"\xff" * 25).decode().replace("w==", "x=="),
    ],
)
def test_any_other_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        signing.check_secret(secret)

    assert refused.value.field == "secret"
    assert len(secret) < 8 or secret.strip() not in refused.value.message
    with pytest.raises(Invalid):
        Signer(secret)


# Verification


@pytest.mark.parametrize(
    "signature",
    [
        f"t={TIMESTAMP},v1={HEX}",
        f"v1={HEX}",
        HEX,
        HEX.upper(),
        f" {HEX} ",
        f"v1={HEX},t={TIMESTAMP}",
        f"t={TIMESTAMP}, v1={HEX}",
        f"t={TIMESTAMP},v0=abc,v1={'0' * 64},v1={HEX},v2=x",
        f"t={TIMESTAMP},v1=short,v1={HEX}",
    ],
)
def test_each_form_of_the_header_is_accepted(signature: str) -> None:
    assert accepts(signature)
    assert accepts(signature, body=BODY.decode())
    assert accepts(signature, timestamp=str(TIMESTAMP))
    assert accepts(signature, secret=[OTHER, SECRET])


@pytest.mark.parametrize(
    "signature",
    [
        "",
        " ",
        ",",
        "v1=",
        "v1",
        "t=",
        f"t={TIMESTAMP}",
        f"t={TIMESTAMP + 1},v1={HEX}",
        f"t=x,v1={HEX}",
        f"t={TIMESTAMP},t={TIMESTAMP},v1={HEX}",
        f"t={TIMESTAMP},v0={HEX}",
        f"t={TIMESTAMP},V1={HEX}",
        f"t={TIMESTAMP},v1={HEX}0",
        f"t={TIMESTAMP},v1={HEX[:-1]}",
        HEX[:-1] + "g",
        HEX[:-1] + "é",
        STANDARD,
        f"t={TIMESTAMP},v1={HEX}" + "," * 5_000,
    ],
)
def test_a_malformed_header_is_false_and_no_error(signature: str) -> None:
    assert not accepts(signature)


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        " ",
        "x",
        "-1",
        f" {TIMESTAMP}",
        f"+{TIMESTAMP}",
        f"0{TIMESTAMP}",
        "1" * 400,
        f"{TIMESTAMP}.0",
        -1,
        True,
        10**30,
        TIMESTAMP + 1,
    ],
)
def test_another_or_malformed_timestamp_is_false(timestamp: str | int) -> None:
    assert not accepts(HEX, timestamp=timestamp)


@pytest.mark.parametrize(("age_s", "expected"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_the_moment_is_within_five_minutes_past_and_future(age_s: int, expected: bool) -> None:
    assert accepts(f"t={TIMESTAMP},v1={HEX}", now=TIMESTAMP + age_s) is expected


@pytest.mark.parametrize("secret", ["", [], [""], OTHER, SECRET[:-1], SECRET + "\n", "\ud800"])
def test_another_secret_is_false(secret: str | list[str]) -> None:
    assert not accepts(HEX, secret=secret)


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_another_byte_anywhere_is_false(at: int, by: int) -> None:
    assert not accepts(HEX, body=BODY[:at] + bytes([BODY[at] ^ by]) + BODY[at + 1 :])


@given(st.text(), st.text() | st.integers(), st.text(), st.binary() | st.text(), st.floats(0, 2e9))
def test_no_input_raises(signature: str, timestamp: str | int, secret: str, body: bytes | str, now: float) -> None:
    assert not verify(body, signature=signature, timestamp=timestamp, secret=secret, now=now)
    assert diagnose({"Harbor-Signature": signature, "Harbor-Timestamp": str(timestamp)}, body, secret=secret, now=now)
    trio = {"webhook-id": secret, "webhook-timestamp": str(TIMESTAMP), "webhook-signature": signature}
    assert diagnose(trio, body, secret=SECRET, now=now)


@given(st.lists(st.sampled_from(["t", "v1", "v0", "=", ",", " ", HEX, str(TIMESTAMP), "é"]), max_size=8).map("".join))
def test_only_text_with_the_right_digest_is_accepted(signature: str) -> None:
    assert not accepts(signature) or HEX in signature


# Diagnosis


def failures(
    given_headers: dict[str, str], body: bytes = BODY, *, secret: str = SECRET, now: float = TIMESTAMP
) -> list[Check]:
    return [each.check for each in diagnose(given_headers, body, secret=secret, now=now) if not each.passed]


def test_a_good_delivery_passes_every_check_in_every_format() -> None:
    for form in SignatureFormat:
        findings = diagnose(
            headers(SECRET, OTHER, form=form),
            BODY,
            secret=OTHER if form == "timestamped" else SECRET,
            now=TIMESTAMP + 9,
        )

        assert [finding.check for finding in findings] == list(Check)
        assert all(finding.passed for finding in findings)
        assert all(finding.text.endswith(".") for finding in findings)


def test_either_set_of_headers_is_enough() -> None:
    trio = {name: value for name, value in headers().items() if name.startswith("webhook-")}
    own = {name.upper(): value for name, value in headers().items() if name.startswith("Harbor-")}

    assert failures(trio) == failures(own) == []
    assert diagnose(trio, BODY, secret=SECRET, now=TIMESTAMP)[-1].check is Check.STANDARD_SIGNATURE
    assert diagnose(own, BODY, secret=SECRET, now=TIMESTAMP)[-1].check is Check.HARBOR_SIGNATURE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Harbor-Signature": "sha256=abc"}, [Check.FORMAT]),
        ({"Harbor-Signature": f"t={TIMESTAMP - 1},v1={HEX}"}, [Check.TIMESTAMP]),
        ({"Harbor-Timestamp": "noon"}, [Check.TIMESTAMP]),
        ({"Harbor-Signature": f"v1={'0' * 64}"}, [Check.HARBOR_SIGNATURE]),
        ({"webhook-signature": "v1,AAAA"}, [Check.STANDARD_SIGNATURE]),
        ({"webhook-signature": STANDARD.replace("v1", "v2")}, [Check.STANDARD_SIGNATURE]),
        ({"webhook-id": "evt_other"}, [Check.STANDARD_SIGNATURE]),
        ({"webhook-timestamp": str(TIMESTAMP + 1)}, [Check.TIMESTAMP, Check.STANDARD_SIGNATURE]),
        ({"webhook-timestamp": "soon"}, [Check.TIMESTAMP]),
    ],
)
def test_a_diagnosis_names_the_check_that_fails(changes: dict[str, str], expected: list[Check]) -> None:
    assert failures(headers() | changes) == expected


def test_missing_headers_end_the_diagnosis() -> None:
    assert failures({}) == [Check.HEADERS]
    assert failures({"Harbor-Signature": HEX}) == [Check.HEADERS]


@pytest.mark.parametrize(
    ("now", "said"),
    [(TIMESTAMP + 301, "301 s ago"), (TIMESTAMP - 400, "400 s in the future"), (TIMESTAMP / 1000, "milliseconds")],
)
def test_a_diagnosis_says_how_old_the_delivery_is(now: float, said: str) -> None:
    (age,) = [finding for finding in diagnose(headers(), BODY, secret=SECRET, now=now) if not finding.passed]

    assert age.check is Check.AGE
    assert said in age.text


@pytest.mark.parametrize(
    ("secret", "said"),
    [("hb_live_abcdef", "not an API key"), (SECRET + "\n", "line break"), ("whsec_abc", "base64"), ("", "begin with")],
)
def test_a_diagnosis_says_what_is_wrong_with_the_secret(secret: str, said: str) -> None:
    first, *_ = diagnose(headers(), BODY, secret=secret, now=TIMESTAMP)

    assert (first.check, first.passed) == (Check.SECRET, False)
    assert said in first.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BODY + b"\n", "without the blanks"),
        (json.dumps(json.loads(BODY), indent=2).encode(), "compact form"),
        (BODY.replace(b"Z", b"z"), "changed body"),
    ],
)
def test_a_diagnosis_recognizes_bodies_that_were_touched_on_the_way(body: bytes, said: str) -> None:
    harbor, standard = diagnose(headers(), body, secret=SECRET, now=TIMESTAMP)[-2:]

    assert (harbor.check, standard.check) == (Check.HARBOR_SIGNATURE, Check.STANDARD_SIGNATURE)
    assert said in harbor.text
    assert said in standard.text


def test_a_diagnosis_recognizes_foreign_line_breaks() -> None:
    sent = b'{"a":\n1}'
    came = sent.replace(b"\n", b"\r\n")

    assert "plain line breaks" in diagnose(headers(body=sent), came, secret=SECRET, now=TIMESTAMP)[-1].text


def test_a_diagnosis_never_tells_the_secret_or_the_right_digest() -> None:
    findings = diagnose(headers() | {"Harbor-Signature": "0" * 64}, BODY, secret=SECRET, now=TIMESTAMP)
    text = "".join(finding.text for finding in findings)

    assert not all(finding.passed for finding in findings)
    assert SECRET.removeprefix("whsec_") not in text
    assert HEX not in text
