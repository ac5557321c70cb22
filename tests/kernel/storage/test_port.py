"""What every engine promises behind the storage port."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import partial

import pytest
from tests.kernel.storage.notes import INSERT, add, count, ids

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.errors import Conflict, Denied, Unavailable
from harbor.kernel.storage.database import Database, Lane, Row, Tx

# Commit and rollback


async def test_what_was_answered_is_there_for_the_next_reader(notes: Database) -> None:
    assert await notes.write(lambda tx: add(tx, 1, "first")) == 1

    assert await notes.read(lambda tx: tx.rows("SELECT * FROM notes")) == [
        {"account_id": "a", "id": 1, "body": "first", "size": None, "data": None}
    ]


async def test_an_error_undoes_its_own_work_and_no_other(notes: Database) -> None:
    def work(id: int) -> Callable[[Tx], int]:
        def run(tx: Tx) -> int:
            add(tx, id)
            if id % 2:
                raise Denied(f"{id} is odd")
            return id

        return run

    answers = await asyncio.gather(*(notes.write(work(id)) for id in range(40)), return_exceptions=True)

    assert [answer for answer in answers if not isinstance(answer, Denied)] == list(range(0, 40, 2))
    assert await notes.read(ids) == list(range(0, 40, 2))


async def test_a_work_sees_its_own_changes(notes: Database) -> None:
    def work(tx: Tx) -> list[int]:
        add(tx, 1)
        add(tx, 2)
        return ids(tx)

    assert await notes.write(work) == [1, 2]


async def test_an_error_of_the_work_comes_back_as_it_is(notes: Database) -> None:
    error = KeyError("mine")

    def work(tx: Tx) -> None:
        raise error

    with pytest.raises(KeyError) as written:
        await notes.write(work)
    with pytest.raises(KeyError) as read:
        await notes.read(work)

    assert written.value is error
    assert read.value is error


async def test_a_second_row_with_the_same_key_is_a_conflict(notes: Database) -> None:
    await notes.write(lambda tx: add(tx, 1, "a secret of somebody"))

    with pytest.raises(Conflict) as refused:
        await notes.write(lambda tx: add(tx, 1))

    assert refused.value.code == "already_exists"
    assert "secret" not in str(refused.value)


async def test_many_rows_with_a_known_key_among_them_are_a_conflict(notes: Database) -> None:
    rows: list[dict[str, object]] = [
        {"account_id": "a", "id": id, "body": None, "size": None, "data": None} for id in (1, 2, 1)
    ]

    with pytest.raises(Conflict):
        await notes.write(lambda tx: tx.run_many(INSERT, rows))

    assert await notes.read(ids) == []


async def test_a_read_leaves_nothing_behind(notes: Database) -> None:
    with contextlib.suppress(Exception):  # one engine refuses, the other forgets
        await notes.read(lambda tx: add(tx, 1))

    assert await notes.read(ids) == []


async def test_background_works_are_committed_too(notes: Database) -> None:
    works = [notes.write(lambda tx, id=id: add(tx, id), lane=Lane(lane)) for id, lane in enumerate(list(Lane) * 10)]  # type: ignore[misc]

    assert await asyncio.gather(*works) == [1] * 20


async def test_two_hundred_writers_with_a_named_lock_lose_no_count(notes: Database) -> None:
    await notes.write(lambda tx: add(tx, 1, size=0))

    def one_more(tx: Tx) -> None:
        tx.lock("counter", "a", 1)
        row = tx.row("SELECT size FROM notes WHERE account_id = 'a' AND id = 1")
        assert row is not None
        tx.run("UPDATE notes SET size = :size WHERE account_id = 'a' AND id = 1", size=row["size"] + 1)

    await asyncio.gather(*(notes.write(one_more) for _ in range(200)))

    assert await notes.read(lambda tx: tx.row("SELECT size FROM notes")) == {"size": 200}


# Attempts


async def test_a_failed_attempt_undoes_its_own_changes_and_the_work_goes_on(notes: Database) -> None:
    def work(tx: Tx) -> str:
        add(tx, 1)
        with pytest.raises(Conflict):
            tx.attempt(lambda: (add(tx, 2), add(tx, 1)))
        add(tx, 3)
        return tx.attempt(lambda: f"{add(tx, 4)} more")

    assert await notes.write(work) == "1 more"
    assert await notes.read(ids) == [1, 3, 4]


async def test_an_attempt_inside_an_attempt_fails_alone(notes: Database) -> None:
    def inner(tx: Tx) -> None:
        add(tx, 2)
        raise Denied("inner")

    def outer(tx: Tx) -> None:
        add(tx, 1)
        with pytest.raises(Denied):
            tx.attempt(lambda: inner(tx))
        add(tx, 3)

    await notes.write(lambda tx: tx.attempt(lambda: outer(tx)))

    assert await notes.read(ids) == [1, 3]


async def test_a_read_may_attempt(notes: Database) -> None:
    def work(tx: Tx) -> int:
        return tx.attempt(lambda: count(tx))

    assert await notes.read(work) == 0


# What follows a commit


async def test_waiters_are_woken_once_the_commit_is_visible(notes: Database) -> None:
    woken: queue.Queue[str] = queue.Queue()
    notes.on("notes", lambda: woken.put("notes"))
    notes.on("others", lambda: woken.put("others"))

    def work(tx: Tx) -> None:
        tx.notify("notes")
        tx.notify("notes")
        add(tx, 1)

    writing = asyncio.create_task(notes.write(work))
    assert await asyncio.to_thread(woken.get, timeout=5) == "notes"
    assert await notes.read(ids) == [1]
    await writing
    assert woken.empty()


async def test_nothing_follows_a_rollback(notes: Database) -> None:
    followed: list[str] = []
    notes.on("notes", lambda: followed.append("woken"))

    def work(tx: Tx) -> None:
        tx.notify("notes")
        tx.after_commit(lambda: followed.append("acted"))
        raise Denied("no")

    with pytest.raises(Denied):
        await notes.write(work)
    await notes.write(lambda tx: tx.after_commit(lambda: followed.append("next")))

    assert followed == ["next"]


async def test_nothing_follows_a_failed_attempt(notes: Database) -> None:
    followed: list[str] = []
    notes.on("kept", lambda: followed.append("kept"))
    notes.on("dropped", lambda: followed.append("dropped"))

    def fail(tx: Tx) -> None:
        tx.notify("dropped")
        tx.after_commit(lambda: followed.append("dropped"))
        raise Denied("no")

    def work(tx: Tx) -> None:
        tx.after_commit(lambda: followed.append("first"))
        tx.notify("kept")
        with pytest.raises(Denied):
            tx.attempt(lambda: fail(tx))
        tx.after_commit(lambda: followed.append("second"))

    await notes.write(work)

    assert followed == ["first", "second", "kept"]


# Reading


async def test_a_read_sees_one_moment_while_others_write(notes: Database) -> None:
    loop = asyncio.get_running_loop()
    fresh = iter(range(100))

    def work(tx: Tx) -> tuple[int, int]:
        before = count(tx)
        written = asyncio.run_coroutine_threadsafe(notes.write(lambda other: add(other, next(fresh))), loop)
        assert written.result(5) == 1
        return before, count(tx)

    before, after = await notes.read(work, long=True)

    assert before == after
    assert await notes.read(count) > after


async def test_statements_that_return_nothing_give_no_rows(notes: Database) -> None:
    def work(tx: Tx) -> tuple[list[Row], Row | None]:
        return tx.rows("UPDATE notes SET size = 1"), tx.row("DELETE FROM notes")

    assert await notes.write(work) == ([], None)
    assert await notes.read(lambda tx: tx.row("SELECT * FROM notes")) is None


async def test_a_transaction_has_one_moment_of_the_calendar(notes: Database, clock: ManualClock) -> None:
    def work(tx: Tx) -> tuple[object, ...]:
        first = tx.now
        count(tx)
        return first, tx.now, tx.now_us

    began = clock.now()
    assert await notes.write(work) == (began, began, micros(began))
    later = clock.advance(60)
    assert await notes.read(work) == (later, later, micros(later))


async def test_text_is_sorted_by_its_bytes(notes: Database) -> None:
    words = ["b", "B", "a", "_", "é", "Z", "😀", "﹏", "ab", "a b"]
    await notes.write(lambda tx: [add(tx, id, word) for id, word in enumerate(words)])

    found = await notes.read(lambda tx: [row["body"] for row in tx.rows("SELECT body FROM notes ORDER BY body")])

    assert found == sorted(words, key=str.encode)


# Cancelling and closing


async def test_a_cancelled_write_happens_whole_or_not_at_all(notes: Database) -> None:
    def pair(tx: Tx, id: int) -> None:
        add(tx, id)
        add(tx, 1_000 + id)

    tasks = [asyncio.create_task(notes.write(lambda tx, id=id: pair(tx, id))) for id in range(60)]  # type: ignore[misc]
    await asyncio.sleep(0)
    for id, task in enumerate(tasks):
        if id % 3 == 0:
            task.cancel()
        elif id % 3 == 1:
            await task
    await asyncio.gather(*tasks, return_exceptions=True)

    await notes.write(lambda tx: add(tx, 999))  # behind what was cancelled
    found = set(await notes.read(ids))
    assert found >= {id for id in range(60) if id % 3}
    assert {id for id in found if id < 60} == {id - 1_000 for id in found if id > 999}


async def test_a_cancelled_reader_leaves_the_store_usable(notes: Database) -> None:
    entered, leave = threading.Event(), threading.Event()

    def work(tx: Tx) -> int:
        entered.set()
        leave.wait(5)
        return count(tx)

    reading = asyncio.create_task(notes.read(work, long=True))
    await asyncio.to_thread(entered.wait, 5)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    leave.set()

    await notes.write(lambda tx: add(tx, 1))
    assert await asyncio.gather(*(notes.read(count) for _ in range(20))) == [1] * 20


async def test_closing_finishes_the_queued_writes(notes: Database) -> None:
    works: list[Callable[[Tx], int]] = [partial(add, id=id) for id in range(200)]
    queued = [
        asyncio.create_task(notes.write(work, lane=lane)) for work, lane in zip(works, list(Lane) * 100, strict=True)
    ]
    await asyncio.sleep(0)

    await notes.close()

    assert await asyncio.gather(*queued) == [1] * 200
    with pytest.raises(Unavailable):
        await notes.write(lambda tx: add(tx, 1_000))
