"""What is PostgreSQL's own in a transaction: races that are run again, refusals, the two kinds of reads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import psycopg
import pytest
from tests.kernel.storage.pairs import Opener, bump, fail_with, values

from harbor.kernel.errors import Conflict, Internal, Invalid, Unavailable
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.postgres import PostgresDatabase

RUNS = 6  # the first, and five more


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_lost_race_runs_again_and_is_committed_once(pairs: PostgresDatabase, state: str) -> None:
    runs: list[int] = []

    def work(tx: Tx) -> int:
        runs.append(1)
        bump(tx, 1)
        if len(runs) < 3:
            fail_with(tx, state)
        return len(runs)

    assert await pairs.write(work) == 3
    assert await pairs.read(values) == [1, 0]


async def test_a_race_that_is_always_lost_ends_as_unavailable(pairs: PostgresDatabase) -> None:
    runs: list[int] = []

    def work(tx: Tx) -> None:
        runs.append(1)
        bump(tx, 1)
        fail_with(tx, "40001")

    with pytest.raises(Unavailable) as refused:
        await pairs.write(work)

    assert len(runs) == RUNS
    assert refused.value.retry_after_s
    assert await pairs.read(values) == [0, 0]


async def test_a_lost_race_cannot_be_swallowed(pairs: PostgresDatabase) -> None:
    runs: list[int] = []

    def work(tx: Tx) -> str:
        runs.append(1)
        try:
            if len(runs) == 1:
                tx.attempt(lambda: fail_with(tx, "40001"))
        except Exception:
            return "swallowed"
        return "won"

    assert await pairs.write(work) == "won"


async def test_what_a_lost_run_would_have_told_is_not_told(pairs: PostgresDatabase) -> None:
    told: list[str] = []
    runs: list[int] = []

    def work(tx: Tx) -> None:
        runs.append(1)
        tx.after_commit(lambda: told.append(f"run {len(runs)}"))
        if len(runs) == 1:
            fail_with(tx, "40P01")

    await pairs.write(work)

    assert told == ["run 2"]


async def test_two_works_that_wait_for_one_another_both_end_well(pairs: PostgresDatabase) -> None:
    both_hold_one = threading.Barrier(2, timeout=10)
    runs: list[int] = []

    def work(tx: Tx, first: int, second: int) -> None:
        runs.append(first)
        bump(tx, first)
        if len(runs) <= 2:
            both_hold_one.wait()
        bump(tx, second)

    await asyncio.gather(pairs.write(lambda tx: work(tx, 1, 2)), pairs.write(lambda tx: work(tx, 2, 1)))

    assert len(runs) == 3
    assert await pairs.read(values) == [2, 2]


def find_or_add() -> Callable[[Tx], str]:
    both_looked, runs = threading.Barrier(2, timeout=10), count(1)

    def work(tx: Tx) -> str:
        run = next(runs)
        if tx.row("SELECT id FROM pairs WHERE word = :word", word="new"):
            return "found"
        if run <= 2:
            both_looked.wait()
        tx.run("INSERT INTO pairs VALUES (:id, 0, :word)", id=100 + run, word="new")
        return "added"

    return work


async def test_who_violates_a_racing_index_looks_again(opened: Opener) -> None:
    async with opened(racing_indexes=frozenset({"pairs_by_word"})) as database:
        work = find_or_add()

        assert sorted(await asyncio.gather(database.write(work), database.write(work))) == ["added", "found"]


async def test_who_violates_another_index_meets_a_conflict(pairs: PostgresDatabase) -> None:
    work = find_or_add()

    answers = await asyncio.gather(pairs.write(work), pairs.write(work), return_exceptions=True)

    assert {type(answer) for answer in answers} == {str, Conflict}
    assert "added" in answers


async def test_a_racing_index_that_is_always_violated_is_a_conflict(opened: Opener) -> None:
    async with opened(racing_indexes=frozenset({"pairs_by_word"})) as database:
        runs: list[int] = []

        def work(tx: Tx) -> str:
            runs.append(1)
            with pytest.raises(Conflict):
                tx.attempt(lambda: tx.run("INSERT INTO pairs VALUES (3, 0, 'one')"))
            return "went on"

        assert await database.write(work) == "went on"
        assert len(runs) == RUNS


async def test_a_swallowed_failure_is_never_taken_for_a_commit(pairs: PostgresDatabase) -> None:
    def work(tx: Tx) -> str:
        bump(tx, 1)
        with pytest.raises(Conflict):
            tx.run("INSERT INTO pairs VALUES (1, 0, 'again')")
        return "done"

    with pytest.raises(Internal, match=r"tx\.attempt"):
        await pairs.write(work)

    assert await pairs.read(values) == [0, 0]


async def test_a_table_may_change_its_shape_under_prepared_statements(opened: Opener, admin: Any) -> None:
    async with opened(size=1) as database:

        def look(tx: Tx) -> tuple[Any, Any]:
            return tx.row("SELECT * FROM pairs WHERE id = 1"), tx.row("SELECT COUNT(*) AS n FROM pairs")

        for _ in range(12):  # psycopg prepares what it sees for the sixth time
            await database.read(look)
            await database.write(look)
        admin.execute("ALTER TABLE pairs ADD COLUMN more TEXT NOT NULL DEFAULT 'm'")

        assert (await database.read(look))[0]["more"] == "m"
        assert (await database.write(look))[0]["more"] == "m"


async def test_what_follows_a_commit_may_fail(pairs: PostgresDatabase) -> None:
    def work(tx: Tx) -> None:
        bump(tx, 1)
        tx.after_commit(lambda: fail_with(tx, "40001"))

    await pairs.write(work)
    await pairs.write(lambda tx: bump(tx, 1))

    assert await pairs.read(values) == [2, 0]


@pytest.mark.parametrize("text", ["a\x00b", "\x00"], ids=ascii)
async def test_the_character_zero_is_refused(pairs: PostgresDatabase, text: str) -> None:
    with pytest.raises(Invalid, match=r"U\+0000"):
        await pairs.write(lambda tx: tx.run("UPDATE pairs SET word = :word WHERE id = 1", word=text))


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
async def test_a_number_wider_than_its_column_is_refused(pairs: PostgresDatabase, number: int) -> None:
    with pytest.raises(Invalid, match="too large"):
        await pairs.write(lambda tx: tx.run("UPDATE pairs SET value = :value", value=number))
    with pytest.raises(Invalid, match="too large"):
        await pairs.write(lambda tx: tx.run("UPDATE pairs SET value = :a + :b", a=2**62, b=2**62))


async def test_a_read_cannot_write(pairs: PostgresDatabase) -> None:
    def late(tx: Tx) -> None:
        values(tx)
        bump(tx, 1)

    for work in (lambda tx: bump(tx, 1), late):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await pairs.read(work)


async def test_a_lone_statement_needs_no_transaction_and_a_second_one_begins_it(
    pairs: PostgresDatabase,
) -> None:
    shown = "SELECT current_setting('transaction_isolation') AS level"
    runs: list[int] = []

    def one(tx: Tx) -> Any:
        return tx.rows(shown)

    def two(tx: Tx) -> Any:
        runs.append(1)
        return tx.rows(shown) + tx.rows(shown)

    assert await pairs.read(one) == [{"level": "read committed"}]
    assert await pairs.read(two) == [{"level": "repeatable read"}] * 2
    assert await pairs.read(two) == [{"level": "repeatable read"}] * 2
    assert len(runs) == 3  # the second call remembers
