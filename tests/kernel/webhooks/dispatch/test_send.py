"""One attempt: what is sent, and what is kept of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest
from tests.kernel.probe import PURE
from tests.receiver import Answer, Receiver, listening

from harbor.kernel.clock import real_now
from harbor.kernel.eventlog.model import Event
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.webhooks.dispatch.prepare import Prepared
from harbor.kernel.webhooks.dispatch.send import Finished, send
from harbor.kernel.webhooks.model import Delivery, Ordering, Standing, State, Subscription, Trigger
from harbor.kernel.webhooks.outcome import Error
from harbor.kernel.webhooks.queue.store import Claimed

NOON = datetime(2026, 5, 25, 12, tzinfo=UTC)


def prepared(
    url: str, *, attempt_count: int = 0, timeout_s: float = 2.0, own_headers: Mapping[str, str] | None = None
) -> Prepared:
    """A delivery that is ready to be sent."""
    event = Event(
        id="evt_1",
        account_id="acc_1",
        workspace_id="ws_1",
        position=1,
        product="",
        type="order.paid",
        subject=None,
        payload="{}",
        actor="key_1",
        created_at=NOON,
    )
    delivery = Delivery(
        id="del_1",
        account_id="acc_1",
        workspace_id="ws_1",
        subscription_id="wh_1",
        event_id="evt_1",
        number=0,
        view="harbor",
        event_type="order.paid",
        position=1,
        state=State.DUE,
        trigger=Trigger.MANUAL,
        parked_by=None,
        due_at=NOON,
        is_leased=True,
        attempt_count=attempt_count,
        budget_attempts=0,
        budget_from=None,
        expires_at=None,
        kept_due_at=None,
        sequence=None,
        last_response_status=None,
        last_error=None,
        created_at=NOON,
        completed_at=None,
    )
    subscription = Subscription(
        id="wh_1",
        account_id="acc_1",
        workspace_id="ws_1",
        view="harbor",
        subject=None,
        url=url,
        entries=("*",),
        filter=None,
        description=None,
        metadata={},
        sealed_headers=None,
        rate_limit=None,
        ordering=Ordering.NONE,
        signature_format="hex",
        pinned_version=None,
        sealed_secrets="",
        status=Standing.ACTIVE,
        disabled_reason=None,
        created_at=NOON,
        updated_at=NOON,
    )
    return Prepared(
        claimed=Claimed(delivery, event, None),
        subscription=subscription,
        view=replace(PURE, timeout_s=timeout_s),
        retries=PURE.retries,
        body=b'{"a":1}',
        secrets=("s",),
        own_headers=own_headers or {},
        lease_until_us=0,
        began_us=0,
    )


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """A client that may reach this machine over HTTP."""
    async with OutboundClient(OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("127.0.0.0/8"),))) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks."""
    async with listening() as opened:
        yield opened


async def attempt(client: OutboundClient, receiver: Receiver, answer: Answer | None = None, **more: Any) -> Finished:
    """An attempt that is answered so."""
    if answer is not None:
        receiver.otherwise = answer
    return await send(client, prepared(receiver.url(), **more), lambda prefix: f"{prefix}1", lambda: NOON)


async def test_what_is_sent_arrives_signed_with_its_own_headers(client: OutboundClient, receiver: Receiver) -> None:
    finished = await attempt(client, receiver, attempt_count=2, own_headers={"X-Mine": "yes"})

    (got,) = receiver.got
    assert (got.body, got.headers["x-mine"], got.headers["probe-attempt"]) == (b'{"a":1}', "yes", "3")
    made = finished.attempt
    assert (made.id, made.delivery_id, made.number, made.trigger) == ("att_1", "del_1", 3, Trigger.MANUAL)
    assert (made.started_at, made.url, made.resolved_ip) == (NOON, receiver.url(), "127.0.0.1")
    assert (made.response_status, made.response_body, made.error) == (200, "ok", None)
    assert made.signature_timestamp is not None
    assert abs(made.signature_timestamp - real_now().timestamp()) < 60
    assert made.duration_ms >= 0
    assert finished.outcome.is_success


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_every_2xx_is_a_success(client: OutboundClient, receiver: Receiver, status: int) -> None:
    assert (await attempt(client, receiver, Answer(status=status, body=b""))).outcome.is_success


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Error.REDIRECT),
        (304, Error.REDIRECT),
        (400, Error.HTTP_STATUS),
        (404, Error.HTTP_STATUS),
        (500, Error.HTTP_STATUS),
    ],
)
async def test_every_other_status_is_a_failure(
    client: OutboundClient, receiver: Receiver, status: int, error: Error
) -> None:
    finished = await attempt(client, receiver, Answer(status=status, headers={"Location": "http://127.0.0.1:1/"}))

    assert (finished.outcome.error, finished.attempt.error) == (error, error.value)
    assert finished.attempt.response_status == status
    assert len(receiver.got) == 1


async def test_an_answer_says_what_follows(client: OutboundClient, receiver: Receiver) -> None:
    gone = await attempt(client, receiver, Answer(status=410))
    busy = await attempt(client, receiver, Answer(status=429, headers={"Retry-After": "7"}))
    wrong = await attempt(client, receiver, Answer(status=401, body=b"invalid signature"))

    assert gone.outcome.is_gone
    assert (busy.outcome.slows_down, busy.outcome.retry_after_s) == (True, 7)
    assert wrong.outcome.error is Error.SIGNATURE_INVALID


async def test_what_does_not_answer_in_time_is_a_time_out(client: OutboundClient, receiver: Receiver) -> None:
    hold = asyncio.Event()

    finished = await attempt(client, receiver, Answer(hold=hold), timeout_s=0.05)
    hold.set()

    assert finished.outcome.error is Error.TIMEOUT
    assert (finished.attempt.response_status, finished.attempt.response_body) == (None, None)


async def test_a_connection_that_ends_unanswered_is_an_error(client: OutboundClient, receiver: Receiver) -> None:
    finished = await attempt(client, receiver, Answer(closes=True))

    assert finished.outcome.error in (Error.CONNECT, Error.PROTOCOL)


async def test_a_forbidden_address_is_not_called(receiver: Receiver) -> None:
    async with OutboundClient(OutboundPolicy(allow_http=True)) as strict:
        finished = await attempt(strict, receiver)

    assert finished.outcome.error is Error.BLOCKED_ADDRESS
    assert receiver.got == []


async def test_what_is_kept_can_be_stored(client: OutboundClient, receiver: Receiver) -> None:
    finished = await attempt(
        client,
        receiver,
        Answer(body=b"a\0b\xff\xed\xa0\x80c", headers={"X-Odd": "x" * 600, "Set-Cookie": "a=b"}),
    )

    body = finished.attempt.response_body
    assert body == "a\\x00b\\xff\\xed\\xa0\\x80c"
    headers = finished.attempt.response_headers
    assert headers["x-odd"] == "x" * 512
    assert "set-cookie" not in headers


async def test_of_many_headers_some_are_kept(client: OutboundClient, receiver: Receiver) -> None:
    finished = await attempt(client, receiver, Answer(headers={f"X-{n}": "v" for n in range(60)}))

    assert 30 <= len(finished.attempt.response_headers) <= 40


async def test_a_long_answer_is_cut(client: OutboundClient, receiver: Receiver) -> None:
    finished = await attempt(client, receiver, Answer(body=b"x" * 20_000))

    assert finished.attempt.response_truncated
    assert len(finished.attempt.response_body or "") == 16 * 1_024
    assert finished.outcome.is_success
