"""PostgreSQL databases that tests use one after the other: a copy costs 50 ms of computing, emptying one costs 3.

A database is lent again only if nothing tells it from a fresh copy but the transactions behind it: no session is left,
no table, column, index or function was made or changed, the rows that the migrations wrote are as they were, and no
table has outgrown the ten pages that the planner assumes of an empty one. Otherwise it is dropped.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg

USES_MAX = 40
IN_TURN = 3  # a session takes a moment to end after its connection was closed
BYTES_MAX = 10 * 8192

_SHAPE = """
SELECT
    (SELECT count(*) || ':' || max(xmin::TEXT::BIGINT) FROM pg_class),
    (SELECT count(*) || ':' || max(xmin::TEXT::BIGINT) FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT count(*) || ':' || max(xmin::TEXT::BIGINT) FROM pg_constraint),
    (SELECT count(*) || ':' || max(xmin::TEXT::BIGINT) FROM pg_proc WHERE oid >= 16384),
    (SELECT count(*) || ':' || max(xmin::TEXT::BIGINT) FROM pg_trigger),
    (SELECT count(*) FROM pg_namespace),
    (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database())
"""
_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_SIZES = """
SELECT relname, size FROM (
    SELECT relname, pg_relation_size(oid) AS size FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::REGNAMESPACE OFFSET 0
) AS tables WHERE size > 0
"""


@dataclass(slots=True)
class _Lent:
    """One database, a connection of our own to it, and what it was like when it was fresh."""

    name: str
    key: object
    connection: psycopg.Connection[Any]
    uses: int = 1
    shape: tuple[Any, ...] | None = None
    written: dict[str, str] = field(default_factory=dict)  # by table, the digest of the migrations' rows

    def look(self) -> None:
        """Remember what it is like."""
        self.shape = self.connection.execute(_SHAPE).fetchone()
        for table, _ in self._sizes():
            if digest := self._digest(table):
                self.written[table] = digest

    def empty(self) -> bool:
        """Whether it is again as it was, its tables empty."""
        if self.connection.execute(_SHAPE).fetchone() != self.shape or self._has_guests():
            return False
        sizes = list(self._sizes())
        if any(size >= BYTES_MAX for _, size in sizes):
            return False
        if any(self._digest(table) != digest for table, digest in self.written.items()):
            return False
        used = [table for table, _ in sizes if table not in self.written]
        if used:
            self.connection.execute(";".join(f'DELETE FROM "{table}"' for table in used).encode())
        return True

    def _has_guests(self) -> bool:
        row = self.connection.execute(_SESSIONS).fetchone()
        return row is None or row[0] > 0

    def _sizes(self) -> Iterator[tuple[str, int]]:
        yield from self.connection.execute(_SIZES).fetchall()

    def _digest(self, table: str) -> str:
        statement = f"SELECT coalesce(md5(string_agg(t::TEXT, '|' ORDER BY t::TEXT)), '') FROM \"{table}\" AS t"
        row = self.connection.execute(statement.encode()).fetchone()
        assert row is not None
        return str(row[0])


class Lender:
    """Lends databases. `copy` makes a fresh one, `drop` ends one."""

    def __init__(self, dsn: Callable[[str], str], drop: Callable[[str], None]) -> None:
        self._dsn = dsn
        self._drop = drop
        self._waiting: defaultdict[object, deque[_Lent]] = defaultdict(deque)
        self._lent: dict[str, _Lent] = {}

    def lend(self, key: object, copy: Callable[[], str]) -> str:
        """The name of a migrated, empty database of this sort."""
        waiting = self._waiting[key]
        while len(waiting) >= IN_TURN:
            known = waiting.popleft()
            if known.uses < USES_MAX and _is_emptied(known):
                known.uses += 1
                self._lent[known.name] = known
                return known.name
            self._end(known)
        name = copy()
        known = _Lent(name, key, psycopg.connect(self._dsn(name), autocommit=True))
        known.connection.execute("SET lock_timeout = '1s'")
        known.look()
        self._lent[name] = known
        return name

    def take_back(self, name: str) -> None:
        """The test is over."""
        known = self._lent.pop(name)
        self._waiting[known.key].append(known)

    def close(self, *, drops: bool) -> None:
        """End our sessions, and the databases too if nobody else does."""
        for waiting in self._waiting.values():
            for known in waiting:
                known.connection.close()
                if drops:
                    self._drop(known.name)
            waiting.clear()

    def _end(self, known: _Lent) -> None:
        known.connection.close()
        self._drop(known.name)


def _is_emptied(known: _Lent) -> bool:
    try:
        return known.empty()
    except psycopg.Error:  # the test ended our session, or its own still holds a lock
        return False
