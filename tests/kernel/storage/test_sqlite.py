"""SQLite's one writer: batches that commit together, works that fail alone, lanes, and reads that take long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from tests.kernel.storage.notes import add, count, ids
from tests.kernel.storage.sqlite_store import LONG, Store, fails_after_writing, queued, together

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Denied, Unavailable
from harbor.kernel.storage.database import Lane, Tx
from harbor.kernel.storage.migrate import Area, migrate

# Batches


async def test_many_works_are_committed_by_one_sync(store: Store) -> None:
    before = len(store.batches)

    answers = await together(store, *(lambda tx, id=id: add(tx, id) for id in range(100)))

    assert answers == [1] * 100
    assert len(store.batches) - before == 2  # the one that held the writer, and theirs


async def test_a_batch_takes_so_many_works_and_no_more(store: Store) -> None:
    before = len(store.batches)

    await together(store, *(lambda tx: None for _ in range(bounds.WRITE_BATCH_WORKS_MAX + 1)))

    assert len(store.batches) - before == 3


async def test_a_work_that_fails_after_writing_undoes_itself_alone(store: Store) -> None:
    first, failed, last = await together(store, lambda tx: add(tx, 1), fails_after_writing, lambda tx: add(tx, 2))

    assert (first, last) == (1, 1)
    assert isinstance(failed, Denied)
    assert await store.read(ids) == [1, 2]


async def test_a_refusal_before_the_first_change_makes_nobody_run_again(store: Store) -> None:
    runs: list[str] = []

    def refused(tx: Tx) -> None:
        runs.append("refused")
        raise Denied("no")

    await together(store, lambda tx: runs.append("a"), refused, lambda tx: runs.append("b"))

    assert runs == ["a", "refused", "b"]


async def test_what_follows_is_done_once_for_each_work_that_was_committed(store: Store) -> None:
    followed: list[str] = []
    store.on("topic", lambda: followed.append("woken"))

    def work(name: str) -> Callable[[Tx], None]:
        def run(tx: Tx) -> None:
            tx.after_commit(lambda: followed.append(name))
            tx.notify("topic")
            if name == "failed":
                fails_after_writing(tx)

        return run

    await together(store, work("first"), work("last"), work("failed"))

    assert followed == ["first", "last", "woken"]


async def test_what_an_undone_work_remembered_is_forgotten(store: Store) -> None:
    seen: list[object] = []

    def remember(tx: Tx) -> None:
        assert tx.memo is not None
        tx.memo["token"] = "undone"
        fails_after_writing(tx)

    def look(tx: Tx) -> None:
        assert tx.memo is not None
        seen.append(tx.memo.get("token"))

    await together(store, remember, look)
    await together(store, lambda tx: add(tx, 1), remember, look)

    assert seen == [None, None]


async def test_what_a_committed_work_remembered_is_there_for_the_next(store: Store) -> None:
    def remember(tx: Tx) -> None:
        assert tx.memo is not None
        tx.memo["token"] = "kept"

    await store.write(remember)

    assert await store.write(lambda tx: (tx.memo or {}).get("token")) == "kept"
    assert await store.read(lambda tx: (tx.memo or {}).get("token")) is None


async def test_a_work_cancelled_in_the_queue_never_runs(store: Store) -> None:
    async with queued(store):
        cancelled = asyncio.create_task(store.write(lambda tx: add(tx, 1)))
        kept = asyncio.create_task(store.write(lambda tx: add(tx, 2)))
        await asyncio.sleep(0)
        cancelled.cancel()

    assert await kept == 1
    assert await store.read(ids) == [2]
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_nothing_follows_a_work_that_was_cancelled_before_it_ran_again(store: Store) -> None:
    loop, followed = asyncio.get_running_loop(), []
    tasks: list[asyncio.Task[None]] = []

    def first(tx: Tx) -> None:
        add(tx, 1)
        tx.after_commit(lambda: followed.append("first"))

    def second(tx: Tx) -> None:
        done = threading.Event()
        loop.call_soon_threadsafe(lambda: (tasks[0].cancel(), loop.call_soon(done.set)))
        assert done.wait(5)
        fails_after_writing(tx)

    async with queued(store):
        tasks += [asyncio.create_task(store.write(work)) for work in (first, second)]
    await asyncio.gather(*tasks, return_exceptions=True)

    assert tasks[0].cancelled()
    assert await store.read(ids) == []
    assert followed == []


async def test_a_table_that_an_undone_work_made_is_not_there(store: Store) -> None:
    def make(tx: Tx) -> None:
        tx.run("CREATE TABLE half (id INTEGER)")
        raise Denied("half-way")

    answers = await together(store, lambda tx: add(tx, 1), make, lambda tx: add(tx, 2))

    assert [answers[0], answers[2]] == [1, 1]
    assert await store.read(lambda tx: tx.row("SELECT name FROM sqlite_schema WHERE name = 'half'")) is None


async def test_a_migration_that_fails_half_way_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "0001_two.sql").write_text("CREATE TABLE one (id BIGINT);\nCREATE TABEL two (id BIGINT);\n")

    with pytest.raises(apsw.SQLError):
        await migrate(store, [Area("test", tmp_path)])

    assert await store.read(lambda tx: tx.row("SELECT name FROM sqlite_schema WHERE name = 'one'")) is None
    (tmp_path / "0001_two.sql").write_text("CREATE TABLE one (id BIGINT);\nCREATE TABLE two (id BIGINT);\n")
    assert len(await migrate(store, [Area("test", tmp_path)])) == 1


# Lanes


async def test_background_works_go_one_by_one_between_foreground_batches(store: Store) -> None:
    ran: list[str] = []
    before = len(store.batches)

    async with queued(store):
        writes = [store.write(lambda tx, n=n: ran.append(f"background {n}"), lane=Lane.BACKGROUND) for n in (1, 2)]  # type: ignore[misc]
        writes += [store.write(lambda tx, n=n: ran.append(f"foreground {n}")) for n in (1, 2)]  # type: ignore[misc]
        tasks = [asyncio.ensure_future(write) for write in writes]
    await asyncio.gather(*tasks)

    assert ran == ["background 1", "foreground 1", "foreground 2", "background 2"]
    assert len(store.batches) - before == 4


async def test_more_writes_than_the_queue_holds_are_sent_away(tmp_path: Path, clock: ManualClock) -> None:
    store = Store(tmp_path / "small.db", clock, queue_max=2)
    await store.open()
    async with queued(store):
        tasks = [asyncio.create_task(store.write(lambda tx: None)) for _ in range(3)]
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()

    assert answers[:2] == [None, None]
    assert isinstance(answers[2], Unavailable)


# Reads


async def test_a_short_read_runs_at_once_and_a_long_one_moves_to_a_thread(store: Store) -> None:
    threads: list[str] = []

    def work(sql: str) -> Callable[[Tx], object]:
        def run(tx: Tx) -> object:
            threads.append(threading.current_thread().name.rpartition("_")[0] or "loop")
            return tx.row(sql)

        return run

    assert await store.read(work("SELECT 1 AS n")) == {"n": 1}
    assert await store.read(work(LONG.replace("10000000", "300000"))) == {"n": 300_000}
    assert await store.read(work("SELECT 1 AS n"), long=True) == {"n": 1}

    assert threads == ["loop", "loop", "harbor-read", "harbor-read"]


async def test_the_loop_turns_while_a_long_read_runs(store: Store) -> None:
    reading = asyncio.create_task(store.read(lambda tx: tx.row(LONG.replace("10000000", "1000000"))))
    await asyncio.sleep(0)

    assert await store.read(count) == 0
    assert not reading.done()
    assert await reading == {"n": 1_000_000}


async def test_a_read_without_end_is_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "READ_THREAD_S_MAX", 0.02)

    with pytest.raises(Unavailable) as refused:
        await store.read(lambda tx: tx.row(LONG))

    assert refused.value.code == "too_slow"
    assert await store.read(count, long=True) == 0


async def test_a_read_that_is_interrupted_as_it_begins_leaves_nothing_open(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite asks whether to go on also when a statement has ended: BEGIN, with the transaction open, or ROLLBACK.
    with monkeypatch.context() as patch:
        patch.setattr(bounds, "READ_LOOP_S_MAX", -1.0)
        for _ in range(2_000):
            await store.read(lambda tx: None)

    assert await store.read(lambda tx: tx.row("SELECT 1 AS n")) == {"n": 1}


async def test_a_read_that_is_interrupted_leaves_no_old_view_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(tx: Tx) -> int:
        found = count(tx)  # from here on its view is fixed
        tx.row(LONG.replace("10000000", "20000"))
        return found

    for n in range(1, 21):
        await store.write(lambda tx, n=n: add(tx, n))  # type: ignore[misc]
        with monkeypatch.context() as patch:
            patch.setattr(bounds, "READ_LOOP_S_MAX", -1.0)
            assert await store.read(look) == n
        assert not store._loop_connection.in_transaction
        assert await store.read(count) == n


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        await store.read(lambda tx: add(tx, 1))

    assert await store.read(count) == 0


# What reads remember


async def test_a_short_read_remembers_until_the_next_commit_and_a_long_one_nothing(store: Store) -> None:
    memos: list[dict[str, object] | None] = []

    def look(tx: Tx) -> None:
        memos.append(tx.memo)
        if tx.memo is not None:
            tx.memo["seen"] = len(memos)

    await store.read(look)
    await store.read(look)
    await store.write(lambda tx: add(tx, 1))
    await store.read(look)
    await store.read(look, long=True)

    assert memos == [{"seen": 2}, {"seen": 2}, {"seen": 3}, None]


async def test_a_read_that_a_commit_overtakes_looks_again_and_remembers_nothing(store: Store) -> None:
    committed, leave = threading.Event(), threading.Event()
    memos: list[dict[str, object] | None] = []

    def change(tx: Tx) -> None:
        leave.wait(5)
        add(tx, 1)
        tx.after_commit(committed.set)

    def look(tx: Tx) -> int:
        memos.append(tx.memo)
        leave.set()
        committed.wait(5)
        if tx.memo is not None:
            raise Denied("what was remembered is not what is there")
        return count(tx)

    writing = asyncio.create_task(store.write(change))
    await asyncio.sleep(0)  # it is queued

    assert await store.read(look) == 1
    assert memos == [{}, None]
    await writing


async def test_what_a_read_remembers_is_as_new_as_what_it_sees_and_as_what_was_answered(store: Store) -> None:
    answered = 0

    def look(tx: Tx) -> tuple[int, int]:
        remembered = None if tx.memo is None else tx.memo.get("count")
        if remembered is None:
            remembered = count(tx)
            if tx.memo is not None:
                tx.memo["count"] = remembered
        return remembered, count(tx)

    async def write() -> None:
        nonlocal answered
        for n in range(300):
            await store.write(lambda tx, n=n: add(tx, n))  # type: ignore[misc]
            answered = n + 1

    writing = asyncio.create_task(write())
    while not writing.done():
        least = answered
        remembered, present = await store.read(look)
        assert remembered == present >= least
        await asyncio.sleep(0)
    await writing
    assert await store.read(look) == (300, 300)
