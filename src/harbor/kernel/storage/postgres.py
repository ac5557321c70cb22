"""The large store: PostgreSQL behind a pool, with one thread per connection, for any number of servers and workers.

Foreground work has `size` threads, long reads half as many of their own, and background writes one, so that a sweep
never takes more than one connection and a report never holds up a request. Writes are READ COMMITTED and take named
locks where they must not race; a work that loses a race runs again.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import CodeType
from typing import TypeVar

import structlog
from psycopg_pool import ConnectionPool, PoolTimeout

from harbor.kernel import bounds
from harbor.kernel.clock import Clock
from harbor.kernel.errors import Unavailable
from harbor.kernel.storage.database import Lane, Work
from harbor.kernel.storage.guard import inside
from harbor.kernel.storage.postgres_errors import NeedsSnapshot, PlanIsStale, RunAgain, lost
from harbor.kernel.storage.postgres_session import ROW_LOCK_MS, TYPES, check, configure, conninfo
from harbor.kernel.storage.postgres_tx import Connection, Mode, PostgresTx, command

T = TypeVar("T")
log = structlog.get_logger("harbor.storage")

CONNECTION_WAIT_S_MAX = 5.0
QUEUE_WAIT_S_MAX = 10.0  # while the server is away each work takes 5 s to fail; those behind it fail at once
BACKGROUND_STATEMENT_S_MAX = 600.0  # an index of a migration over a large table
RETRY_PAUSE_S = 0.005
_READ_SHAPES_MAX = 4_000


def writing(statement_s: float) -> Mode:
    """A transaction that changes things, each statement in at most `statement_s` seconds."""
    statement_ms = round(statement_s * 1_000)
    begin = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL statement_timeout = {statement_ms}"
    return Mode(begin=begin, writes=True, statement_ms=statement_ms, row_lock_ms=ROW_LOCK_MS)


def _reading(begin: str) -> Mode:
    return Mode(
        begin=begin, writes=False, statement_ms=round(bounds.READ_THREAD_S_MAX * 1_000), row_lock_ms=ROW_LOCK_MS
    )


FOREGROUND = writing(bounds.WRITE_FOREGROUND_S_MAX)
BACKGROUND = writing(BACKGROUND_STATEMENT_S_MAX)
SNAPSHOT = _reading("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
ALONE = _reading("")  # one statement is a view of its own; measured: 91 us rather than 213


class _Threads:
    """Threads that works wait for in a bounded queue; unless they are patient, for a bounded time."""

    def __init__(self, count: int, name: str, *, queue_max: int, patient: bool = True) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=f"harbor-{name}")
        self._places = threading.BoundedSemaphore(queue_max + count)
        self._patient = patient

    async def run(self, act: Callable[[], T]) -> T:
        """The result of `act` from a thread. Cancelled in the queue it never starts; once started it ends."""
        if not self._places.acquire(blocking=False):
            raise Unavailable(
                "Too many requests are waiting for the database; send it again in a moment.", retry_after_s=1
            )
        future = self._executor.submit(contextvars.copy_context().run, self._in_time, act, time.monotonic())
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _in_time(self, act: Callable[[], T], queued_at: float) -> T:
        if not self._patient and time.monotonic() - queued_at > QUEUE_WAIT_S_MAX:
            raise Unavailable("The database is too busy; nothing was changed. Try again in a moment.", retry_after_s=5)
        return act()

    def _leave(self, _: Future[T]) -> None:
        self._places.release()

    def finish(self) -> None:
        """Wait until the queue is empty, and end the threads."""
        self._executor.shutdown(wait=True)


class PostgresDatabase:
    """The `Database` port over a PostgreSQL database.

    `racing_indexes` names the unique indexes that guard a look-then-insert: who violates one looks again.
    """

    engine = "postgres"

    def __init__(
        self,
        dsn: str,
        clock: Clock,
        size: int = 4,
        racing_indexes: frozenset[str] = frozenset(),
        *,
        queue_max: int = bounds.WRITE_QUEUE_MAX,
    ) -> None:
        assert size >= 1, size
        self._dsn = conninfo(dsn)
        self._clock = clock
        self._racing = racing_indexes
        self._people = _Threads(size, "db", queue_max=queue_max, patient=False)
        self._long_reads = _Threads(max(1, size // 2), "db-long", queue_max=queue_max)
        self._sweeps = _Threads(1, "db-background", queue_max=queue_max)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._dsn,
            kwargs={"autocommit": True, "context": TYPES},
            configure=configure,
            min_size=1,
            max_size=size + max(1, size // 2) + 1,
            timeout=CONNECTION_WAIT_S_MAX,
            reconnect_timeout=CONNECTION_WAIT_S_MAX,  # then the next work asks anew, so its return is noticed at once
            num_workers=1,
            open=False,
        )
        self._closing = False
        self._wakers: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self._longer_reads: set[CodeType] = set()

    async def open(self) -> None:
        """Look whether the database will do, and connect. Raises `StartRefused` with the way out if it will not."""
        await asyncio.to_thread(check, self._dsn)
        await asyncio.to_thread(self._pool.open)

    async def close(self) -> None:
        """Finish the queued works and close all connections."""
        self._closing = True
        for threads in (self._people, self._long_reads, self._sweeps):
            await asyncio.to_thread(threads.finish)
        await asyncio.to_thread(self._pool.close)

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        """Call `wake` on the committing thread after each commit that notified `topic`."""
        self._wakers[topic].append(wake)

    async def write(self, work: Work[T], *, lane: Lane = Lane.FOREGROUND) -> T:
        """The result of `work`, after its commit is on disk."""
        self._refuse_when_closing()
        if lane is Lane.FOREGROUND:
            return await self._people.run(lambda: self._finally(lambda racing: self._once(work, FOREGROUND, racing)))
        return await self._sweeps.run(lambda: self._finally(lambda racing: self._once(work, BACKGROUND, racing)))

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        """The result of `work` on a consistent view of all that is committed."""
        self._refuse_when_closing()
        threads = self._long_reads if long else self._people
        return await threads.run(lambda: self._finally(lambda _: self._look(work)))

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise Unavailable("The server is stopping; send the request again in a moment.", retry_after_s=1)

    # On a thread from here

    def _finally(self, run: Callable[[frozenset[str]], T]) -> T:
        """The result of a run that lost no race; on the last one a racing index is a conflict like any other."""
        for again in range(bounds.WRITE_RETRIES_MAX):
            try:
                return run(self._racing)
            except RunAgain as lost_race:
                # Only the sort of error: its words may hold values of somebody's rows.
                log.debug("run_again", again=again + 1, reason=type(lost_race.__cause__).__name__)
                # Chance keeps two losers from meeting again; it need not be secret.
                time.sleep(random.uniform(0, RETRY_PAUSE_S * 2**again))  # noqa: S311
        try:
            return run(frozenset())
        except RunAgain as lost_race:
            raise lost_race.refusal from lost_race

    def _look(self, work: Work[T]) -> T:
        """Read with as little as it needs: what once had a second statement begins with a transaction from then on."""
        code: CodeType | None = getattr(work, "__code__", None)
        if code is not None and code not in self._longer_reads:
            try:
                return self._once(work, ALONE)
            except NeedsSnapshot:
                if len(self._longer_reads) >= _READ_SHAPES_MAX:
                    self._longer_reads.clear()
                self._longer_reads.add(code)
        return self._once(work, SNAPSHOT)

    def _once(self, work: Work[T], mode: Mode, racing: frozenset[str] = frozenset()) -> T:
        try:
            connection = self._pool.getconn()
        except PoolTimeout:
            raise lost() from None
        try:
            self._begin(connection, mode)
            tx = PostgresTx(connection, self._clock.now(), mode, racing)
            try:
                result = _inside(work, tx)
                tx.commit()
            except BaseException as error:
                tx.rollback()
                if isinstance(tx.doomed, PlanIsStale):
                    connection.execute("DEALLOCATE ALL")
                if tx.doomed is not None and tx.doomed is not error:
                    raise tx.doomed from error
                raise
        finally:
            self._pool.putconn(connection)
        if mode.writes:
            self._tell(tx)
        return result

    def _begin(self, connection: Connection, mode: Mode) -> None:
        if not mode.begin:
            return
        try:
            command(connection, mode.begin)
        except Exception as error:
            if connection.closed:
                # The server went away while the connection was idle, and probably the others with it.
                self._pool.check()
                raise RunAgain(lost()) from error
            raise lost() from error  # for instance a server that has become a standby

    def _tell(self, tx: PostgresTx) -> None:
        wakers = [wake for topic in tx.topics for wake in self._wakers[topic]]
        for act in (*tx.acts, *wakers):
            try:
                act()
            except Exception:
                log.exception("after_commit_failed")  # the commit stands, whatever follows from it


def _inside(work: Work[T], tx: PostgresTx) -> T:
    inside.work = True
    try:
        return work(tx)
    finally:
        inside.work = False
