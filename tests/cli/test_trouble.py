"""Following, listening and triggering when something is wrong: no server, a bad key, a stream that ends, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping

import pytest
from sdks.python.tests.loopback import Answer, refusal, sse
from sdks.python.tests.samples import EVENT, WS, event, page
from tests.cli.conftest import PROGRAM, Run, StandIn
from tests.cli.test_session import unused_port

COMMANDS = [
    ("events", "tail"),
    ("listen", "--forward-to", "localhost:1"),
    ("trigger", "order.shipped"),
]
STREAMS = COMMANDS[:2]


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client library waits as it is told, at once."""
    monkeypatch.setattr("harbor_sdk.core.retries.DELAY_S_BASE", 0.0)


@pytest.mark.parametrize("words", COMMANDS)
def test_without_a_server_each_ends_with_3_and_says_what_to_do(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words, "--json", HARBOR_URL=f"http://127.0.0.1:{unused_port()}")

    assert (refused.code, refused.stdout) == (3, "")
    assert refused.error["code"] == "connection_error"
    assert "harbor serve" in refused.error["hint"]


@pytest.mark.parametrize("words", COMMANDS)
def test_with_a_bad_key_each_ends_with_1_and_says_where_keys_come_from(
    run: Run, server: StandIn, words: tuple[str, ...]
) -> None:
    for route in ("GET /v1/key", "GET /v1/events", "GET /v1/events/stream", "POST /v1/events"):
        server.answers[route] = refusal(401, "authentication_failed", message="Invalid API key provided.")

    refused = run(*words, "--workspace", WS)

    assert refused.code == 1
    assert refused.stdout.count("\n") <= 1  # `listen` has said that it is ready when the stream is refused
    assert "error: Invalid API key provided." in refused.stderr
    assert "HARBOR_SECRET_KEY" in refused.stderr


@pytest.mark.parametrize("words", STREAMS)
def test_a_stream_that_breaks_off_goes_on_behind_the_last_event(
    run: Run, server: StandIn, words: tuple[str, ...]
) -> None:
    server.on("GET /v1/events", page(EVENT))
    frames = [f"id: {event(n)['id']}\ndata: {json.dumps(event(n))}\n\n".encode() for n in (1, 2)]
    answers = iter([sse(frames[0]), Answer(drops=True), refusal(503, "service_unavailable"), sse(frames[1])])
    respond = server.loopback.respond
    server.loopback.respond = lambda seen: next(answers) if seen.path == "/v1/events/stream" else respond(seen)

    told = run(*words, "--limit", "2", "--json")

    assert told.code == 0
    assert [line.get("event_id", line.get("id")) for line in told.lines[-2:]] == [event(1)["id"], event(2)["id"]]
    assert server.last.headers["last-event-id"] == event(1)["id"]


@pytest.mark.parametrize("words", STREAMS)
def test_a_stream_that_is_gone_for_good_is_given_up_with_3(run: Run, server: StandIn, words: tuple[str, ...]) -> None:
    server.on("GET /v1/events", page(EVENT))
    answers = iter([sse(f"data: {json.dumps(event(1))}\n\n".encode())])
    respond = server.loopback.respond
    gone = Answer(drops=True)
    server.loopback.respond = lambda seen: next(answers, gone) if seen.path == "/v1/events/stream" else respond(seen)

    told = run(*words, "--json")

    assert told.code == 3
    assert told.error["code"] == "connection_error"
    assert told.lines[-1].get("event_id", told.lines[-1].get("id")) == event(1)["id"]


def test_a_stream_that_the_server_ends_is_no_failure(run: Run, server: StandIn) -> None:
    server.on("GET /v1/events/stream", status=204)

    assert run("events", "tail").code == 0


@pytest.mark.parametrize("words", STREAMS)
def test_an_interrupt_while_nothing_happens_ends_well(
    server: StandIn, environment: Mapping[str, str], words: tuple[str, ...]
) -> None:
    is_open, is_over = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b": hello\n\n"
        is_open.set()
        is_over.wait(30)

    server.on("GET /v1/events", page())
    server.answers["GET /v1/events/stream"] = Answer(chunks=chunks(), headers={"Content-Type": "text/event-stream"})
    with subprocess.Popen(
        [PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    ) as running:
        try:
            assert is_open.wait(30)
            running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
        finally:
            running.kill()
            is_over.set()
    assert running.returncode == 0
    assert "Traceback" not in out + err
    assert err.endswith("Ended.\n")
