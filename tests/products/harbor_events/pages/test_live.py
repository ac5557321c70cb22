"""The live tail: what comes is shown at once, and what is too much is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
from tests.console.session import Browser
from tests.factories import make_event
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, quoted, seen

from harbor.kernel.identity import sessions_store
from harbor.products.harbor_events.events.stream import STREAMS_PER_KEY_MAX
from harbor.products.harbor_events.pages.live import ROWS_PER_S, Sample

_WAIT_S_MAX = 10.0


class Following:
    """An open stream, frame by frame."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended = asyncio.Event()
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._rest = b""

    async def receive(self) -> MutableMapping[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self._pieces.put_nowait(message.get("body", b""))
        if not message.get("more_body"):
            self.ended.set()

    async def frame(self) -> dict[str, str]:
        """The fields of the next frame; comments are one named `comment`."""
        async with asyncio.timeout(_WAIT_S_MAX):
            while b"\n\n" not in self._rest:
                self._rest += await self._pieces.get()
        text, _, self._rest = self._rest.partition(b"\n\n")
        pairs = (line.partition(": ") for line in text.decode().split("\n"))
        return {name or "comment": value for name, _, value in pairs}

    async def row(self) -> dict[str, str]:
        """The next event."""
        found: dict[str, str] = msgspec.json.decode((await self.frame())["data"])
        return found

    def leave(self) -> None:
        """Close the page."""
        self._gone.set()


@asynccontextmanager
async def following(office: Office, browser: Browser, query: str = "") -> AsyncIterator[Following]:
    """The stream of the page, open and begun."""
    one = Following()
    path = f"{office.base}/events/live/stream"
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"desk.test"), (b"cookie", f"harbor_session={browser.secret}".encode())],
        "client": ("10.0.0.1", 50_000),
    }
    client = browser.client
    task = asyncio.create_task(client.pipeline(scope, one.receive, one.send, path, client.mount))
    assert (await one.frame())["comment"] == "following"
    yield one
    one.leave()
    await task


async def test_an_event_comes_as_a_row_that_leads_to_it(office: Office) -> None:
    await office.write(lambda call: make_event(call, type="order.before"))

    async with following(office, office.member) as stream:
        event = await office.write(lambda call: make_event(call, type="order.placed", payload={"a": "x" * 500}))
        row = await stream.row()

    assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (row["id"], row["type"]) == (event.id, "order.placed")
    assert row["href"] == f"/console{office.base}/events/{event.id}"
    assert len(row["preview"]) < 200
    assert (await office.member.get(row["href"])).status == 200


async def test_only_types_that_were_asked_for_come(office: Office) -> None:
    async with following(office, office.owner, "type=order.*,invoice.paid") as stream:
        for type_ in ("user.added", "order.placed", "invoice.sent", "invoice.paid"):
            await office.write(partial(make_event, type=type_))
        assert [(await stream.row())["type"] for _ in range(2)] == ["order.placed", "invoice.paid"]


async def test_a_flood_is_sampled_and_the_rest_is_counted(office: Office) -> None:
    def flood(call: Any) -> None:
        for _ in range(300):
            make_event(call, type="order.placed")

    rows = missed = 0
    async with following(office, office.owner) as stream:
        await office.write(flood)
        while rows + missed < 300:
            frame = await stream.frame()
            if frame.get("event") == "sampled":
                missed += msgspec.json.decode(frame["data"])["count"]
            else:
                rows += 1

    assert rows + missed == 300
    assert rows < 200


async def test_the_stream_ends_with_the_session(office: Office) -> None:
    assert office.owner.session is not None
    person_id, session_id = office.owner.session.person_id, office.owner.session.id

    async with following(office, office.owner) as stream:
        await office.house.database.write(lambda tx: sessions_store.revoke(tx, person_id, session_id))
        await office.write(make_event)
        async with asyncio.timeout(_WAIT_S_MAX):
            await stream.ended.wait()

    assert (await office.owner.get(f"{office.base}/events/live/stream")).status == 303


async def test_a_person_has_a_bounded_number_of_streams(office: Office) -> None:
    tail = office.house.services.tools["tail"]
    assert office.owner.person is not None
    owner = office.owner.person.id
    open_ones = [tail.follow(owner) for _ in range(STREAMS_PER_KEY_MAX)]
    for one in open_ones:
        one.__enter__()

    refused = await office.owner.get(f"{office.base}/events/live/stream")

    for one in open_ones:
        one.__exit__(None, None, None)
    assert refused.status == 503


async def test_the_stream_of_another_is_missing(office: Office) -> None:
    assert (await office.stranger.get(f"{office.base}/events/live/stream")).status == 404
    assert (await office.owner.get(f"/production/harbor/{office.workspace_id}/events/live/stream")).status == 404
    assert (await office.stranger.get(f"{office.base}/events/live")).status == 404


async def test_the_page_names_its_stream_with_the_types(office: Office) -> None:
    page = seen(await office.owner.get(f"{office.base}/events/live?type=order.*+invoice.paid"))

    streams = page.all("section", **{"class": "live"})
    assert [one["data-stream"] for one in streams] == [
        f"/console{office.base}/events/live/stream?type=order.%2A%2Cinvoice.paid"
    ]


@pytest.mark.parametrize("text", XSS)
async def test_types_that_cannot_be_are_told_as_text_and_not_followed(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    page = seen(await office.owner.get(f"{office.base}/events/live?type={quoted(text)}"))

    page.assert_harmless()
    assert not page.all("section", **{"class": "live"})
    assert (await office.owner.get(f"{office.base}/events/live/stream?type={quoted(text)}")).status == 422


def test_a_sample_lets_through_a_bounded_number_a_second_and_counts_the_rest() -> None:
    time = [0.0]
    sample = Sample(now=lambda: time[0])
    shown = told = 0
    for tick in range(10_000):  # a thousand a second, for ten seconds
        time[0] = tick / 1_000
        shown += sample.takes()
        told += sample.told()

    assert shown <= 10 * ROWS_PER_S + ROWS_PER_S
    assert shown + told + sample.missed == 10_000
