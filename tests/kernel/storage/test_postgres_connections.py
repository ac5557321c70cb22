"""Lost connections and cancelled works on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from tests.kernel.storage.pairs import Opener, bump, end_other_connections, values

from harbor.kernel.errors import Denied, HarborError, Unavailable
from harbor.kernel.storage import postgres
from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.postgres import PostgresDatabase


async def test_a_connection_lost_in_a_write_changes_nothing(pairs: PostgresDatabase) -> None:
    def work(tx: Tx) -> None:
        bump(tx, 1)
        tx.run("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable):
        await pairs.write(work)

    assert await pairs.read(values) == [0, 0]
    await pairs.write(lambda tx: bump(tx, 1))
    assert await pairs.read(values) == [1, 0]


async def test_a_lost_connection_cannot_be_swallowed(pairs: PostgresDatabase) -> None:
    def work(tx: Tx) -> str:
        with pytest.raises(HarborError):
            tx.attempt(lambda: tx.run("SELECT pg_terminate_backend(pg_backend_pid())"))
        return "done"

    with pytest.raises(Unavailable):
        await pairs.write(work)


async def test_a_connection_lost_in_the_commit_is_an_unknown_outcome(pairs: PostgresDatabase, admin: Any) -> None:
    admin.execute(
        "CREATE FUNCTION go_away() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$"
    )
    admin.execute(
        "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON pairs DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION go_away()"
    )
    followed: list[str] = []

    def work(tx: Tx) -> None:
        bump(tx, 1)
        tx.after_commit(lambda: followed.append("committed"))

    with pytest.raises(Unavailable) as refused:
        await pairs.write(work)

    assert refused.value.code == "outcome_unknown"
    assert followed == []


async def test_connections_lost_while_idle_are_not_noticed(pairs: PostgresDatabase, admin: Any) -> None:
    await asyncio.gather(*(pairs.write(lambda tx: bump(tx, 1)) for _ in range(50)))
    assert await end_other_connections(admin) > 1

    await asyncio.gather(*(pairs.write(lambda tx: bump(tx, 1)) for _ in range(20)))
    await end_other_connections(admin)
    assert await asyncio.gather(*(pairs.read(values) for _ in range(20))) == [[70, 0]] * 20


async def test_a_read_whose_connection_is_lost_is_answered_by_another(pairs: PostgresDatabase) -> None:
    runs: list[int] = []

    def work(tx: Tx) -> list[int]:
        runs.append(1)
        found = values(tx)
        if len(runs) < 3:
            tx.row("SELECT pg_terminate_backend(pg_backend_pid())")
        return found

    assert await pairs.read(work) == [0, 0]


async def test_a_server_that_is_away_refuses_and_comes_back(
    opened: Opener, admin: Any, postgres_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CONNECTION_WAIT_S_MAX", 0.2)
    async with opened(size=2) as database:
        postgres_server.run(f"ALTER DATABASE {admin.info.dbname} ALLOW_CONNECTIONS false")
        await end_other_connections(admin)
        for answer in await asyncio.gather(database.read(values), database.write(values), return_exceptions=True):
            assert isinstance(answer, Unavailable)

        postgres_server.run(f"ALTER DATABASE {admin.info.dbname} ALLOW_CONNECTIONS true")
        async with asyncio.timeout(10):
            while not await served(database):
                await asyncio.sleep(0.01)
        assert await database.read(values) == [0, 0]


async def served(database: PostgresDatabase) -> bool:
    try:
        return bool(await database.write(values))
    except Unavailable:
        return False


async def test_an_error_of_a_cancelled_write_harms_nobody(pairs: PostgresDatabase) -> None:
    entered, leave = threading.Event(), threading.Event()

    def work(tx: Tx) -> None:
        bump(tx, 1)
        entered.set()
        leave.wait(10)
        raise Denied("too late")

    writing = asyncio.create_task(pairs.write(work))
    await asyncio.to_thread(entered.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    leave.set()

    await asyncio.gather(*(pairs.write(lambda tx: bump(tx, 1)) for _ in range(10)))
    assert await pairs.read(values) == [10, 0]


async def test_a_cancelled_write_that_has_begun_is_finished(pairs: PostgresDatabase) -> None:
    entered, leave, told = threading.Event(), threading.Event(), threading.Event()

    def work(tx: Tx) -> None:
        bump(tx, 1)
        tx.after_commit(told.set)
        entered.set()
        leave.wait(10)

    writing = asyncio.create_task(pairs.write(work))
    await asyncio.to_thread(entered.wait, 10)
    writing.cancel()
    leave.set()

    assert await asyncio.to_thread(told.wait, 10)
    assert await pairs.read(values) == [1, 0]
