"""What is SQLite's own: one writer and its batches, disks that fill up, files that will not do, reads that take long."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.kernel.storage.conftest import NOTES
from tests.kernel.storage.notes import add, count, ids

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Denied, Invalid, StartRefused, Unavailable
from harbor.kernel.storage import sqlite, sqlite_copy
from harbor.kernel.storage.database import Lane, Tx
from harbor.kernel.storage.migrate import Area, migrate, migration_sql
from harbor.kernel.storage.sqlite import SqliteDatabase

# Counts to ten million: seconds of work for SQLite, and nothing for the interpreter.
LONG = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000) SELECT count(*) AS n FROM n"
LONG_INSERT = (
    "INSERT INTO notes (account_id, id) WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000)"
    " SELECT 'long', x FROM n"
)


class Store(SqliteDatabase):
    """A database that notes how often its writer was held."""

    def __init__(self, path: Path, clock: ManualClock, **arguments: Any) -> None:
        self.batches: list[float] = []
        super().__init__(path, clock, held=self.batches.append, **arguments)


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    """An open file with an empty table `notes`."""
    store = Store(tmp_path / "notes.db", clock)
    await store.open()
    await store.write(lambda tx: tx.run(migration_sql(NOTES.strip(), tx.engine)))
    yield store
    await store.close()


@asynccontextmanager
async def queued(store: Store) -> AsyncIterator[None]:
    """Holds the writer until the block ends, so that all writes begun in it are in its next batch."""
    entered, leave = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        entered.set()
        leave.wait(5)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(entered.wait, 5)
    try:
        yield
        await asyncio.sleep(0.006)  # longer than a batch takes works, so the next one begins with what was queued
    finally:
        leave.set()
        await holding


async def together(store: Store, *works: Callable[[Tx], Any]) -> list[Any]:
    """The results or errors of works that were in one batch."""
    async with queued(store):
        tasks = [asyncio.create_task(store.write(work)) for work in works]
    return await asyncio.gather(*tasks, return_exceptions=True)


def fails_after_writing(tx: Tx) -> None:
    add(tx, 666)
    raise Denied("after all")


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
    assert await store.read(lambda tx: tx.memo) is None


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


# Works that take too long


async def test_a_request_that_holds_the_writer_too_long_is_interrupted_and_nobody_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WRITE_FOREGROUND_S_MAX", 0.05)

    first, slow, last = await together(
        store, lambda tx: add(tx, 1), lambda tx: tx.run(LONG_INSERT), lambda tx: add(tx, 2)
    )

    assert (first, last) == (1, 1)
    assert isinstance(slow, Invalid)
    assert slow.code == "too_slow"
    assert await store.read(ids) == [1, 2]


async def test_a_work_that_was_too_slow_is_not_tried_again_for_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WRITE_FOREGROUND_S_MAX", 0.05)
    runs: list[str] = []

    def slow(tx: Tx) -> None:
        runs.append("slow")
        add(tx, 666)
        tx.row(LONG)  # a query does not undo the transaction

    await together(store, lambda tx: add(tx, 1), slow)

    assert runs == ["slow"]
    assert await store.read(ids) == [1]


async def test_background_work_may_take_longer_than_a_request(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WRITE_FOREGROUND_S_MAX", 0.001)

    found = await store.write(lambda tx: tx.row(LONG.replace("10000000", "200000")), lane=Lane.BACKGROUND)

    assert found == {"n": 200_000}


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


async def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        await store.read(lambda tx: add(tx, 1))

    assert await store.read(count) == 0


# Disks and files


async def test_a_full_disk_refuses_keeps_what_was_accepted_and_goes_on_when_there_is_space(store: Store) -> None:
    await store.write(lambda tx: add(tx, 1, "accepted"))
    pages = await store.write(lambda tx: tx.row("PRAGMA page_count"))
    assert pages is not None
    await store.write(lambda tx: tx.row(f"PRAGMA max_page_count = {pages['page_count']}"))

    with pytest.raises(Unavailable) as refused:
        await store.write(lambda tx: add(tx, 2, "x" * 100_000))

    assert "disk of the server is full" in refused.value.message
    assert refused.value.retry_after_s == 30
    assert await store.read(ids) == [1]
    await store.write(lambda tx: tx.row("PRAGMA max_page_count = 1000000"))
    assert await store.write(lambda tx: add(tx, 2, "x" * 100_000)) == 1


async def test_who_fits_on_a_full_disk_is_not_refused_with_who_does_not(store: Store) -> None:
    pages = await store.write(lambda tx: tx.row("PRAGMA page_count"))
    assert pages is not None
    await store.write(lambda tx: tx.row(f"PRAGMA max_page_count = {pages['page_count']}"))

    first, large, last = await together(
        store, lambda tx: add(tx, 1), lambda tx: add(tx, 2, "x" * 100_000), lambda tx: add(tx, 3)
    )

    assert (first, last) == (1, 1)
    assert isinstance(large, Unavailable)
    assert await store.read(ids) == [1, 3]


async def test_where_nearly_nothing_fits_any_more_all_are_refused_after_a_few_rounds(store: Store) -> None:
    pages = await store.write(lambda tx: tx.row("PRAGMA page_count"))
    assert pages is not None
    await store.write(lambda tx: tx.row(f"PRAGMA max_page_count = {pages['page_count']}"))

    answers = await together(store, *(lambda tx, id=id: add(tx, id, "x" * 100_000) for id in range(40)))

    assert {type(answer) for answer in answers} == {Unavailable}
    assert await store.read(count) == 0


async def test_a_lock_of_somebody_else_refuses_and_is_forgotten(store: Store) -> None:
    await store.write(lambda tx: tx.row("PRAGMA busy_timeout = 20"))
    other = apsw.Connection(str(store.path))
    other.execute("BEGIN IMMEDIATE")

    answers = await asyncio.gather(*(store.write(lambda tx: add(tx, 1)) for _ in range(5)), return_exceptions=True)
    other.close()

    assert {type(answer) for answer in answers} == {Unavailable}
    assert await store.write(lambda tx: add(tx, 1)) == 1


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to look like one" * 100, b"SQLite format 3\0" + b"\xff" * 4_080]
)
async def test_a_damaged_file_refuses_the_start(tmp_path: Path, clock: ManualClock, content: bytes) -> None:
    path = tmp_path / "harbor.db"
    path.write_bytes(content)

    with pytest.raises(StartRefused, match=r"harbor\.db is damaged or is no SQLite database; restore a backup"):
        await SqliteDatabase(path, clock).open()


async def test_a_file_that_another_program_holds_refuses_the_start(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_MS", 20)
    await store.close()
    other = apsw.Connection(str(store.path))
    other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").fetchall()

    with pytest.raises(StartRefused, match="is locked by another program; stop it"):
        await SqliteDatabase(store.path, clock).open()

    other.close()
    again = SqliteDatabase(store.path, clock)
    await again.open()
    await again.close()
    await store.open()  # for the fixture to close


async def test_a_folder_that_is_not_there_refuses_the_start(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(StartRefused, match="cannot be opened; check that its folder exists"):
        await SqliteDatabase(tmp_path / "absent" / "harbor.db", clock).open()


async def test_after_a_checkpoint_deleted_text_is_in_no_byte(store: Store) -> None:
    await store.write(lambda tx: add(tx, 1, "a marker of somebody" * 1_000))
    await store.write(lambda tx: tx.run("DELETE FROM notes"))

    await store.checkpoint()

    files = [path for path in store.path.parent.iterdir() if path.name.startswith(store.path.name)]
    assert len(files) >= 2
    assert not any(b"a marker of somebody" in path.read_bytes() for path in files)


async def test_a_copy_of_a_database_in_use_is_whole_and_holds_what_was_answered(store: Store, tmp_path: Path) -> None:
    for id in range(50):
        await store.write(lambda tx, id=id: add(tx, id, "x" * 5_000))  # type: ignore[misc]
    stop = asyncio.Event()

    async def write() -> None:
        next_id = 1_000
        while not stop.is_set():
            await store.write(lambda tx, id=next_id: add(tx, id))  # type: ignore[misc]
            next_id += 1

    writing = asyncio.create_task(write())
    await asyncio.to_thread(sqlite_copy.copy, store.path, tmp_path / "copy.db")
    stop.set()
    await writing

    assert sqlite_copy.problems(tmp_path / "copy.db") == []
    copied = apsw.Connection(str(tmp_path / "copy.db"))
    assert copied.execute("SELECT count(*) FROM notes WHERE id < 1000").get == 50
    copied.close()


async def test_what_was_written_is_there_after_opening_again(store: Store, clock: ManualClock) -> None:
    await store.write(lambda tx: add(tx, 1))
    await store.close()

    await store.open()

    assert await store.read(ids) == [1]


async def test_a_number_beyond_64_bits_is_refused_and_text_with_a_null_kept(store: Store) -> None:
    with pytest.raises(Invalid, match="64 bits"):
        await store.write(lambda tx: add(tx, 1, size=2**63))
    with pytest.raises(Invalid, match="64 bits"):
        await store.write(
            lambda tx: tx.run_many("INSERT INTO notes (account_id, id) VALUES ('a', :id)", [{"id": 2**70}])
        )

    # The edge refuses U+0000; what gets here in spite of that is not cut off.
    await store.write(lambda tx: add(tx, 1, "before\0after"))
    assert await store.read(lambda tx: tx.row("SELECT body FROM notes")) == {"body": "before\0after"}
