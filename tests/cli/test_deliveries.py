"""`harbor deliveries`."""

from __future__ import annotations

from sdks.python.tests.loopback import refusal
from sdks.python.tests.samples import ATTEMPT, DEL, DELIVERY, WH, WS, page
from tests.cli.conftest import Run, StandIn


def test_list_passes_every_filter_on(run: Run, server: StandIn) -> None:
    server.on("GET /v1/deliveries", page(DELIVERY))

    filters = {
        "webhook-id": WH,
        "event-id": "evt_1",
        "event-type": "a.b",
        "status": "retrying",
        "response-status": "503",
    }
    listed = run("deliveries", "list", *(word for name, value in filters.items() for word in (f"--{name}", value)))

    expected = {(name.replace("-", "_"), value) for name, value in filters.items()}
    assert expected | {("workspace_id", WS)} <= {*server.last.query}
    assert listed.stdout.splitlines()[1].split()[:5] == [DEL, "order.shipped", "retrying", "2", "503"]


def test_get_shows_the_attempts_below_the_delivery(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/deliveries/{DEL}", DELIVERY | {"attempts": [ATTEMPT], "request_body": '{"a":1}'})

    shown = run("deliveries", "get", DEL)

    record, _, attempts = shown.stdout.partition("\nattempts\n")
    assert '{"a":1}' in record
    assert "upstream down" in attempts
    assert run("deliveries", "get", DEL, "--json").json["attempts"] == [ATTEMPT]


def test_attempts_are_a_list(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/deliveries/{DEL}/attempts", page(ATTEMPT))

    assert run("deliveries", "attempts", DEL, "--json").json["data"] == [ATTEMPT]
    assert server.last.query == [("limit", "20")]  # this list knows neither time nor order


def test_replay_and_cancel_show_the_delivery(run: Run, server: StandIn) -> None:
    server.on(f"POST /v1/deliveries/{DEL}/replay", DELIVERY, status=202)
    server.on(f"POST /v1/deliveries/{DEL}/cancel", DELIVERY | {"status": "canceled"})

    assert run("deliveries", "replay", DEL, "--json").json["id"] == DEL
    assert run("deliveries", "cancel", DEL, "--json").json["status"] == "canceled"


def test_a_replay_to_a_disabled_endpoint_says_how_to_enable_it(run: Run, server: StandIn) -> None:
    server.answers[f"POST /v1/deliveries/{DEL}/replay"] = refusal(409, "webhook_disabled")

    refused = run("deliveries", "replay", DEL)

    assert refused.code == 1
    assert "harbor webhooks update WEBHOOK_ID --status active" in refused.stderr


def test_replay_many_counts_first(run: Run, server: StandIn) -> None:
    server.on("POST /v1/deliveries/replay", {"count": 12, "dry_run": True})

    counted = run("deliveries", "replay-many", "--status", "failed", "--created-after", "2026-05-25T12:00:00Z", "--dry-run", "--json")  # fmt: skip

    assert counted.json["count"] == 12
    assert server.last.json == {
        "workspace_id": WS,
        "status": "failed",
        "created_after": "2026-05-25T12:00:00.000Z",
        "dry_run": True,
    }


def test_replay_many_without_a_filter_must_be_meant(run: Run, server: StandIn) -> None:
    server.on("POST /v1/deliveries/replay", {"count": 3}, status=202)

    assert run("deliveries", "replay-many").code == 2
    assert server.seen == []
    assert run("deliveries", "replay-many", "--all").code == 0
    assert server.last.json == {"workspace_id": WS, "dry_run": False}
