"""The window of one process: a list of moments for each bucket."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime

from harbor.kernel.clock import micros
from harbor.kernel.ratelimit.rules import Rule, Verdict
from harbor.products.harbour_agreements.limits.window import is_past, judge

# Each holds at most as many moments as its rule lets pass: about 40 MB when all of them have a hundred.
BUCKETS_MAX = 10_000


class SlidingMemory:
    """Counts on the event loop, without locks. It remembers the `buckets_max` buckets that were asked for last."""

    def __init__(self, buckets_max: int = BUCKETS_MAX) -> None:
        self._accepted: OrderedDict[str, deque[int]] = OrderedDict()
        self._buckets_max = buckets_max

    async def take(self, bucket: str, rule: Rule, now: datetime, n: int = 1) -> Verdict:
        """Let a request of weight `n` pass, or refuse it and count nothing."""
        now_us = micros(now)
        accepted = self._counting(bucket, rule, now_us)
        verdict = judge(accepted, rule, now_us, n)
        if verdict.allowed:
            accepted.extend([now_us] * n)
        return verdict

    async def take_up_to(self, bucket: str, rule: Rule, now: datetime, n: int) -> int:
        """Take as many of `n` as may pass now and return how many."""
        now_us = micros(now)
        accepted = self._counting(bucket, rule, now_us)
        granted = max(0, min(n, rule.quota - len(accepted)))
        accepted.extend([now_us] * granted)
        return granted

    async def close(self) -> None:
        """Forget everything."""
        self._accepted.clear()

    def __len__(self) -> int:
        return len(self._accepted)

    def _counting(self, bucket: str, rule: Rule, now_us: int) -> deque[int]:
        accepted = self._accepted.setdefault(bucket, deque())
        self._accepted.move_to_end(bucket)
        if len(self._accepted) > self._buckets_max:
            self._accepted.popitem(last=False)
        while accepted and is_past(accepted[0], rule, now_us):
            accepted.popleft()
        return accepted
