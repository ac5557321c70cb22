"""`harbor keys`, `harbor workspaces` and `harbor status`."""

from __future__ import annotations

import pytest
from sdks.python.tests.loopback import refusal
from sdks.python.tests.samples import KEY, SECRET_KEY, WORKSPACE, WS, page
from tests.cli.conftest import ADMIN_KEY, Run, StandIn

HANDLE = {"id": KEY, "name": "ci", "workspace_id": WS, "scopes": ["events:write"], "prefix": "hb_test_0123"}


def test_admin_words_use_the_admin_key(run: Run, server: StandIn) -> None:
    server.on("GET /admin/v1/workspaces", page(WORKSPACE))

    listed = run("workspaces", "list", "--environment", "sandbox")

    assert server.last.headers["authorization"] == f"Bearer {ADMIN_KEY}"
    assert ("environment", "sandbox") in server.last.query
    assert listed.stdout.splitlines()[1].split()[:4] == [WS, "Fulfilment", "sandbox", "active"]


def test_keys_list_shows_handles(run: Run, server: StandIn) -> None:
    server.on(f"GET /admin/v1/workspaces/{WS}/api_keys", page(HANDLE))

    listed = run("keys", "list", "--workspace", WS)

    assert KEY in listed.stdout
    assert "events:write" in listed.stdout


def test_keys_create_prints_the_secret_once(run: Run, server: StandIn) -> None:
    server.on(f"POST /admin/v1/workspaces/{WS}/api_keys", HANDLE | {"secret": SECRET_KEY}, status=201)
    words = ("keys", "create", "--workspace", WS, "--name", "ci", "--scope", "events:write", "--rate-limit", "60:6")

    made = run(*words)

    assert made.stdout.count(SECRET_KEY) == 1
    assert "not shown again" in made.stderr
    assert server.last.json == {"name": "ci", "scopes": ["events:write"], "rate_limit": "60:6"}
    assert run(*words, "--json").json["secret"] == SECRET_KEY


def test_keys_revoke_and_roll(run: Run, server: StandIn) -> None:
    server.on(f"DELETE /admin/v1/api_keys/{KEY}", status=204)
    server.on(f"POST /admin/v1/api_keys/{KEY}/roll", HANDLE | {"secret": SECRET_KEY}, status=201)

    assert run("keys", "revoke", KEY, "--json").json == {"id": KEY, "revoked": True}
    assert run("keys", "roll", KEY, "--expire-old-in-seconds", "0", "--json").json["secret"] == SECRET_KEY
    assert server.last.json == {"expire_old_in_seconds": 0}


ORGANIZATION_KEY = HANDLE | {"workspace_id": None, "environment": "sandbox"}


def test_keys_of_the_organization_are_listed_and_made(run: Run, server: StandIn) -> None:
    server.on("GET /admin/v1/api_keys", page(ORGANIZATION_KEY))
    server.on("POST /admin/v1/api_keys", ORGANIZATION_KEY | {"secret": SECRET_KEY}, status=201)

    listed = run("keys", "list", "--organization", "--environment", "sandbox", HARBOR_WORKSPACE=WS)
    assert listed.stdout.splitlines()[1].split()[:3] == [KEY, "ci", "sandbox"]
    assert ("environment", "sandbox") in server.last.query
    words = ("keys", "create", "--organization", "--environment", "sandbox", "--name", "ops")
    made = run(*words, "--scope", "workspaces:manage", "--json").json
    assert (made["secret"], made["workspace_id"]) == (SECRET_KEY, None)
    assert server.last.json == {"name": "ops", "environment": "sandbox", "scopes": ["workspaces:manage"]}


@pytest.mark.parametrize("words", [("--environment", "sandbox"), ("--organization", "--workspace", WS)])
def test_options_of_the_other_kind_of_key_are_wrong_usage(run: Run, server: StandIn, words: tuple[str, ...]) -> None:
    assert run("keys", "list", *words).code == 2
    assert run("keys", "create", "--name", "ci", *words).code == 2
    assert server.seen == []


@pytest.mark.parametrize(("word", "words"), [("suspend", ("--reason", "billing")), ("activate", ()), ("archive", ())])
def test_workspaces_change_state(run: Run, server: StandIn, word: str, words: tuple[str, ...]) -> None:
    server.on(f"POST /admin/v1/workspaces/{WS}/{word}", WORKSPACE)

    assert run("workspaces", word, WS, *words, "--json").json == WORKSPACE
    assert server.last.body == (b'{"reason":"billing"}' if words else b"")


def test_workspaces_create_and_get(run: Run, server: StandIn) -> None:
    server.on("POST /admin/v1/workspaces", WORKSPACE, status=201)
    server.on(f"GET /admin/v1/workspaces/{WS}", WORKSPACE)

    assert run("workspaces", "create", "Fulfilment", "--environment", "sandbox", "--json").json == WORKSPACE
    assert server.last.json == {"name": "Fulfilment", "environment": "sandbox"}
    assert "Fulfilment" in run("workspaces", "get", WS).stdout


def test_status_tells_who_one_is_to_the_server(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/workspaces/{WS}", WORKSPACE)

    told = run("status", "--json").json

    assert told["host"] == server.loopback.url
    assert told["scopes"] == "all"
    assert (told["workspace_id"], told["workspace_name"], told["workspace_status"]) == (WS, "Fulfilment", "active")


def test_status_does_without_what_the_key_may_not_read(run: Run, server: StandIn) -> None:
    server.answers[f"GET /v1/workspaces/{WS}"] = refusal(403, "permission_denied")

    told = run("status", "--json")

    assert told.code == 0
    assert told.json["workspace_name"] is None


def test_status_with_a_bad_key_ends_with_1(run: Run, server: StandIn) -> None:
    server.answers["GET /v1/key"] = refusal(401, "authentication_failed", message="Invalid API key provided.")

    refused = run("status")

    assert refused.code == 1
    assert "error: Invalid API key provided." in refused.stderr
