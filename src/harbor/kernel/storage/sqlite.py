"""The embedded store: SQLite in WAL mode, every answered write synced, many writes behind one sync.

One thread writes. It takes the queued works of all callers, runs one after the other and commits them together (group
commit). An error undoes its own work alone, and only a failed commit fails the batch. Background works go between
foreground batches, each in its own transaction. Short reads run at once on the loop's connection; a read that takes
longer than 5 ms is interrupted and starts again on a reader thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw
import structlog

from harbor.kernel import bounds
from harbor.kernel.clock import Clock
from harbor.kernel.errors import Invalid, StartRefused, Unavailable
from harbor.kernel.storage.database import Lane, Work
from harbor.kernel.storage.guard import inside
from harbor.kernel.storage.sqlite_tx import SqliteTx, disk_trouble

T = TypeVar("T")
log = structlog.get_logger("harbor.storage")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 0",  # the log is truncated when it starts again, so erased text does not stay in it
)
_READERS = 4
# Pages that a connection keeps. What long reads pass by once is better left to the system's own memory: four threads with as
# much as the writer had 256 MiB after a few reports. With 2 MiB each a report over 100,000 records is as quick as with 8.
_WRITER_CACHE_KIB, _LOOP_CACHE_KIB, _READER_CACHE_KIB = 32_768, 16_384, 2_048
# Steps of SQLite's machine between two looks at the clock: about 0.1 ms of work.
_STEPS_PER_LOOK = 4_000
_BUSY_MS = 5_000
# A checkpoint may hold the writer's lock while it waits for readers, as long as any connection waits; then it gives up.
_WRITER_BUSY_MS = 2 * _BUSY_MS
_ROUNDS_MAX = 4


class _Job:
    """One queued write and the future of the one who waits for it."""

    __slots__ = ("error", "future", "is_out", "loop", "result", "tx", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.tx: SqliteTx | None = None
        self.error: BaseException | None = None
        self.is_out = False  # it took too long or undid the whole transaction, and would again


class SqliteDatabase:
    """The `Database` port over one SQLite file. `held` is told how many seconds each batch held the writer."""

    engine = "sqlite"

    def __init__(
        self,
        path: str | Path,
        clock: Clock,
        *,
        held: Callable[[float], None] | None = None,
        queue_max: int = bounds.WRITE_QUEUE_MAX,
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        self._held = held
        self._queue_max = queue_max
        self._foreground: deque[_Job] = deque()
        self._background: deque[_Job] = deque()
        self._ready = threading.Condition()
        self._closing = False
        self._wakers: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self._readers: ThreadPoolExecutor | None = None
        self._reader = threading.local()
        self._reader_connections: list[apsw.Connection] = []
        self._deadline = 0.0
        self._memo: dict[str, Any] = {}
        # What short reads may remember: another dict after each commit, and none while one is under way.
        self._read_memo: dict[str, Any] | None = {}

    async def open(self) -> None:
        """Open the file, creating it, and start the writer. Raises `StartRefused` if the file is unusable."""
        self._writer_connection = self._connect(cache_kib=_WRITER_CACHE_KIB)
        self._writer_connection.set_busy_timeout(_WRITER_BUSY_MS)
        self._loop_connection = self._connect(readonly=True, cache_kib=_LOOP_CACHE_KIB)
        self._loop_connection.set_progress_handler(self._loop_read_is_long, _STEPS_PER_LOOK)
        self._writer_connection.set_progress_handler(self._write_is_long, _STEPS_PER_LOOK * 10)
        self._loop_reading_until = 0.0
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="harbor-read")
        self._writer = threading.Thread(target=self._write_forever, name="harbor-write", daemon=True)
        self._writer.start()

    def _connect(self, *, readonly: bool = False, cache_kib: int = _READER_CACHE_KIB) -> apsw.Connection:
        try:
            connection = apsw.Connection(str(self.path), statementcachesize=500)
            connection.set_busy_timeout(_BUSY_MS)
            for pragma in (*_PRAGMAS, f"PRAGMA cache_size = -{cache_kib}"):
                connection.execute(pragma).fetchall()
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            if readonly:
                connection.execute("PRAGMA query_only = ON")
        except apsw.BusyError:
            raise StartRefused(
                f"The database file {self.path} is locked by another program; stop it and start again."
            ) from None
        except (apsw.NotADBError, apsw.CorruptError):
            raise StartRefused(
                f"The database file {self.path} is damaged or is no SQLite database; restore a backup with `harbor restore`."
            ) from None
        except apsw.CantOpenError:
            raise StartRefused(
                f"The database file {self.path} cannot be opened; check that its folder exists and is writable."
            ) from None
        except apsw.Error as error:
            raise StartRefused(f"The database file {self.path} cannot be used: {error}.") from None
        return connection

    # Writing

    async def write(self, work: Work[T], *, lane: Lane = Lane.FOREGROUND) -> T:
        """The result of `work`, after its commit is on disk."""
        job = _Job(work, asyncio.get_running_loop())
        queue = self._foreground if lane is Lane.FOREGROUND else self._background
        if self._closing:
            raise Unavailable("The server is stopping; send the request again in a moment.", retry_after_s=1)
        if len(queue) >= self._queue_max:
            raise Unavailable("Too many writes are waiting; send the request again in a moment.", retry_after_s=1)
        with self._ready:
            queue.append(job)
            self._ready.notify()
        return cast(T, await job.future)

    def _write_forever(self) -> None:
        while True:
            with self._ready:
                while not (self._foreground or self._background or self._closing):
                    self._ready.wait()
                if self._closing and not self._foreground and not self._background:
                    return
            if self._foreground:
                self._run_batch(self._foreground, bounds.WRITE_BATCH_WORKS_MAX, limit_s=bounds.WRITE_FOREGROUND_S_MAX)
            if self._background:
                self._run_batch(self._background, 1, limit_s=bounds.READ_THREAD_S_MAX)

    def _run_batch(self, queue: deque[_Job], works_max: int, *, limit_s: float) -> None:
        began = time.monotonic()
        jobs: list[_Job] = []
        try:
            self._writer_connection.execute("BEGIN IMMEDIATE")
            if not self._run_together(queue, jobs, works_max, began, limit_s):
                self._undo()
                if len(jobs) > 1:
                    self._run_apart(jobs, limit_s)
            if self._writer_connection.in_transaction:
                self._read_memo = None
                self._writer_connection.execute("COMMIT")
        except BaseException as error:
            self._undo()
            if not jobs:  # the transaction could not even begin: nobody is left waiting for a better moment
                jobs = [queue.popleft() for _ in range(len(queue))]
            log.error("commit_failed", error=str(error), works=len(jobs))
            refusal = disk_trouble(error)
            for job in jobs:
                job.error = job.error or refusal
        self._read_memo = {}
        if self._held:
            self._held(time.monotonic() - began)
        self._tell([job.tx for job in jobs if job.error is None and job.tx is not None])
        _settle(jobs)

    def _run_together(self, queue: deque[_Job], jobs: list[_Job], works_max: int, began: float, limit_s: float) -> bool:
        """Run works without savepoints; False as soon as one fails after it has changed something.

        Nearly all refusals come before the first change, so two statements a work are saved (0.55 of the bare limit
        instead of 0.4: docs/decisions/0005-optimistic-batches.md).
        """
        connection = self._writer_connection
        schema = self._schema_version()
        while queue and len(jobs) < works_max and (not jobs or time.monotonic() - began < bounds.WRITE_BATCH_S_MAX):
            job = queue.popleft()
            jobs.append(job)
            changes = connection.total_changes()
            if self._run_one(job, limit_s):
                continue
            if not connection.in_transaction or connection.total_changes() != changes:
                return False
            # Rows are counted, tables and indexes are not: a migration that fails half-way has changed the schema.
            if self._schema_version() != schema:
                return False
        return True

    def _schema_version(self) -> object:
        return self._writer_connection.execute("PRAGMA schema_version").get

    def _run_apart(self, jobs: list[_Job], limit_s: float) -> None:
        """Run the works again, each in its savepoint, so that an error undoes its own work alone.

        A work that was interrupted or found the disk full takes the transaction with it; the others then begin anew.
        """
        for _ in range(_ROUNDS_MAX):
            if self._run_round([job for job in jobs if not job.is_out], limit_s):
                return
        raise apsw.AbortError("too many works of one batch undid it")

    def _run_round(self, jobs: list[_Job], limit_s: float) -> bool:
        connection = self._writer_connection
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            job.error = job.tx = None
            connection.execute("SAVEPOINT work")
            if not self._run_one(job, limit_s):
                self._memo.clear()
                if not connection.in_transaction:
                    return False
                connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
        return True

    def _run_one(self, job: _Job, limit_s: float) -> bool:
        """Run a work and keep its result or error; True if there is no error."""
        if job.future.cancelled():
            return True
        self._deadline = time.monotonic() + limit_s
        job.tx = tx = SqliteTx(self._writer_connection, self._clock.now(), self._memo)
        inside.work = True
        try:
            job.result = job.work(tx)
        except apsw.InterruptError:
            job.is_out = True
            job.error = Invalid(
                "The request needs more than 2 seconds of the database; split it into smaller ones.", code="too_slow"
            )
        except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError) as error:
            job.error = disk_trouble(error)
        except BaseException as error:
            job.error = error
        finally:
            inside.work = False
            self._deadline = 0.0
        if not self._writer_connection.in_transaction:
            # SQLite undid all of it. Also where the work took no notice, nothing may go on outside a transaction.
            job.is_out, job.error = True, job.error or disk_trouble(apsw.AbortError("the work lost its transaction"))
        return job.error is None

    def _undo(self) -> None:
        self._memo.clear()
        if self._writer_connection.in_transaction:
            self._writer_connection.execute("ROLLBACK")

    def _write_is_long(self) -> bool:
        return self._deadline != 0.0 and time.monotonic() > self._deadline

    def _tell(self, done: list[SqliteTx]) -> None:
        acts = [act for tx in done for act in tx.acts]
        topics = {topic for tx in done for topic in tx.topics}
        for act in (*acts, *(wake for topic in topics for wake in self._wakers[topic])):
            try:
                act()
            except Exception:  # what follows a commit must not end the writer
                log.exception("after_commit_failed")

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        """Call `wake` on the writer's thread after each commit that notified `topic`."""
        self._wakers[topic].append(wake)

    # Reading

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        """The result of `work` on a consistent view of all that is committed."""
        if not long:
            self._loop_reading_until = time.monotonic() + bounds.READ_LOOP_S_MAX
            try:
                return self._read_on_loop(work)
            except apsw.InterruptError:
                pass  # slower than 5 ms: once more, on a thread
        assert self._readers is not None, "open() comes first"
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_on_thread, work)

    def _read_on_loop(self, work: Work[T]) -> T:
        """Read with what was remembered since the last commit. Where another commit came meanwhile, look again.

        Then its snapshot may be newer than what it remembered. Measured: 18 us a read of two remembered rows.
        """
        memo = self._read_memo
        if memo is not None:
            try:
                result = self._read_on(self._loop_connection, work, memo)
            except apsw.InterruptError:
                raise
            except Exception:
                if memo is self._read_memo:
                    raise
            else:
                if memo is self._read_memo:
                    return result
        return self._read_on(self._loop_connection, work)

    def _loop_read_is_long(self) -> bool:
        # SQLite asks also around BEGIN and ROLLBACK. Interrupted there, they would leave a transaction open.
        return inside.work and time.monotonic() > self._loop_reading_until

    def _read_on_thread(self, work: Work[T]) -> T:
        connection: apsw.Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = self._connect(readonly=True)
            connection.set_progress_handler(self._thread_read_is_long, _STEPS_PER_LOOK * 10)
            self._reader_connections.append(connection)
        self._reader.until = time.monotonic() + bounds.READ_THREAD_S_MAX
        try:
            return self._read_on(connection, work)
        except apsw.InterruptError:
            raise Unavailable(
                "The answer takes longer than 30 seconds to find; ask for a smaller part of it.", code="too_slow"
            ) from None

    def _thread_read_is_long(self) -> bool:
        return inside.work and time.monotonic() > cast(float, self._reader.until)

    def _read_on(self, connection: apsw.Connection, work: Work[T], memo: dict[str, Any] | None = None) -> T:
        connection.execute("BEGIN")
        inside.work = True
        try:
            return work(SqliteTx(connection, self._clock.now(), memo))
        finally:
            inside.work = False
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    # Ending

    async def checkpoint(self) -> None:
        """Move the log into the file and truncate it, so that erased text is in neither."""

        def run() -> None:
            connection = self._connect()
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()

        await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def close(self) -> None:
        """Finish the queued writes and close all connections."""
        with self._ready:
            self._closing = True
            self._ready.notify()
        await asyncio.get_running_loop().run_in_executor(None, self._writer.join)
        await asyncio.sleep(0)  # let the futures of the last batch settle
        if self._readers is not None:
            readers = self._readers
            await asyncio.to_thread(lambda: readers.shutdown(wait=True, cancel_futures=True))
        for connection in (*self._reader_connections, self._loop_connection, self._writer_connection):
            connection.close()


def _settle(jobs: list[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, settled in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, settled)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
