"""The stream: events as they happen, each once, from where one stood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
import pytest
from tests.end_to_end.client import Api
from tests.end_to_end.tenant import Tenant

_WAIT_S_MAX = 10.0


@dataclass(slots=True)
class Stream:
    """An open stream. `position` is the id that resumes behind what was read."""

    reply: aiohttp.ClientResponse
    position: str | None = None

    async def event(self) -> dict[str, Any]:
        """The next event."""
        while True:
            fields = await self.frame()
            if "data" in fields:
                found: dict[str, Any] = msgspec.json.decode(fields["data"])
                assert (fields["id"], fields["event"]) == (found["id"], found["type"])
                return found

    async def frame(self) -> dict[str, str]:
        """The fields of the next frame; comments are left out."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(_WAIT_S_MAX):
            while line := (await self.reply.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                if name:
                    assert name not in fields, "data is on one line"
                    fields[name] = value
        self.position = fields.get("id", self.position)
        return fields


@asynccontextmanager
async def following(api: Api, target: str, *, after: str | None = None) -> AsyncIterator[Stream]:
    """A stream that has begun: what happens from here on is in it."""
    headers = {"Authorization": f"Bearer {api.key}", **({"Last-Event-ID": after} if after else {})}
    async with api.http.get(api.url + target, headers=headers) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"].startswith("text/event-stream")
        stream = Stream(reply)
        await stream.frame()
        yield stream


def of(shop: Tenant, more: str = "") -> str:
    """The stream of a workspace."""
    return f"/v1/events/stream?workspace_id={shop.workspace_id}{more}"


async def test_a_stream_shows_each_new_event_once_and_in_order(each_shop: Tenant) -> None:
    await each_shop.event("order.before")
    async with following(each_shop.api, of(each_shop)) as stream:
        made = [await each_shop.event("order.shipped", {"n": n}) for n in range(5)]
        seen = [await stream.event() for _ in made]

    assert seen == made


async def test_a_stream_resumes_behind_the_last_event_it_showed(each_shop: Tenant) -> None:
    async with following(each_shop.api, of(each_shop)) as stream:
        await each_shop.event("order.first")
        await stream.event()
        position = stream.position
    missed = [await each_shop.event("order.missed", {"n": n}) for n in range(3)]

    async with following(each_shop.api, of(each_shop), after=position) as stream:
        seen = [await stream.event() for _ in missed]
        later = await each_shop.event("order.later")
        seen.append(await stream.event())

    assert seen == [*missed, later]


async def test_a_stream_that_saw_nothing_yet_can_be_resumed(shop: Tenant) -> None:
    await shop.event("order.before")
    async with following(shop.api, of(shop)) as stream:
        position = stream.position
    missed = await shop.event("order.missed")

    async with following(shop.api, of(shop), after=position) as stream:
        assert await stream.event() == missed


async def test_a_stream_shows_all_of_many_writers_events(each_shop: Tenant) -> None:
    async with following(each_shop.api, of(each_shop)) as stream:

        async def write(writer: int) -> list[str]:
            return [(await each_shop.event(payload={"writer": writer, "n": n}))["id"] for n in range(25)]

        made = asyncio.gather(*(write(writer) for writer in range(8)))
        seen = [(await stream.event())["id"] for _ in range(200)]
        ids = [id_ for part in await made for id_ in part]

    assert sorted(seen) == sorted(ids)


async def test_a_stream_is_narrowed_by_type_and_leaves_out_the_platforms_own(shop: Tenant) -> None:
    async with (
        following(shop.api, of(shop, "&type=order.*&type=invoice.paid")) as some,
        following(shop.api, of(shop)) as own,
        following(shop.api, of(shop, "&type=harbor.*")) as operational,
    ):
        for type_ in ("order.item.added", "invoice.sent", "order", "invoice.paid"):
            await shop.event(type_)
        await shop.key()
        await shop.event("order.last")

        assert [(await some.event())["type"] for _ in range(3)] == ["order.item.added", "invoice.paid", "order.last"]
        assert [(await own.event())["type"] for _ in range(5)][-1] == "order.last"
        assert (await operational.event())["type"] == "harbor.api_key.created"


@pytest.mark.parametrize("after", ["evt_00000000000000000000000000", "x", "wh_00000000000000000000000000"])
async def test_a_position_that_is_none_of_the_workspace_is_refused(shop: Tenant, after: str) -> None:
    answer = await shop.api.get(of(shop), headers={"Last-Event-ID": after})

    assert (answer.status, answer.error["code"]) == (400, "invalid_request")


async def test_a_stream_ends_with_its_key(shop: Tenant) -> None:
    key = await shop.key(scopes=["events:read"], rate_limit="off")
    async with following(shop.api.having(key["secret"]), of(shop)) as stream:
        (await shop.admin.delete(f"/admin/v1/api_keys/{key['id']}")).expect(204)
        await shop.event()
        async with asyncio.timeout(_WAIT_S_MAX):
            rest = await stream.reply.content.read()

    assert b"data:" not in rest


async def test_a_stream_needs_its_scope_and_its_workspace(shop: Tenant) -> None:
    writer = await shop.caller(scopes=["events:write"])

    refused = await writer.get(of(shop))
    nowhere = await shop.api.get("/v1/events/stream")

    assert refused.told == (403, "permission_denied", "API key missing required scope: events:read.")
    assert (nowhere.status, nowhere.error["param"]) == (400, "workspace_id")
