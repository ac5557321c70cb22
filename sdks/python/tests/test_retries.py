"""When a request is sent again, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdks.python.tests.conftest import Waits
from sdks.python.tests.loopback import Answer, Loopback, refusal
from sdks.python.tests.samples import EVENT, EVT, SECRET_KEY, WEBHOOK, WH, WS

from harbor_sdk import ConnectionError_, Harbor, HarborError, RateLimitError, ServerError
from harbor_sdk.core.retries import DELAY_S_MAX, delay_s

PASSING = [
    refusal(429, "rate_limit_exceeded", retry_after_ms=1),
    refusal(500, "internal_error"),
    Answer(502, body=b"<html>bad gateway</html>"),
    refusal(503, "service_unavailable"),
    Answer(504),
    Answer(drops=True),
]


@pytest.mark.parametrize("trouble", PASSING)
def test_a_get_is_repeated_after_passing_trouble(harbor: Harbor, server: Loopback, trouble: Answer) -> None:
    server.script = [trouble, Answer(json=EVENT)]

    assert harbor.events.retrieve(EVT).id == EVT
    assert len(server.seen) == 2


@pytest.mark.parametrize("trouble", PASSING)
def test_a_create_with_a_key_is_repeated_with_the_same_key(harbor: Harbor, server: Loopback, trouble: Answer) -> None:
    server.script = [trouble, Answer(201, EVENT)]
    harbor.events.create(workspace_id=WS, type="a", payload={}, idempotency_key="order-77")

    assert [seen.headers["idempotency-key"] for seen in server.seen] == ["order-77", "order-77"]


@pytest.mark.parametrize("trouble", PASSING)
def test_a_create_without_a_key_is_never_repeated(
    harbor: Harbor, server: Loopback, waits: Waits, trouble: Answer
) -> None:
    server.script = [trouble]

    with pytest.raises(HarborError):
        harbor.events.create(workspace_id=WS, type="a", payload={})
    assert len(server.seen) == 1
    assert waits.seconds == []


@pytest.mark.parametrize("trouble", PASSING)
def test_put_and_delete_are_never_repeated(harbor: Harbor, server: Loopback, trouble: Answer) -> None:
    server.script = [trouble, trouble]

    with pytest.raises(HarborError):
        harbor.webhooks.update(WH, status="active")
    with pytest.raises(HarborError):
        harbor.webhooks.delete(WH)
    assert [seen.method for seen in server.seen] == ["PUT", "DELETE"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 415, 501])
def test_a_refusal_is_not_repeated(harbor: Harbor, server: Loopback, status: int) -> None:
    server.script = [refusal(status, "some_code")]

    with pytest.raises(HarborError) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.status == status
    assert len(server.seen) == 1


def test_patience_ends_after_max_retries_with_the_last_error(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    server.script = [refusal(503, "service_unavailable")] * 2 + [refusal(500, "internal_error")]

    with pytest.raises(ServerError) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.code == "internal_error"
    assert waits.seconds == [0.25, 0.5]


def test_no_retries_means_one_request(client: type[Harbor], server: Loopback) -> None:
    server.script = [Answer(drops=True)]

    with client(SECRET_KEY, host=server.url, max_retries=0) as harbor, pytest.raises(ConnectionError_) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.code == "connection_error"
    assert len(server.seen) == 1


def test_the_server_says_how_long_to_wait(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    limited = refusal(429, "rate_limit_exceeded", retry_after_ms=1234)
    draining = Answer(503, headers={"Retry-After": "3"})
    server.script = [limited, draining, Answer(json=WEBHOOK)]
    harbor.webhooks.retrieve(WH)

    assert waits.seconds == [1.234, 3.0]


def test_a_wait_of_many_minutes_is_left_to_the_caller(harbor: Harbor, server: Loopback, waits: Waits) -> None:
    server.script = [refusal(429, "rate_limit_exceeded", retry_after_ms=3_600_000)]

    with pytest.raises(RateLimitError) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.retry_after_ms == 3_600_000
    assert waits.seconds == []


@given(retries_done=st.integers(0, 10_000), part=st.floats(0, 1, exclude_max=True))
def test_jitter_spreads_over_the_whole_doubling_delay(retries_done: int, part: float) -> None:
    delay = delay_s(HarborError("internal_error", ""), retries_done, lambda: part)

    assert delay == part * min(8.0, 0.5 * 2.0 ** min(retries_done, 4))
    assert 0 <= delay < DELAY_S_MAX
