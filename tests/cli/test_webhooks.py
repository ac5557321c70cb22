"""`harbor webhooks`, all but `verify`."""

from __future__ import annotations

import pytest
from sdks.python.tests.samples import ATTEMPT, WEBHOOK, WH, WS, page
from tests.cli.conftest import Run, StandIn

SECRET = str(WEBHOOK["secret"])


def test_create_sends_what_was_given_and_prints_the_secret(run: Run, server: StandIn) -> None:
    server.on("POST /v1/webhooks", WEBHOOK, status=201)

    made = run(
        "webhooks", "create", "https://hooks.acme.test/harbor", "--event", "order.shipped", "--event", "invoice.*",
        "--header", "X-Token=a=b", "--metadata", "team=blue", "--filter", '{"total": {"$gt": 5}}', "--rate-limit", "5",
        "--ordering", "strict",
    )  # fmt: skip

    assert made.code == 0
    assert SECRET in made.stdout
    assert "not shown again" in made.stderr
    assert server.last.json == {
        "workspace_id": WS,
        "url": "https://hooks.acme.test/harbor",
        "events": ["order.shipped", "invoice.*"],
        "headers": {"X-Token": "a=b"},
        "metadata": {"team": "blue"},
        "filter": {"total": {"$gt": 5}},
        "rate_limit": 5,
        "ordering": "strict",
    }


def test_create_without_an_event_is_wrong_usage(run: Run, server: StandIn) -> None:
    refused = run("webhooks", "create", "https://hooks.acme.test/harbor")

    assert refused.code == 2
    assert "--event" in refused.stderr
    assert server.seen == []


def test_create_under_json_is_the_endpoint_alone(run: Run, server: StandIn) -> None:
    server.on("POST /v1/webhooks", WEBHOOK, status=201)

    made = run("webhooks", "create", "https://hooks.acme.test/harbor", "--event", "*", "--json")

    assert made.json == WEBHOOK
    assert made.stderr == ""


def test_list_and_get_show_endpoints(run: Run, server: StandIn) -> None:
    shown = {name: value for name, value in WEBHOOK.items() if name != "secret"}
    server.on("GET /v1/webhooks", page(shown))
    server.on(f"GET /v1/webhooks/{WH}", shown)

    listed = run("webhooks", "list", "--status", "active")
    assert ("status", "active") in server.last.query
    assert "order.shipped, invoice.*" in listed.stdout
    assert run("webhooks", "get", WH, "--json").json == shown


def test_update_changes_what_is_given_and_clears_what_is_named(run: Run, server: StandIn) -> None:
    server.on(f"PUT /v1/webhooks/{WH}", WEBHOOK)

    assert run("webhooks", "update", WH, "--status", "disabled", "--clear", "rate-limit", "--clear", "filter").code == 0
    assert server.last.json == {"status": "disabled", "rate_limit": None, "filter": None}


@pytest.mark.parametrize("words", [(), ("--rate-limit", "5", "--clear", "rate-limit"), ("--status", "asleep")])
def test_an_update_that_makes_no_sense_is_wrong_usage(run: Run, server: StandIn, words: tuple[str, ...]) -> None:
    assert run("webhooks", "update", WH, *words).code == 2
    assert server.seen == []


def test_delete_confirms_what_is_gone(run: Run, server: StandIn) -> None:
    server.on(f"DELETE /v1/webhooks/{WH}", status=204)

    assert run("webhooks", "delete", WH, "--json").json == {"id": WH, "deleted": True}


def test_rotate_secret_prints_the_new_one(run: Run, server: StandIn) -> None:
    rotated = {"id": WH, "secret": SECRET, "previous_secret_expires_at": "2026-05-26T12:00:00.000Z"}
    server.on(f"POST /v1/webhooks/{WH}/rotate_secret", rotated)

    assert run("webhooks", "rotate-secret", WH, "--grace-period-seconds", "0", "--json").json == rotated
    assert server.last.json == {"grace_period_seconds": 0}


def test_a_test_delivery_that_arrives_ends_with_0(run: Run, server: StandIn) -> None:
    server.on(f"POST /v1/webhooks/{WH}/test", ATTEMPT | {"response_status": 200, "error": None})

    assert run("webhooks", "test", WH, "--event-type", "order.shipped", "--payload", '{"a": 1}').code == 0
    assert server.last.json == {"event_type": "order.shipped", "payload": {"a": 1}}


def test_a_test_delivery_that_fails_is_shown_and_ends_with_1(run: Run, server: StandIn) -> None:
    server.on(f"POST /v1/webhooks/{WH}/test", ATTEMPT)

    failed = run("webhooks", "test", WH, "--json")

    assert failed.code == 1
    assert failed.json == ATTEMPT
    assert failed.error["code"] == "test_failed"
    assert "http_status (HTTP 503)" in failed.error["message"]


def test_stats_are_shown_as_the_server_gives_them(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/webhooks/{WH}/stats", {"webhook_id": WH, "counts": {"delivered": 9}, "success_rate": 0.9})

    shown = run("webhooks", "stats", WH, "--since", "2026-05-25T12:00:00Z")

    assert server.last.query == [("since", "2026-05-25T12:00:00.000Z")]
    assert '{"delivered": 9}' in shown.stdout


def test_recover_names_the_outage(run: Run, server: StandIn) -> None:
    server.on(f"POST /v1/webhooks/{WH}/recover", {"job_id": "job_1"}, status=202)

    assert run("webhooks", "recover", WH, "--since", "2026-05-25T12:00:00Z", "--include", "failed", "--json").json == {
        "job_id": "job_1"
    }
    assert server.last.json == {"since": "2026-05-25T12:00:00.000Z", "include": ["failed"]}
