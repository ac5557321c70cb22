"""The bounds of PostgreSQL: times, named locks, queues, lanes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from tests.kernel.storage.pairs import Opener, bump, fail_with, until, values

from harbor.kernel.errors import Invalid, Unavailable
from harbor.kernel.storage import postgres, postgres_tx
from harbor.kernel.storage.database import Lane, Tx
from harbor.kernel.storage.postgres import PostgresDatabase
from harbor.kernel.storage.postgres_tx import lock_key


async def test_a_slow_write_is_told_to_split(pairs: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FOREGROUND", postgres.writing(0.02))

    with pytest.raises(Invalid, match="split") as refused:
        await pairs.write(lambda tx: tx.row("SELECT pg_sleep(10)"))

    assert refused.value.code == "too_slow"
    assert await pairs.write(lambda tx: tx.row("SELECT 1 AS one"), lane=Lane.BACKGROUND) == {"one": 1}


async def test_the_limits_of_statements_are_in_force(pairs: PostgresDatabase) -> None:
    def limits(tx: Tx) -> list[str]:
        names = (
            "statement_timeout",
            "lock_timeout",
            "synchronous_commit",
            "transaction_isolation",
            "transaction_read_only",
        )
        return [tx.row(f"SELECT current_setting('{name}') AS is")["is"] for name in names]  # type: ignore[index]

    assert await pairs.write(limits) == ["2s", "1900ms", "on", "read committed", "off"]
    assert await pairs.write(limits, lane=Lane.BACKGROUND) == ["10min", "1900ms", "on", "read committed", "off"]
    assert await pairs.read(limits) == ["30s", "1900ms", "on", "repeatable read", "on"]


async def test_a_commit_is_synced_whatever_the_database_says(opened: Opener, admin: Any, postgres_dsn: str) -> None:
    admin.execute(f"ALTER DATABASE {admin.info.dbname} SET synchronous_commit = off")
    async with opened() as database:
        shown = await database.write(lambda tx: tx.row("SHOW synchronous_commit"))

    assert shown == {"synchronous_commit": "on"}


async def test_the_limits_are_back_after_a_named_lock(pairs: PostgresDatabase) -> None:
    def work(tx: Tx) -> Any:
        tx.lock("a", 1)
        return tx.row(
            "SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock"
        )

    assert await pairs.write(work) == {"statement": "2s", "lock": "1900ms"}


@asynccontextmanager
async def held(database: PostgresDatabase, take: Callable[[Tx], object]) -> AsyncIterator[threading.Event]:
    """A work that did `take` and keeps its transaction open until the event is set, at the latest at the end."""
    taken, leave = threading.Event(), threading.Event()

    def work(tx: Tx) -> None:
        take(tx)
        taken.set()
        leave.wait(10)

    holding = asyncio.create_task(database.write(work))
    await asyncio.to_thread(taken.wait, 10)
    try:
        yield leave
    finally:
        leave.set()
        await holding


async def test_a_named_lock_is_waited_for_within_bounds(
    pairs: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_tx, "NAMED_LOCK_S_MAX", 0.05)

    async with held(pairs, lambda tx: tx.lock("timer", "a", 1)):
        await pairs.write(lambda tx: tx.lock("timer", "a", 2))
        with pytest.raises(Unavailable):
            await pairs.write(lambda tx: tx.lock("timer", "a", 1))

    await pairs.write(lambda tx: tx.lock("timer", "a", 1))


async def test_waiting_for_a_named_lock_is_no_work(
    pairs: PostgresDatabase, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "FOREGROUND", postgres.writing(0.02))

    def waits_longer_than_a_statement_may_take() -> bool:
        found = admin.execute(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND now() - query_start > INTERVAL '50 ms'"
            " AND datname = current_database()"
        )
        return bool(found.fetchone())

    async with held(pairs, lambda tx: tx.lock("timer")) as leave:
        waiting = asyncio.create_task(pairs.write(lambda tx: tx.lock("timer")))
        await until(waits_longer_than_a_statement_may_take)
        leave.set()
        await waiting


async def test_waiting_for_a_row_is_not_told_to_split(
    pairs: PostgresDatabase,
) -> None:
    def work(tx: Tx) -> None:
        tx.run("SET LOCAL lock_timeout = 20")
        bump(tx, 1)

    async with held(pairs, lambda tx: bump(tx, 1)):
        with pytest.raises(Unavailable) as refused:
            await pairs.write(work)

    assert refused.value.code == "unavailable"


def test_lock_keys_fit_and_differ() -> None:
    keys = {lock_key("timer", parts) for parts in [(), ("a",), ("a", 1), ("a1",), ("", "a"), ("\ud800",)]}

    assert len(keys) == 6
    assert all(-(2**63) <= key < 2**63 for key in keys)


async def test_a_full_queue_refuses(opened: Opener) -> None:
    async with opened(size=1, queue_max=1) as database, held(database, lambda tx: None):
        waiting = asyncio.create_task(database.write(values))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await database.write(values)
        assert await database.write(values, lane=Lane.BACKGROUND) == [0, 0]
        assert await database.read(values, long=True) == [0, 0]
    assert refused.value.retry_after_s
    assert await waiting == [0, 0]


async def test_who_waited_too_long_in_the_queue_is_refused(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(size=1) as database, held(database, lambda tx: None) as leave:
        waiting = asyncio.create_task(database.write(values))
        await asyncio.sleep(0)
        monkeypatch.setattr(postgres, "QUEUE_WAIT_S_MAX", 0.0)
        leave.set()
        with pytest.raises(Unavailable):
            await waiting


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("53100", Unavailable),
        ("53200", Unavailable),
        ("53300", Unavailable),
        ("58030", Unavailable),
        ("25006", Unavailable),
        ("08006", Unavailable),
        ("57P03", Unavailable),
        ("55P03", Unavailable),
        ("22003", Invalid),
        ("22021", Invalid),
        ("42P01", psycopg.errors.UndefinedTable),
        ("23514", psycopg.errors.CheckViolation),
    ],
)
async def test_trouble_is_told_by_its_kind(pairs: PostgresDatabase, state: str, kind: type[Exception]) -> None:
    def work(tx: Tx) -> None:
        bump(tx, 1)
        fail_with(tx, state)

    with pytest.raises(kind):
        await pairs.write(work)

    assert await pairs.read(values) == [0, 0]


# Lanes


async def test_background_takes_one_connection_and_leaves_the_rest_alone(pairs: PostgresDatabase) -> None:
    at_once, most = 0, 0
    leave = threading.Event()

    def sweep(tx: Tx) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        bump(tx, 1)
        leave.wait(10)
        at_once -= 1

    sweeps = [asyncio.create_task(pairs.write(sweep, lane=Lane.BACKGROUND)) for _ in range(5)]
    await pairs.write(lambda tx: bump(tx, 2))
    leave.set()
    await asyncio.gather(*sweeps)

    assert most == 1
    assert await pairs.read(values) == [5, 1]


async def test_long_reads_do_not_hold_up_people(opened: Opener) -> None:
    leave = threading.Event()

    def report(tx: Tx) -> list[int]:
        leave.wait(10)
        return values(tx)

    async with opened(size=1) as database:
        reports = [asyncio.create_task(database.read(report, long=True)) for _ in range(5)]
        await database.write(lambda tx: bump(tx, 1))
        leave.set()
        assert await asyncio.gather(*reports) == [[1, 0]] * 5
