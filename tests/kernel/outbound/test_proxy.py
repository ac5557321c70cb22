"""An explicit forward proxy makes the connections; what may be called is still decided here."""

from __future__ import annotations

import pytest
from tests.kernel.outbound.receiver import Receiver, names, say

from harbor.kernel.outbound import Failure, OutboundClient, OutboundPolicy


@pytest.fixture
def lookup_table() -> dict[str, list[str]]:
    return {"hooks.acme.example": ["93.184.216.34"], "inner.acme.example": ["10.0.0.1"], "localhost": ["127.0.0.1"]}


async def test_the_request_goes_through_the_proxy(receiver: Receiver, lookup_table: dict[str, list[str]]) -> None:
    policy = OutboundPolicy(allow_http=True, lookup=names(lookup_table))
    async with OutboundClient(policy, proxy=f"http://127.0.0.1:{receiver.port}") as client:
        outcomes = [await client.post("http://hooks.acme.example/hook", b"{}") for _ in range(2)]

    assert all(outcome.succeeded and outcome.resolved_ip is None for outcome in outcomes)
    assert receiver.connections == 1
    assert receiver.heard[0].line == "POST http://hooks.acme.example/hook HTTP/1.1"


async def test_the_proxy_may_have_an_inner_name(receiver: Receiver, lookup_table: dict[str, list[str]]) -> None:
    policy = OutboundPolicy(allow_http=True, lookup=names(lookup_table))
    async with OutboundClient(policy, proxy=receiver.url("localhost", path="")) as client:
        assert (await client.post("http://hooks.acme.example/hook", b"{}")).succeeded


async def test_a_name_that_only_the_proxy_can_resolve_passes(
    receiver: Receiver, lookup_table: dict[str, list[str]]
) -> None:
    policy = OutboundPolicy(allow_http=True, lookup=names(lookup_table))
    async with OutboundClient(policy, proxy=receiver.url(path="")) as client:
        assert (await client.post("http://elsewhere.example/", b"{}")).succeeded


@pytest.mark.parametrize("host", ["inner.acme.example", "127.0.0.1", "localhost", "10.0.0.1"])
async def test_the_proxy_is_not_asked_for_inner_addresses(
    receiver: Receiver, lookup_table: dict[str, list[str]], host: str
) -> None:
    policy = OutboundPolicy(allow_http=True, lookup=names(lookup_table))
    async with OutboundClient(policy, proxy=receiver.url(path="")) as client:
        outcome = await client.post(f"http://{host}/", b"{}")

    assert outcome.error is Failure.BLOCKED_ADDRESS
    assert receiver.connections == 0


async def test_https_asks_the_proxy_for_a_tunnel(receiver: Receiver, lookup_table: dict[str, list[str]]) -> None:
    receiver.answer = say(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    async with OutboundClient(OutboundPolicy(lookup=names(lookup_table)), proxy=receiver.url(path="")) as client:
        outcome = await client.post("https://hooks.acme.example/", b"{}")

    assert outcome.error is Failure.PROTOCOL
    assert receiver.heard[0].line == "CONNECT hooks.acme.example:443 HTTP/1.1"
