"""`harbor listen`: events of the stream, signed and delivered to a local server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sdks.python.tests.loopback import Answer, Loopback, sse
from sdks.python.tests.samples import EVENT, EVT, WS, event, page
from tests.cli.conftest import Run, StandIn
from tests.cli.test_session import unused_port

from harbor.cli.listen_forward import TEXT_BYTES_MAX
from harbor.kernel.webhooks.signing import diagnose
from harbor_sdk import construct_webhook_event

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"


@pytest.fixture
def local() -> Iterator[Loopback]:
    """The server on one's own desk."""
    loopback = Loopback()
    loopback.respond = lambda _: Answer(200, body=b"thanks")
    yield loopback
    loopback.close()


@pytest.fixture(autouse=True)
def two_events(server: StandIn) -> None:
    ones = [event(1), event(2) | {"payload": {"city": "Zürich"}}]
    frames = [f"id: {one['id']}\ndata: {json.dumps(one)}\n\n".encode() for one in ones]
    server.answers["GET /v1/events/stream"] = sse(*frames)
    server.on("GET /v1/events", page(EVENT))


def test_each_event_arrives_signed_with_the_secret_that_was_printed(run: Run, local: Loopback) -> None:
    told = run("listen", "--forward-to", f"{local.url}/hook", "--limit", "2", "--json")

    assert told.code == 0
    session, *replies = told.lines
    assert session["type"] == "session"
    assert session["workspace_id"] == WS
    assert [reply["event_id"] for reply in replies] == [event(1)["id"], event(2)["id"]]
    for seen, reply in zip(local.seen, replies, strict=True):
        assert (seen.method, seen.path) == ("POST", "/hook")
        envelope = construct_webhook_event(seen.body, seen.headers, session["secret"])
        assert envelope.type == "event.created"
        assert envelope.data.id == reply["event_id"] == seen.headers["webhook-id"]
        assert envelope.id == reply["delivery_id"] == seen.headers["harbor-delivery-id"]
        assert [*json.loads(seen.body)] == ["id", "type", "created_at", "data"]
        assert [*json.loads(seen.body)["data"]] == ["id", "type", "workspace_id", "payload", "created_at"]
        now = int(seen.headers["harbor-timestamp"])
        assert all(one.passed for one in diagnose(seen.headers, seen.body, secret=session["secret"], now=now))


def test_a_body_is_compact_utf_8(run: Run, local: Loopback) -> None:
    run("listen", "--forward-to", local.url, "--limit", "2")

    assert '"payload":{"city":"Zürich"}'.encode() in local.last.body


def test_people_see_a_line_a_reply(run: Run, local: Loopback) -> None:
    local.script = [Answer(500, body=b"no \x1b[31mluck"), Answer(200, body=b"x" * 10_000)]

    told = run("listen", "--forward-to", local.url.removeprefix("http://"), "--limit", "2", "--secret", SECRET)

    ready, first, second = told.stdout.splitlines()
    assert ready == f"Ready: events of {WS} go to {local.url}, signed with {SECRET}"
    assert first.startswith("500 in ")
    assert first.endswith(f" ms  order.shipped  {event(1)['id']}  no \\x1b[31mluck")
    assert second.endswith("  " + "x" * TEXT_BYTES_MAX)


def test_it_begins_behind_the_newest_event_so_that_none_is_missed(run: Run, server: StandIn, local: Loopback) -> None:
    run("listen", "--forward-to", local.url, "--limit", "1", "--type", "order.*")

    assert server.last.path == "/v1/events/stream"
    assert server.last.headers["last-event-id"] == EVT
    assert ("type", "order.*") in server.last.query


def test_it_begins_where_it_is_told(run: Run, server: StandIn, local: Loopback) -> None:
    run("listen", "--forward-to", local.url, "--limit", "1", "--last-event-id", "evt_9")

    assert server.last.headers["last-event-id"] == "evt_9"
    assert not any(seen.path == "/v1/events" for seen in server.seen)


def test_a_local_server_that_is_not_there_is_told_and_listening_goes_on(run: Run) -> None:
    told = run("listen", "--forward-to", f"127.0.0.1:{unused_port()}", "--limit", "2", "--json")

    assert told.code == 0
    replies = told.lines[1:]
    assert [reply["status"] for reply in replies] == [None, None]
    assert not any(reply["delivered"] for reply in replies)
    assert all("refused" in reply["text"] for reply in replies)


def test_a_redirect_is_a_reply_and_not_followed(run: Run, local: Loopback) -> None:
    local.respond = lambda _: Answer(302, headers={"Location": f"{local.url}/elsewhere"})

    told = run("listen", "--forward-to", local.url, "--limit", "1", "--json")

    assert told.lines[1]["status"] == 302
    assert told.lines[1]["delivered"] is False
    assert len(local.seen) == 1


@pytest.mark.parametrize(
    "words", [("--forward-to", "ftp://x"), ("--forward-to", "http://"), ("--forward-to", "x", "--secret", "whsec_x")]
)
def test_an_address_or_secret_that_cannot_be_one_is_wrong_usage(
    run: Run, server: StandIn, words: tuple[str, ...]
) -> None:
    assert run("listen", *words).code == 2
    assert server.seen == []
