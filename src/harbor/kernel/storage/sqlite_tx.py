"""One transaction on SQLite, and what SQLite's errors mean to a caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import apsw
import apsw.ext

from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, HarborError, Invalid, Unavailable
from harbor.kernel.storage.database import Many, Row

T = TypeVar("T")

# Column names of a statement by its text: asking SQLite for them each time costs more than the row.
_names: dict[str, tuple[str, ...]] = {}
_NAMES_MAX = 4_000


class SqliteTx:
    """The `Tx` port on one connection that is inside a transaction."""

    __slots__ = ("_connection", "acts", "memo", "now", "now_us", "topics")
    engine = "sqlite"

    def __init__(self, connection: apsw.Connection, now: datetime, memo: dict[str, Any] | None = None) -> None:
        self._connection = connection
        self.now = now
        self.now_us = micros(now)
        self.memo = memo
        self.acts: list[Callable[[], None]] = []
        self.topics: set[str] = set()

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        """All rows, as dicts."""
        cursor = self._execute(sql, values)
        found = cursor.fetchall()
        if not found:
            return []
        names = _names.get(sql) or _remember(sql, self._connection)
        return [dict(zip(names, row, strict=True)) for row in found]

    def row(self, sql: str, /, **values: object) -> Row | None:
        """The first row, or None. The rest of a statement that writes still runs."""
        cursor = self._execute(sql, values)
        found = cursor.fetchall()
        if not found:
            return None
        names = _names.get(sql) or _remember(sql, self._connection)
        return dict(zip(names, found[0], strict=True))

    def tuples(self, sql: str, /, **values: object) -> list[tuple[Any, ...]]:
        """All rows, as tuples."""
        return self._execute(sql, values).fetchall()

    def run(self, sql: str, /, **values: object) -> int:
        """Run a statement; how many rows it changed."""
        self._execute(sql, values)
        return self._connection.changes()

    def run_many(self, sql: str, values: Many, /) -> None:
        """Run a statement once per element."""
        try:
            self._connection.executemany(sql, values)
        except apsw.ConstraintError as error:
            raise _conflict(error) from None
        except UnicodeEncodeError:
            raise Invalid("The text contains half of a surrogate pair, which is no character.") from None
        except OverflowError:
            raise Invalid("A number is larger than 64 bits can hold.") from None

    def lock(self, name: str, /, *parts: object) -> None:
        """Nothing to do: the writer is one."""

    def attempt(self, work: Callable[[], T], /) -> T:
        """Run `work`; its error undoes its own changes only."""
        acts, topics = len(self.acts), set(self.topics)
        self._connection.execute("SAVEPOINT attempt")
        try:
            result = work()
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO attempt")
                self._connection.execute("RELEASE attempt")
            del self.acts[acts:]
            self.topics = topics
            if self.memo is not None:
                self.memo.clear()
            raise
        self._connection.execute("RELEASE attempt")
        return result

    def notify(self, topic: str, /) -> None:
        """Wake the waiters of `topic` after the commit."""
        self.topics.add(topic)

    def after_commit(self, act: Callable[[], None], /) -> None:
        """Call `act` after the commit."""
        self.acts.append(act)

    def _execute(self, sql: str, values: dict[str, object]) -> apsw.Cursor:
        try:
            return self._connection.execute(sql, values or None)
        except apsw.ConstraintError as error:
            raise _conflict(error) from None
        except UnicodeEncodeError:
            raise Invalid("The text contains half of a surrogate pair, which is no character.") from None
        except OverflowError:
            raise Invalid("A number is larger than 64 bits can hold.") from None


def _remember(sql: str, connection: apsw.Connection) -> tuple[str, ...]:
    if len(_names) >= _NAMES_MAX:
        _names.clear()
    names = tuple(column[0] for column in apsw.ext.query_info(connection, sql).description)
    _names[sql] = names
    return names


def _conflict(error: apsw.ConstraintError) -> HarborError | apsw.ConstraintError:
    if getattr(error, "extendedresult", 0) in (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY):
        return Conflict(f"This exists already ({str(error).partition(': ')[2]}).", code="already_exists")
    return error


def disk_trouble(error: BaseException) -> HarborError:
    """What a failed commit means to those whose work was in it: nothing was changed, try again."""
    if isinstance(error, apsw.FullError):
        return Unavailable(
            "The disk of the server is full; nothing was changed. Try again when there is space.", retry_after_s=30
        )
    return Unavailable("The database could not commit; nothing was changed. Try again in a moment.", retry_after_s=5)
