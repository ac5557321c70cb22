"""One transaction on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, NoReturn, TypeVar

import psycopg
from psycopg import pq
from psycopg.rows import dict_row, tuple_row

from harbor.kernel.clock import micros
from harbor.kernel.errors import Internal
from harbor.kernel.storage.database import Many, Row
from harbor.kernel.storage.placeholders import names_of, pyformat
from harbor.kernel.storage.postgres_errors import NeedsSnapshot, RunAgain, lost, lost_while_committing, meaning

T = TypeVar("T")
Connection = psycopg.Connection[Any]

# How long a write waits for a named lock. Its holder is a foreground write, whose statements take at most 2 s each.
NAMED_LOCK_S_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Mode:
    """How a transaction begins. Without `begin` there is none: one statement stands alone.

    `statement_ms` is how long one of its statements may take, `row_lock_ms` how much of that it may wait for a row.
    """

    begin: str
    writes: bool
    statement_ms: int
    row_lock_ms: int


class PostgresTx:
    """The `Tx` port on one connection. `doomed` is the error after which nothing but another run can help."""

    __slots__ = (
        "_connection",
        "_cursor",
        "_depth",
        "_mode",
        "_racing",
        "_statements",
        "acts",
        "doomed",
        "now",
        "now_us",
        "topics",
    )
    engine = "postgres"
    memo: dict[str, Any] | None = None  # others write too

    def __init__(self, connection: Connection, now: datetime, mode: Mode, racing: frozenset[str] = frozenset()) -> None:
        self._connection = connection
        self._cursor = connection.cursor(binary=True, row_factory=dict_row)
        self._mode = mode
        self._racing = racing
        self._statements = 0
        self._depth = 0
        self.now = now
        self.now_us = micros(now)
        self.acts: list[Callable[[], None]] = []
        self.topics: set[str] = set()
        self.doomed: Exception | None = None

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        """All rows, as dicts; none for a statement that returns nothing."""
        self._execute(sql, values)
        return self._cursor.fetchall() if self._cursor.description else []

    def row(self, sql: str, /, **values: object) -> Row | None:
        """The first row, or None."""
        self._execute(sql, values)
        return self._cursor.fetchone() if self._cursor.description else None

    def tuples(self, sql: str, /, **values: object) -> list[tuple[Any, ...]]:
        """All rows, as tuples; none for a statement that returns nothing."""
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        self._guarded(lambda: cursor.execute(pyformat(sql), values))
        return cursor.fetchall() if cursor.description else []

    def run(self, sql: str, /, **values: object) -> int:
        """Run a statement; how many rows it changed."""
        self._execute(sql, values)
        return max(0, self._cursor.rowcount)  # -1 where rows are not what is changed

    def run_many(self, sql: str, values: Many, /) -> None:
        """Run a statement once per element, all in one pipeline."""
        if values:
            names = names_of(sql) if isinstance(values[0], tuple) else ()
            named = [dict(zip(names, each, strict=True)) if isinstance(each, tuple) else each for each in values]
            self._guarded(lambda: self._cursor.executemany(pyformat(sql), named))

    def lock(self, name: str, /, *parts: object) -> None:
        """Take a named lock until the transaction ends. Nothing in a read, whose view stands still.

        Raises `Unavailable` if another holds it for more than 5 s.
        """
        if not self._mode.writes:
            return
        # The wait is no work, so the time of a statement does not count here.
        self._command(
            f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = {NAMED_LOCK_S_MAX * 1_000:.0f};"
            f"SELECT pg_advisory_xact_lock({lock_key(name, parts)});"
            f"SET LOCAL statement_timeout = {self._mode.statement_ms};"
            f"SET LOCAL lock_timeout = {self._mode.row_lock_ms}"
        )

    def attempt(self, work: Callable[[], T], /) -> T:
        """Run `work`; its error undoes its own changes only. A lost race still ends the whole transaction."""
        acts, topics = len(self.acts), set(self.topics)
        savepoint = f"attempt_{self._depth}"
        if not self._mode.begin:
            self._doom(NeedsSnapshot())
        self._command(f"SAVEPOINT {savepoint}")
        self._depth += 1
        try:
            result = work()
            self._refuse_failed()
            self._command(f"RELEASE {savepoint}")
        except BaseException:
            if self.doomed is None:
                self._command(f"ROLLBACK TO {savepoint}; RELEASE {savepoint}")
            del self.acts[acts:]
            self.topics = topics
            raise
        finally:
            self._depth -= 1
        return result

    def notify(self, topic: str, /) -> None:
        """Wake the waiters of `topic` after the commit."""
        self.topics.add(topic)

    def after_commit(self, act: Callable[[], None], /) -> None:
        """Call `act` after the commit."""
        self.acts.append(act)

    def commit(self) -> None:
        """Make the changes last. Raises `Unavailable` if that cannot be known."""
        if self.doomed is not None:
            raise self.doomed
        if not self._mode.begin:
            return
        self._refuse_failed()
        try:
            command(self._connection, "COMMIT")
        except psycopg.Error as error:
            if self._connection.closed:
                raise lost_while_committing() from error
            raise meaning(error, writes=self._mode.writes) from error

    def rollback(self) -> None:
        """Undo the changes, as far as there is a connection to do it on."""
        if self._connection.closed or self._connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            return
        try:
            command(self._connection, "ROLLBACK")
        except psycopg.Error:
            self._connection.close()  # the server undoes what nobody commits

    def _execute(self, sql: str, values: dict[str, object]) -> None:
        self._guarded(lambda: self._cursor.execute(pyformat(sql), values))

    def _command(self, sql: str) -> None:
        self._guarded(lambda: command(self._connection, sql))

    def _guarded(self, act: Callable[[], object]) -> None:
        if self.doomed is not None:
            raise self.doomed
        if not self._mode.begin and self._statements:
            self._doom(NeedsSnapshot())
        self._statements += 1
        try:
            act()
        except (psycopg.Error, UnicodeEncodeError, OverflowError) as error:
            if self._connection.closed:
                # A read is pure, so another connection can answer it; of a write only the caller can say.
                self._doom(lost() if self._mode.writes else RunAgain(lost()), error)
            meant = meaning(error, writes=self._mode.writes, racing=self._racing)
            if isinstance(meant, RunAgain):
                self._doom(meant, error)
            if meant is error:
                raise
            raise meant from error

    def _doom(self, reason: Exception, cause: Exception | None = None) -> NoReturn:
        self.doomed = reason
        raise reason from cause

    def _refuse_failed(self) -> None:
        # After a failed statement PostgreSQL answers COMMIT with a silent rollback.
        if self._connection.pgconn.transaction_status == pq.TransactionStatus.INERROR:
            raise Internal("A statement failed and the work went on; wrap what may fail in tx.attempt.")


def command(connection: Connection, sql: str) -> None:
    """Run fixed statements without values, several in one round trip, past psycopg's statement cache.

    The cache would be thrown away by each ROLLBACK. Measured: 20 us less per command.
    """
    result = connection.pgconn.exec_(sql.encode())
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result, connection.info.encoding)


def lock_key(name: str, parts: tuple[object, ...]) -> int:
    """The 64 bits that stand for a named lock. Two names that share them wait for one another and nothing worse."""
    text = "\x1f".join((name, *map(str, parts)))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
