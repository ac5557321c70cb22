"""Rate limits of several processes, counted in one UNLOGGED table of PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from harbor.kernel.clock import micros
from harbor.kernel.errors import Unavailable
from harbor.kernel.ratelimit import rules, store
from harbor.kernel.ratelimit.rules import Rule, State, Verdict

_CONNECTIONS = 4
_WAIT_S_MAX = 5.0
# Each so many takes of a process one of them deletes up to twice as many forgotten buckets, so the table stays small.
_TAKES_PER_SWEEP = 1_000


class PostgresRateLimiter:
    """Counts in the database `dsn` names, outside all other transactions; exact across processes.

    `open` comes first and needs the migrated table; `close` ends the few connections it holds.
    """

    def __init__(self, dsn: str) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]] = AsyncConnectionPool(
            dsn, min_size=1, max_size=_CONNECTIONS, timeout=_WAIT_S_MAX, open=False, kwargs={"autocommit": True}
        )
        self._takes = 0

    async def open(self) -> None:
        """Connect, and make the table UNLOGGED if it is not yet."""
        await self._pool.open(wait=True, timeout=_WAIT_S_MAX)
        async with self._pool.connection() as connection:
            found = await (await connection.execute(store.PERSISTENCE)).fetchone()
            if found is not None and found[0] in ("p", b"p"):
                await connection.execute(store.MAKE_UNLOGGED)

    async def take(self, bucket: str, rule: Rule, now: datetime, n: int = 1) -> Verdict:
        """Let a request of weight `n` pass both gates, or refuse it and consume nothing."""
        assert 1 <= n <= rule.at_once_max, (n, rule)
        now_us = micros(now)
        state, granted = await self._take(bucket, rule, now_us, n=n, first=n, partly=0)
        return rules.verdict(state, rule, now_us, granted=granted, n=n)

    async def take_up_to(self, bucket: str, rule: Rule, now: datetime, n: int) -> int:
        """Take as many of `n` as may pass now and return how many."""
        if n <= 0:
            return 0
        _, granted = await self._take(bucket, rule, micros(now), n=n, first=min(n, rule.at_once_max), partly=1)
        return granted

    async def close(self) -> None:
        """End the connections."""
        await self._pool.close()

    async def _take(
        self, bucket: str, rule: Rule, now_us: int, *, n: int, first: int, partly: int
    ) -> tuple[State, int]:
        values = {
            "bucket": bucket,
            "now": now_us,
            "n": n,
            "first": first,
            "partly": partly,
            "quota": rule.quota,
            "window": rule.window_us,
            "interval": rule.interval_us,
            "capacity": rule.capacity_us,
        }
        self._takes += 1
        try:
            async with self._pool.connection() as connection:
                row = await (await connection.execute(store.TAKE, values)).fetchone()
                if self._takes % _TAKES_PER_SWEEP == 0:
                    await connection.execute(store.SWEEP, {"now": now_us, "n": 2 * _TAKES_PER_SWEEP})
        except (Error, PoolTimeout) as error:
            raise Unavailable("The request could not be counted; try again in a moment.", retry_after_s=1) from error
        assert row is not None, bucket
        opened_us, used, full_us, granted = row
        return State(opened_us, used, full_us), granted
