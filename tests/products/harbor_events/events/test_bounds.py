"""What one key may hold open and one page may carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from tests.factories import make_event, make_key
from tests.harness import Client
from tests.kernel.probe import Probe
from tests.racing import begun

from harbor.kernel.bounds import EVENT_PAYLOAD_BYTES_MAX
from harbor.kernel.call import Call
from harbor.kernel.eventlog.store import PAGE_PAYLOAD_MAX
from harbor.kernel.eventlog.tail import Tail
from harbor.kernel.http.request import Mount
from harbor.products.harbor_events.events.stream import STREAMS_PER_KEY_MAX


async def new_key(shop: Probe) -> Client:
    """A client with a key of its own for the default workspace."""
    key = await shop.write(lambda call: make_key(call, workspace=call.default_workspace()))
    return shop.house.client("harbor", {"Authorization": f"Bearer {key.secret}"})


async def workspace_id(shop: Probe) -> str:
    return await shop.read(lambda call: call.default_workspace().id)


# Streams


@dataclass(slots=True)
class Open:
    """A stream whose client stays until it leaves."""

    left: asyncio.Event = field(default_factory=asyncio.Event)
    spoke: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    body: bytes = b""
    task: asyncio.Task[None] | None = None

    async def receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        if message["type"] == "http.response.body":
            self.spoke.set()

    async def leave(self) -> None:
        """Hang up, and wait until the server has noticed."""
        self.left.set()
        assert self.task is not None
        await asyncio.wait_for(self.task, 10)


async def follow(client: Client, workspace: str) -> Open:
    """Ask for a stream and wait for its first piece, or for the refusal."""
    opened = Open()
    path = "/v1/events/stream"
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": f"workspace_id={workspace}".encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in client.headers.items()],
        "client": (client.address, 50_000),
    }
    mount = Mount(origin="http://harbor.test")
    opened.task = asyncio.create_task(client.pipeline(scope, opened.receive, opened.send, path, mount))
    await asyncio.wait_for(opened.spoke.wait(), 10)
    return opened


@asynccontextmanager
async def following(client: Client, workspace: str, count: int) -> AsyncIterator[list[Open]]:
    """So many streams of one key, all asked for at once."""
    streams = list(await asyncio.gather(*(follow(client, workspace) for _ in range(count))))
    try:
        yield streams
    finally:
        for each in streams:
            await each.leave()


@asynccontextmanager
async def still_writing(shop: Probe) -> AsyncIterator[None]:
    """A transaction that began before all else in the block and ends after it; SQLite has one writer, so none there."""
    if shop.house.database.engine == "sqlite":
        yield
        return
    async with begun(shop.house.database, lambda tx: make_event(shop.house._call(tx, shop.account), type="order.slow")):
        yield


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.002)


def followers(shop: Probe) -> Tail:
    tail: Tail = shop.house.services.tools["tail"]
    return tail


async def test_a_key_has_so_many_streams_and_another_key_its_own(shop: Probe) -> None:
    client, other, workspace = await new_key(shop), await new_key(shop), await workspace_id(shop)
    async with following(client, workspace, STREAMS_PER_KEY_MAX) as streams:
        await until(lambda: followers(shop).count == STREAMS_PER_KEY_MAX)

        refused, welcome = await follow(client, workspace), await follow(other, workspace)
        await refused.leave()
        await welcome.leave()

        assert {each.status for each in streams} == {200}
        assert (refused.status, welcome.status) == (503, 200)
        assert b"close one first" in refused.body


async def test_a_stream_begins_behind_what_had_come_also_while_somebody_still_writes(shop: Probe) -> None:
    client, workspace = await new_key(shop), await workspace_id(shop)
    async with AsyncExitStack() as streams:
        async with still_writing(shop):
            await shop.write(lambda call: make_event(call, type="order.before"))
            (stream,) = await streams.enter_async_context(following(client, workspace, 1))
            await shop.write(lambda call: make_event(call, type="order.after"))
        await until(lambda: b"order.after" in stream.body)

    assert b"order.before" not in stream.body


async def test_who_hangs_up_makes_room(shop: Probe) -> None:
    client, workspace = await new_key(shop), await workspace_id(shop)
    async with following(client, workspace, STREAMS_PER_KEY_MAX) as streams:
        await until(lambda: followers(shop).count == STREAMS_PER_KEY_MAX)

        await streams[0].leave()
        next_one = await follow(client, workspace)
        await until(lambda: followers(shop).count == STREAMS_PER_KEY_MAX)
        await next_one.leave()

        assert next_one.status == 200
    assert followers(shop).count == 0


async def test_more_streams_than_there_is_room_for_do_not_slip_in_at_once(shop: Probe) -> None:
    client, workspace = await new_key(shop), await workspace_id(shop)
    async with following(client, workspace, STREAMS_PER_KEY_MAX + 10) as streams:
        await until(lambda: sum(each.task.done() for each in streams if each.task) == 10)

        assert followers(shop).count == STREAMS_PER_KEY_MAX


# Pages


async def fill(shop: Probe, count: int, letter: str) -> list[str]:
    """Events as large as they may be, of one letter."""
    payload = {"text": letter * ((EVENT_PAYLOAD_BYTES_MAX - 100) // len(letter.encode()))}

    def act(call: Call) -> list[str]:
        return [make_event(call, payload=payload).id for _ in range(count)]

    return await shop.write(act)


async def walk(client: Client, workspace: str, *, order: str) -> tuple[list[list[str]], list[int]]:
    """All pages: the ids on each, and how many bytes of payload each carries."""
    pages: list[list[str]] = []
    sizes: list[int] = []
    after = ""
    while True:
        reply = await client.request("GET", f"/v1/events?workspace_id={workspace}&limit=100&order={order}{after}")
        page = reply.json()
        pages.append([event["id"] for event in page["data"]])
        sizes.append(sum(len(msgspec.json.encode(event["payload"])) for event in page["data"]))
        if not page["has_more"]:
            return pages, sizes
        after = f"&starting_after={pages[-1][-1]}"


async def test_a_page_of_large_events_is_cut_and_says_that_there_are_more(shop: Probe) -> None:
    client, workspace = await new_key(shop), await workspace_id(shop)
    for letter in ("a", "é", "漢"):  # bytes count, not letters
        sent = await fill(shop, 20, letter)
        for order, expected in (("desc", sent[::-1]), ("asc", sent)):
            pages, sizes = await walk(client, workspace, order=order)

            assert [event_id for page in pages for event_id in page] == expected
            assert [len(page) for page in pages] == [16, 4]
            assert max(sizes) <= PAGE_PAYLOAD_MAX
        await shop.write(lambda call: call.tx.run("DELETE FROM events"))
