"""kill -9 at random moments under load: what was answered with 201 is there, is owed, and arrives.

`HARBOR_TORTURE_ROUNDS` says how many times the server is killed; `make torture` raises it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from tests.conftest import PostgresServer
from tests.end_to_end.client import Api, caller
from tests.end_to_end.server import LOOPBACK, Installation, Server, install
from tests.end_to_end.tenant import Tenant, eventually, new_tenant
from tests.receiver import Receiver

from harbor.kernel.webhooks.dispatch.dispatcher import LEASE_S

ROUNDS_SHORT = 10
ROUNDS = int(os.environ.get("HARBOR_TORTURE_ROUNDS", ROUNDS_SHORT))
WRITERS = 16
LIFE_S_MAX = 0.5


@dataclass(slots=True)
class Ledger:
    """What was answered: ids of events by the idempotency key they were sent with, and keys without an answer."""

    accepted: dict[str, str] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)


async def write(api: Api, workspace_id: str, writer: str, ledger: Ledger) -> None:
    """Send events until the server is gone."""
    count = 0
    while True:
        key = f"{writer}-{count}"
        count += 1
        body = {"workspace_id": workspace_id, "type": type_of(key), "payload": {"key": key}}
        try:
            answer = await api.post("/v1/events", body, headers={"Idempotency-Key": key})
        except (aiohttp.ClientError, ConnectionError):
            ledger.unanswered.add(key)
            return
        ledger.accepted[key] = answer.expect(201)["id"]


def type_of(key: str) -> str:
    """Some of the events go to the endpoint that takes one at a time, in order."""
    return "order.ordered" if key.endswith("5") else "order.shipped"


async def live_and_die(server: Server, shop: Tenant, life: int, ledger: Ledger, life_s: float) -> None:
    """Load a server and kill it."""
    async with caller(server.url, shop.api.key) as api:
        writers = [asyncio.create_task(write(api, shop.workspace_id, f"{life}-{n}", ledger)) for n in range(WRITERS)]
        await asyncio.sleep(life_s)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*writers)


@asynccontextmanager
async def alive(installation: Installation, shop: Tenant) -> AsyncIterator[Tenant]:
    """The workspace on a server that ends well."""
    server = Server.start(installation, LOOPBACK)
    try:
        async with caller(server.url, shop.api.key) as api:
            yield Tenant(server=server, admin=shop.admin, api=api, workspace_id=shop.workspace_id)
    finally:
        code = await asyncio.to_thread(server.terminate)
    assert code == 0, server.log


async def killed_again_and_again(
    installation: Installation, receiver: Receiver, rounds: int, *, delivered_within_s: float | None
) -> None:
    """The whole claim, on the storage of the installation. None: do not wait for what dead processes have leased."""
    chance, ledger = random.Random(4711), Ledger()
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        hook = await shop.webhook(receiver.url("/all"))
        strict = await shop.webhook(receiver.url("/strict"), ["order.ordered"], ordering="strict")
    await live_and_die(server, shop, 0, ledger, chance.uniform(0.02, LIFE_S_MAX))
    for life in range(1, rounds):
        server = await asyncio.to_thread(Server.start, installation, LOOPBACK)
        await live_and_die(server, shop, life, ledger, chance.uniform(0.02, LIFE_S_MAX))
    assert len(ledger.accepted) > 10 * rounds

    async with alive(installation, shop) as again:
        before = await again.items(f"/v1/events?workspace_id={shop.workspace_id}&limit=100&order=asc")
        by_id = {event["id"]: event for event in before}
        for key, event_id in ledger.accepted.items():
            assert by_id[event_id]["payload"] == {"key": key}
        await each_key_means_one_event(again, ledger, {event["payload"]["key"]: event["id"] for event in before})
        if delivered_within_s is not None:
            await eventually(lambda: is_all_sent(again), "all that is owed is delivered", wait_s=delivered_within_s)
        deliveries = await again.items(f"/v1/deliveries?workspace_id={shop.workspace_id}&limit=100")
        events = await again.items(f"/v1/events?workspace_id={shop.workspace_id}&limit=100&order=asc")

    ids = {event["id"] for event in events}
    ordered = [event["id"] for event in events if event["type"] == "order.ordered"]
    owed = {(delivery["event_id"], delivery["webhook_id"]) for delivery in deliveries}
    assert owed == {(id_, hook["id"]) for id_ in ids} | {(id_, strict["id"]) for id_ in ordered}
    assert len(deliveries) == len(owed)
    if delivered_within_s is not None:
        assert {delivery["status"] for delivery in deliveries} == {"delivered"}
        assert {got.headers["webhook-id"] for got in receiver.at("/all")} == ids
        assert list(dict.fromkeys(got.headers["webhook-id"] for got in receiver.at("/strict"))) == ordered


async def is_all_sent(shop: Tenant) -> bool:
    """Whether no delivery waits for its first attempt."""
    target = f"/v1/deliveries?workspace_id={shop.workspace_id}&status=pending&limit=1"
    return not (await shop.api.get(target)).expect(200)["data"]


async def each_key_means_one_event(again: Tenant, ledger: Ledger, made: dict[str, str]) -> None:
    """No key without its event and no event without its key: whoever asks again gets the event that there is, or makes it."""
    asked = [*ledger.unanswered, *list(ledger.accepted)[-50:]]
    for key in asked:
        body = again.body(type_of(key), {"key": key})
        answer = await again.api.post("/v1/events", body, headers={"Idempotency-Key": key})
        event = answer.expect(201)
        is_replayed = "Idempotent-Replayed" in answer.headers
        assert is_replayed == (key in made), key
        assert event["id"] == made.get(key, event["id"])


@pytest.mark.slow
@pytest.mark.timeout(180 + 10 * ROUNDS)
async def test_kill_9_on_sqlite_loses_no_accepted_event_no_delivery_and_no_key(
    installation: Installation, receiver: Receiver
) -> None:
    await killed_again_and_again(installation, receiver, ROUNDS, delivered_within_s=30 + ROUNDS)


@pytest.mark.slow
@pytest.mark.timeout(180 + 10 * ROUNDS)
async def test_kill_9_on_postgresql_loses_no_accepted_event_no_delivery_and_no_key(
    postgres_server: PostgresServer, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = postgres_server.copy_template()
    installation = install(tmp_path_factory.mktemp("crash") / "data", database=postgres_server.dsn(name))
    # Other processes may live, so what a dead one had claimed waits for the end of its lease. Torture has the patience.
    patience_s = LEASE_S + 30 + ROUNDS if ROUNDS > ROUNDS_SHORT else None
    await killed_again_and_again(installation, receiver, max(2, ROUNDS // 3), delivered_within_s=patience_s)
    postgres_server.drop_later(name)
