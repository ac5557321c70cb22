"""Providers that an organization describes: requests, pointers, words, signed callbacks, the breaker, and the shipped example."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.products.harbour_agreements.office import ADA, CRIMINAL, IDENTITY, Office, checked
from tests.receiver import Answer

from harbor.kernel.clock import real_now
from harbor.products.harbour_agreements.engine.breaker import FAILURES_MAX
from harbor.products.harbour_agreements.provider_configs.model import problems
from harbor.products.harbour_agreements.providers import http
from harbor.products.harbour_agreements.providers.http.model import Callback, HttpSettings
from harbor.products.harbour_agreements.providers.http.pointers import at, is_pointer
from harbor.products.harbour_agreements.providers.http.signatures import check, signature
from harbor.products.harbour_agreements.providers.http.templates import filled, filled_path
from harbor.products.harbour_agreements.providers.protocol import Unauthentic

EXAMPLE = Path(http.__file__).parent / "examples" / "certn.json"
SECRET = "a key that signs"
SETTINGS: Mapping[str, Any] = json.loads(EXAMPLE.read_text())
REVIEW = {"id": "app-1", "status": "PENDING", "result": "NONE"}

# Deeper than anything here goes, and references that no table takes.
UNREAD = [
    b'{"status":"PENDING","id":"a","more":' + b"[" * 500 + b"]" * 500 + b"}",
    b'{"status":"PENDING","id":"a\\u0001"}',
    b'{"status":"PENDING","id":"%s"}' % (b"a" * 300),
]


async def _described(office: Office, **changes: Any) -> dict[str, Any]:
    settings = {**SETTINGS, "base_url": office.receiver.url(""), **changes}
    body = {"key": "certn", "settings": settings, "secret": "s3cret", "callback_secret": SECRET}
    reply = await office.ask("POST", "/providers", body)
    assert reply.status == 201, reply.body
    return reply.json()  # type: ignore[no-any-return]


def _answers(office: Office, *answers: Any, status: int = 200) -> None:
    office.receiver.answers.extend(Answer(status=status, body=msgspec.json.encode(answer)) for answer in answers)


async def _call_back(office: Office, provider: Mapping[str, Any], answer: Any, **more: Any) -> tuple[int, Any]:
    raw = msgspec.json.encode({"event": "application.updated", "data": answer})
    at_s = int(real_now().timestamp()) - more.get("age_s", 0)
    signed = hmac.new(more.get("secret", SECRET).encode(), f"{at_s}.".encode() + raw, "sha256").hexdigest()
    reply = await office.ask(
        "POST",
        f"/providers/{provider['provider_id']}/callbacks",
        body=raw,
        headers={"x-api-key": "", "certn-signature": f"t={at_s},v1={signed}"},
    )
    return reply.status, reply.json()


async def test_a_check_goes_from_request_over_callback_to_its_end(office: Office) -> None:
    provider = await _described(office)
    assert "s3cret" not in str(provider)
    assert SECRET not in str(provider)
    _answers(office, REVIEW)

    made = await office.start(IDENTITY, provider="certn", verification_metadata={"n": 1})

    asked = office.receiver.got[0]
    assert (asked.path, asked.headers["authorization"]) == ("/hr/applications/invite/", "Bearer s3cret")
    assert asked.json()["information"]["sin_ssn"] == ADA["ssn"]
    assert asked.json()["tag"] == asked.headers["idempotency-key"] == made["verification_id"]
    assert (made["status"], made["verification_details"]["provider"]) == ("in_progress", "certn")
    cleared = {
        "id": "app-1",
        "status": "RETURNED",
        "result": "CLEARED",
        "sin_ssn": "123",
        "report": "https://u:p@x.example",
    }
    assert await _call_back(office, provider, cleared) == (202, {"moved": 1})
    assert await _call_back(office, provider, cleared) == (202, {"moved": 0})  # replayed
    assert await _call_back(office, provider, REVIEW) == (202, {"moved": 0})  # out of order
    assert await _call_back(office, provider, {**cleared, "id": "nobody's"}) == (202, {"moved": 0})
    assert await _call_back(office, provider, {**cleared, "status": "SOMETHING"}) == (202, {"moved": 0})
    found = await office.now(made)
    assert (found["status"], found["result"]) == ("completed", "verified")
    assert found["latest_response"]["report"] == "[redacted]"
    await office.ask("DELETE", f"/verifications/{made['verification_id']}")
    assert await _call_back(office, provider, cleared) == (202, {"moved": 0})


async def test_a_callback_that_the_provider_did_not_sign_now_is_refused(one_engine: Office) -> None:
    provider = await _described(one_engine)

    for more in ({"secret": "another"}, {"age_s": 400}, {"age_s": -400}):
        status, body = await _call_back(one_engine, provider, REVIEW, **more)
        assert (status, body["error"]) == (401, 2002), more
    path = f"/providers/{provider['provider_id']}/callbacks"
    assert (await one_engine.ask("POST", path, body=b"{}")).status == 401
    assert (await one_engine.ask("POST", "/providers/PROVIDER-1_2/callbacks", body=b"{}")).status == 404
    replies = [await one_engine.ask("POST", path, body=b"{}") for _ in range(30)]
    assert {reply.status for reply in replies[-3:]} == {429}


@pytest.mark.parametrize("answer", [b"<html>", b"\xff", b"[" * 100_000, b"{}", b"[1]", b'"x"', *UNREAD])
async def test_an_answer_that_says_nothing_starts_nothing(one_engine: Office, answer: bytes) -> None:
    await _described(one_engine)
    one_engine.receiver.answers.append(Answer(body=answer))

    reply = await one_engine.ask("POST", "/verifications", checked(IDENTITY, provider="certn"))

    assert (reply.status, reply.json()["error"]) == (503, 5002)
    assert (await one_engine.get("/verifications"))["total"] == 0


async def test_two_checks_never_have_one_reference(one_engine: Office) -> None:
    await _described(one_engine)
    _answers(one_engine, REVIEW, REVIEW)
    first = await one_engine.start(IDENTITY, provider="certn")

    reply = await one_engine.ask("POST", "/verifications", checked(IDENTITY, provider="certn"))

    assert (reply.status, reply.json()["error"]) == (503, 5002)
    items = (await one_engine.get("/verifications"))["items"]
    assert [item["verification_id"] for item in items] == [first["verification_id"]]


async def test_what_no_callback_told_is_asked_for_ever_more_rarely(one_engine: Office) -> None:
    await _described(one_engine)
    _answers(one_engine, REVIEW, REVIEW, REVIEW, {**REVIEW, "status": "RETURNED", "result": "REVIEW"})
    made = await one_engine.start(CRIMINAL, provider="certn")
    assert (made["status"], made["sub_status"]) == ("in_progress", None)

    await one_engine.house.settle()
    await one_engine.later(121)
    await one_engine.later(241)

    assert [got.path for got in one_engine.receiver.got[1:]] == ["/hr/applicants/app-1/"] * 3
    items = (await one_engine.get("/verifications"))["items"]
    assert {(item["status"], item["result"]) for item in items} == {("completed", "rejected")}


async def test_five_failures_in_a_row_leave_a_provider_alone_for_a_minute(office: Office) -> None:
    await _described(office)
    office.receiver.otherwise = Answer(status=503)
    body = {"verification_type": IDENTITY, "applicant": ADA, "provider": "certn"}
    consent = {"text_version": "1", "accepted_at": 1, "ip": "::1", "user_agent": "x"}

    async def start() -> tuple[int, int]:
        reply = await office.ask("POST", "/verifications", {**body, "consent": consent})
        asked = len(office.receiver.got)
        office.receiver.got.clear()
        return reply.status, asked

    assert [await start() for _ in range(FAILURES_MAX)] == [(503, 2)] * FAILURES_MAX  # each tried twice
    reply = await office.ask("POST", "/verifications", {**body, "consent": consent})
    assert (reply.status, reply.json()["error"], reply.headers["retry-after"]) == (503, 5002, "60")
    assert await start() == (503, 0)
    office.clock.advance(61)
    office.receiver.otherwise = Answer(body=msgspec.json.encode(REVIEW))
    assert await start() == (201, 1)
    office.receiver.otherwise = Answer(body=msgspec.json.encode({**REVIEW, "id": "app-2"}))
    assert await start() == (201, 1)


async def test_a_trial_says_what_an_answer_would_mean_and_changes_nothing(one_engine: Office) -> None:
    provider = await _described(one_engine)
    path = f"/providers/{provider['provider_id']}/dry-run"
    part = {"single_state_county_record_check_result": {"result": "REVIEW"}}
    sample = {"id": 7, "status": "returned", "result": "cleared", "us_criminal_record_check_result": part}

    told = (await one_engine.ask("POST", path, {"sample": sample})).json()

    assert told == {
        "reference": "7",
        "status": "completed",
        "result": "verified",
        "sub_status": None,
        "parts": {"single_state_county_record_check_result": "rejected"},
        "problem": None,
    }
    for sample, problem in (({}, "reference"), ({"id": "1", "status": "ODD"}, "ODD"), ([1], "reference")):
        assert problem in (await one_engine.ask("POST", path, {"sample": sample})).json()["problem"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"base_url": "http://10.0.0.1/x"}, "settings.base_url"),
        ({"types": []}, "settings.types"),
        ({"auth_header": "a b"}, "settings.auth_header"),
        ({"pointers": {"reference": "id", "status": "/status"}}, "settings.pointers.reference"),
        ({"requests": {"start": {"method": "POST", "path": "x"}, "get": {"method": "GET", "path": "/"}}}, "start.path"),
        ({"requests": {**SETTINGS["requests"], "get": {"method": "GET", "path": "/{applicant.shoe}"}}}, "requests.get"),
        ({"callback": None}, "callback_secret"),
        ({"callback": {"header": "X", "form": "v1"}}, "settings.callback.form"),
        ({"words": {"status": {"A": "finished"}}}, "settings.words"),
        ({"surprise": 1}, "settings.surprise"),
    ],
)
async def test_a_description_that_cannot_be_is_refused(one_engine: Office, changes: dict[str, Any], path: str) -> None:
    settings = {**SETTINGS, "base_url": one_engine.receiver.url(""), **changes}

    reply = await one_engine.ask(
        "POST", "/providers", {"key": "certn", "settings": settings, "secret": "s", "callback_secret": "t"}
    )

    assert reply.status == 422, reply.body
    assert any(path in item["path"] for item in reply.json()["errors"]), reply.json()["errors"]


async def test_providers_are_the_organizations_own(one_engine: Office) -> None:
    provider = await _described(one_engine)
    one = f"/providers/{provider['provider_id']}"
    assert (
        await one_engine.ask("POST", "/providers", {"key": "sandbox", "settings": SETTINGS, "secret": "x"})
    ).status == 422
    again = {"key": "certn", "settings": {**SETTINGS, "base_url": one_engine.receiver.url("")}, "secret": "x"}
    assert (await one_engine.ask("POST", "/providers", {**again, "callback_secret": "y"})).status == 409
    changed = await one_engine.ask("PUT", one, {"settings": {**again["settings"], "display_name": "Other"}})
    assert changed.json()["settings"]["display_name"] == "Other"
    assert (await one_engine.get("/providers"))["total"] == 1
    _answers(one_engine, REVIEW)
    await one_engine.start(IDENTITY, provider="certn")
    assert (await one_engine.ask("DELETE", one)).status == 409
    sealed = await one_engine.write(lambda call: call.tx.rows("SELECT secrets FROM harbour_providers"))
    assert "s3cret" not in str(sealed)


def test_the_shipped_example_is_a_good_description() -> None:
    assert list(problems(msgspec.json.decode(EXAMPLE.read_bytes(), type=HttpSettings))) == []


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner)
    )
)
def test_a_pointer_finds_what_stands_where_it_points_and_nothing_else(document: Any) -> None:
    def walk(value: Any, pointer: str) -> None:
        assert is_pointer(pointer)
        assert at(document, pointer) == value
        steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, item in steps:
            walk(item, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")

    walk(document, "")
    assert at(document, "/no such name/5") is None
    assert at([document], f"/{'9' * 5_000}") is None


def test_a_template_keeps_types_and_escapes_paths() -> None:
    values = {"reference": "a/b?c", "order.attempt": 2, "applicant.addresses": ({"city": "X"},)}

    assert filled({"a": "{order.attempt}", "b": "no {reference}", "c": ["{applicant.addresses}"]}, values) == {
        "a": 2,
        "b": "no a/b?c",
        "c": [[{"city": "X"}]],
    }
    assert filled_path("/x/{reference}/", values) == "/x/a%2Fb%3Fc/"


@given(st.binary(max_size=200), st.sampled_from(["hex", "base64"]), st.sampled_from(["sha256", "sha512"]))
def test_a_signature_holds_for_its_body_alone(body: bytes, encoding: Any, algorithm: Any) -> None:
    callback, now = Callback(header="X-Sig", encoding=encoding, algorithm=algorithm), real_now()
    stamp = str(int(now.timestamp()))
    headers = {"x-sig": f"v0=old, t={stamp},v1={signature(callback, SECRET, body, stamp)}"}

    check(callback, SECRET, headers, body, now)

    for wrong, body_, secret in ((headers, body + b"x", SECRET), (headers, body, "other"), ({}, body, SECRET)):
        with pytest.raises(Unauthentic):
            check(callback, secret, wrong, body_, now)
