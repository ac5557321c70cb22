"""The frame: who calls, in which order things are checked, how errors, pages and bodies look."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.products.harvest_timesheets.office import AGENT, Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.limits import DOCUMENTED, parse_limit
from harbor.products.harvest_timesheets.opening import open_account

WORDS = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
}


async def test_a_person_sees_themselves(office: Office) -> None:
    me = await office.admin.got("/v2/users/me")

    assert (me["first_name"], me["access_roles"]) == ("Ada", ["administrator"])
    assert me["default_hourly_rate"] is None
    assert me["timezone"] == "Eastern Time (US & Canada)"


async def test_checks_come_in_their_order(sqlite_office: Office) -> None:
    office = sqlite_office
    bad = {"Authorization": "Bearer 1.pt.wrongwrongwrongwrongwrong", "Harvest-Account-Id": "x"}
    token = {**AGENT, "Authorization": f"bearer {office.opened.token}"}

    async def status(headers: dict[str, str], path: str, method: str = "GET") -> int:
        reply = await office.house.client("harvest", headers).request(method, path)
        if reply.status == 401:
            assert reply.json() == WORDS
        return reply.status

    assert await status({}, "/v2/nothing") == 400
    assert await status(bad, "/v2/company") == 400
    assert await status(AGENT, "/v2/nothing") == 401
    assert await status({**AGENT, **bad}, "/v2/nothing") == 401
    assert await status(token, "/v2/nothing") == 401
    assert await status({**token, "Harvest-Account-Id": "4711"}, "/v2/company") == 404
    assert await status({**token, "Harvest-Account-Id": "x"}, "/v2/company") == 404
    nowhere = await office.admin.ask("GET", "/v2/nothing")
    assert (nowhere.status, nowhere.json()["error"]) == (404, "Not Found")
    assert (await office.admin.ask("DELETE", "/v2/company")).status == 404
    assert (await office.admin.refused("POST", "/v2/clients", {}))[0] == 422


async def test_token_and_account_may_stand_in_the_query(sqlite_office: Office) -> None:
    client = sqlite_office.house.client("harvest", AGENT)
    who = f"access_token={sqlite_office.opened.token}&account_id={sqlite_office.account}"

    reply = await client.request("GET", f"/api/v2/clients/?{who}&is_active=True")

    assert reply.status == 200, reply.body
    assert reply.json()["links"]["first"] == (
        f"http://desk.test/api/v2/clients/?account_id={sqlite_office.account}&is_active=True&page=1&per_page=2000&ref=first"
    )


async def test_a_token_tells_its_accounts_without_naming_one(office: Office) -> None:
    headers = {**AGENT, "Authorization": f"Bearer {office.opened.token}"}

    reply = await office.house.client("harvest", headers).request("GET", "/api/v2/accounts")

    assert reply.json() == {
        "user": {
            "id": office.opened.administrator.identity_id,
            "first_name": "Ada",
            "last_name": "Admin",
            "email": "ada@example.com",
        },
        "accounts": [{"id": office.account, "name": "ABC Corp", "product": "harvest"}],
    }


async def test_a_revoked_token_is_refused_at_once(office: Office) -> None:
    person = await office.person("member")
    await person.desk.got("/v2/users/me")
    tokens = await office.read(lambda call: access.tokens_of(call, person.id))

    await office.write(lambda call: access.revoke(call, user_id=person.id, token_id=tokens[0].id))

    assert (await person.desk.ask("GET", "/v2/users/me")).status == 401


async def test_an_archived_person_reaches_the_account_no_more(office: Office) -> None:
    person = await office.person("member")
    await person.desk.got("/v2/users/me")

    await office.admin.changed(f"/v2/users/{person.id}", {"is_active": False})

    assert (await person.desk.ask("GET", "/v2/users/me")).status == 404


async def test_a_role_taken_away_counts_at_once(office: Office) -> None:
    person = await office.person("administrator")
    await person.desk.got("/v2/users")

    await office.admin.changed(f"/v2/users/{person.id}", {"access_roles": ["member"]})

    assert (await person.desk.ask("GET", "/v2/users")).status == 403


async def test_request_101_in_fifteen_seconds_waits(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_office(sqlite_database, clock, tmp_path, limits=DOCUMENTED) as office:
        replies = [await office.admin.ask("GET", "/v2/company") for _ in range(101)]
        late = replies[-1]
        assert [reply.status for reply in replies[:100]] == [200] * 100
        assert (late.status, late.headers["retry-after"], late.headers["x-ratelimit-remaining"]) == (429, "15", "0")
        assert "seconds" in late.json()["message"]

        clock.advance(15)

        assert (await office.admin.ask("GET", "/v2/company")).status == 200


async def test_reports_have_a_limit_of_their_own(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> None:
    async with open_office(sqlite_database, clock, tmp_path, limits=DOCUMENTED) as office:
        replies = [await office.admin.ask("GET", "/v2/reports/nothing") for _ in range(101)]

        assert (replies[99].status, replies[100].status) == (404, 429)
        assert replies[100].headers["retry-after"] == "900"
        assert (await office.admin.ask("GET", "/v2/company")).status == 200


@pytest.mark.parametrize("text", ["", "100", "100/15", "x/15s"])
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not like"):
        parse_limit(text)


# Pages


async def _walk(office: Office, first: str, link: str) -> list[int]:
    ids, target = [], first
    while target:
        page = await office.admin.got(target)
        ids += [each["id"] for each in page["clients"]]
        url = urlsplit(page["links"][link] or "")
        target = f"{url.path}?{url.query}" if url.path else ""
    return ids


async def test_all_ways_through_a_list_lead_past_everything_once(office: Office) -> None:
    made = [(await office.client())["id"] for _ in range(7)]
    newest_first = made[::-1]

    by_page, page = [], 1
    while page:
        part = await office.admin.got(f"/v2/clients?per_page=3&page={page}")
        by_page += [each["id"] for each in part["clients"]]
        page = part["next_page"]

    assert by_page == newest_first
    assert await _walk(office, "/v2/clients?per_page=3", "next") == newest_first
    last = await office.admin.got("/v2/clients?per_page=3&page=3")
    assert (last["next_page"], last["previous_page"], last["page"]) == (None, 2, 3)
    back = await _walk(office, "/v2/clients?per_page=3&page=3", "previous")
    assert sorted(back) == made


async def test_an_envelope_says_what_is_there(office: Office) -> None:
    ids = [(await office.client())["id"] for _ in range(3)]

    page = await office.admin.got("/v2/clients?per_page=2&is_active=true")

    assert {name: value for name, value in page.items() if name not in ("clients", "links")} == {
        "per_page": 2,
        "total_pages": 2,
        "total_entries": 3,
        "next_page": 2,
        "previous_page": None,
        "page": 1,
    }
    base = "http://desk.test/v2/clients"
    assert ids[1:][::-1] == [each["id"] for each in page["clients"]]
    assert page["links"]["first"] == f"{base}?is_active=true&page=1&per_page=2&ref=first"
    assert page["links"]["previous"] is None
    assert page["links"]["last"] == f"{base}?is_active=true&page=2&per_page=2&ref=last"
    assert page["links"]["next"].startswith(f"{base}?cursor=eyJhZnRlciI6eyJpZCI6")
    assert page["links"]["next"].endswith("&is_active=true&per_page=2&ref=next_cursor")


async def test_with_a_cursor_only_the_ends_have_numbers(office: Office) -> None:
    for _ in range(5):
        await office.client()
    first = await office.admin.got("/v2/clients?per_page=2")
    middle = await office.admin.got(_target(first["links"]["next"]))
    last = await office.admin.got(_target(middle["links"]["next"]))
    again = await office.admin.got(_target(middle["links"]["previous"]))

    assert [(part["page"], part["next_page"], part["previous_page"]) for part in (middle, last, again)] == [
        (None, None, None),
        (3, None, 2),
        (1, 2, None),
    ]
    assert last["links"]["next"] is None
    assert again["clients"] == first["clients"]


async def test_an_empty_list_has_one_page(office: Office) -> None:
    page = await office.admin.got("/v2/clients")
    beyond = await office.admin.got("/v2/clients?page=4")

    assert (page["clients"], page["total_pages"], page["total_entries"], page["next_page"]) == ([], 1, 0, None)
    assert (beyond["clients"], beyond["next_page"]) == ([], None)


@pytest.mark.parametrize("query", ["per_page=2001", "per_page=0", "page=0", "page=x", "cursor=nothing", "cursor=e30"])
async def test_a_page_that_cannot_be_is_refused(sqlite_office: Office, query: str) -> None:
    status, message = await sqlite_office.admin.refused("GET", f"/v2/clients?{query}")

    assert status == 422
    assert message


# Bodies


async def test_a_write_may_stand_in_the_query(office: Office) -> None:
    made = await office.admin.ask("POST", "/v2/clients?name=By%20query&is_active=True&currency=eur")

    assert made.status == 201, made.body
    assert (made.json()["name"], made.json()["currency"]) == ("By query", "EUR")


async def test_a_body_overrides_the_query(sqlite_office: Office) -> None:
    made = await sqlite_office.admin.made("/v2/clients?name=One&address=Street", {"name": "Two"})

    assert (made["name"], made["address"]) == ("Two", "Street")


async def test_forms_are_read_as_rails_writes_them(sqlite_office: Office) -> None:
    body = (
        b"first_name=Bob&last_name=B&email=bob%40example.com&roles[]=Designer&roles[]=Developer&access_roles[]=manager"
    )
    reply = await sqlite_office.admin.client.request(
        "POST", "/v2/users", body=body, media_type="application/x-www-form-urlencoded"
    )

    assert reply.status == 201, reply.body
    assert reply.json()["roles"] == ["Designer", "Developer"]
    assert reply.json()["access_roles"] == ["manager"]


async def test_bodies_of_reads_are_ignored_and_null_is_nothing(sqlite_office: Office) -> None:
    made = await sqlite_office.client()
    client = sqlite_office.admin.client

    assert (await client.request("GET", "/v2/clients", body=b"null")).status == 200
    assert (await client.request("PATCH", f"/v2/clients/{made['id']}", body=b"null")).status == 200
    assert (await client.request("PATCH", f"/v2/clients/{made['id']}", body=b"  ")).status == 200
    assert (await client.request("DELETE", f"/v2/clients/{made['id']}", body=b"null")).status == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "not valid JSON"),
        (b"[1]", 422, "The body must be an object"),
        (b"{}", 422, "Name can't be blank"),
        (b'{"name": "  "}', 422, "Name can't be blank"),
        (b'{"name": "X", "is_active": "perhaps", "currency": "QQQ"}', 422, "Is active must be true or false"),
        (b'{"name": "X", "currency": "QQQ"}', 422, "Currency is not included in the list"),
    ],
)
async def test_bodies_that_are_wrong_are_refused(sqlite_office: Office, body: bytes, status: int, message: str) -> None:
    reply = await sqlite_office.admin.client.request("POST", "/v2/clients", body=body)

    assert reply.status == status
    assert set(reply.json()) == {"message"}
    assert message in reply.json()["message"]


async def test_several_problems_are_told_at_once(sqlite_office: Office) -> None:
    status, message = await sqlite_office.admin.refused("POST", "/v2/time_entries", {"project_id": "x"})

    assert (status, message) == (422, "Project is not a number, Task can't be blank, Spent date can't be blank")


async def test_another_accounts_things_are_not_there(office: Office) -> None:
    made = await office.client()
    other = await office.house.organization("Other")
    opened = await office.house.write(
        other.production,
        lambda call: open_account(call, name="Other", first_name="Eve", last_name="E", email="eve@example.com"),
    )
    stranger = office.house.client(
        "harvest",
        {
            **AGENT,
            "Authorization": f"Bearer {opened.token}",
            "Harvest-Account-Id": str(opened.company.number),
        },
    )

    assert opened.company.number != office.account
    assert (await stranger.request("GET", f"/v2/clients/{made['id']}")).status == 404
    elsewhere = await stranger.request("GET", "/v2/clients", headers={"Harvest-Account-Id": str(office.account)})
    assert elsewhere.status == 404


def _target(link: str) -> str:
    url = urlsplit(link)
    return f"{url.path}?{url.query}"
