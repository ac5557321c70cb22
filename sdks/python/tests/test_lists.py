"""Pages, and walking through all of them."""

from __future__ import annotations

import pytest
from sdks.python.tests.conftest import Waits
from sdks.python.tests.loopback import Answer, Loopback, Seen, refusal
from sdks.python.tests.samples import WS, event, page

from harbor_sdk import Harbor, HarborError


def serve_events(server: Loopback, total: int) -> None:
    """Answers lists from `total` events, newest first."""

    def respond(seen: Seen) -> Answer:
        query = dict(seen.query)
        after = int(query["starting_after"].removeprefix("evt_")) if "starting_after" in query else total
        numbers = range(after - 1, max(-1, after - 1 - int(query.get("limit", 20))), -1)
        return Answer(json=page(*map(event, numbers), has_more=bool(numbers) and numbers[-1] > 0))

    server.respond = respond


def test_a_page_leads_to_the_next_one_with_the_same_filters(harbor: Harbor, server: Loopback) -> None:
    serve_events(server, 5)
    first = harbor.events.list(workspace_id=WS, type="order.*", limit=3)
    second = first.next_page()

    assert [one.payload["n"] for one in first.data] == [4, 3, 2]
    assert (first.has_more, first.end_cursor) == (True, first.data[-1].id)
    assert second is not None
    assert [one.payload["n"] for one in second.data] == [1, 0]
    assert second.next_page() is None
    assert [dict(seen.query) for seen in server.seen] == [
        {"workspace_id": WS, "type": "order.*", "limit": "3"},
        {"workspace_id": WS, "type": "order.*", "limit": "3", "starting_after": first.end_cursor},
    ]


@pytest.mark.parametrize("total", [0, 1, 99, 100, 101, 250])
def test_walking_gives_every_item_once_and_in_order(harbor: Harbor, server: Loopback, total: int) -> None:
    serve_events(server, total)

    assert [one.payload["n"] for one in harbor.events.list_auto(workspace_id=WS)] == [*range(total - 1, -1, -1)]
    assert len(server.seen) == max(1, -(-total // 100))


def test_walking_fetches_no_page_before_it_is_needed(harbor: Harbor, server: Loopback) -> None:
    serve_events(server, 10)
    walk = harbor.events.list_auto(workspace_id=WS, limit=2)
    assert server.seen == []

    for _ in range(2):
        next(walk)
    assert len(server.seen) == 1


def test_walking_waits_out_a_rate_limit(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    server.script = [
        Answer(json=page(event(1), has_more=True)),
        refusal(429, "rate_limit_exceeded", retry_after_ms=700),
        Answer(json=page(event(0))),
    ]

    assert len(list(harbor.events.list_auto(workspace_id=WS))) == 2
    assert waits.seconds == [0.7]


@pytest.mark.parametrize(
    "second",
    [
        {"data": [], "has_more": True, "end_cursor": None},
        {"data": [event(1)], "has_more": True, "end_cursor": event(1)["id"]},
        {"data": [], "has_more": False, "end_cursor": 7},
        {"has_more": False},
        {"data": {}},
    ],
)
def test_a_list_that_leads_nowhere_ends_with_an_error(harbor: Harbor, server: Loopback, second: object) -> None:
    server.script = [Answer(json=page(event(1), has_more=True)), Answer(json=second)]

    with pytest.raises(HarborError) as refused:
        list(harbor.events.list_auto(workspace_id=WS))
    assert refused.value.code == "invalid_response"
    assert len(server.seen) == 2
