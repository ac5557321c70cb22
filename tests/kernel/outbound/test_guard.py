"""Every way to make the client connect to an inner address, and that none of them does."""

from __future__ import annotations

import socket
from ipaddress import ip_network

import pytest
from tests.kernel.outbound.conftest import ONE_LOOPBACK
from tests.kernel.outbound.receiver import Receiver, names, say_and_close

from harbor.kernel.outbound import Failure, OutboundClient, OutboundPolicy
from harbor.kernel.outbound.resolver import BlockedAddress, Sockets


async def test_a_name_that_turns_inward_after_registration_is_blocked() -> None:
    answers = [["93.184.216.34"], ["127.0.0.2"]]

    async def lookup(host: str) -> list[str]:
        return answers.pop(0)

    async with Receiver(host="127.0.0.2") as inner:
        policy = OutboundPolicy(allow_http=True, lookup=lookup)
        await policy.check_resolves(inner.url("hooks.acme.example"))
        async with OutboundClient(policy) as client:
            outcome = await client.post(inner.url("hooks.acme.example"), b"{}")

        assert (outcome.error, outcome.status, outcome.resolved_ip) == (Failure.BLOCKED_ADDRESS, None, None)
        assert "127.0.0.2" not in outcome.detail
        assert inner.connections == 0


async def test_a_name_is_looked_up_once_and_the_connection_stays_with_the_checked_address(receiver: Receiver) -> None:
    receiver.answer = say_and_close(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    looked_up: list[str] = []

    async def lookup(host: str) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

    policy = OutboundPolicy(allow_http=True, allow_cidrs=ONE_LOOPBACK, lookup=lookup)
    async with OutboundClient(policy) as client:
        outcomes = [await client.post(receiver.url("Hooks.Acme.Example"), b"") for _ in range(3)]

    assert all(outcome.succeeded and outcome.resolved_ip == "127.0.0.1" for outcome in outcomes)
    assert looked_up == ["hooks.acme.example"]
    assert receiver.connections == 3
    assert {heard.headers["host"] for heard in receiver.heard} == {f"hooks.acme.example:{receiver.port}"}


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["::ffff:127.0.0.2"], ["64:ff9b::7f00:1"]],
)
async def test_one_inner_address_blocks_the_attempt(receiver: Receiver, addresses: list[str]) -> None:
    lookup = names({"hooks.acme.example": addresses})
    async with OutboundClient(OutboundPolicy(allow_http=True, allow_cidrs=ONE_LOOPBACK, lookup=lookup)) as client:
        outcome = await client.post(receiver.url("hooks.acme.example"), b"")

    assert outcome.error is Failure.BLOCKED_ADDRESS
    assert receiver.connections == 0


async def test_the_second_address_is_tried_when_the_first_is_closed(receiver: Receiver) -> None:
    lookup = names({"hooks.acme.example": ["127.0.0.3", "127.0.0.1"]})
    cidrs = (ip_network("127.0.0.0/8"),)
    async with OutboundClient(OutboundPolicy(allow_http=True, allow_cidrs=cidrs, lookup=lookup)) as client:
        outcome = await client.post(receiver.url("hooks.acme.example"), b"")

    assert outcome.succeeded
    assert outcome.resolved_ip == "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.2",
        "127.2",
        "2130706434",
        "0x7f000002",
        "0x7f.0.0.2",
        "017700000002",
        "0177.0.0.02",
        "[::1]",
        "[::ffff:127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[2002:7f00:2::1]",
        "user@127.0.0.1",
        "127.0.0.1:80@127.0.0.2",
        "１２７.0.0.2",
        "127。0。0。2",
        "%31%32%37.0.0.2",
        "127.0.0.2.",
    ],
)
async def test_no_spelling_of_an_address_reaches_a_socket(client: OutboundClient, host: str) -> None:
    async with Receiver(host="127.0.0.2") as inner:
        outcome = await client.post(inner.url(host), b"")

        assert outcome.error is Failure.BLOCKED_ADDRESS
        assert inner.connections == 0


async def test_plain_http_is_refused_unless_opened(receiver: Receiver) -> None:
    async with OutboundClient(OutboundPolicy(allow_cidrs=ONE_LOOPBACK)) as client:
        outcome = await client.post(receiver.url(), b"")

    assert outcome.error is Failure.BLOCKED_ADDRESS
    assert "https" in outcome.detail
    assert receiver.connections == 0


def test_no_socket_is_made_for_an_inner_address_even_if_the_lookup_was_passed_by() -> None:
    sockets = Sockets(OutboundPolicy(allow_cidrs=ONE_LOOPBACK))

    for address in ("127.0.0.2", "10.0.0.1"):
        with pytest.raises(BlockedAddress):
            sockets((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))
    with pytest.raises(BlockedAddress):
        sockets((socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::ffff:10.0.0.1", 80, 0, 0)))

    with sockets((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))):
        assert len(sockets) == 1
