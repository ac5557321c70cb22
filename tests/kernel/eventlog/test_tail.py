"""Followers of the log are woken when it grows, and by time where others may have made it grow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tests.factories import make_event
from tests.kernel.probe import Probe

from harbor.kernel.errors import Denied
from harbor.kernel.eventlog.tail import Tail


class Silent:
    """A database nobody writes to in this process."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.wakers: list[Callable[[], None]] = []

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        assert topic == "events"
        self.wakers.append(wake)


def tail_of(probe: Probe) -> Tail:
    found: Tail = probe.house.services.tools["tail"]
    return found


async def test_every_follower_is_woken_by_a_commit(probe: Probe) -> None:
    tail = tail_of(probe)

    with tail.follow() as one, tail.follow() as other:
        assert tail.count == 2
        one.clear()
        other.clear()
        await probe.write(make_event)
        await asyncio.wait_for(asyncio.gather(one.wait(), other.wait()), 5)

    assert tail.count == 0


async def test_nobody_is_woken_by_what_was_undone() -> None:
    database = Silent("sqlite")
    tail = Tail(database)  # type: ignore[arg-type]

    with tail.follow() as news:
        await asyncio.sleep(0)
        assert not news.is_set()
        database.wakers[0]()
        await asyncio.wait_for(news.wait(), 5)


async def test_an_undone_event_is_no_news(probe: Probe) -> None:
    if probe.house.database.engine == "postgres":
        return  # there a follower looks twice a second anyway

    def undone(call: object) -> None:
        make_event(call)  # type: ignore[arg-type]
        raise Denied("no")

    with tail_of(probe).follow() as news:
        with pytest.raises(Denied):
            await probe.write(undone)
        await asyncio.sleep(0)
        assert not news.is_set()


async def test_where_other_processes_write_followers_look_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harbor.kernel.eventlog.tail._LOOK_EVERY_S", 0.002)
    tail = Tail(Silent("postgres"))  # type: ignore[arg-type]

    with tail.follow() as news:
        for _ in range(3):
            news.clear()
            await asyncio.wait_for(news.wait(), 5)

    # Without followers nobody looks; the next one begins anew.
    await asyncio.sleep(0.01)
    with tail.follow() as news:
        news.clear()
        await asyncio.wait_for(news.wait(), 5)


async def test_a_follower_that_left_is_woken_no_more() -> None:
    database = Silent("sqlite")
    tail = Tail(database)  # type: ignore[arg-type]
    with tail.follow() as news:
        pass

    database.wakers[0]()
    await asyncio.sleep(0)

    assert not news.is_set()
