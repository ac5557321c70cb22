from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.clock import moment
from harbor.kernel.ratelimit import rules
from harbor.kernel.ratelimit.rules import SECOND_US, Rule, State, Verdict

START_US = 1_779_710_400 * SECOND_US
SANDBOX = Rule(120, 60, 30)
HARVEST = Rule(100, 15)


@dataclass
class Bucket:
    """A bucket as an implementation keeps it, with the moments at which requests passed."""

    rule: Rule
    state: State | None = None
    passed: list[int] = field(default_factory=list)

    def take(self, now_us: int, n: int = 1) -> Verdict:
        if rules.available(self.state, self.rule, now_us) < n:
            return rules.verdict(self.state, self.rule, now_us, granted=0, n=n)
        self.state = rules.spend(self.state, self.rule, now_us, n)
        self.passed += [now_us] * n
        return rules.verdict(self.state, self.rule, now_us, granted=n, n=n)


@st.composite
def some_rules(draw: st.DrawFn) -> Rule:
    quota = draw(st.integers(1, 50))
    return Rule(quota, draw(st.integers(1, 90)), draw(st.none() | st.integers(1, quota)))


steps_us = st.lists(st.integers(0, 3) | st.integers(0, 40 * SECOND_US), max_size=150)


def walk(rule: Rule, steps: list[int]) -> tuple[Bucket, list[tuple[int, Verdict]]]:
    bucket, now_us, seen = Bucket(rule), START_US, []
    for step_us in steps:
        now_us += step_us
        seen.append((now_us, bucket.take(now_us)))
    return bucket, seen


@given(some_rules(), steps_us)
def test_never_more_than_the_burst_in_an_instant(rule: Rule, steps: list[int]) -> None:
    bucket, _ = walk(rule, steps)

    for instant in set(bucket.passed):
        assert bucket.passed.count(instant) <= rule.at_once_max


@given(some_rules(), steps_us)
def test_the_tokens_never_come_faster_than_promised(rule: Rule, steps: list[int]) -> None:
    bucket, _ = walk(rule, steps)

    if rule.burst is not None:
        for first, began in enumerate(bucket.passed):
            for last in range(first, len(bucket.passed)):
                elapsed_us = bucket.passed[last] - began
                assert last - first + 1 <= rule.burst + elapsed_us * rule.quota / rule.window_us + 1e-9


@given(some_rules(), steps_us)
def test_never_more_than_the_quota_in_a_window(rule: Rule, steps: list[int]) -> None:
    _, seen = walk(rule, steps)

    per_window: dict[int, int] = {}
    for _, verdict in seen:
        if verdict.allowed:
            per_window[verdict.reset_us] = per_window.get(verdict.reset_us, 0) + 1
    assert all(count <= rule.quota for count in per_window.values())
    ends = sorted(per_window)
    assert all(later - earlier >= rule.window_us for earlier, later in pairwise(ends))


@given(some_rules(), steps_us)
def test_what_remains_never_grows_inside_a_window(rule: Rule, steps: list[int]) -> None:
    _, seen = walk(rule, steps)

    for (_, earlier), (_, later) in pairwise(seen):
        assert 0 <= later.remaining <= rule.quota
        if earlier.reset_us == later.reset_us and earlier.allowed:
            assert later.remaining == earlier.remaining - later.allowed


@given(some_rules(), steps_us)
def test_a_refused_request_consumes_nothing(rule: Rule, steps: list[int]) -> None:
    bucket, now_us = Bucket(rule), START_US
    for step_us in steps:
        now_us += step_us
        before = bucket.state
        if not bucket.take(now_us).allowed:
            assert bucket.state is before


@given(some_rules(), steps_us, st.integers(1, 50))
def test_waiting_as_told_is_enough_and_a_millisecond_less_is_not(rule: Rule, steps: list[int], n: int) -> None:
    bucket, seen = walk(rule, steps)
    now_us = seen[-1][0] if seen else START_US
    n = min(n, rule.at_once_max)

    refused = bucket.take(now_us, n)
    if not refused.allowed:
        wait_us = refused.retry_after_ms * 1000
        assert rules.available(bucket.state, rule, now_us + wait_us) >= n
        assert rules.available(bucket.state, rule, now_us + wait_us - 1001) < n


@given(some_rules(), steps_us, st.integers(0, 10**9))
def test_a_calendar_that_jumps_back_locks_nobody_out_for_long(rule: Rule, steps: list[int], back_s: int) -> None:
    bucket, seen = walk(rule, steps)
    now_us = (seen[-1][0] if seen else START_US) - back_s * SECOND_US

    verdict = bucket.take(now_us)

    assert verdict.allowed or verdict.retry_after_ms <= 3 * rule.window_s * 1000


def test_a_sandbox_key_has_thirty_at_once_and_then_two_a_second() -> None:
    bucket = Bucket(SANDBOX)

    assert all(bucket.take(START_US).allowed for _ in range(30))
    refused = bucket.take(START_US)
    assert (refused.allowed, refused.remaining, refused.retry_after_ms, refused.retry_after_s) == (False, 90, 500, 1)
    assert bucket.take(START_US + SECOND_US // 2).allowed
    assert not bucket.take(START_US + SECOND_US // 2).allowed


def test_a_window_opens_at_the_first_request_and_names_its_end() -> None:
    bucket = Bucket(HARVEST)

    first = bucket.take(START_US + 7)
    for _ in range(99):
        bucket.take(START_US + 5 * SECOND_US)
    refused = bucket.take(START_US + 5 * SECOND_US)

    assert first == Verdict(True, 100, 99, START_US + 7 + 15 * SECOND_US, 0)
    assert first.reset_at == moment(first.reset_us)
    assert (refused.allowed, refused.remaining, refused.retry_after_s) == (False, 0, 11)
    assert not bucket.take(first.reset_us - 1).allowed
    assert bucket.take(first.reset_us) == Verdict(True, 100, 99, first.reset_us + 15 * SECOND_US, 0)


def test_without_a_burst_the_whole_quota_may_come_at_once() -> None:
    bucket = Bucket(HARVEST)

    assert [bucket.take(START_US).allowed for _ in range(101)] == [True] * 100 + [False]


def test_a_lowered_quota_holds_at_once() -> None:
    bucket = Bucket(Rule(600, 60))
    for _ in range(50):
        bucket.take(START_US)

    bucket.rule = Rule(40, 60)

    assert bucket.take(START_US + 1).remaining == 0


@pytest.mark.parametrize(
    ("quota", "window_s", "burst"), [(0, 60, None), (10, 0, None), (10, 60, 0), (10, 60, 11), (2_000_000_000, 60, None)]
)
def test_a_rule_that_lets_nothing_pass_or_cannot_be_counted_is_refused(
    quota: int, window_s: int, burst: int | None
) -> None:
    with pytest.raises(ValueError, match="not"):
        Rule(quota, window_s, burst)
