"""The guide's transport: keys, error bodies with their four keys, the rate limit, HTTPS. Acceptance lines 1, 2, 20."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harbour_agreements.office import MANNERS, Office, checked, encoded, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.http.request import Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.storage.database import Database
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.numbers import ITEM_CODES, NUMBERS

PAGES = "https://harbour.test/knowledge/errors"
UNKNOWN = "APIKEY-1683225191102_0a5cb9fddc90458e9c9496f12870609c"
NEVER = "/verifications/VERIFICATION-123_2ef4c43"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"authorization": "Bearer"}])
async def test_a_request_without_a_key_is_2001(one_engine: Office, headers: dict[str, str]) -> None:
    reply = await replace(one_engine.client, headers=headers).request("GET", "/verifications")

    assert reply.status == 401
    body = reply.json()
    assert list(body) == ["detail", "error", "message", "more_info"]
    assert (body["error"], body["message"], body["more_info"]) == (2001, "Missing API key", f"{PAGES}/2001")
    assert reply.headers["www-authenticate"] == 'ApiKey realm="harbour"'
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "headers", [{"x-api-key": UNKNOWN}, {"x-api-key": "x"}, {"authorization": f"Bearer {UNKNOWN}"}]
)
async def test_an_unknown_key_is_the_published_example(one_engine: Office, headers: dict[str, str]) -> None:
    reply = await replace(one_engine.client, headers=headers).request("GET", "/verifications")

    assert reply.status == 401
    assert reply.json() == {
        "detail": "Please, make sure your request HEADER contains the API key and it is a valid one.",
        "error": 2002,
        "message": "Unauthorized access.",
        "more_info": f"{PAGES}/2002",
    }


async def test_a_key_is_read_from_three_headers_and_two_different_keys_are_none(one_engine: Office) -> None:
    key, other = await one_engine.key(), await one_engine.key()

    async def status(headers: dict[str, str], target: str = "/verifications") -> int:
        return (await replace(one_engine.client, headers=headers).request("GET", target)).status

    assert await status({"X-API-Key": key}) == 200
    assert await status({"authorization": f"bearer {key}"}) == 200
    assert await status({"authorization": key}) == 200
    assert await status({"x-api-key": key, "authorization": key}) == 200
    assert await status({"x-api-key": key, "authorization": other}) == 401
    assert await status({}, f"/verifications?api_key={key}") == 401


async def test_request_101_within_a_minute_is_the_published_example(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_office(sqlite_database, clock, tmp_path, replace(MANNERS, rate_limit_per_minute=100)) as office:
        replies = [await office.ask("GET", NEVER) for _ in range(101)]

        assert {reply.status for reply in replies[:100]} == {404}
        assert replies[0].headers["ratelimit-limit"] == "100"
        assert replies[99].headers["ratelimit-remaining"] == "0"
        assert replies[100].status == 429
        assert replies[100].json() == {
            "detail": "Your requests are over the maximum volume per minute. Please check our recommendations and try "
            "again later.",
            "error": 2003,
            "message": "Rate limit exceeded.",
            "more_info": f"{PAGES}/2003",
        }
        assert 1 <= int(replies[100].headers["retry-after"]) <= 60
        clock.advance(61)
        assert (await office.ask("GET", NEVER)).status == 404


async def test_plain_http_is_refused_and_a_good_key_that_came_so_is_told_of(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    exposed: list[str | None] = []

    async def note(principal: Principal, _request: Request) -> None:
        exposed.append(principal.credential_id)

    manners = replace(MANNERS, plain_http_from=(ip_network("127.0.0.0/8"),), exposed=note)
    async with open_office(sqlite_database, clock, tmp_path, manners) as office:
        forged = {**office.client.headers, "x-forwarded-proto": "https", "forwarded": "proto=https"}
        for client in (office.client, replace(office.client, headers=forged), replace(office.client, headers={})):
            reply = await client.request("GET", "/verifications")

            assert (reply.status, reply.json()["error"]) == (403, 2004)
        assert len(exposed) == 2
        assert (await replace(office.client, address="127.0.0.1").request("GET", "/verifications")).status == 200


async def test_a_key_may_only_do_what_its_scopes_say_and_dies_at_once(one_engine: Office) -> None:
    made = await one_engine.write(
        lambda call: api_keys.create(call, name="Reader", version="2.2", scopes=["verifications:read"])
    )
    reader = replace(one_engine.client, headers={"x-api-key": made.secret})

    assert (await reader.request("GET", "/verifications")).status == 200
    refused = await reader.request("POST", "/verifications", checked("enhanced_identity_verification"))
    assert (refused.status, refused.json()["error"]) == (403, 2005)

    await one_engine.write(lambda call: api_keys.revoke(call, made.credential.id))
    assert (await reader.request("GET", "/verifications")).json()["error"] == 2002


async def test_a_rotated_key_works_for_the_overlap(one_engine: Office) -> None:
    old = await one_engine.write(lambda call: api_keys.create(call, name="Old", version="2.1"))
    new = await one_engine.write(lambda call: api_keys.rotate(call, old.credential.id, overlap=timedelta(days=1)))

    async def version(key: str) -> Any:
        reply = await replace(one_engine.client, headers={"x-api-key": key}).request("GET", "/verifications")
        return reply.headers["harbour-version"] if reply.status == 200 else reply.status

    assert [await version(old.secret), await version(new.secret)] == ["2.1", "2.1"]
    one_engine.clock.advance(86_401)
    assert [await version(old.secret), await version(new.secret)] == [401, "2.1"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": 1', "invalid_json"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": "\xff"}', "invalid_json"),
        (b"[]", "type"),
        (b"{}", "required"),
    ],
)
async def test_what_is_wrong_with_a_body_is_named_by_a_code(one_engine: Office, body: bytes, code: str) -> None:
    reply = await one_engine.ask("POST", "/verifications", body=body)

    found = reply.json()
    assert (reply.status, found["error"], found["message"]) == (422, 3001, "Invalid request")
    item = found["errors"][0]
    assert list(item) == ["path", "code", "message", "value", "internal_message", "resolution", "docs"]
    assert item["code"] == code
    assert item["docs"] == f"{PAGES}/validation/{code}"


async def test_every_problem_of_a_body_is_named_at_once(one_engine: Office) -> None:
    reply = await one_engine.ask("POST", "/verifications", {"applicant": {"first_name": 1}, "submit": "yes"})

    assert {(item["path"], item["code"]) for item in reply.json()["errors"]} == {
        ("verification_type", "required"),
        ("applicant.first_name", "type"),
        ("submit", "type"),
    }


async def test_other_numbers_of_transport(one_engine: Office) -> None:
    async def number(method: str, target: str, **more: Any) -> tuple[int, int]:
        reply = await one_engine.ask(method, target, **more)
        return reply.status, reply.json()["error"]

    assert await number("GET", "/nowhere") == (404, 4001)
    assert await number("PATCH", "/verifications") == (405, 4002)
    assert await number("POST", "/verifications", body=b"{}", media_type="text/plain") == (415, 4004)
    assert await number("POST", "/verifications", body=b" " * (2**21 + 1)) == (413, 4005)


async def test_later_clients_get_the_later_body(one_engine: Office) -> None:
    for headers in (
        {"accept": 'application/problem+json; profile="harbour-2.3"'},
        {"harbour-version": "2.3"},
    ):
        body = (await one_engine.ask("GET", NEVER, headers=headers)).json()

        assert list(body) == ["code", "message", "detail", "docs"]
        assert body["code"] == 4001


async def test_there_is_a_page_behind_each_number_and_code(one_engine: Office) -> None:
    nobody = Client(one_engine.client.pipeline, {}, one_engine.client.mount)
    for path in (*(f"{number}" for number in NUMBERS), *(f"validation/{code}" for code in ITEM_CODES)):
        reply = await nobody.request("GET", f"/knowledge/errors/{path}")

        assert reply.status == 200, path
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert (await nobody.request("GET", "/knowledge/errors/9999")).status == 404


@pytest.mark.parametrize("name", ["O'Brien", "Núñez", "李雷", "Ann-Marie", "<b>"])
async def test_names_of_people_are_taken_as_they_are(one_engine: Office, name: str) -> None:
    applicant = {"first_name": name, "last_name": name, "email": "a@example.com"}

    assert (await one_engine.start(applicant=applicant))["status"] == "started"


@pytest.mark.parametrize("letter", ["\u0007", "\u0085", "\u202e", "\u2066", "\ufffe"])
async def test_characters_that_hide_or_reorder_are_refused(one_engine: Office, letter: str) -> None:
    applicant = {"first_name": f"A{letter}", "last_name": "B", "email": "a@example.com"}

    reply = await one_engine.ask("POST", "/verifications", checked("panel_drug", applicant=applicant))

    item = reply.json()["errors"][0]
    assert (item["path"], item["code"]) == ("applicant.first_name", "invalid_characters")
    assert item["value"] == f"A\\u{{{ord(letter):X}}}"


async def test_what_is_searched_for_is_a_text_and_no_pattern(one_engine: Office) -> None:
    await one_engine.start()

    for text in ("%", "_%", "' OR 1=1 --", "\\"):
        assert (await one_engine.get(f"/verifications?search={encoded(text)}"))["total"] == 0
