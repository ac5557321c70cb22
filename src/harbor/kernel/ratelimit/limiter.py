"""The port to rate limits. Products name buckets and rules; the kernel counts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from harbor.kernel.ratelimit.rules import Rule, Verdict

BUCKET_LENGTH_MAX = 256


class RateLimiter(Protocol):
    """Counts requests per bucket. A bucket has one rule; its name begins with the account, where there is one."""

    async def take(self, bucket: str, rule: Rule, now: datetime, n: int = 1) -> Verdict:
        """Let a request of weight `n` pass both gates, or refuse it and consume nothing.

        `n` is at most what the rule lets pass at once. Raises `Unavailable` when the counters cannot be reached.
        """
        ...

    async def take_up_to(self, bucket: str, rule: Rule, now: datetime, n: int) -> int:
        """Take as many of `n` as may pass now and return how many: for throttles that have a heap of work."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...
