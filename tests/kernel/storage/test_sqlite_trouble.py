"""SQLite in trouble: works that take too long, disks that fill up, files that will not do."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import apsw
import pytest
from tests.kernel.storage.notes import add, count, ids
from tests.kernel.storage.sqlite_store import LONG, LONG_INSERT, Store, together

from harbor.kernel import bounds
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Invalid, StartRefused, Unavailable
from harbor.kernel.storage import sqlite, sqlite_copy
from harbor.kernel.storage.database import Lane, Tx
from harbor.kernel.storage.sqlite import SqliteDatabase

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


async def test_a_work_that_takes_no_notice_of_its_undoing_is_refused_and_nothing_of_its_batch_is_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallows(tx: Tx) -> None:
        add(tx, 1)
        with contextlib.suppress(apsw.InterruptError):
            tx.run(LONG_INSERT)

    monkeypatch.setattr(bounds, "WRITE_FOREGROUND_S_MAX", 0.05)
    before, error, after = await together(store, lambda tx: add(tx, 2), swallows, lambda tx: add(tx, 3))

    assert isinstance(error, Unavailable)
    assert (before, after) == (1, 1)
    assert await store.read(ids) == [2, 3]


async def test_background_work_may_take_longer_than_a_request(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WRITE_FOREGROUND_S_MAX", 0.001)

    found = await store.write(lambda tx: tx.row(LONG.replace("10000000", "200000")), lane=Lane.BACKGROUND)

    assert found == {"n": 200_000}


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
