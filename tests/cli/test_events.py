"""`harbor events` and `harbor trigger`."""

from __future__ import annotations

import json
from pathlib import Path

from sdks.python.tests.loopback import Answer, refusal, sse
from sdks.python.tests.samples import EVENT, EVT, WS, event, page
from tests.cli.conftest import Run, StandIn


def frame(number: int) -> bytes:
    one = event(number)
    return f"id: {one['id']}\nevent: event.created\ndata: {json.dumps(one)}\n\n".encode()


def test_create_sends_the_payload_and_prints_the_event(run: Run, server: StandIn) -> None:
    server.on("POST /v1/events", EVENT, status=201)

    made = run("events", "create", "order.shipped", "--payload", '{"order_id":"ord_77"}', "--idempotency-key", "k", "--json")  # fmt: skip

    assert made.code == 0
    assert made.json == EVENT
    assert server.last.json == {"workspace_id": WS, "type": "order.shipped", "payload": {"order_id": "ord_77"}}
    assert server.last.headers["idempotency-key"] == "k"


def test_create_takes_the_payload_from_a_file_or_standard_input(run: Run, server: StandIn, tmp_path: Path) -> None:
    server.on("POST /v1/events", EVENT, status=201)
    (tmp_path / "order.json").write_text('{"from": "file"}')

    assert run("events", "create", "order.shipped", "--payload", f"@{tmp_path}/order.json").code == 0
    assert server.last.json["payload"] == {"from": "file"}
    assert run("events", "create", "order.shipped", "--payload", "-", stdin='{"from": "stdin"}').code == 0
    assert server.last.json["payload"] == {"from": "stdin"}


def test_create_with_a_payload_that_is_no_object_is_wrong_usage(run: Run, server: StandIn) -> None:
    refused = run("events", "create", "order.shipped", "--payload", "[]")

    assert refused.code == 2
    assert "--payload" in refused.stderr
    assert server.seen == []


def test_get_shows_every_field(run: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    shown = run("events", "get", EVT)

    assert shown.code == 0
    for value in (EVT, "order.shipped", WS, '{"order_id": "ord_77", "carrier": "dhl"}', "2026-05-25T12:00:00.000Z"):
        assert value in shown.stdout


def test_list_fetches_pages_until_it_has_as_many_as_asked(run: Run, server: StandIn) -> None:
    numbers = [event(number) for number in range(150)]
    server.loopback.script = [
        server.answers["GET /v1/key"],
        *(Answer(200, page(*part, has_more=True)) for part in (numbers[:100], numbers[100:])),
    ]

    found = run("events", "list", "--limit", "150", "--type", "order.*", "--type", "x", "--order", "asc", "--json").json

    assert [item["id"] for item in found["data"]] == [one["id"] for one in numbers]
    assert found["has_more"] is True
    assert found["end_cursor"] == numbers[-1]["id"]
    assert server.seen[1].query[:4] == [("limit", "100"), ("order", "asc"), ("workspace_id", WS), ("type", "order.*")]
    assert {("limit", "50"), ("starting_after", numbers[99]["id"]), ("type", "x")} <= {*server.seen[2].query}


def test_list_ends_with_the_last_page_and_says_so(run: Run, server: StandIn) -> None:
    server.on("GET /v1/events", page(EVENT))

    found = run("events", "list", "--limit", "500")

    assert len(server.seen) == 2
    assert found.stdout.splitlines()[0].split() == ["id", "type", "created", "at", "payload"]
    assert EVT in found.stdout
    assert found.stderr == ""


def test_list_passes_the_time_on_in_utc(run: Run, server: StandIn) -> None:
    server.on("GET /v1/events", page())

    run("events", "list", "--created-after", "2026-05-25T14:00:00+02:00", "--starting-after", "evt_9")

    assert ("created_after", "2026-05-25T12:00:00.000Z") in server.last.query
    assert ("starting_after", "evt_9") in server.last.query


def test_tail_prints_one_line_an_event_and_ends_after_the_limit(run: Run, server: StandIn) -> None:
    server.answers["GET /v1/events/stream"] = sse(b": hello\n\n", frame(1), frame(2), frame(3))

    told = run("events", "tail", "--limit", "2", "--type", "order.*", "--last-event-id", EVT, "--json")

    assert told.code == 0
    assert [line["payload"]["n"] for line in told.lines] == [1, 2]
    assert server.last.headers["last-event-id"] == EVT
    assert server.last.query == [("workspace_id", WS), ("type", "order.*")]


def test_tail_for_people_is_a_line_an_event_too(run: Run, server: StandIn) -> None:
    server.answers["GET /v1/events/stream"] = sse(frame(7))

    told = run("events", "tail", "--limit", "1")

    assert told.stdout == f'2026-05-25T12:00:00.000Z  {event(7)["id"]}  order.shipped  {{"n": 7}}\n'


def test_trigger_sends_the_example_of_the_catalogue(run: Run, server: StandIn) -> None:
    server.on("POST /v1/events", EVENT, status=201)
    server.on("GET /v1/event_types/order.shipped", {"name": "order.shipped", "example": {"a": 1, "b": 2}})

    assert run("trigger", "order.shipped", "--payload", '{"b": 3}').code == 0
    assert server.last.json == {"workspace_id": WS, "type": "order.shipped", "payload": {"a": 1, "b": 3}}


def test_trigger_makes_a_sample_up_where_there_is_no_example(run: Run, server: StandIn) -> None:
    server.on("POST /v1/events", EVENT, status=201)
    server.answers["GET /v1/event_types/invoice.paid"] = refusal(403, "permission_denied")

    made = run("trigger", "invoice.paid", "--json")

    assert made.json == EVENT
    payload = server.last.json["payload"]
    assert payload["invoice_id"].startswith("inv_")
    assert payload["status"] == "paid"


def test_trigger_of_a_reserved_type_tells_the_refusal(run: Run, server: StandIn) -> None:
    server.answers["POST /v1/events"] = refusal(400, "invalid_request", message="The first word is reserved.")

    refused = run("trigger", "harbor.test")

    assert refused.code == 1
    assert "error: The first word is reserved." in refused.stderr
