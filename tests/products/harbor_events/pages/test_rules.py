"""The rules of the signature debugger, against the published vectors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.webhooks.signing import Signer
from harbor.products.harbor_events.pages.rules import Cause, Known, examine, headers_of

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
OTHER = "whsec_GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB"
AT = 1779710401
BODY = (
    '{"id":"del_01j8z0c3v5m7k9q1r2s4t6w8xy","type":"event.created","created_at":"2026-05-25T12:00:01Z",'
    '"data":{"id":"evt_01j8z0c3t4e6g8h0j2k4m6n8pq","type":"order.shipped","workspace_id":"ws_01j8yxw2v3t4s5r6q7p8n9m0k1",'
    '"payload":{"city":"Zürich","n":1},"created_at":"2026-05-25T12:00:00Z"}}'
)
HARBOR = {
    "Harbor-Signature": f"t={AT},v1=3d1d1993e35cdfd47d3e4e755b7459666d20b8fab42a9f21822f16ff6ac25704",
    "Harbor-Timestamp": str(AT),
}
STANDARD = {
    "webhook-id": "evt_01j8z0c3t4e6g8h0j2k4m6n8pq",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,LTkF7njhwCK2HBtRYw8sWtDMKWWj+rROc0b/yUKOCMQ=",
}
BOTH = {**HARBOR, **STANDARD}
MINE = [Known(text=SECRET, label="the pasted secret")]


def cause_of(headers: dict[str, str], body: str = BODY, secrets: list[Known] = MINE, now: float = AT + 1) -> Cause:
    return examine(headers, body, secrets, now=now).cause


@pytest.mark.parametrize("headers", [HARBOR, STANDARD, BOTH], ids=["harbor", "standard", "both"])
def test_the_published_vectors_are_right(headers: dict[str, str]) -> None:
    assert len(BODY.encode()) == 286
    assert cause_of(headers) is Cause.GOOD


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"Harbor-Signature": None, "webhook-signature": None}, Cause.HEADERS),
        ({"Harbor-Timestamp": None, "webhook-id": None}, Cause.HEADERS),
        ({"Harbor-Signature": "t=1779710401"}, Cause.FORMAT),
        ({"Harbor-Signature": "v1=3d1d"}, Cause.FORMAT),
        ({"Harbor-Timestamp": "yesterday"}, Cause.FORMAT),
        ({"Harbor-Timestamp": str(AT + 7)}, Cause.FORMAT),
        ({"Harbor-Signature": STANDARD["webhook-signature"]}, Cause.SWAPPED),
        ({"webhook-signature": HARBOR["Harbor-Signature"]}, Cause.SWAPPED),
        ({"webhook-signature": HARBOR["Harbor-Signature"].partition("v1=")[2]}, Cause.SWAPPED),
    ],
)
def test_what_is_wrong_with_headers_is_named(changed: dict[str, str | None], cause: Cause) -> None:
    headers = {name: value for name, value in {**BOTH, **changed}.items() if value is not None}

    assert cause_of(headers) is cause


def test_a_missing_header_is_called_by_its_name() -> None:
    found = examine({"Harbor-Signature": HARBOR["Harbor-Signature"]}, BODY, MINE, now=AT)
    assert found.text == "Harbor-Timestamp is missing."
    assert examine({}, BODY, MINE, now=AT).text == "Harbor-Signature and Harbor-Timestamp are missing."


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (AT + 300, None),
        (AT - 300, None),
        (AT + 310, "It was signed 5 minutes ago, 10 s beyond the 5 minutes that receivers allow."),
        (AT + 300 + 7_200, "It was signed 2 hours ago, 2 hours beyond the 5 minutes that receivers allow."),
        (AT - 360, "It was signed 6 minutes in the future, 60 s beyond the 5 minutes that receivers allow."),
        (AT + 86_400 * 3, "It was signed 3 days ago, 2 days beyond the 5 minutes that receivers allow."),
    ],
)
def test_an_age_is_told_with_how_much_it_is_too_much(now: float, text: str | None) -> None:
    found = examine(BOTH, BODY, MINE, now=now)

    assert found.cause is (Cause.GOOD if text is None else Cause.TIME)
    assert text is None or found.text == text


def test_milliseconds_are_recognised() -> None:
    moment = AT * 1000
    signature = Signer(SECRET).harbor(moment, BODY.encode())
    headers = {"Harbor-Signature": f"t={moment},v1={signature}", "Harbor-Timestamp": str(moment)}

    assert examine(headers, BODY, MINE, now=AT).text == "The timestamp looks like milliseconds; it counts seconds."


VALUE = json.loads(BODY)
REWRITTEN = {
    "spaced": json.dumps(VALUE, ensure_ascii=False),
    "indented": json.dumps(VALUE, ensure_ascii=False, indent=2),
    "escaped": json.dumps(VALUE, separators=(",", ":")),
    "escaped and spaced": json.dumps(VALUE),
    "sorted": json.dumps(VALUE, ensure_ascii=False, sort_keys=True),
    "sorted and indented": json.dumps(VALUE, sort_keys=True, indent=4),
    "with a line break": BODY + "\n",
    "with blanks": f"  {BODY} ",
    "with a byte order mark": "\ufeff" + BODY,
    "as a text": json.dumps(BODY),
    "escaped for HTML": BODY.replace('"', "&quot;"),
    "slashes escaped": BODY.replace("ü", "\\u00fc"),
}


@pytest.mark.parametrize("body", REWRITTEN.values(), ids=REWRITTEN)
@pytest.mark.parametrize("headers", [HARBOR, STANDARD], ids=["harbor", "standard"])
def test_a_body_that_was_written_anew_is_recognised(headers: dict[str, str], body: str) -> None:
    found = examine(headers, body, MINE, now=AT)

    assert found.cause is Cause.BODY
    assert "changed on its way" in found.text


def test_line_breaks_that_a_form_joined_are_recognised() -> None:
    body = BODY.replace(",", ",\r\n")
    headers = {"Harbor-Signature": f"v1={Signer(SECRET).harbor(AT, body.encode())}", "Harbor-Timestamp": str(AT)}

    assert cause_of(headers, body.replace("\r\n", "\n")) is Cause.BODY
    assert cause_of(headers, body) is Cause.GOOD


def test_a_changed_value_is_found_by_the_body_that_was_sent() -> None:
    changed = BODY.replace('"n":1', '"n":2')

    assert cause_of(BOTH, changed) is Cause.WRONG_SECRET
    found = examine(BOTH, changed, MINE, now=AT, sent=BODY)
    assert found.cause is Cause.BODY
    assert "differ from byte" in found.text
    at = int(found.text.split("differ from byte ")[1].split()[0])
    assert BODY.encode()[: at - 1] == changed.encode()[: at - 1]
    assert BODY.encode()[at - 1] != changed.encode()[at - 1]


def test_another_secret_and_one_that_is_none_are_told_apart() -> None:
    assert cause_of(BOTH, secrets=[Known(text=OTHER, label="the pasted secret")]) is Cause.WRONG_SECRET
    for text in ("hb_test_abc", "whsec_###", f" {SECRET} ", f"{SECRET}\n"):
        assert cause_of(BOTH, secrets=[Known(text=text, label="the pasted secret")]) is Cause.SECRET
    with_sent = examine(BOTH, BODY, [Known(text=OTHER, label="x")], now=AT, sent=BODY)
    assert with_sent.text == "The body is what was sent, so the signature was made with another secret."


def test_a_secret_that_was_rotated_away_is_recognised() -> None:
    known = [Known(text=OTHER, label="the current one"), Known(text=SECRET, label="an older one", is_current=False)]

    assert cause_of(BOTH, secrets=known) is Cause.OLD_SECRET
    assert cause_of(BOTH, secrets=[known[0], Known(text=SECRET, label="still valid")]) is Cause.GOOD


def test_no_diagnosis_holds_a_secret_or_a_signature_that_could_be_used() -> None:
    right = Signer(SECRET).harbor(AT, BODY.encode())
    headers = {**BOTH, "Harbor-Signature": f"t={AT},v1={'0' * 64}"}

    for body in (BODY, *REWRITTEN.values()):
        found = examine(headers, body, MINE, now=AT, sent=BODY)
        told = " ".join([found.text, found.remedy, *(finding.text for finding in found.findings)])
        assert SECRET not in told
        assert right not in told


PASTED = {
    "lines": "Harbor-Timestamp: 1\nHarbor-Signature: t=1,v1=ab",
    "blanks": "  harbor-timestamp :1\n\n  HARBOR-SIGNATURE:   t=1,v1=ab  ",
    "output of curl": "> POST / HTTP/1.1\n> Harbor-Timestamp: 1\n> Harbor-Signature: t=1,v1=ab\n>",
    "options of curl": "curl x \\\n -H 'Harbor-Timestamp: 1' \\\n  -H \"Harbor-Signature: t=1,v1=ab\" \\\n --data y",
    "JSON": '{"Harbor-Timestamp": 1, "Harbor-Signature": ["t=1,v1=ab"]}',
    "members": '"harbor-timestamp": "1",\n"harbor-signature": "t=1,v1=ab",',
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_headers_are_read_in_the_ways_people_paste_them(text: str) -> None:
    found = headers_of(text)

    assert (found["harbor-timestamp"], found["harbor-signature"]) == ("1", "t=1,v1=ab")


@given(st.text(), st.text())
def test_nothing_that_is_pasted_breaks_it(headers: str, body: str) -> None:
    examine(headers_of(headers), body, MINE, now=AT)
    examine({**BOTH, **headers_of(headers)}, body, [Known(text=headers or "x", label="it")], now=AT, sent=body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_in_json_breaks_it(value: object) -> None:
    examine(BOTH, json.dumps(value), MINE, now=AT)
