"""Rate limits of a single process, counted in memory."""

from __future__ import annotations

from datetime import datetime

from harbor.kernel.clock import micros
from harbor.kernel.ratelimit import rules
from harbor.kernel.ratelimit.rules import Rule, State, Verdict

# About 20 MB when full. Each key of an installation has one, each unknown address one more.
BUCKETS_MAX = 100_000


class MemoryRateLimiter:
    """Counts on the event loop, without locks. It remembers at least the `buckets_max` / 2 buckets used last.

    Two generations replace a list in order of use: what is used moves to the young one; when that has half of all, the
    old one is dropped at once. Nothing has to be swept and no request pays for another.
    """

    def __init__(self, buckets_max: int = BUCKETS_MAX) -> None:
        assert buckets_max >= 2, buckets_max
        self._young: dict[str, State] = {}
        self._old: dict[str, State] = {}
        self._generation_max = buckets_max // 2

    async def take(self, bucket: str, rule: Rule, now: datetime, n: int = 1) -> Verdict:
        """Let a request of weight `n` pass both gates, or refuse it and consume nothing."""
        assert 1 <= n <= rule.at_once_max, (n, rule)
        now_us = micros(now)
        state = self._find(bucket)
        if rules.available(state, rule, now_us) < n:
            return rules.verdict(state, rule, now_us, granted=0, n=n)
        state = rules.spend(state, rule, now_us, n)
        self._keep(bucket, state)
        return rules.verdict(state, rule, now_us, granted=n, n=n)

    async def take_up_to(self, bucket: str, rule: Rule, now: datetime, n: int) -> int:
        """Take as many of `n` as may pass now and return how many."""
        now_us = micros(now)
        state = self._find(bucket)
        granted = min(n, rules.available(state, rule, now_us))
        if granted > 0:
            self._keep(bucket, rules.spend(state, rule, now_us, granted))
        return granted

    async def close(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _find(self, bucket: str) -> State | None:
        state = self._young.get(bucket)
        if state is None and self._old:
            # A refused caller keeps asking, so asking counts as use: else others could push his bucket out.
            state = self._old.pop(bucket, None)
            if state is not None:
                self._keep(bucket, state)
        return state

    def _keep(self, bucket: str, state: State) -> None:
        self._young[bucket] = state
        if len(self._young) >= self._generation_max:
            self._old, self._young = self._young, {}
