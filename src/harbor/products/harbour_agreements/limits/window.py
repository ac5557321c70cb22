"""The arithmetic of a sliding window: which earlier requests still count, and when the next one may pass. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.ratelimit.rules import Rule, Verdict


def is_past(at_us: int, rule: Rule, now_us: int) -> bool:
    """Whether a request of that moment no longer counts.

    One from slightly ahead does, because clocks of machines differ; beyond a whole window the calendar was set back.
    """
    return not -rule.window_us <= now_us - at_us < rule.window_us


def judge(accepted: Sequence[int], rule: Rule, now_us: int, n: int) -> Verdict:
    """Whether `n` more may pass beside those `accepted`, which all count and are in their order; counted with them if so.

    `reset_us` is when the oldest of them leaves the window.
    """
    free = rule.quota - len(accepted)
    oldest = accepted[0] if accepted else now_us
    if n <= free:
        return Verdict(True, rule.quota, free - n, oldest + rule.window_us, 0)
    waits_us = rule.window_us if n > rule.quota else accepted[n - free - 1] + rule.window_us - now_us
    return Verdict(False, rule.quota, max(0, free), oldest + rule.window_us, max(1, -(-waits_us // 1000)))
