"""Sockets: time limits, proxies, logging, closing."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
from sdks.python.tests.loopback import Answer, Loopback, refusal
from sdks.python.tests.samples import EVENT, EVT, REQ, SECRET_KEY, WEBHOOK, WS

from harbor_sdk import ConnectionError_, Harbor, HarborError


def test_a_silent_server_is_a_timeout(client: type[Harbor], server: Loopback) -> None:
    test_is_over = threading.Event()

    def chunks() -> Iterator[bytes]:
        test_is_over.wait(10)
        yield b""

    server.script = [Answer(chunks=chunks())]
    with client(SECRET_KEY, host=server.url, timeout=0.05, max_retries=0) as harbor:
        with pytest.raises(ConnectionError_) as refused:
            harbor.events.retrieve(EVT)
        test_is_over.set()
    assert refused.value.code == "timeout"


def test_a_dripping_server_is_a_timeout_too(client: type[Harbor], server: Loopback) -> None:
    test_is_over = threading.Event()

    def chunks() -> Iterator[bytes]:
        while not test_is_over.wait(0.02):
            yield b" "

    server.script = [Answer(chunks=chunks())]
    with client(SECRET_KEY, host=server.url, timeout=0.2, max_retries=0) as harbor:
        with pytest.raises(ConnectionError_) as refused:
            harbor.events.retrieve(EVT)
        test_is_over.set()
    assert refused.value.code == "timeout"


def test_nobody_there_is_a_connection_error(client: type[Harbor]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with client(SECRET_KEY, host=host, max_retries=0) as harbor, pytest.raises(ConnectionError_) as refused:
            harbor.events.retrieve(EVT)
    assert refused.value.code == "connection_error"
    assert refused.value.__cause__ is not None


def test_a_reply_cut_short_is_a_connection_error(client: type[Harbor], server: Loopback) -> None:
    server.script = [Answer(chunks=[b'{"id"'], headers={"Content-Length": "100"})]

    with client(SECRET_KEY, host=server.url, max_retries=0) as harbor, pytest.raises(ConnectionError_):
        harbor.events.retrieve(EVT)


def test_compressed_replies_are_read_and_broken_ones_refused(harbor: Harbor, server: Loopback) -> None:
    zipped = gzip.compress(json.dumps(EVENT).encode())
    server.script = [
        Answer(body=zipped, headers={"Content-Encoding": "gzip"}),
        Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    ]

    assert harbor.events.retrieve(EVT).id == EVT
    with pytest.raises(HarborError) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.code == "invalid_response"


def test_no_proxy_stands_before_this_machine(
    client: type[Harbor], server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.script = [Answer(json=EVENT)]

    with client(SECRET_KEY, host=server.url, max_retries=0) as harbor:
        assert harbor.events.retrieve(EVT).id == EVT


def test_log_lines_name_the_request_and_no_secret(
    client: type[Harbor], server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    server.script = [
        refusal(503, "service_unavailable"),
        Answer(201, WEBHOOK, headers={"Harbor-Request-Id": REQ}),
    ]
    logger = logging.getLogger("shop")
    with (
        caplog.at_level(logging.DEBUG),
        client(SECRET_KEY, host=server.url, logger=logger, sleep=lambda _: None) as harbor,
    ):
        harbor.webhooks.create(workspace_id=WS, url="https://a.test", events=["*"], idempotency_key="k")

    lines = [record.getMessage() for record in caplog.records if record.name == "shop"]
    assert len(lines) == 3
    assert REQ in lines[-1]
    assert not any(secret in caplog.text for secret in (SECRET_KEY, WEBHOOK["secret"], WS))


def test_a_client_serves_many_threads(server: Loopback) -> None:
    server.respond = lambda _: Answer(json=EVENT)
    ids: list[str] = []
    with Harbor(SECRET_KEY, host=server.url) as harbor:
        threads = [threading.Thread(target=lambda: ids.append(harbor.events.retrieve(EVT).id)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert ids == [EVT] * 8


def test_a_closed_client_sends_nothing(client: type[Harbor], server: Loopback) -> None:
    with client(SECRET_KEY, host=server.url) as harbor:
        pass

    with pytest.raises(RuntimeError):
        harbor.events.retrieve(EVT)
    assert server.seen == []
