"""What only the asynchronous client has: tasks, cancellation, and being left alone until somebody asks for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from sdks.python.tests.loopback import Answer, Loopback
from sdks.python.tests.samples import EVENT, EVT, SECRET_KEY, WS, event, page

import harbor_sdk
from harbor_sdk import AsyncHarbor

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"
FRAME = f"data: {json.dumps(EVENT)}\n\n".encode()


class Peer:
    """A server that says `says` on each connection and then listens until the client hangs up."""

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.url = ""
        self.has_said = asyncio.Event()
        self.was_left = asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.says)
        await writer.drain()
        self.has_said.set()
        with suppress(ConnectionError):
            while await reader.read(1024):
                pass
            writer.close()
            await writer.wait_closed()
        self.was_left.set()


@asynccontextmanager
async def listening(says: bytes) -> AsyncIterator[Peer]:
    peer = Peer(says)
    server = await asyncio.start_server(peer.talk, "127.0.0.1", 0)
    async with server:
        peer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield peer
        await asyncio.wait_for(peer.was_left.wait(), 10)


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


async def read_stream(harbor: AsyncHarbor) -> None:
    async with harbor.events.stream(workspace_id=WS) as stream:
        async for _ in stream:
            pass


async def read_backup(harbor: AsyncHarbor) -> None:
    async with harbor.admin.backup() as backup:
        async for _ in backup:
            pass


@pytest.mark.parametrize(
    ("says", "work"),
    [
        (b"", lambda harbor: harbor.events.retrieve(EVT)),
        (HEAD % b"application/json" + chunk(b'{"id"'), lambda harbor: harbor.events.retrieve(EVT)),
        (HEAD % b"text/event-stream", read_stream),
        (HEAD % b"text/event-stream" + chunk(FRAME), read_stream),
        (b"", read_backup),
        (HEAD % b"application/x-tar" + chunk(b"abc"), read_backup),
    ],
    ids=["request", "reply", "quiet stream", "stream", "asked backup", "backup"],
)
async def test_a_canceled_task_leaves_no_connection_open(
    says: bytes, work: Callable[[AsyncHarbor], Awaitable[object]]
) -> None:
    async with listening(says) as peer, AsyncHarbor(SECRET_KEY, host=peer.url) as harbor:
        task = asyncio.ensure_future(work(harbor))
        await asyncio.wait_for(peer.has_said.wait(), 10)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(peer.was_left.wait(), 10)


async def test_leaving_a_stream_in_the_middle_closes_its_connection() -> None:
    async with (
        listening(HEAD % b"text/event-stream" + chunk(FRAME)) as peer,
        AsyncHarbor(SECRET_KEY, host=peer.url) as harbor,
    ):
        async with harbor.events.stream(workspace_id=WS) as stream:
            async for found in stream:
                assert found.id == EVT
                break

        await asyncio.wait_for(peer.was_left.wait(), 10)


async def test_a_time_limit_of_the_caller_counts_before_the_clients_own() -> None:
    async with listening(b"") as peer, AsyncHarbor(SECRET_KEY, host=peer.url, timeout=60) as harbor:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await harbor.events.retrieve(EVT)

        await asyncio.wait_for(peer.was_left.wait(), 10)


async def test_a_canceled_wait_for_a_retry_sends_nothing_more(server: Loopback) -> None:
    waits = asyncio.Event()

    async def sleep(_: float) -> None:
        waits.set()
        await asyncio.Event().wait()

    server.script = [Answer(503)]
    async with AsyncHarbor(SECRET_KEY, host=server.url, sleep=sleep) as harbor:
        task = asyncio.ensure_future(harbor.events.retrieve(EVT))
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert len(server.seen) == 1


async def test_a_client_serves_many_tasks(server: Loopback) -> None:
    server.respond = lambda _: Answer(json=EVENT)

    async with AsyncHarbor(SECRET_KEY, host=server.url) as harbor:
        found = await asyncio.gather(*(harbor.events.retrieve(EVT) for _ in range(8)))

    assert [one.id for one in found] == [EVT] * 8


async def test_one_slow_reply_holds_no_other_task_back(server: Loopback) -> None:
    server.respond = lambda _: Answer(json=EVENT)
    async with listening(b"") as peer, AsyncHarbor(SECRET_KEY, host=peer.url) as slow:
        late = asyncio.ensure_future(slow.events.retrieve(EVT))
        await asyncio.wait_for(peer.has_said.wait(), 10)
        async with AsyncHarbor(SECRET_KEY, host=server.url) as quick:
            assert (await quick.events.retrieve(EVT)).id == EVT
            assert not late.done()
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late


async def test_pages_and_walks_read_as_the_language_has_it(server: Loopback) -> None:
    server.script = [
        Answer(json=page(event(2), event(1), has_more=True)),
        Answer(json=page(event(0))),
        Answer(json=page(event(2), event(1), event(0))),
    ]
    async with AsyncHarbor(SECRET_KEY, host=server.url) as harbor:
        first = await harbor.events.list(workspace_id=WS)
        second = await first.next_page()
        assert second is not None
        assert await second.next_page() is None
        walked = [one.payload["n"] async for one in harbor.events.list_auto(workspace_id=WS)]

    assert [one.payload["n"] for one in (*first.data, *second.data)] == walked == [2, 1, 0]


def test_programs_that_block_do_not_pay_for_the_other_client() -> None:
    script = """
import sys, harbor_sdk
assert not [name for name in sys.modules if name.startswith("harbor_sdk.aio")]
assert harbor_sdk.AsyncHarbor.__name__ == "AsyncHarbor"
assert "harbor_sdk.aio.client" in sys.modules
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_every_public_name_is_there() -> None:
    assert [name for name in harbor_sdk.__all__ if not hasattr(harbor_sdk, name)] == []
    assert set(harbor_sdk.__all__) <= set(dir(harbor_sdk))
    with pytest.raises(AttributeError, match="Nothing"):
        harbor_sdk.Nothing  # noqa: B018
