"""Server, key, workspace, and how a command ends when something is amiss."""

from __future__ import annotations

import socket

import pytest
from sdks.python.tests.loopback import Answer, refusal
from sdks.python.tests.samples import EVENT, EVT, REQ, SECRET_KEY, WS, page
from tests.cli.conftest import Run, StandIn

from harbor.cli.options import origin_of

CREATE = ("events", "create", "order.shipped", "--payload", "{}")


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_key_and_the_host_come_from_the_environment(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    assert run("events", "get", EVT).code == 0
    assert server.last.headers["authorization"] == f"Bearer {SECRET_KEY}"


def test_options_win_over_the_environment(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    ended = run("events", "get", EVT, "--host", server.loopback.url, "--key", "hb_test_other", HARBOR_URL="http://x:1")

    assert ended.code == 0
    assert server.last.headers["authorization"] == "Bearer hb_test_other"


def test_a_host_of_this_machine_needs_no_scheme(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    assert run("events", "get", EVT, "--host", server.loopback.url.removeprefix("http://")).code == 0


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://0.0.0.0:8000"),
        ("[::1]", "http://[::1]:8000"),
        ("127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
        ("harbor.example.com", "https://harbor.example.com"),
        ("harbor.example.com:8443", "https://harbor.example.com:8443"),
        ("http://harbor.internal", "http://harbor.internal"),
    ],
)
def test_a_key_leaves_this_machine_in_clear_text_only_when_asked_to(host: str, origin: str) -> None:
    assert origin_of(host) == origin


def test_the_clients_own_variable_wins_over_the_one_it_shares_with_the_server(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    assert run("events", "get", EVT, HARBOR_URL=server.loopback.url, HARBOR_HOST="http://127.0.0.1:1").code == 0


def test_the_workspace_is_the_keys_own_unless_named(run: Run, server: StandIn) -> None:
    server.on("GET /v1/events", page())

    run("events", "list")
    assert [seen.path for seen in server.seen] == ["/v1/key", "/v1/events"]
    assert ("workspace_id", WS) in server.last.query

    run("events", "list", "--workspace", "ws_option", HARBOR_WORKSPACE="ws_environment")
    assert ("workspace_id", "ws_option") in server.last.query

    run("events", "list", HARBOR_WORKSPACE="ws_environment")
    assert ("workspace_id", "ws_environment") in server.last.query
    assert sum(seen.path == "/v1/key" for seen in server.seen) == 1


@pytest.mark.parametrize(
    "answer", [Answer(200, {"id": "key_1", "workspace_id": None}), refusal(403, "permission_denied")]
)
def test_a_key_of_no_single_workspace_needs_one_named(run: Run, server: StandIn, answer: Answer) -> None:
    server.answers["GET /v1/key"] = answer

    refused = run("keys", "list", "--json")

    assert refused.code == 2
    assert refused.error["code"] == "workspace_needed"
    assert "--workspace" in refused.error["hint"]


def test_without_a_key_it_is_wrong_usage_and_nothing_is_sent(run: Run, server: StandIn) -> None:
    refused = run("events", "get", EVT, HARBOR_SECRET_KEY="")
    assert refused.code == 2
    assert "HARBOR_SECRET_KEY" in refused.stderr

    refused = run("keys", "revoke", "key_1", HARBOR_ADMIN_KEY="")
    assert refused.code == 2
    assert "HARBOR_ADMIN_KEY" in refused.stderr
    assert server.seen == []


@pytest.mark.parametrize("words", [("--key", "sk_live_x"), ("--host", "ftp://x"), ("--host", "http://x/path")])
def test_a_key_or_host_that_cannot_be_one_is_wrong_usage(run: Run, words: tuple[str, str]) -> None:
    assert run("events", "get", EVT, *words).code == 2


def test_a_refusal_ends_with_1_and_tells_the_request(run: Run, server: StandIn) -> None:
    server.answers["POST /v1/events"] = refusal(403, "workspace_suspended", message=f"Workspace {WS} is suspended.")

    refused = run(*CREATE)

    assert refused.code == 1
    assert refused.stdout == ""
    lines = refused.stderr.splitlines()
    assert lines[0] == f"error: Workspace {WS} is suspended."
    assert lines[1].startswith("next: `harbor workspaces activate")
    assert lines[2] == f"request: {REQ}"


def test_a_refusal_under_json_carries_what_the_server_said(run: Run, server: StandIn) -> None:
    server.answers["POST /v1/events"] = refusal(400, "invalid_request", param="type")

    refused = run(*CREATE, "--json")

    assert refused.code == 1
    assert refused.error["code"] == "invalid_request"
    assert refused.error["param"] == "type"
    assert refused.error["status"] == 400
    assert refused.error["request_id"] == REQ


def test_over_the_limit_it_says_how_long_to_wait(run: Run, server: StandIn) -> None:
    server.answers["POST /v1/events"] = refusal(429, "rate_limit_exceeded", retry_after_ms=1_500)

    assert "next: Wait 2 s and run it again." in run(*CREATE, "--workspace", WS).stderr


def test_something_that_is_no_harbor_server_ends_with_1(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", ["a list"])

    refused = run("events", "get", EVT)

    assert refused.code == 1
    assert "Does --host name a Harbor server" in refused.stderr


def test_a_server_that_is_not_there_ends_with_3(run: Run) -> None:
    refused = run(*CREATE, "--workspace", WS, "--json", HARBOR_URL=f"http://127.0.0.1:{unused_port()}")

    assert refused.code == 3
    assert refused.error["code"] == "connection_error"
    assert "harbor serve" in refused.error["hint"]
