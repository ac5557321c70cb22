"""OAuth from the first page to the last token: as browsers, applications and clients see it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.console.session import Browser, sign_in
from tests.harness import Reply
from tests.products.harvest_timesheets.office import AGENT, Desk, Json, Office, open_office

from harbor.console import dialect as console
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harvest_timesheets.opening import open_account

CALLBACK = "https://app.example/callback"
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.fixture
async def office(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An account with a console."""
    async with open_office(database, clock, tmp_path, has_console=True) as opened:
        yield opened


async def ada(office: Office) -> Browser:
    """The administrator in a browser."""
    return await sign_in(office.house, office.organization, email="ada@example.com")


async def register(browser: Browser, *, reach: str = "one") -> dict[str, str]:
    """A new application: its id and secret."""
    fields = {"name": "Timer <b>", "redirect_url": CALLBACK, "reach": reach}
    page = (await browser.post("/harvest/developers/applications", fields)).body.decode()
    secret, client_id = re.findall(r'data-copy="([A-Za-z0-9_-]+)"', page)
    return {"client_id": client_id, "client_secret": secret}


async def ask(office: Office, browser: Browser, query: dict[str, str], decision: str = "allow", **more: str) -> str:
    """Where the browser is led after the person decided."""
    started = await office.house.client("harvest", AGENT).request("GET", f"/oauth2/authorize?{urlencode(query)}")
    assert started.status == 302, started.body
    if not started.headers["location"].startswith("/console/harvest/authorize"):
        return started.headers["location"]
    page = await browser.get(started.headers["location"])
    assert page.status == 200, page.body
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.body.decode()))
    hidden.pop("_token", None)
    fields = {name: unescape(value) for name, value in hidden.items()}
    answer = await browser.post("/harvest/authorize", {**fields, **more, "decision": decision})
    assert answer.status == 302, answer.body
    return answer.headers["location"]


def told(location: str) -> dict[str, str]:
    """The parameters that an application finds."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def send(office: Office, path: str, body: Json, *, is_form: bool = False, **headers: str) -> Reply:
    """What an application sends."""
    client = office.house.client("harvest", {**AGENT, **headers})
    if is_form:
        return await client.request(
            "POST", path, body=urlencode(body).encode(), media_type="application/x-www-form-urlencoded"
        )
    return await client.request("POST", path, body)


async def token(office: Office, body: Json, **more: Any) -> Reply:
    """The answer of the token endpoint."""
    return await send(office, "/api/v2/oauth2/token", body, **more)


async def me(office: Office, access_token: str, account: int | None = None) -> int:
    """The status of a call with a token."""
    headers = {**AGENT, "Authorization": f"Bearer {access_token}", "Harvest-Account-Id": str(account or office.account)}
    return (await office.house.client("harvest", headers).request("GET", "/v2/users/me")).status


async def test_a_code_becomes_tokens_that_are_refreshed_and_given_back(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    query = {"client_id": app["client_id"], "response_type": "code", "state": "a b&c"}

    location = await ask(office, browser, query)

    assert location.startswith(f"{CALLBACK}?code=")
    assert f"scope=harvest%3A{office.account}" in location
    assert told(location)["state"] == "a b&c"
    by_code = {**app, "code": told(location)["code"], "grant_type": "authorization_code"}
    made = await token(office, by_code, is_form=True)
    assert (made.status, made.headers["cache-control"]) == (200, "no-store")
    first = made.json()
    assert list(first) == ["access_token", "refresh_token", "token_type", "expires_in"]
    assert (first["token_type"], first["expires_in"]) == ("bearer", 1209600)
    assert await me(office, first["access_token"]) == 200
    assert await me(office, first["refresh_token"]) == 401  # it buys tokens, and is none
    accounts = await office.house.client(
        "harvest", {**AGENT, "Authorization": f"Bearer {first['access_token']}"}
    ).request("GET", "/api/v2/accounts")
    assert [each["id"] for each in accounts.json()["accounts"]] == [office.account]

    by_refresh = {**app, "refresh_token": first["refresh_token"], "grant_type": "refresh_token"}
    second = (await token(office, by_refresh)).json()
    third = (await token(office, by_refresh)).json()
    assert second["refresh_token"] == third["refresh_token"] == first["refresh_token"]
    assert await me(office, second["access_token"]) == 200

    office.house.clock.advance(1209601)
    assert await me(office, first["access_token"]) == 401
    fourth = (await token(office, by_refresh)).json()
    assert await me(office, fourth["access_token"]) == 200

    given_back = await send(office, "/api/v2/oauth2/revoke", {**app, "token": fourth["access_token"]})
    assert (given_back.status, given_back.json()) == (200, {})
    assert await me(office, fourth["access_token"]) == 401
    fifth = (await token(office, by_refresh)).json()
    await send(office, "/api/v2/oauth2/revoke", {**app, "token": first["refresh_token"]}, is_form=True)
    assert await me(office, fifth["access_token"]) == 401
    refused = await token(office, by_refresh)
    assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
    assert (await send(office, "/api/v2/oauth2/revoke", {**app, "token": "unknown"})).status == 200


async def test_a_code_that_comes_twice_ends_what_it_gave(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    code = told(await ask(office, browser, {"client_id": app["client_id"], "response_type": "code"}))["code"]
    by_code = {**app, "code": code, "grant_type": "authorization_code"}
    made = (await token(office, by_code)).json()
    assert await me(office, made["access_token"]) == 200

    again = await token(office, by_code)

    assert (again.status, again.json()["error"]) == (400, "invalid_grant")
    assert await me(office, made["access_token"]) == 401
    by_refresh = {**app, "refresh_token": made["refresh_token"], "grant_type": "refresh_token"}
    assert (await token(office, by_refresh)).status == 400


async def test_what_is_wrong_is_said_in_the_words_of_the_standard(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    query = {"client_id": app["client_id"], "response_type": "code"}
    proven = {**query, "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    late = told(await ask(office, browser, query))["code"]
    office.house.clock.advance(601)
    code, guarded, other = [told(await ask(office, browser, each))["code"] for each in (query, proven, proven)]
    grant = {**app, "grant_type": "authorization_code"}

    for body, status, error in (
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({**grant, "client_secret": "wrong", "code": code}, 401, "invalid_client"),
        ({**grant, "client_id": "unknown", "code": code}, 401, "invalid_client"),
        (grant, 400, "invalid_request"),
        ({**grant, "code": "unknown"}, 400, "invalid_grant"),
        ({**grant, "code": late}, 400, "invalid_grant"),
        ({**grant, "code": code, "redirect_uri": "https://app.example/callback2"}, 400, "invalid_grant"),
        ({**grant, "code": guarded}, 400, "invalid_grant"),
        ({**grant, "code": "x", "grant_type": "refresh_token", "refresh_token": "y"}, 400, "invalid_grant"),
    ):
        reply = await token(office, body)
        assert (reply.status, reply.json()["error"]) == (status, error), body
        assert reply.json()["error_description"]
    good = await token(office, {**grant, "code": other, "code_verifier": VERIFIER, "redirect_uri": CALLBACK})
    assert good.status == 200
    basic = b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
    by_refresh = {"grant_type": "refresh_token", "refresh_token": good.json()["refresh_token"]}
    assert (await token(office, by_refresh, Authorization=f"Basic {basic}")).status == 200

    for change, error in (
        ({"response_type": "password"}, "unsupported_response_type"),
        ({"scope": "forecast:1"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
    ):
        assert told(await ask(office, browser, {**query, **change, "state": "s"})) == {"error": error, "state": "s"}
    client = office.house.client("harvest", AGENT)
    for change in ({"client_id": "<script>"}, {"redirect_uri": "https://app.example.evil.org/"}, {"state": "x" * 5000}):
        page = await client.request("GET", f"/oauth2/authorize?{urlencode({**query, **change})}")
        assert (page.status, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
        assert b"<script>" not in page.body


async def test_a_person_may_refuse_or_lose_their_access(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    query = {"client_id": app["client_id"], "response_type": "token", "redirect_uri": f"{CALLBACK}/more"}

    assert told(await ask(office, browser, query, "deny")) == {"error": "access_denied"}
    person = await office.person()
    other = await sign_in(office.house, office.organization, email=person.shown["email"])
    location = await ask(office, other, query)
    assert urlsplit(location).fragment == ""
    given = told(location)
    assert list(given) == ["access_token", "expires_in", "token_type", "scope"]
    assert (given["expires_in"], given["token_type"]) == ("64800", "bearer")
    assert await me(office, given["access_token"]) == 200
    code = told(await ask(office, other, {**query, "response_type": "code"}))["code"]
    await office.admin.changed(f"/v2/users/{person.id}", {"is_active": False})
    assert await me(office, given["access_token"]) == 404
    by_code = {**app, "code": code, "grant_type": "authorization_code"}
    assert (await token(office, by_code)).json()["error"] == "invalid_grant"
    page = await other.get(f"/harvest/authorize?{urlencode(query)}")
    assert b"No account to give" in page.body


async def test_the_account_is_chosen_and_the_token_reaches_it_alone(office: Office) -> None:
    browser = await ada(office)
    sandbox = await office.house.write(
        office.organization.sandbox,
        lambda call: open_account(call, name="Lab", first_name="Ada", last_name="Admin", email="ada@example.com"),
    )
    number = sandbox.company.number
    one, all_ = await register(browser), await register(browser, reach="all")
    query = {"client_id": one["client_id"], "response_type": "token"}

    chosen = told(await ask(office, browser, query, account=str(number)))

    assert chosen["scope"] == f"harvest:{number}"
    assert await me(office, chosen["access_token"], number) == 200
    assert await me(office, chosen["access_token"]) == 404
    everywhere = told(await ask(office, browser, {**query, "client_id": all_["client_id"]}, account=str(number)))
    assert everywhere["scope"] == "harvest:all"
    assert await me(office, everywhere["access_token"]) == 200
    narrow = {**query, "client_id": all_["client_id"], "scope": f"harvest:{office.account}"}
    assert told(await ask(office, browser, narrow))["scope"] == f"harvest:{office.account}"
    strange = await browser.post("/harvest/authorize", {**query, "account": "4711", "decision": "allow"})
    assert strange.status == 404


async def test_the_page_of_developers_shows_and_ends_what_a_person_has(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    given = told(await ask(office, browser, {"client_id": app["client_id"], "response_type": "token"}))
    page = (await browser.post("/harvest/developers/tokens", {"name": "Till"})).body.decode()
    found = re.search(r"\d+\.pt\.[A-Za-z0-9_-]+", page)
    assert found is not None
    assert await me(office, found[0]) == 200

    shown = (await browser.get("/harvest/developers")).body.decode()

    assert "Timer &lt;b&gt;" in shown
    assert found[0] not in shown
    assert app["client_secret"] not in shown
    forms = re.findall(r'action="/console(/harvest/developers/[^"]+/(?:revoke|remove))"', shown)
    grant = next(each for each in forms if "/grants/" in each)
    assert (await browser.post(grant)).status == 303
    assert await me(office, given["access_token"]) == 401
    assert (await browser.post(grant)).status == 404
    again = told(await ask(office, browser, {"client_id": app["client_id"], "response_type": "token"}))
    stranger = await sign_in(office.house, await office.house.organization("Globex"))
    for form in forms:
        assert (await stranger.post(form)).status in (403, 404)
    assert await me(office, again["access_token"]) == 200
    assert (await browser.post(next(each for each in forms if each.endswith("/remove")))).status == 303
    assert await me(office, again["access_token"]) == 401
    tokens = [each for each in forms if "/tokens/" in each]
    for form in tokens:
        assert (await browser.post(form)).status == 303
    assert await me(office, found[0]) == 401
    refused = await browser.post("/harvest/developers/applications", {"name": "", "redirect_url": CALLBACK})
    assert refused.status == 422


async def test_only_the_page_that_asks_may_lead_to_the_application(office: Office) -> None:
    browser = await ada(office)
    app = await register(browser)
    query = urlencode({"client_id": app["client_id"], "response_type": "code"})

    asking = await browser.get(f"/harvest/authorize?{query}")
    elsewhere = await browser.get("/harvest/developers")

    own = elsewhere.headers["content-security-policy"]
    assert own == console._POLICY
    assert asking.headers["content-security-policy"] == own.replace(
        "'self'; base-uri", "'self' https://app.example; base-uri"
    )
    assert b"Timer &lt;b&gt;" in asking.body
    forged = await browser.post("/harvest/authorize", {"decision": "allow"}, token="")
    assert forged.status == 403
    nobody = Browser(office.house.client("console"))
    led = await nobody.get(f"/harvest/authorize?{query}")
    assert (led.status, "sign-in?next=" in led.headers["location"]) == (303, True)


async def test_nobody_becomes_another_person_elsewhere_by_taking_their_address(office: Office) -> None:
    """Who rules one account gives themselves the address of somebody who joins the other one later."""
    lab = await office.house.write(
        office.organization.sandbox,
        lambda call: open_account(
            call, name="Lab", first_name="Eve", last_name="Lab", email="eve@example.com", person_id=None
        ),
    )
    headers = {**AGENT, "Authorization": f"Bearer {lab.token}", "Harvest-Account-Id": str(lab.company.number)}
    eve = Desk(office.house.client("harvest", headers))

    await eve.changed(f"/v2/users/{lab.administrator.id}", {"email": "bob@example.com"})
    bob = await office.person("administrator", email="bob@example.com")

    assert await me(office, lab.token, lab.company.number) == 401
    assert await me(office, lab.token) == 401
    assert (await bob.desk.got("/v2/users/me"))["email"] == "bob@example.com"
