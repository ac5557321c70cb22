"""The transaction of one request: the caller as it is now, idempotency, and journeys of several writes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import structlog
from tests.harness import Client, Reply
from tests.kernel.http.tiny import Tiny

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.http import work
from harbor.kernel.identity import store as identity

KEY = {"Idempotency-Key": "key-1"}


async def add(client: Client, name: str = "a", *, key: str = "key-1", refuse: bool = False) -> Reply:
    return await client.request("POST", "/things", {"name": name, "refuse": refuse}, headers={"Idempotency-Key": key})


async def travel(tiny: Tiny, name: str = "Ada", headers: dict[str, str] | None = None) -> Reply:
    return await tiny.client.request("POST", "/travel", {"name": name}, headers=KEY if headers is None else headers)


async def until_abroad(tiny: Tiny, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(tiny.abroad) < count:
            await asyncio.sleep(0.001)


# The caller as it is now


async def change_keys(tiny: Tiny, change: str, **values: object) -> None:
    """Change the keys of the account, as somebody else would while a request is on its way."""

    def act(call: Call) -> None:
        sql = f"UPDATE credentials SET {change} WHERE account_id = :account_id"
        call.tx.run(sql, account_id=call.account_id, **values)
        identity.renew_token(call.tx, call.account_id, "credentials")

    await tiny.house.write(tiny.organization.sandbox, act)


async def revoke(tiny: Tiny) -> None:
    await change_keys(tiny, "revoked_at = :now", now=micros(tiny.house.clock.now()))


async def test_a_key_revoked_on_the_way_does_nothing_any_more(tiny: Tiny) -> None:
    caller = await tiny.key()
    assert (await caller.request("GET", "/things")).status == 200  # remembered from here on

    await revoke(tiny)

    assert (await caller.request("GET", "/things")).status == 401
    assert (await caller.request("POST", "/things", {"name": "a"})).status == 401
    assert await tiny.types() == []


async def test_a_scope_lost_on_the_way_is_lost(tiny: Tiny) -> None:
    caller = await tiny.key(["things:write"])
    assert (await add(caller)).status == 201

    await change_keys(tiny, "scopes = :scopes", scopes='["things:read"]')

    assert (await add(caller, key="key-2")).status == 403


async def test_a_key_that_has_expired_meanwhile_is_refused(tiny: Tiny) -> None:
    caller = await tiny.key(expires_at=tiny.house.clock.now() + timedelta(seconds=10))
    assert (await caller.request("GET", "/things")).status == 200

    tiny.house.clock.advance(10)

    assert (await caller.request("GET", "/things")).status == 401


# Idempotency


async def test_a_repeated_request_gets_the_first_reply_and_happens_once(tiny: Tiny) -> None:
    first = await add(tiny.client)
    again = await add(tiny.client)

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["location"] == first.headers["location"]
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert await tiny.types() == ["harvest.thing.created"]


async def test_requests_that_race_with_one_key_happen_once(tiny: Tiny) -> None:
    replies = await asyncio.gather(*(add(tiny.client) for _ in range(12)))

    assert {reply.status for reply in replies} == {201}
    assert len({reply.body for reply in replies}) == 1
    assert sum("idempotent-replayed" in reply.headers for reply in replies) == 11
    assert len(await tiny.types()) == 1


async def test_the_same_key_for_another_body_is_a_conflict(tiny: Tiny) -> None:
    await add(tiny.client)

    reply = await add(tiny.client, "b")

    assert (reply.status, reply.json()["code"]) == (409, "idempotency_conflict")
    assert len(await tiny.types()) == 1


async def test_a_refusal_is_not_kept(tiny: Tiny) -> None:
    refused = await add(tiny.client, refuse=True)

    assert refused.status == 409
    assert (await add(tiny.client)).status == 201


async def test_after_a_day_a_key_is_free(tiny: Tiny) -> None:
    first = await add(tiny.client)
    tiny.house.clock.advance(24 * 3_600 + 1)

    again = await add(tiny.client)

    assert again.json()["id"] != first.json()["id"]


async def test_a_malformed_key_is_refused_before_anything_happens(tiny: Tiny) -> None:
    reply = await add(tiny.client, key="two words")

    assert (reply.status, reply.json()["field"]) == (400, "Idempotency-Key")
    assert await tiny.types() == []


async def test_only_what_writes_by_post_is_done_once(tiny: Tiny) -> None:
    for _ in range(2):
        reply = await tiny.client.request("PATCH", "/things/x", {"name": "a"}, headers=KEY)
        assert "idempotent-replayed" not in reply.headers
    assert (await tiny.client.request("GET", "/things", headers={"Idempotency-Key": "two words"})).status == 200


# Places


async def test_an_object_is_looked_for_before_the_body_is_judged(tiny: Tiny) -> None:
    missing = await tiny.client.request("PATCH", "/things/absent", {"name": 1})
    invalid = await tiny.client.request("PATCH", "/things/x", {"name": 1})

    assert (missing.status, invalid.status) == (404, 400)


# Journeys


async def test_a_journey_writes_goes_abroad_and_writes_again(tiny: Tiny) -> None:
    reply = await travel(tiny)

    assert (reply.status, reply.json()) == (200, {"shown": '{"name":"Ada"}'})
    assert tiny.abroad == ["Ada"]
    assert await tiny.types() == ["harvest.travel.began", "harvest.travel.ended"]


async def test_while_a_journey_is_abroad_its_first_write_can_be_seen(tiny: Tiny) -> None:
    tiny.border.clear()
    journey = asyncio.create_task(travel(tiny))
    await until_abroad(tiny)

    seen = await tiny.types()
    tiny.border.set()
    await journey

    assert seen == ["harvest.travel.began"]


async def test_a_journey_is_made_once_and_its_twin_waits_for_it(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "TWIN_LOOK_S", 0.005)
    tiny.border.clear()
    first = asyncio.create_task(travel(tiny))
    await until_abroad(tiny)
    twin = asyncio.create_task(travel(tiny))
    await asyncio.sleep(0.02)
    assert not twin.done()

    tiny.border.set()
    replies = await asyncio.gather(first, twin)

    assert replies[0].body == replies[1].body
    assert replies[1].headers["idempotent-replayed"] == "true"
    assert tiny.abroad == ["Ada"]


async def test_a_twin_does_not_wait_for_ever(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "TWIN_LOOK_S", 0.001)
    monkeypatch.setattr(work, "IDEMPOTENCY_WAIT_S_MAX", 0.01)
    tiny.border.clear()
    first = asyncio.create_task(travel(tiny))
    await until_abroad(tiny)

    twin = await travel(tiny)
    tiny.border.set()
    await first

    assert (twin.status, twin.json()["code"]) == (409, "idempotency_conflict")


async def test_a_journey_that_is_over_is_answered_from_memory(tiny: Tiny) -> None:
    first = await travel(tiny)
    again = await travel(tiny)
    other = await travel(tiny, "Grace")

    assert (again.body, again.headers["idempotent-replayed"]) == (first.body, "true")
    assert other.status == 409
    assert tiny.abroad == ["Ada"]


async def test_a_journey_that_failed_frees_its_key(tiny: Tiny) -> None:
    tiny.fails = True
    with structlog.testing.capture_logs():
        lost = await travel(tiny)
    tiny.fails = False

    again = await travel(tiny)

    assert (lost.status, again.status) == (500, 200)
    assert "idempotent-replayed" not in again.headers
    assert tiny.abroad == ["Ada", "Ada"]


async def test_a_journey_without_a_key_remembers_nothing(tiny: Tiny) -> None:
    await travel(tiny, headers={})
    await travel(tiny, headers={})

    assert tiny.abroad == ["Ada", "Ada"]


async def test_a_journey_is_refused_before_it_begins(tiny: Tiny) -> None:
    reader = await tiny.key(["things:read"])

    assert (await reader.request("POST", "/travel", {"name": "a"})).status == 403
    assert (await tiny.client.request("POST", "/travel", {"name": 1}, headers=KEY)).status == 400
    assert tiny.abroad == []
    assert (await travel(tiny)).status == 200


# Raw routes


async def test_a_raw_route_reads_under_its_caller_with_its_query_checked(tiny: Tiny) -> None:
    stranger = await tiny.key([])

    assert (await tiny.client.request("GET", "/peek?colour=red")).json() == [True, "red"]
    assert (await stranger.request("GET", "/peek")).status == 403
    assert (await tiny.client.request("GET", "/peek?size=1")).status == 400


async def test_a_raw_route_reads_its_body_itself_and_writes(tiny: Tiny) -> None:
    reply = await tiny.client.request("POST", "/poke", body=b"not json at all", media_type="text/plain")

    assert reply.json() == {"type": "harvest.poke.made", "bytes": 15}
    assert await tiny.types() == ["harvest.poke.made"]


async def test_a_raw_route_of_a_revoked_key_is_refused_in_its_transaction(tiny: Tiny) -> None:
    caller = await tiny.key()
    assert (await caller.request("GET", "/peek")).status == 200

    await revoke(tiny)

    assert (await caller.request("POST", "/poke", body=b"x")).status == 401
    assert await tiny.types() == []
