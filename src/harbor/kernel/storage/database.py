"""The port to storage: reads and writes are plain functions of one transaction.

`work` may run again (a conflict on PostgreSQL, a slow read moved to a thread), so it touches only its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = dict[str, Any]
Many = Sequence[Mapping[str, object]] | Sequence[tuple[object, ...]]
Work = Callable[["Tx"], T]


class Lane(Enum):
    """Which queue a write waits in: people's requests go first, sweeps and bulk loads between them."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"


class Tx(Protocol):
    """One transaction. `now` is its one moment, UTC; `engine` is "sqlite" or "postgres"."""

    now: datetime
    now_us: int
    engine: str
    # What may be remembered from one transaction to the next: by the only writer, who takes out what it changes, until
    # one is undone; by short reads, until the next commit. None where others write too, and in long reads.
    memo: dict[str, Any] | None

    def rows(self, sql: str, /, **values: object) -> list[Row]:
        """All rows of a query."""
        ...

    def row(self, sql: str, /, **values: object) -> Row | None:
        """The first row of a query, or None."""
        ...

    def tuples(self, sql: str, /, **values: object) -> list[tuple[Any, ...]]:
        """All rows of a query, their values in the order of its columns: half a microsecond less a row."""
        ...

    def run(self, sql: str, /, **values: object) -> int:
        """Run a statement and return how many rows it changed."""
        ...

    def run_many(self, sql: str, values: Many, /) -> None:
        """Run a statement once per element of `values`: a dict, or a tuple in the order of the names' first appearance.

        Tuples cost SQLite half a microsecond less an element of three.
        """
        ...

    def lock(self, name: str, /, *parts: object) -> None:
        """Take a named lock until the transaction ends. Nothing on SQLite, whose writer is one."""
        ...

    def attempt(self, work: Callable[[], T], /) -> T:
        """Run `work` so that an error it raises undoes only its own changes."""
        ...

    def notify(self, topic: str, /) -> None:
        """After the commit, wake those in this process who wait for `topic`."""
        ...

    def after_commit(self, act: Callable[[], None], /) -> None:
        """After the commit, call `act` on the committing thread; never after a rollback."""
        ...


class Database(Protocol):
    """A store of rows; the only way to it is a piece of work."""

    engine: str

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        """The result of `work` on a consistent view. `long` starts it on a thread at once."""
        ...

    async def write(self, work: Work[T], *, lane: Lane = Lane.FOREGROUND) -> T:
        """The result of `work`, after its commit is on disk. An error undoes this work alone."""
        ...

    def on(self, topic: str, wake: Callable[[], None], /) -> None:
        """Call `wake` (from any thread) after each commit that notified `topic`."""
        ...

    async def close(self) -> None:
        """Finish the queued writes and close."""
        ...
