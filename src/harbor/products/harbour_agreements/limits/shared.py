"""The window of several processes: counted in the database, one transaction a request."""

from __future__ import annotations

from datetime import datetime, timedelta

from harbor.kernel.clock import micros
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harbour_agreements.limits import store
from harbor.products.harbour_agreements.limits.memory import SlidingMemory
from harbor.products.harbour_agreements.limits.window import judge

FORGET = "harbour.limits.forget"
FORGET_SCHEDULE = Schedule(name=FORGET, every_s=3_600, kind=FORGET)
_KEPT = timedelta(hours=1)  # no window is longer than a minute


class SlidingShared:
    """Exact across processes: who counts holds the bucket's lock until the commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, bucket: str, rule: Rule, now: datetime, n: int = 1) -> Verdict:
        """Let a request of weight `n` pass, or refuse it and count nothing."""
        account_id = _owner(bucket)

        def work(tx: Tx) -> Verdict:
            accepted = store.counting(tx, account_id, bucket, window_us=rule.window_us)
            verdict = judge(accepted, rule, tx.now_us, n)
            if verdict.allowed:
                store.add(tx, account_id, bucket, n)
            return verdict

        return await self._database.write(work)

    async def take_up_to(self, bucket: str, rule: Rule, now: datetime, n: int) -> int:
        """Take as many of `n` as may pass now and return how many."""
        account_id = _owner(bucket)

        def work(tx: Tx) -> int:
            accepted = store.counting(tx, account_id, bucket, window_us=rule.window_us)
            granted = max(0, min(n, rule.quota - len(accepted)))
            store.add(tx, account_id, bucket, granted)
            return granted

        return await self._database.write(work)

    async def close(self) -> None:
        """Nothing is held."""


def sliding(database: Database) -> RateLimiter:
    """The window of an installation: in memory where one process is all there is, else in the database."""
    return SlidingMemory() if database.engine == "sqlite" else SlidingShared(database)


def forget_kind() -> JobKind:
    """Removes what callers left who never came back."""

    def step(tx: Tx, _at: JsonObject, budget: Budget) -> Reached:
        before_us = micros(tx.now - _KEPT)
        return Reached({}, is_end=budget.drain(lambda limit: store.forget(tx, before_us, limit)))

    return walk_kind(FORGET, step)


def _owner(bucket: str) -> str:
    """The account in a bucket's name; empty for callers without a good key."""
    word, _, rest = bucket.partition(":")
    return rest.partition(":")[0] if word == "harbour" else ""
