"""From a request to its reply: the checks in their order, and what each of them says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from tests.harness import Reply
from tests.kernel.http.tiny import ROUTES, SECRET, TINY, Tiny, open_tiny

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route, bind
from harbor.kernel.pages import PageRequest
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase


@pytest.fixture
def database(sqlite_database: SqliteDatabase) -> Database:
    """One engine is enough: what a request does to the store is tried on both in `test_work.py`."""
    return sqlite_database


def said(reply: Reply) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status, reply.json()["code"]


async def logged(tiny: Tiny) -> Sequence[requestlog.Entry]:
    """The request log of the account, newest first."""
    await tiny.house.write_behind.flush()
    account = tiny.organization.sandbox
    page = await tiny.house.read(account, lambda call: requestlog.by_id(call.tx, account.id, PageRequest(limit=50)))
    return page.items


# Routes


async def test_a_path_nobody_knows_is_missing(tiny: Tiny) -> None:
    reply = await tiny.client.request("GET", "/nowhere")

    assert said(reply) == (404, "route_not_found")
    assert reply.json()["message"] == "There is no route GET /nowhere."


async def test_an_unknown_path_is_answered_before_anybody_is_asked_who_they_are(tiny: Tiny) -> None:
    assert said(await tiny.house.client("tiny").request("GET", "/nowhere")) == (404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/things", "GET, HEAD, POST"), ("POST", "/boom", "GET, HEAD"), ("GET", "/say", "POST")],
)
async def test_a_method_that_is_not_possible_says_which_are(tiny: Tiny, method: str, path: str, allowed: str) -> None:
    reply = await tiny.client.request(method, path)

    assert said(reply) == (405, "method_not_allowed")
    assert reply.headers["allow"] == allowed


async def test_head_is_answered_as_get(tiny: Tiny) -> None:
    assert (await tiny.client.request("HEAD", "/things/x")).status == 200


@pytest.mark.parametrize("segment", ["%00", "a%00b", "x" * 300])
async def test_a_path_parameter_that_can_be_no_id_is_missing(tiny: Tiny, segment: str) -> None:
    assert said(await tiny.client.request("GET", f"/things/{segment}")) == (404, "route_not_found")


async def test_a_path_parameter_is_decoded_once(tiny: Tiny) -> None:
    assert (await tiny.client.request("GET", "/things/a%2520%C3%A9")).json() == {"id": "a%20é"}


def test_two_routes_of_one_method_and_path_are_our_mistake(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="GET /things is there twice"):
        Pipeline(replace(TINY, routes=(*ROUTES, replace(ROUTES[1], name="again"))), None)  # type: ignore[arg-type]


def test_a_handler_that_wants_what_nobody_supplies_is_our_mistake() -> None:
    def handler(call: Call, weather: str) -> None: ...

    with pytest.raises(AssertionError, match="nobody supplies weather"):
        bind(Route("x", "GET", "/x", handler), frozenset())


# Callers, limits, scopes


@pytest.mark.parametrize("headers", [{}, {"X-Key": ""}, {"X-Key": "wrong"}, {"X-Key": SECRET + "x"}])
async def test_a_stranger_is_sent_away(tiny: Tiny, headers: dict[str, str]) -> None:
    assert (await tiny.house.client("tiny", headers).request("GET", "/things")).status == 401


async def test_who_guesses_too_often_has_to_wait_and_the_known_caller_beside_it_has_not(tiny: Tiny) -> None:
    stranger = tiny.house.client("tiny", {"X-Key": "wrong"})
    answers = [(await stranger.request("GET", "/things")).status for _ in range(5)]

    tiny.house.clock.advance(61)

    assert answers == [401, 401, 401, 429, 429]
    assert (await tiny.client.request("GET", "/things")).status == 200
    assert (await stranger.request("GET", "/things")).status == 401


async def test_a_route_without_a_caller_asks_for_none_and_counts_none(tiny: Tiny) -> None:
    reply = await tiny.house.client("tiny").request("GET", "/ping")

    assert (reply.status, reply.headers["x-ping"], reply.json()) == (202, "1", {"pong": True})
    assert "x-left" not in reply.headers


async def test_a_scope_is_asked_for_and_any_of_several_is_enough(tiny: Tiny) -> None:
    reader = await tiny.key(["things:read"])
    writer = await tiny.key(["things:write"])

    refused = await reader.request("POST", "/things", {"name": "a"})

    assert said(refused) == (403, "permission_denied")
    assert refused.json()["message"] == "API key missing required scope: things:write."
    assert [(await each.request("GET", "/things/x")).status for each in (reader, writer)] == [200, 200]
    assert (await writer.request("POST", "/things", {"name": "a"})).status == 201
    assert await tiny.types() == ["harvest.thing.created"]


async def test_what_is_left_is_said_also_when_it_is_refused(tiny: Tiny) -> None:
    reader = await tiny.key([])

    reply = await reader.request("GET", "/things")

    assert (reply.status, reply.headers["x-left"]) == (403, "999")


async def test_who_asks_too_often_is_told_when_to_come_back(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_tiny(
        sqlite_database, clock, tmp_path, limit=lambda request, principal: (("all", Rule(quota=2, window_s=60)),)
    ) as tiny:
        answers = [await tiny.client.request("GET", "/things") for _ in range(3)]
        clock.advance(60)
        later = await tiny.client.request("GET", "/things")

    assert [reply.status for reply in answers] == [200, 200, 429]
    assert answers[2].json()["message"] == "Too many requests. Retry after 60 seconds."
    assert later.status == 200


async def test_limits_can_be_turned_off(sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> None:
    async with open_tiny(
        sqlite_database, clock, tmp_path, limit=lambda request, principal: (("all", Rule(quota=1, window_s=60)),)
    ) as tiny:
        pipeline = tiny.client.pipeline
        pipeline.services = replace(pipeline.services, limits_are_on=False)
        answers = [await tiny.client.request("GET", "/things") for _ in range(3)]

    assert [reply.status for reply in answers] == [200] * 3


async def test_a_dialect_may_check_in_another_order_and_more(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path
) -> None:
    def agent(request: Request, route: Route) -> None:
        if request.header(b"user-agent") is None:
            raise Invalid(f"Say who you are to use {route.name}.", field="User-Agent")

    async with open_tiny(
        sqlite_database, clock, tmp_path, checks=("agent", "caller", "limit", "scope"), extra={"agent": agent}
    ) as tiny:
        stranger = tiny.house.client("tiny")
        unnamed = await stranger.request("GET", "/things")
        named = await stranger.request("GET", "/things", headers={"User-Agent": "me"})

    assert (unnamed.status, unnamed.json()["field"]) == (400, "User-Agent")
    assert named.status == 401


async def test_a_key_bound_to_addresses_is_refused_elsewhere(tiny: Tiny) -> None:
    caller = await tiny.key()
    await tiny.house.write(
        tiny.organization.sandbox,
        lambda call: call.tx.run("UPDATE credentials SET allowed_cidrs = '[\"192.0.2.0/24\"]' WHERE digest <> ''"),
    )
    tiny.house.services.callers._known.clear()

    reply = await caller.request("GET", "/things")

    assert said(reply) == (403, "permission_denied")


# Replies


async def test_something_made_has_its_address(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/things", {"name": "a"})

    assert reply.status == 201
    assert reply.headers["location"] == f"http://desk.test/things/{reply.json()['id']}"
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.body))


async def test_nothing_to_show_is_204(tiny: Tiny) -> None:
    reply = await tiny.client.request("DELETE", "/things/x")

    assert (reply.status, reply.body) == (204, b"")
    assert "content-length" not in reply.headers


async def test_every_reply_names_its_request(tiny: Tiny) -> None:
    with structlog.testing.capture_logs():
        replies = [await tiny.client.request("GET", path) for path in ("/things", "/nowhere", "/boom")]

    assert len({reply.headers["x-request"] for reply in replies}) == 3
    assert all(reply.headers["x-request"].startswith("req_") for reply in replies)


async def test_what_nobody_expected_is_one_neutral_sentence_and_a_whole_line_in_the_log(tiny: Tiny) -> None:
    with structlog.testing.capture_logs() as lines:
        reply = await tiny.client.request("GET", "/boom")

    assert said(reply) == (500, "internal")
    assert "secret of the house" not in reply.body.decode()
    (line,) = [line for line in lines if line["event"] == "request_failed"]
    assert line["route"] == "things.boom"
    assert line["request_id"] == reply.headers["x-request"]
    assert line["exc_info"]


async def test_a_work_that_is_refused_at_the_end_leaves_nothing(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/things", {"name": "a", "refuse": True})

    assert said(reply) == (409, Conflict.code_default)
    assert await tiny.types() == []


async def test_what_a_route_prepares_is_an_argument_of_its_handler(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/prepared/x", {})
    refused = await tiny.client.request("POST", "/prepared/nobody", {})

    assert reply.json() == {"thing": "x", "value": {}, "method": "POST", "has_services": True}
    assert refused.status == 404


async def test_a_long_read_is_a_read(tiny: Tiny) -> None:
    assert (await tiny.client.request("GET", "/report")).json() == {"inside": True}


async def test_a_stream_is_sent_piece_by_piece_until_the_client_goes(tiny: Tiny) -> None:
    reply = await tiny.client.request("GET", "/stream")

    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"first ", "text/plain")
    assert reply.headers["x-request"].startswith("req_")


# What is noted


async def test_every_known_caller_leaves_a_line(tiny: Tiny) -> None:
    await tiny.client.request("POST", "/things", {"name": "a"})
    await tiny.client.request("POST", "/things", {"name": 1})
    await tiny.house.client("tiny").request("GET", "/things")

    refused, made = await logged(tiny)

    assert (made.route, made.status, made.request_body, made.error_code) == ("things.add", 201, None, None)
    assert (refused.status, refused.request_body, refused.error_code) == (400, '{"name":1}', "invalid")


async def test_requests_are_counted(tiny: Tiny) -> None:
    await tiny.client.request("GET", "/things")
    await tiny.client.request("GET", "/nowhere")

    text = tiny.house.services.metrics.text().decode()

    assert 'harbor_http_requests_total{product="tiny",route="things.list",status="200"} 1.0' in text
    assert 'harbor_http_requests_total{product="tiny",route="none",status="404"} 1.0' in text


async def test_when_a_key_was_last_used_is_noted(tiny: Tiny, database: Database) -> None:
    await tiny.client.request("GET", "/things")
    await tiny.house.write_behind.flush()

    rows = await database.read(lambda tx: tx.rows("SELECT last_used_at FROM credentials"))

    assert rows == [{"last_used_at": 1_779_710_400_000_000}]
