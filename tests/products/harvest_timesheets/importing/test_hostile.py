"""Sources that mean no good, or are broken: an import ends or leaves out what it cannot keep, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from tests.products.harvest_timesheets.importing.source import URL, World, outcome

from harbor.kernel.outbound import Failure, Outcome

NOW = "2024-01-01T00:00:00Z"
COMPANY = {"name": "Evil", "clock": "25h", "currency": "QQQ", "weekly_capacity": -5, "week_start_day": "Someday"}
ME = {
    "id": 900,
    "first_name": "Eve",
    "last_name": "Il",
    "email": "eve@example.com",
    "access_roles": ["administrator", "emperor"],
    "created_at": NOW,
    "updated_at": NOW,
}
Lists = Mapping[str, Callable[[Mapping[str, list[str]]], Any]]


def client(id_: object, **facts: object) -> dict[str, Any]:
    return {"id": id_, "name": f"C{id_}", "is_active": True, "created_at": NOW, "updated_at": NOW, **facts}


def page(key: str, *items: object, **more: object) -> bytes:
    return msgspec.json.encode({key: items, "total_entries": len(items), "next_page": None, "links": {}, **more})


def answering(lists: Lists) -> Callable[[str, Mapping[str, str]], Outcome]:
    """A source with these lists by path; the others are empty."""

    def answer(url: str, _headers: Mapping[str, str]) -> Outcome:
        parts = urlsplit(url)
        path = parts.path.removeprefix("/harvest")
        if path in lists:
            found = lists[path](parse_qs(parts.query))
            return found if isinstance(found, Outcome) else outcome(body=found)
        if path == "/v2/company":
            return outcome(body=msgspec.json.encode(COMPANY))
        if path == "/v2/users/me":
            return outcome(body=msgspec.json.encode(ME))
        return outcome(body=page(path.rpartition("/")[2]))

    return answer


async def run(world: World, lists: Lists, **facts: object) -> dict[str, Any]:
    world.wire.before = answering(lists)
    done = await world.run(source_token="a-secret-token", **facts)
    kept = await world.house.database.read(lambda tx: tx.rows("SELECT token FROM harvest_imports"))
    assert done["state"] not in ("done", "failed") or {row["token"] for row in kept} == {None}
    assert "a-secret-token" not in str(done)
    return done


async def problems(world: World, done: Mapping[str, Any]) -> dict[str, str]:
    report = await world.here.admin.got(f"/v2/imports/{done['id']}/report")
    return {
        f"{each['resource']} {each['id']}": each["problem"]
        for each in report["first_problems"]
        if each["phase"] == "copy"
    }


async def test_records_that_cannot_be_kept_are_left_out_and_the_others_are_here(sqlite_world: World) -> None:
    records = [
        client(1),
        client(2, name=["a", "list"]),
        client(2**53),
        client(-4),
        client(0),
        client(1, name="the same id again"),
        client("5"),
        client(6, name="x" * 5_000),
        client(7, name="nul\0"),
        client(8, currency="WAT"),
        client(9, updated_at="yesterday"),
        client(10, created_at="0001-01-01T00:00:00+23:59"),
        client(11, name="C1"),
        client(12, address="\u202e<script>alert(1)</script>", unknown={"a": [1] * 100}),
        "no object",
        client(13, name="c1"),
    ]
    task = {**client(1), "default_hourly_rate": "NaN"}
    tasks = [
        task,
        {**task, "id": 2, "default_hourly_rate": "1e999999999"},
        {**task, "id": 3, "default_hourly_rate": -1},
    ]

    done = await run(
        sqlite_world,
        {
            "/v2/clients": lambda _query: page("clients", *records),
            "/v2/tasks": lambda _query: page("tasks", *tasks).replace(
                b'"total', b'"deep":' + b"[" * 500 + b"]" * 500 + b',"total'
            ),
            "/v2/contacts": lambda _query: page("contacts", {**client(1), "first_name": "A", "client": {"id": 77}}),
        },
    )

    assert done["state"] == "done", done
    found = await problems(sqlite_world, done)
    assert found["contacts 1"].endswith("clients 77 is not here")
    left_out = {"2", "-4", "0", "5", "6", "7", "8", "9", "10", "?", str(2**53)}
    assert {f"clients {thing}" for thing in left_out} <= found.keys()
    assert {"tasks 1", "tasks 2"} <= found.keys()
    assert found["clients 11"].startswith("is called C1 (11) here")
    listed = (await sqlite_world.here.admin.got("/v2/clients"))["clients"]
    assert {each["id"]: each["name"] for each in listed} == {13: "c1 (13)", 12: "C12", 11: "C1 (11)", 1: "C1"}
    renamed = await sqlite_world.here.admin.changed("/v2/clients/11", {"address": "changed here"})
    assert renamed["name"] == "C1 (11)"


def _endless(query: Mapping[str, list[str]]) -> bytes:
    number = int(query.get("page", ["1"])[0])
    items = [client(number * 1_000 + n) for n in range(500 if "250" in query["per_page"] else 1)]
    return page("clients", *items, total_entries=3, next_page=number + 1)


@pytest.mark.parametrize(
    ("what", "answer", "says"),
    [
        ("endless pages", _endless, "comes to no end"),
        ("a circle", lambda _q: page("clients", client(1), links={"next": f"{URL}?cursor=abc"}), "leads back"),
        ("pages of nothing", lambda _q: page("clients", next_page=2), "after an empty one"),
        ("no list", lambda _q: b'{"clients": {"id": 1}}', "not what Harvest answers"),
        ("another list", lambda _q: page("users"), "has no list clients"),
        ("no JSON", lambda _q: b"<html>", "not what Harvest answers"),
        ("no UTF-8", lambda _q: b'{"clients": ["\xff"]', "not what Harvest answers"),
        ("a nest", lambda _q: b'{"clients":' + b"[" * 200_000, "not what Harvest answers"),
        ("a redirect", lambda _q: outcome(302, Location="http://127.0.0.1/"), "redirects elsewhere"),
        ("its end", lambda _q: outcome(401), "does not accept the token"),
        ("a refusal", lambda _q: outcome(403), "answered 403"),
        (
            "a huge page",
            lambda _q: Outcome(started_at=outcome().started_at, duration_ms=1, status=200, truncated=True),
            "MiB",
        ),
        (
            "a private address",
            lambda _q: Outcome(
                started_at=outcome().started_at, duration_ms=1, error=Failure.BLOCKED_ADDRESS, detail="private"
            ),
            "may not be called",
        ),
    ],
)
async def test_a_source_that_cannot_be_believed_ends_the_import(
    sqlite_world: World, what: str, answer: Callable[[Any], Any], says: str
) -> None:
    def late(query: Mapping[str, list[str]]) -> Any:
        redirect = answer(query)
        if isinstance(redirect, Outcome) and redirect.status == 302:
            return Outcome(
                started_at=redirect.started_at,
                duration_ms=1,
                status=302,
                headers=redirect.headers,
                error=Failure.REDIRECT,
            )
        return redirect

    done = await run(sqlite_world, {"/v2/clients": late})

    assert done["state"] == "failed", what
    assert says in done["error"], (what, done["error"])


async def test_an_address_that_is_not_public_is_refused_before_anything_is_kept(sqlite_world: World) -> None:
    for url in (
        "http://10.0.0.1/",
        "https://169.254.169.254",
        "ftp://example.com",
        "https://u:p@example.com",
        "http://",
    ):
        asked = {"source_url": url, "source_account_id": "1", "source_token": "t"}
        status, _ = await sqlite_world.here.admin.refused("POST", "/v2/imports", asked)
        assert status == 422, url
    assert (await sqlite_world.here.admin.got("/v2/imports"))["total_entries"] == 0


async def test_receipts_that_cannot_be_had_leave_their_expenses_here(sqlite_world: World) -> None:
    urls = ["http://[", "https://10.0.0.1/a", "/none", "/huge", "/html", "/loop", "/broken"]
    seen: dict[str, bool] = {}

    def expense(number: int, url: str) -> dict[str, Any]:
        refs = {"user": {"id": 900}, "client": {"id": 1}, "project": {"id": 1}, "expense_category": {"id": 1}}
        receipt = {"url": url, "file_name": "a.png", "file_size": 3, "content_type": "image/png"}
        facts = {"spent_date": "2024-01-01", "total_cost": 1, "billable": True, "receipt": receipt}
        return {"id": number, "created_at": NOW, "updated_at": NOW, **facts, **refs}

    project = {**client(1), "is_billable": True, "bill_by": "none", "budget_by": "none", "client": {"id": 1}}
    answer = answering(
        {
            "/v2/users": lambda _q: page("users", ME),
            "/v2/clients": lambda _q: page("clients", client(1)),
            "/v2/projects": lambda _q: page("projects", project),
            "/v2/expense_categories": lambda _q: page("expense_categories", client(1)),
            "/v2/expenses": lambda _q: page("expenses", *(expense(n, url) for n, url in enumerate(urls, 1))),
        }
    )
    at = outcome().started_at

    def receipts(url: str, headers: Mapping[str, str]) -> Outcome:
        path = urlsplit(url).path
        seen[url] = "Authorization" in headers
        if path == "/none":
            return outcome(404)
        if path == "/huge":
            return Outcome(started_at=at, duration_ms=1, status=200, truncated=True)
        if path == "/html":
            return outcome(body=b"<html>")
        if path == "/loop":
            return Outcome(started_at=at, duration_ms=1, status=302, headers={"Location": url}, error=Failure.REDIRECT)
        if path == "/broken":
            return outcome(500)
        if "10.0.0.1" in url:
            return Outcome(started_at=at, duration_ms=1, error=Failure.BLOCKED_ADDRESS, detail="private")
        return answer(url, headers)

    sqlite_world.wire.before = receipts
    done = await sqlite_world.run()

    assert done["state"] == "done", done
    found = await problems(sqlite_world, done)
    assert {name for name in found if name.startswith("expenses")} == {f"expenses {n}" for n in range(1, 8)}
    assert all("without its receipt" in what for name, what in found.items() if name.startswith("expenses"))
    assert (await sqlite_world.here.admin.got("/v2/expenses"))["total_entries"] == 7
    assert not seen["https://10.0.0.1/a"]


async def test_an_account_is_not_imported_into_itself(sqlite_world: World) -> None:
    asked = {
        "source_url": "http://desk.test/harvest",
        "source_account_id": str(sqlite_world.here.account),
        "source_token": "t",
    }

    status, message = await sqlite_world.here.admin.refused("POST", "/v2/imports", asked)

    assert (status, "itself" in message) == (422, True), message


async def test_links_to_elsewhere_and_receipts_elsewhere_get_no_token(sqlite_world: World) -> None:
    tokens: dict[str, set[bool]] = {}
    answer = answering(
        {
            "/v2/clients": lambda query: (
                page("clients", client(2))
                if "cursor" in query
                else page("clients", client(1), links={"next": "https://evil.example/v2/clients?cursor=two"})
            )
        }
    )

    def noting(url: str, headers: Mapping[str, str]) -> Outcome:
        tokens.setdefault(urlsplit(url).netloc, set()).add("Authorization" in headers)
        return answer(url, headers)

    sqlite_world.wire.before = noting
    done = await sqlite_world.run()

    assert done["state"] == "done"
    assert tokens == {"93.184.216.34": {True}}
    assert (await sqlite_world.here.admin.got("/v2/clients"))["total_entries"] == 2


async def test_a_member_and_another_account_see_nothing_of_imports(sqlite_world: World) -> None:
    started = await sqlite_world.start()
    member = await sqlite_world.here.person()

    for method, path in (("GET", ""), ("GET", f"/{started['id']}"), ("GET", f"/{started['id']}/report")):
        assert (await member.desk.refused(method, f"/v2/imports{path}"))[0] == 403
    assert (await member.desk.refused("PATCH", f"/v2/imports/{started['id']}/cancel"))[0] == 403
    assert (await sqlite_world.there.admin.refused("GET", f"/v2/imports/{started['id']}"))[0] == 404


async def test_an_account_with_other_data_is_refused_where_ids_meet_and_says_which(sqlite_world: World) -> None:
    world = sqlite_world
    theirs = await world.there.project()
    ours = await world.here.project()
    assert theirs["id"] == ours["id"]

    done = await world.run()

    assert done["state"] == "failed"
    assert "projects 1" in done["error"] or "clients 1" in done["error"]
    assert (await world.here.admin.got(f"/v2/projects/{ours['id']}"))["name"] == ours["name"]


async def test_an_account_with_other_data_takes_what_meets_nothing(sqlite_world: World) -> None:
    ours = await sqlite_world.here.project()

    done = await run(sqlite_world, {"/v2/clients": lambda _query: page("clients", client(5_000))})

    assert done["state"] == "done", done
    assert (await sqlite_world.here.admin.got(f"/v2/projects/{ours['id']}"))["name"] == ours["name"]
    assert (await sqlite_world.here.admin.got("/v2/clients"))["total_entries"] == 2


async def test_an_import_can_be_canceled_and_only_one_goes_on(sqlite_world: World) -> None:
    started = await sqlite_world.start()

    asked = {"source_url": URL, "source_account_id": "1", "source_token": "t"}
    status, _ = await sqlite_world.here.admin.refused("POST", "/v2/imports", asked)
    canceled = await sqlite_world.here.admin.changed(f"/v2/imports/{started['id']}/cancel")

    assert (status, canceled["state"]) == (422, "canceled")
    await sqlite_world.house.settle()
    assert (await sqlite_world.here.admin.got(f"/v2/imports/{started['id']}"))["counts"] == []
    assert (await sqlite_world.here.admin.refused("PATCH", f"/v2/imports/{started['id']}/cancel"))[0] == 422
