"""Bodies: within their bound, in memory or in a file, and the budget always balanced."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import TooLarge, Unavailable
from harbor.kernel.http.body import BodyBudget, Disconnected, read_body


class Sender:
    """Brings `chunks`, then goes away if `leaves`; counts how often it was asked."""

    def __init__(self, chunks: Iterable[bytes], *, leaves: bool = False) -> None:
        self.chunks = list(chunks)
        self.leaves = leaves
        self.asked = 0

    async def __call__(self) -> dict[str, Any]:
        self.asked += 1
        if not self.chunks:
            assert self.leaves, "asked again after the end"
            return {"type": "http.disconnect"}
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks) or self.leaves}


def length(size: int) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"harbor"), (b"content-length", str(size).encode())]


@pytest.fixture
def budget(tmp_path: Path) -> BodyBudget:
    return BodyBudget(tmp_path, 1_000, spooled_above=100)


async def test_a_small_body_stays_in_memory(budget: BodyBudget) -> None:
    with await read_body(Sender([b"hello"]), length(5), 10, budget) as body:
        assert (body.read(), body.open().read(), body.size, body.is_spooled) == (b"hello", b"hello", 5, False)
        assert budget.used == 0


async def test_a_larger_body_lies_in_a_nameless_file_until_it_is_closed(budget: BodyBudget, tmp_path: Path) -> None:
    with await read_body(Sender([b"a" * 60, b"b" * 60, b"c" * 60]), length(180), 500, budget) as body:
        assert body.is_spooled
        assert body.read() == body.read() == b"a" * 60 + b"b" * 60 + b"c" * 60
        assert budget.used == body.size == 180
        assert list(tmp_path.iterdir()) == []
    assert budget.used == 0
    body.close()
    assert budget.used == 0


async def test_a_declared_size_beyond_the_bound_is_refused_before_anything_is_read(budget: BodyBudget) -> None:
    sender = Sender([b"x"])

    with pytest.raises(TooLarge) as refused:
        await read_body(sender, length(100 * MIB), 10, budget)

    assert sender.asked == 0
    assert refused.value.headers == {"Connection": "close"}


@pytest.mark.parametrize("limit", [5, 150], ids=["in memory", "in a file"])
async def test_more_bytes_than_the_bound_are_refused_as_soon_as_they_are_seen(budget: BodyBudget, limit: int) -> None:
    sender = Sender([b"x" * 60] * 50)

    with pytest.raises(TooLarge):
        await read_body(sender, [], limit, budget)

    assert sender.asked == limit // 60 + 1
    assert budget.used == 0


@pytest.mark.parametrize("headers", [length(120), []], ids=["declared", "undeclared"])
async def test_beyond_the_budget_a_body_is_told_to_come_back(
    budget: BodyBudget, headers: list[tuple[bytes, bytes]]
) -> None:
    first = await read_body(Sender([b"x" * 450] * 2), [], 1_000, budget)

    with pytest.raises(Unavailable) as refused:
        await read_body(Sender([b"y" * 60] * 2), headers, 1_000, budget)
    assert refused.value.retry_after_s
    assert budget.used == first.size == 900

    first.close()
    with await read_body(Sender([b"y" * 60] * 2), headers, 1_000, budget) as body:
        assert body.size == 120
    assert budget.used == 0


async def test_a_declared_size_that_cannot_fit_now_is_refused_before_most_of_it_is_sent(budget: BodyBudget) -> None:
    first = await read_body(Sender([b"x" * 450] * 2), [], 1_000, budget)
    sender = Sender([b"y" * 10] * 90)

    with pytest.raises(Unavailable):
        await read_body(sender, length(900), 1_000, budget)
    assert sender.asked == 1
    first.close()


@pytest.mark.parametrize("chunks", [[], [b"x"], [b"x" * 150, b"y" * 150]], ids=["at once", "early", "late"])
async def test_a_client_that_goes_away_leaves_nothing_behind(budget: BodyBudget, chunks: list[bytes]) -> None:
    with pytest.raises(Disconnected):
        await read_body(Sender(chunks, leaves=True), [], 1_000, budget)

    assert budget.used == 0


async def test_a_cancelled_request_gives_its_bytes_back(budget: BodyBudget) -> None:
    waiting = asyncio.Event()
    chunks = [b"x" * 150, b"y" * 150]

    async def receive() -> dict[str, Any]:
        if not chunks:
            waiting.set()
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunks.pop(0), "more_body": True}

    reading = asyncio.create_task(read_body(receive, [], 1_000, budget))
    await waiting.wait()
    assert budget.used > 0
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert budget.used == 0


async def test_a_forgotten_body_gives_its_bytes_back(budget: BodyBudget) -> None:
    body = await read_body(Sender([b"x" * 150, b"y"]), [], 1_000, budget)
    assert budget.used == body.size

    del body
    gc.collect()
    assert budget.used == 0


async def test_a_directory_that_cannot_be_written_is_the_servers_trouble(tmp_path: Path) -> None:
    budget = BodyBudget(tmp_path / "absent", spooled_above=10)

    with pytest.raises(Unavailable):
        await read_body(Sender([b"x" * 20, b"y"]), [], 1_000, budget)
    assert budget.used == 0


@settings(max_examples=40, deadline=None)
@given(chunks=st.lists(st.binary(max_size=80), min_size=1, max_size=12), limit=st.integers(0, 600))
def test_what_comes_out_is_what_came_in_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], limit: int
) -> None:
    budget = BodyBudget(tmp_path_factory.getbasetemp(), 10_000, spooled_above=100)
    whole = b"".join(chunks)

    async def story() -> None:
        if len(whole) > limit:
            with pytest.raises(TooLarge):
                await read_body(Sender(chunks), [], limit, budget)
        else:
            with await read_body(Sender(chunks), [], limit, budget) as body:
                assert body.read() == whole
                # One message is in memory already, whatever its size; a file would only copy it.
                assert body.is_spooled == (len(whole) > 100 and len(chunks) > 1)
        assert budget.used == 0

    asyncio.run(story())
