"""A server that is told to end finishes what it began, loses nothing, and exits 0."""

from __future__ import annotations

import asyncio
import signal
import socket
import time

import aiohttp
import pytest
from tests.end_to_end.client import caller
from tests.end_to_end.server import LOOPBACK, Installation, Server, serving
from tests.end_to_end.tenant import Tenant, new_tenant
from tests.receiver import Answer, Receiver


@pytest.mark.slow
async def test_sigterm_under_load_answers_what_was_asked_loses_nothing_and_exits_0(
    installation: Installation, receiver: Receiver
) -> None:
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        await shop.webhook(receiver.url())
        accepted: list[str] = []
        signaled_at: list[float] = []
        dropped: list[tuple[float, str]] = []

        async def write() -> None:
            while True:
                began = time.monotonic()
                try:
                    answer = await shop.api.post("/v1/events", shop.body())
                except aiohttp.ClientError as error:
                    dropped.append((began, repr(error)))
                    return
                if answer.status == 201:
                    accepted.append(answer.json()["id"])
                else:
                    assert answer.status == 503, answer
                    return

        writers = [asyncio.create_task(write()) for _ in range(24)]
        await asyncio.sleep(0.7)
        signaled_at.append(time.monotonic())
        server.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*writers)
        code = await asyncio.to_thread(server.wait)

    assert code == 0, server.log
    assert len(accepted) > 50
    assert [why for began, why in dropped if began < signaled_at[0]] == []
    with serving(installation, LOOPBACK) as restarted:
        await all_there(restarted, shop, accepted, receiver)


async def all_there(server: Server, shop: Tenant, accepted: list[str], receiver: Receiver) -> None:
    """Every accepted event is there and arrives at the receiver."""
    async with caller(server.url, shop.api.key) as api:
        there = Tenant(server=server, admin=shop.admin, api=api, workspace_id=shop.workspace_id)
        stored = {event["id"] for event in await there.items(f"/v1/events?workspace_id={shop.workspace_id}&limit=100")}
        owed = {
            one["event_id"] for one in await there.items(f"/v1/deliveries?workspace_id={shop.workspace_id}&limit=100")
        }
        await receiver.until(lambda it: {got.headers["webhook-id"] for got in it.got} >= set(accepted))
    assert stored >= set(accepted)
    assert owed == stored
    assert {got.headers["webhook-id"] for got in receiver.got} <= stored


async def test_an_attempt_under_way_is_finished_before_the_end(installation: Installation, receiver: Receiver) -> None:
    hold = asyncio.Event()
    receiver.answers.append(Answer(hold=hold))
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        await shop.webhook(receiver.url())
        event = await shop.event()
        await receiver.until(lambda it: len(it.got) == 1)
    server.process.send_signal(signal.SIGTERM)
    asyncio.get_running_loop().call_later(0.5, hold.set)
    assert await asyncio.to_thread(server.wait) == 0

    with serving(installation, LOOPBACK) as restarted:
        async with caller(restarted.url, shop.api.key) as api:
            again = Tenant(server=restarted, admin=shop.admin, api=api, workspace_id=shop.workspace_id)
            delivery = await again.settled(event["id"])

    assert delivery["attempt_count"] == 1
    assert len(receiver.got) == 1


async def test_a_test_that_waits_for_its_receiver_is_answered_before_the_end(
    installation: Installation, receiver: Receiver
) -> None:
    hold = asyncio.Event()
    receiver.answers.append(Answer(hold=hold))
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        hook = await shop.webhook(receiver.url())
        asked = asyncio.create_task(shop.api.post(f"/v1/webhooks/{hook['id']}/test", {}))
        await receiver.until(lambda it: len(it.got) == 1)
        server.process.send_signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(0.5, hold.set)
        answer = await asked
        code = await asyncio.to_thread(server.wait)

    assert (answer.status, answer.json()["response_status"]) == (200, 200)
    assert code == 0


def test_a_second_signal_ends_a_server_at_once(installation: Installation) -> None:
    server = Server.start(installation)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as half:
        half.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.wait()

    assert time.monotonic() - began < 2
    assert code == 128 + signal.SIGTERM
