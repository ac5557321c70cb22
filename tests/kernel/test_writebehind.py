"""Small facts are written behind the answers, and lost rather than in anybody's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from harbor.kernel.bounds import BACKGROUND_STEP_ROWS_MAX
from harbor.kernel.errors import Unavailable
from harbor.kernel.storage.database import Database, Lane, Tx, Work
from harbor.kernel.writebehind import WriteBehind


class Recorded:
    """A database that notes what is written to it, and in which lane; it may be out of order."""

    engine = "none"

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.is_broken = False
        self.wrote = asyncio.Event()

    async def write(self, work: Work[Any], *, lane: Lane = Lane.FOREGROUND) -> Any:
        self.lanes.append(lane)
        if self.is_broken:
            raise Unavailable("The disk is full.")
        self.wrote.set()
        return work(None)  # type: ignore[arg-type]

    async def read(self, work: Work[Any], *, long: bool = False) -> Any:
        raise AssertionError("nothing is read behind")

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        raise AssertionError("nobody is woken")

    async def close(self) -> None: ...


@pytest.fixture
async def recorded() -> Recorded:
    """A database without tables."""
    return Recorded()


def keeping(database: Database, *, items_max: int = 50_000) -> tuple[WriteBehind, list[list[Any]]]:
    """A write-behind of facts and notes, and the lists of facts it wrote."""
    written: list[list[Any]] = []

    def write(tx: Tx, items: list[Any]) -> None:
        written.append(items)

    return WriteBehind(database, {"facts": write, "notes": write}, items_max=items_max), written


async def test_facts_are_written_in_the_order_they_came_in_the_background(recorded: Recorded) -> None:
    behind, written = keeping(recorded)
    for item in ("a", "b"):
        behind.put("facts", item, item)
    behind.put("notes", 1, "n")

    await behind.flush()
    await behind.flush()

    assert written == [["a", "b"], ["n"]]
    assert recorded.lanes == [Lane.BACKGROUND] * 2


async def test_the_newest_fact_of_a_key_counts(recorded: Recorded) -> None:
    behind, written = keeping(recorded)
    behind.put("facts", "key", "old")
    behind.put("facts", "key", "new")

    await behind.flush()

    assert written == [["new"]]


async def test_beyond_its_bound_facts_are_dropped_and_counted_and_known_keys_still_renewed(recorded: Recorded) -> None:
    behind, written = keeping(recorded, items_max=2)
    for key in ("a", "b", "c", "d"):
        behind.put("facts", key, key)
    behind.put("facts", "a", "newer a")
    behind.put("notes", "n", "n")  # each kind has its own

    await behind.flush()

    assert written == [["newer a", "b"], ["n"]]
    assert behind.dropped == 2


async def test_many_facts_are_written_in_steps(recorded: Recorded) -> None:
    behind, written = keeping(recorded)
    for number in range(2 * BACKGROUND_STEP_ROWS_MAX + 1):
        behind.put("facts", number, number)

    await behind.flush()

    assert [len(step) for step in written] == [BACKGROUND_STEP_ROWS_MAX, BACKGROUND_STEP_ROWS_MAX, 1]


async def test_what_cannot_be_written_is_lost_and_counted_and_later_facts_are_not(recorded: Recorded) -> None:
    behind, written = keeping(recorded)
    behind.put("facts", "a", "a")
    recorded.is_broken = True
    await behind.flush()
    recorded.is_broken = False
    behind.put("facts", "b", "b")

    await behind.flush()

    assert written == [["b"]]
    assert behind.dropped == 1


async def test_it_writes_by_itself_and_once_more_when_it_is_stopped(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harbor.kernel.writebehind._EVERY_S", 0.001)
    behind, written = keeping(recorded)
    running = asyncio.create_task(behind.run())
    behind.put("facts", "a", "a")
    await asyncio.wait_for(recorded.wrote.wait(), 5)

    monkeypatch.setattr("harbor.kernel.writebehind._EVERY_S", 3_600)
    behind.put("facts", "b", "b")
    behind.stop()
    await asyncio.wait_for(running, 5)

    assert [item for step in written for item in step] == ["a", "b"]


async def test_facts_reach_a_real_table(database: Database) -> None:
    def write(tx: Tx, items: list[Any]) -> None:
        tx.run_many("INSERT INTO instance (name, value) VALUES (:name, :value)", items)

    behind = WriteBehind(database, {"facts": write})
    for name in ("one", "two"):
        behind.put("facts", name, {"name": name, "value": name.upper()})

    await behind.flush()

    rows = await database.read(lambda tx: tx.rows("SELECT name, value FROM instance ORDER BY name"))
    assert rows == [{"name": "one", "value": "ONE"}, {"name": "two", "value": "TWO"}]
