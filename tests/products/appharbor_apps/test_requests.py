"""How AppHarbor is spoken to: tokens, bodies, addresses, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.products.appharbor_apps.conftest import BASE, Harbor, open_harbor

from harbor.kernel.clock import ManualClock
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.setup import Limits, Setup


@pytest.mark.parametrize("scheme", ["BEARER", "Bearer", "bearer"])
async def test_the_scheme_of_a_token_is_written_in_any_case(one: Harbor, scheme: str) -> None:
    reply = await one.client({"Authorization": f"{scheme} {one.ada.token}"}).request("GET", "/user")

    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    # A client finds the name by a regular expression that needs the blank.
    assert b'"username": "ada"' in reply.body


async def test_a_token_in_the_address_is_as_good(one: Harbor) -> None:
    assert (await one.client().request("GET", f"/applications?access_token={one.ada.token}")).json() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "BEARER nonsense"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": f"BEARER {'0' * 8}-0000-4000-8000-{'0' * 12}"},
    ],
)
async def test_without_a_good_token_the_error_is_json(one: Harbor, headers: dict[str, str]) -> None:
    reply = await one.client(headers).request("GET", "/applications")

    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert reply.json() == {"error": {"message": "Unauthorized"}}


async def test_a_revoked_token_is_refused_at_once(harbor: Harbor) -> None:
    (token,) = await harbor.ada.get("/user/tokens")

    assert (await harbor.ada.ask("DELETE", f"/user/tokens/{token['id']}")).status == 204

    assert (await harbor.ada.ask("GET", "/user")).status == 401


async def test_a_token_that_reads_does_not_write(one: Harbor) -> None:
    reply = await one.ada.ask("POST", "/user/tokens", {"name": "Reader", "scope": "read"})
    reader = one.client({"Authorization": f"BEARER {reply.json()['access_token']}"})

    assert (await reader.request("GET", "/applications")).status == 200
    assert (await reader.request("POST", "/applications", {"name": "Ebb"})).status == 403


@pytest.mark.parametrize("path", ["//applications", "/applications/", "///applications//"])
async def test_slashes_too_many_are_no_redirect(one: Harbor, path: str) -> None:
    assert (await one.ada.ask("GET", path)).json() == []


async def test_a_form_json_and_json_without_a_type_are_the_same(one: Harbor) -> None:
    sent = {"name": "Ebb", "REGION_identifier": None}
    replies = [
        await one.ada.ask(
            "POST", "/applications", body=b"name=One&unknown=1", media_type="application/x-www-form-urlencoded"
        ),
        await one.ada.ask("POST", "/applications", body=b' {"NAME": "Two"}', media_type=None),
        await one.ada.ask(
            "POST", "/applications", body=json.dumps(sent).encode(), media_type="text/json; charset=UTF-8"
        ),
        await one.ada.ask(
            "POST", "/applications", body=b'{"name": "Four"}', media_type="application/x-www-form-urlencoded"
        ),
    ]

    assert [reply.status for reply in replies] == [201] * 4
    assert [each["name"] for each in await one.ada.get("/applications")] == ["Ebb", "Four", "One", "Two"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"x"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b"%ff=1", "application/x-www-form-urlencoded", 400),
        (b"<name>x</name>", "application/xml", 415),
        (b"name=", "application/x-www-form-urlencoded", 400),
        (b"", None, 400),
    ],
)
async def test_a_body_that_is_none_is_refused(one: Harbor, body: bytes, media_type: str | None, status: int) -> None:
    reply = await one.ada.ask("POST", "/applications", body=body, media_type=media_type)

    assert reply.status == status, reply.body
    assert reply.json()["error"]["message"]


async def test_an_error_names_the_fields_beside_the_message(one: Harbor) -> None:
    reply = await one.ada.ask("POST", "/applications", {})

    assert reply.json() == {"error": {"message": "name is required.", "fields": {"name": "name is required."}}}


async def test_put_and_delete_come_as_post_too(one: Harbor) -> None:
    slug = await one.application()
    target = f"/applications/{slug}"

    changed = await one.ada.ask("POST", target, {"name": "Tides"}, headers={"X-HTTP-Method-Override": "PUT"})
    removed = await one.ada.ask("POST", target, headers={"X-HTTP-Method-Override": "DELETE"})

    assert (changed.status, changed.body, changed.headers["content-length"]) == (200, b"", "0")
    assert removed.status == 204


async def test_a_reply_has_a_tag_and_is_not_sent_twice(one: Harbor) -> None:
    first = await one.ada.ask("GET", "/user")
    second = await one.ada.ask("GET", "/user", headers={"If-None-Match": first.headers["etag"]})

    assert (second.status, second.body) == (304, b"")
    assert second.headers["x-request-id"] != first.headers["x-request-id"]


async def test_head_works_wherever_get_does(one: Harbor) -> None:
    assert (await one.ada.ask("HEAD", "/user")).status == 200


async def test_unknown_addresses_and_methods_are_said_in_json(one: Harbor) -> None:
    assert (await one.ada.ask("GET", "/nowhere")).status == 404
    reply = await one.ada.ask("DELETE", "/applications")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_the_user_has_the_id_that_collaborators_show(one: Harbor) -> None:
    slug = await one.application()
    await one.collaborator(slug)

    user = await one.grace.get("/user")
    (collaborator,) = await one.ada.get(f"/applications/{slug}/collaborators")

    assert user == {
        "id": "0#" + collaborator["user"]["id"],
        "username": "grace",
        "email_addresses": ["grace@example.test"],
    }


async def test_guessing_tokens_is_slowed_down(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> None:
    setup = Setup(public_url=BASE, limits=Limits(refusals=Rule(2, 60)))
    async with open_harbor(sqlite_database, clock, tmp_path, setup) as harbor:
        client = harbor.client({"Authorization": "BEARER nonsense"})

        statuses = [(await client.request("GET", "/user")).status for _ in range(3)]

    assert statuses == [401, 401, 429]
