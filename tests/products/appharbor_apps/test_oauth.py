"""The dance of OAuth as AppHarbor's clients dance it."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness import Reply
from tests.products.appharbor_apps.conftest import PASSWORD, Harbor

from harbor.products.appharbor_apps.oauth import rules, service
from harbor.products.appharbor_apps.oauth.api import wants_json

CALLBACK = "https://client.example.test/callback"
FORM = "application/x-www-form-urlencoded"


async def register(harbor: Harbor, callback: str = CALLBACK) -> dict[str, str]:
    body = {"name": "Client", "callback_url": callback, "application_url": "https://client.example.test/"}
    reply = await harbor.ada.ask("POST", "/clients", body)
    assert reply.status == 201, reply.body
    found: dict[str, str] = reply.json()
    return found


async def consent(harbor: Harbor, query: dict[str, str]) -> dict[str, str]:
    """What the client's address gets after Grace consented."""
    address = await harbor.act(harbor.grace, lambda call: service.approve(call, service.ask(call, query)))
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def exchange(harbor: Harbor, fields: dict[str, str], **more: Any) -> Reply:
    return await harbor.client().request("POST", "/tokens", body=urlencode(fields).encode(), media_type=FORM, **more)


async def code_and_client(harbor: Harbor, **query: str) -> dict[str, str]:
    client = await register(harbor)
    given = await consent(harbor, {"client_id": client["client_id"], "redirect_uri": CALLBACK, **query})
    return {"client_id": client["client_id"], "client_secret": client["client_secret"], "code": given["code"]}


async def test_a_code_is_exchanged_for_exactly_two_pairs(harbor: Harbor) -> None:
    fields = await code_and_client(harbor)

    reply = await exchange(harbor, fields)

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    first, second = reply.body.decode().split("&")
    token = first.removeprefix("access_token=")
    assert second == "token_type=bearer"
    user = await harbor.client({"Authorization": f"BEARER {token}"}).request("GET", "/user")
    assert user.json()["username"] == "grace"


async def test_the_fields_may_stand_in_the_query_of_an_empty_body(one: Harbor) -> None:
    fields = await code_and_client(one)

    reply = await one.client().request("POST", f"/tokens?{urlencode(fields)}")

    assert (reply.status, reply.body.count(b"&")) == (200, 1)


async def test_a_client_that_asks_for_json_alone_gets_it(one: Harbor) -> None:
    fields = await code_and_client(one)

    reply = await exchange(one, fields, headers={"Accept": "application/json"})

    assert set(reply.json()) == {"access_token", "token_type"}


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json, application/xml, text/json, text/x-json, text/javascript, text/xml", False),
        ("application/json, text/json", True),
        ("application/xml, application/json", False),
        ("application/json, */*", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_long_list_of_what_is_accepted_means_a_form(accept: str, is_json: bool) -> None:
    assert wants_json(accept) is is_json


async def test_a_code_that_comes_twice_ends_the_token_of_the_first(harbor: Harbor) -> None:
    fields = await code_and_client(harbor)
    token = (await exchange(harbor, fields)).body.decode().partition("&")[0].removeprefix("access_token=")

    again = await exchange(harbor, fields)

    assert (again.status, again.body) == (400, b"error=invalid_grant")
    assert (await harbor.client({"Authorization": f"BEARER {token}"}).request("GET", "/user")).status == 401


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"client_secret": "nonsense"}, "unauthorized_client"),
        ({"client_id": "nonsense"}, "unauthorized_client"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"redirect_uri": "https://elsewhere.example.test/"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
    ],
)
async def test_what_is_wrong_is_one_pair(one: Harbor, wrong: dict[str, str], word: str) -> None:
    fields = await code_and_client(one)

    reply = await exchange(one, {**fields, **wrong})

    assert (reply.status, reply.body.decode()) == (400, f"error={word}")


async def test_a_code_lives_ten_minutes(one: Harbor) -> None:
    fields = await code_and_client(one)
    one.house.clock.advance(600)

    assert (await exchange(one, fields)).body == b"error=invalid_grant"


async def test_a_challenge_wants_its_verifier(one: Harbor) -> None:
    challenge = urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    fields = await code_and_client(one, code_challenge=challenge, code_challenge_method="S256")

    assert (await exchange(one, fields)).body == b"error=invalid_grant"
    assert (await exchange(one, {**fields, "code_verifier": "verifier"})).status == 200


async def test_the_state_comes_back_unchanged_and_a_refusal_says_so(one: Harbor) -> None:
    client = await register(one)
    query = {"client_id": client["client_id"], "state": "https://a.example.test/?x=1&y=ü"}

    given = await consent(one, query)
    refused = await one.act(one.grace, lambda call: service.refuse(service.ask(call, query)))

    assert given["state"] == query["state"]
    assert parse_qs(urlsplit(refused).query) == {"error": ["access_denied"], "state": [query["state"]]}


async def test_the_authorize_address_leads_to_the_consent_page(one: Harbor) -> None:
    client = await register(one)
    query = urlencode({"client_id": client["client_id"], "redirect_url": CALLBACK, "state": "s"})

    reply = await one.client().request("GET", f"//user/authorizations/new?{query}")

    assert reply.status == 302
    assert reply.headers["location"] == f"/console/appharbor/authorize?{query}"


@pytest.mark.parametrize("query", ["", "client_id=unknown", "redirect_uri=https%3A%2F%2Fevil.example.test%2F"])
async def test_nobody_unknown_is_sent_to(one: Harbor, query: str) -> None:
    client = await register(one)
    if query.startswith("redirect"):
        query += f"&client_id={client['client_id']}"

    reply = await one.client().request("GET", f"/user/authorizations/new?{query}")

    assert reply.status == 400
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in reply.headers


@pytest.mark.parametrize(
    ("asked", "registered", "fits"),
    [
        (CALLBACK, CALLBACK, True),
        (CALLBACK + "?next=1", CALLBACK, True),
        ("https://client.example.test:443/callback", CALLBACK, True),
        ("http://127.0.0.1:5000/back", "http://127.0.0.1/back", True),
        ("http://client.example.test/callback", CALLBACK, False),
        ("https://client.example.test:8443/callback", CALLBACK, False),
        ("https://client.example.test/callback/more", CALLBACK, False),
        ("https://client.example.test.evil.test/callback", CALLBACK, False),
        ("https://client.example.test@evil.test/callback", CALLBACK, False),
        ("https://user@client.example.test/callback", CALLBACK, False),
        ("javascript:alert(1)", CALLBACK, False),
        ("https://client.example.test/callback#x", CALLBACK, False),
        ("https://client.example.test:99999/callback", CALLBACK, False),
    ],
)
def test_where_a_client_may_be_sent(asked: str, registered: str, fits: bool) -> None:
    assert rules.matches(asked, registered) is fits


@given(st.text(max_size=80))
def test_any_text_can_be_asked_for(text: str) -> None:
    assert rules.matches(text, CALLBACK) in (True, False)


async def test_grants_are_listed_and_revoked(harbor: Harbor) -> None:
    fields = await code_and_client(harbor)
    await exchange(harbor, fields)

    (grant,) = await harbor.grace.get("/user/authorizations")
    assert (grant["client_id"], grant["tokens"]) == (fields["client_id"], 1)
    assert (await harbor.grace.ask("DELETE", f"/user/authorizations/{grant['client_id']}")).status == 204
    assert (await harbor.grace.ask("DELETE", f"/user/authorizations/{grant['client_id']}")).status == 404
    assert await harbor.grace.get("/user/authorizations") == []


async def test_a_client_that_goes_takes_its_tokens_along(one: Harbor) -> None:
    fields = await code_and_client(one)
    token = (await exchange(one, fields)).body.decode().partition("&")[0].removeprefix("access_token=")

    assert (await one.grace.ask("DELETE", f"/clients/{fields['client_id']}")).status == 404
    assert (await one.ada.ask("DELETE", f"/clients/{fields['client_id']}")).status == 204

    assert (await one.client({"Authorization": f"BEARER {token}"}).request("GET", "/user")).status == 401
    assert await one.ada.get("/clients") == []


@pytest.mark.parametrize("name", ["ada", "ada@example.test", "ADA"])
async def test_the_command_line_signs_in_with_a_password(one: Harbor, name: str) -> None:
    fields = urlencode({"username": name, "password": PASSWORD}).encode()

    reply = await one.client().request("POST", "/token", body=fields, media_type=FORM)

    token = parse_qs(reply.body.decode())["access_token"][0]
    assert (await one.client({"Authorization": f"BEARER {token}"}).request("GET", "/user")).status == 200


async def test_a_wrong_password_is_refused_and_slowed_down(one: Harbor) -> None:
    client = one.client()
    fields = urlencode({"username": "ada", "password": "wrong"}).encode()

    replies = [await client.request("POST", "/token", body=fields, media_type=FORM) for _ in range(11)]

    assert {(reply.status, reply.body) for reply in replies[:10]} == {(401, b"error=invalid_grant")}
    assert replies[10].status == 429
