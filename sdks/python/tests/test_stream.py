"""The live tail: frames, resuming, and giving up."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdks.python.tests.conftest import Waits
from sdks.python.tests.loopback import Answer, Loopback, refusal, sse
from sdks.python.tests.samples import SECRET_KEY, WS, event

from harbor_sdk import AuthenticationError, ConnectionError_, Harbor, HarborError
from harbor_sdk.core.sse import FRAME_CHARS_MAX, Frame, FrameReader

TEXT = (
    "\ufeff: hello\n\nid: 1\nevent: event\ndata: {\ndata: }\n\nretry: 50\rdata:é\r\ndata: \r\rid\ndata: x\n\ndata: cut"
)
FRAMES = [Frame("1", "event", "{\n}"), Frame("1", "message", "é\n"), Frame(None, "message", "x")]


def frame(number: int) -> bytes:
    one = event(number)
    return f"id: {one['id']}\nevent: event.created\ndata: {json.dumps(one)}\n\n".encode()


@given(st.lists(st.integers(0, len(TEXT.encode())), max_size=20))
def test_frames_do_not_depend_on_how_bytes_are_cut(cuts: list[int]) -> None:
    reader, raw = FrameReader(), TEXT.encode()
    edges = [0, *sorted(cuts), len(raw)]
    chunks = [raw[start:end] for start, end in pairwise(edges)]

    assert [one for chunk in chunks for one in reader.feed(chunk)] == FRAMES
    assert reader.retry_ms == 50


def test_a_frame_without_an_end_is_refused() -> None:
    reader = FrameReader()

    with pytest.raises(HarborError):
        list(reader.feed(b"data: " + b"x" * FRAME_CHARS_MAX))


def test_a_lost_stream_resumes_behind_the_last_event(harbor: Harbor, server: Loopback) -> None:
    half = frame(3)[:40]
    server.script = [sse(b": hi\n\n", frame(1), frame(2), half), Answer(drops=True), sse(frame(3)), Answer(204)]

    with harbor.events.stream(workspace_id=WS, type=["order.*"]) as stream:
        assert [one.payload["n"] for one in stream] == [1, 2, 3]
        assert stream.last_event_id == event(3)["id"]

    assert [seen.headers.get("last-event-id") for seen in server.seen] == [
        None, event(2)["id"], event(2)["id"], event(3)["id"],
    ]  # fmt: skip
    assert {seen.path for seen in server.seen} == {"/v1/events/stream"}
    assert server.last.query == [("workspace_id", WS), ("type", "order.*")]
    assert server.last.headers["accept"] == "text/event-stream"


def test_a_stream_can_start_where_another_ended(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(204)]

    assert list(harbor.events.stream(workspace_id=WS, last_event_id="evt_7")) == []
    assert server.last.headers["last-event-id"] == "evt_7"


def test_a_place_named_before_the_first_event_is_kept(harbor: Harbor, server: Loopback) -> None:
    server.script = [sse(b"id: evt_start\n\n"), Answer(204)]

    assert list(harbor.events.stream(workspace_id=WS)) == []
    assert server.last.headers["last-event-id"] == "evt_start"


def test_frames_that_hold_no_event_are_passed_over(harbor: Harbor, server: Loopback) -> None:
    server.script = [sse(b"data: hello\n\nevent: ping\ndata: {}\n\n", frame(1)), Answer(204)]

    assert [one.payload["n"] for one in harbor.events.stream(workspace_id=WS)] == [1]


def test_events_arrive_while_the_stream_is_open(harbor: Harbor, server: Loopback) -> None:
    first_was_read = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield frame(1)
        assert first_was_read.wait(10)
        yield frame(2)

    server.script = [Answer(chunks=chunks(), headers={"Content-Type": "text/event-stream"})]
    with harbor.events.stream(workspace_id=WS) as stream:
        assert next(stream).payload["n"] == 1
        first_was_read.set()
        assert next(stream).payload["n"] == 2
    assert len(server.seen) == 1


def test_the_server_chooses_the_pause_before_reconnecting(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    server.script = [sse(b"retry: 40\n\n", frame(1)), refusal(429, "rate_limit_exceeded", retry_after_ms=900),
                     Answer(204)]  # fmt: skip
    list(harbor.events.stream(workspace_id=WS))

    assert waits.seconds == [0.04, 0.9]


def test_a_lost_stream_tells_the_logger_why_it_waits(client: type[Harbor], server: Loopback, caplog: Any) -> None:
    server.script = [sse(frame(1)), Answer(204)]
    logger = logging.getLogger("shop")

    with (
        caplog.at_level(logging.WARNING),
        client(SECRET_KEY, host=server.url, logger=logger, sleep=lambda _: None) as harbor,
        harbor.events.stream(workspace_id=WS) as stream,
    ):
        assert len(list(stream)) == 1

    (line,) = [record.getMessage() for record in caplog.records if record.name == "shop"]
    assert line.startswith("GET /v1/events/stream again in ")
    assert "connection_error" in line


def test_a_refused_stream_is_not_tried_again(harbor: Harbor, server: Loopback) -> None:
    server.script = [refusal(401, "authentication_failed")]

    with pytest.raises(AuthenticationError):
        next(harbor.events.stream(workspace_id=WS))
    assert len(server.seen) == 1


def test_a_stream_that_never_began_is_given_up_like_any_request(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(drops=True)] * 3

    with pytest.raises(ConnectionError_):
        next(harbor.events.stream(workspace_id=WS))
    assert len(server.seen) == 3


def test_a_stream_that_once_ran_is_given_up_later(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    server.script = [sse(frame(1))] + [Answer(drops=True)] * 10
    stream = harbor.events.stream(workspace_id=WS)
    next(stream)

    with pytest.raises(ConnectionError_):
        next(stream)
    assert len(server.seen) == 11
    assert waits.seconds == [0.25, 0.5, 1, 2, 4, 4, 4, 4, 4, 4]


def test_a_reply_that_is_no_stream_is_refused(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(json={"data": []})]

    with pytest.raises(HarborError) as refused:
        next(harbor.events.stream(workspace_id=WS))
    assert refused.value.code == "invalid_response"
