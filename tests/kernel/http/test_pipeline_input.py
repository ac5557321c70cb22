"""What a request brings: its body within bounds and as JSON, its query, and the page it asks for."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Reply
from tests.kernel.http.tiny import SECRET, Tiny

from harbor.kernel.bounds import BODY_BYTES_BEFORE_CREDENTIAL
from harbor.kernel.call import Call
from harbor.kernel.http.request import Mount
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase


@pytest.fixture
def database(sqlite_database: SqliteDatabase) -> Database:
    """One engine is enough: what a request does to the store is tried on both in `test_work.py`."""
    return sqlite_database


def said(reply: Reply) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status, reply.json()["code"]


# Bodies


async def test_a_body_of_another_media_type_is_refused_by_name(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/things", {"name": "a"}, media_type="text/xml")

    assert said(reply) == (415, "unsupported_media_type")
    assert "text/xml" in reply.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"), [(b"{", None), (b'{"name":"a","name":"b"}', "name"), (b'{"name":NaN}', None), (b"\xff", None)]
)
async def test_a_body_that_is_no_json_is_refused(tiny: Tiny, body: bytes, field: str | None) -> None:
    reply = await tiny.client.request("POST", "/things", body=body)

    assert said(reply) == (400, "invalid_json")
    assert reply.json()["field"] == field


async def test_a_field_that_is_wrong_is_named(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/things", {"name": 1})

    assert (reply.status, reply.json()["field"]) == (400, "name")


@pytest.mark.parametrize("body", [b"", b"  ", b"{}"])
async def test_no_body_is_an_empty_object(tiny: Tiny, body: bytes) -> None:
    reply = await tiny.client.request("POST", "/things", body=body)

    assert reply.json()["message"] == "name is required."


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413)])
async def test_a_body_is_bounded_by_its_route(tiny: Tiny, size: int, status: int) -> None:
    reply = await tiny.client.request("POST", "/small", body=b" " * size)

    assert reply.status == status


async def test_nobody_in_particular_may_send_a_small_body_only(tiny: Tiny) -> None:
    stranger = tiny.house.client("tiny")
    body = b'{"name":"' + b"x" * BODY_BYTES_BEFORE_CREDENTIAL + b'"}'

    assert said(await stranger.request("POST", "/say", body=body)) == (413, "payload_too_large")
    assert (await stranger.request("POST", "/say", {"name": "x"})).json() == {"said": "x"}


async def test_a_stranger_is_sent_away_before_the_body_is_read(tiny: Tiny) -> None:
    reply = await tiny.house.client("tiny").request("POST", "/things", body=b"{" * 10_000_000)

    assert reply.status == 401


async def test_a_body_where_none_is_taken_is_refused(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/small", {"a": 1})

    assert reply.json()["message"] == "This request takes no body."
    assert (await tiny.client.request("POST", "/small", {})).status == 200


async def test_a_client_that_goes_gets_no_answer(tiny: Tiny) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "query_string": b"",
        "headers": [(b"x-key", SECRET.encode()), (b"content-type", b"application/json")],
        "client": ("10.0.0.1", 1),
    }
    await tiny.client.pipeline(scope, receive, send, "/things", Mount())

    assert sent == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/things", b'{"name":"a large thing"}', 201),
        ("/things", b'{"name":"a large thing","refuse":true}', 409),
        ("/things", b'{"name":"a large thing"', 400),
        ("/travel", b'{"name":"a large thing"}', 200),
        ("/small", b'{"name":"' + b"x" * 100 + b'"}', 413),
        ("/things", b'{"name":"a large thing"}', 0),  # the client goes
    ],
)
async def test_a_large_body_counts_until_it_is_answered_and_never_longer(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes, status: int
) -> None:
    budget, sent, at_work = tiny.house.services.budget, list[Any](), list[int]()
    monkeypatch.setattr(budget, "spooled_above", 4)
    write = tiny.house.database.write

    async def writing(work: Any, **more: Any) -> Any:
        at_work.append(budget.used)
        return await write(work, **more)

    monkeypatch.setattr(tiny.house.database, "write", writing)
    pieces = [{"type": "http.request", "body": body[at : at + 10], "more_body": True} for at in range(0, len(body), 10)]
    pieces.append({"type": "http.request", "body": b"", "more_body": False} if status else {"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "query_string": b"",
        "headers": [(b"x-key", SECRET.encode()), (b"content-type", b"application/json")],
        "client": ("10.0.0.1", 1),
    }
    await tiny.client.pipeline(scope, receive, send, path, Mount())

    assert [message["status"] for message in sent[:1]] == ([status] if status else [])
    assert at_work == [len(body)] * {201: 1, 409: 1, 200: 2}.get(status, 0)  # a journey writes twice
    assert budget.used == 0


# Queries and pages


async def test_an_unknown_parameter_is_refused_with_those_that_are_known(tiny: Tiny) -> None:
    reply = await tiny.client.request("GET", "/things?size=3")

    assert (reply.status, reply.json()["field"]) == (400, "size")
    assert "colour, limit, starting_after" in reply.json()["message"]


@pytest.mark.parametrize("query", ["a=" + "x" * 9_000, "a=%ff", "a=%00", "&".join(["a=1"] * 300)])
async def test_a_query_out_of_bounds_is_refused(tiny: Tiny, query: str) -> None:
    assert (await tiny.client.request("GET", f"/things?{query}")).status == 400


async def add_events(tiny: Tiny, count: int) -> None:
    def act(call: Call) -> None:
        for _ in range(count):
            call.emit_from_outside(call.default_workspace(), "order.paid", "{}")

    await tiny.house.write(tiny.organization.sandbox, act)


async def test_pages_follow_one_another_to_the_end(tiny: Tiny) -> None:
    await add_events(tiny, 5)
    seen: list[str] = []
    target = "/things"
    while target:
        page = (await tiny.client.request("GET", target)).json()
        seen += [item["id"] for item in page["data"]]
        target = f"/things?starting_after={page['end_cursor']}" if page["has_more"] else ""

    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


async def test_a_cursor_is_good_for_a_day_after_it_was_handed_out(tiny: Tiny) -> None:
    await add_events(tiny, 5)
    cursor = (await tiny.client.request("GET", "/things")).json()["end_cursor"]
    await tiny.house.write_behind.flush()

    tiny.house.clock.advance(86_400)
    assert (await tiny.client.request("GET", f"/things?starting_after={cursor}")).status == 200
    tiny.house.clock.advance(1)
    reply = await tiny.client.request("GET", f"/things?starting_after={cursor}")

    assert (reply.status, reply.json()["field"]) == (400, "starting_after")
    assert reply.json()["message"] == "Cursor expired. Start a new pagination sequence."
