"""The arithmetic of a rate limit: two gates, a state of three numbers, and no clock of its own.

The first gate is a fixed window that opens at the first request and lets `quota` of them pass. The second, where a rule
has a `burst`, is a token bucket of that capacity, refilled at quota per window. Both must let a request pass, and a
refused one consumes nothing. Source: docs/products/harbor.md#rate-limits.

A state says when its window opened, how many passed in it, and when the token bucket is full again. All moments are
microseconds. A token's interval is rounded up to a whole microsecond, so a bucket never refills faster than promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from harbor.kernel.clock import moment

SECOND_US = 1_000_000
QUOTA_MAX = 1_000_000_000
WINDOW_S_MAX = 31 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `quota` requests per window of `window_s` seconds, and at most `burst` of them at once if it is given.

    `at_once_max` is the most that can ever pass in one moment.
    """

    quota: int
    window_s: int
    burst: int | None = None
    window_us: int = field(init=False, repr=False, compare=False)
    interval_us: int = field(init=False, repr=False, compare=False)
    capacity_us: int = field(init=False, repr=False, compare=False)
    at_once_max: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        window_us = self.window_s * SECOND_US
        if not 1 <= self.window_s <= WINDOW_S_MAX:
            raise ValueError(f"a window has 1 to {WINDOW_S_MAX} seconds, not {self.window_s}")
        if not 1 <= self.quota <= min(QUOTA_MAX, window_us):
            raise ValueError(f"a quota is from 1 to {QUOTA_MAX}, and at most one each microsecond, not {self.quota}")
        if self.burst is not None and not 1 <= self.burst <= self.quota:
            raise ValueError(f"a burst is from 1 to the quota {self.quota}, not {self.burst}")
        interval_us = 0 if self.burst is None else -(-window_us // self.quota)
        object.__setattr__(self, "window_us", window_us)
        object.__setattr__(self, "interval_us", interval_us)
        object.__setattr__(self, "capacity_us", interval_us * (self.burst or 0))
        object.__setattr__(self, "at_once_max", self.quota if self.burst is None else self.burst)


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether a request may pass, and what its caller should know.

    `limit` and `remaining` speak of the window, which ends at `reset_us`. `retry_after_ms` is 0 for an allowed request,
    else the time until an equal one would pass both gates.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_us: int
    retry_after_ms: int

    @property
    def reset_at(self) -> datetime:
        """When the window ends."""
        return moment(self.reset_us)

    @property
    def retry_after_s(self) -> int:
        """Whole seconds, rounded up, as `Retry-After` has them."""
        return -(-self.retry_after_ms // 1000)


class State(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a bucket: its window and the moment its tokens are complete again."""

    opened_us: int
    used: int
    full_us: int


def available(state: State | None, rule: Rule, now_us: int) -> int:
    """How many requests both gates would let pass at this moment."""
    if state is None:
        return rule.at_once_max
    elapsed_us = now_us - state.opened_us
    if elapsed_us < -rule.window_us:
        return rule.at_once_max
    left = rule.quota - state.used if elapsed_us < rule.window_us else rule.quota
    if rule.burst is not None:
        missing_us = state.full_us - now_us
        tokens = (rule.capacity_us - missing_us) // rule.interval_us if missing_us > 0 else rule.burst
        left = tokens if tokens < left else left
    return left if left > 0 else 0


def spend(state: State | None, rule: Rule, now_us: int, n: int) -> State:
    """The state after `n` requests passed, which `available` must have allowed."""
    cost_us = n * rule.interval_us
    if state is None:
        return State(now_us, n, now_us + cost_us)
    elapsed_us = now_us - state.opened_us
    if elapsed_us < -rule.window_us:
        # A moment slightly before the window opened belongs to it, since clocks of several machines differ. Beyond a
        # whole window the calendar was set back, and waiting for it to return would lock the caller out.
        return State(now_us, n, now_us + cost_us)
    full_us = (state.full_us if state.full_us > now_us else now_us) + cost_us
    if elapsed_us < rule.window_us:
        return State(state.opened_us, state.used + n, full_us)
    return State(now_us, n, full_us)


def verdict(state: State | None, rule: Rule, now_us: int, *, granted: int, n: int) -> Verdict:
    """What to tell the caller who asked for `n` and got `granted`, when `state` is what holds afterwards."""
    used, ends_us = 0, now_us + rule.window_us
    if state is not None and -rule.window_us <= now_us - state.opened_us < rule.window_us:
        used, ends_us = state.used, state.opened_us + rule.window_us
    remaining = rule.quota - used if used < rule.quota else 0
    if granted == n:
        return Verdict(True, rule.quota, remaining, ends_us, 0)
    window_wait_us = ends_us - now_us if n > remaining else 0
    token_wait_us = 0
    if state is not None and rule.burst is not None:
        token_wait_us = state.full_us + n * rule.interval_us - rule.capacity_us - now_us
    wait_ms = -(-max(window_wait_us, token_wait_us) // 1000)
    return Verdict(False, rule.quota, remaining, ends_us, max(1, wait_ms))
