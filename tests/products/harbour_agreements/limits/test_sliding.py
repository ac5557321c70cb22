"""The window slides: in no minute pass more than the rule lets pass. Acceptance line 1."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import START

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harbour_agreements.limits import store
from harbor.products.harbour_agreements.limits.memory import SlidingMemory
from harbor.products.harbour_agreements.limits.shared import SlidingShared, sliding

RULE = Rule(quota=5, window_s=60)
BUCKET = "harbour:acc_1:key_1"


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_in_no_minute_pass_more_than_the_quota_and_whoever_waits_as_told_passes(waits: list[int]) -> None:
    async def walk() -> None:
        limiter, clock, passed = SlidingMemory(), ManualClock(START), list[int]()
        for wait in waits:
            clock.advance(wait)
            now_us = micros(clock.now())
            verdict = await limiter.take(BUCKET, RULE, clock.now())
            if verdict.allowed:
                passed.append(now_us)
            else:
                probe = ManualClock(clock.now())
                probe.advance(verdict.retry_after_ms / 1_000)
                late = SlidingMemory()
                for at in passed:
                    await late.take(BUCKET, RULE, ManualClock(START).now().fromtimestamp(at / 1e6, START.tzinfo))
                assert (await late.take(BUCKET, RULE, probe.now())).allowed
            counting = [at for at in passed if at > now_us - RULE.window_us]
            assert len(counting) <= RULE.quota
            assert verdict.remaining == RULE.quota - len(counting)

    asyncio.run(walk())


async def test_all_processes_share_one_window(database: Database, clock: ManualClock) -> None:
    one, other = SlidingShared(database), SlidingShared(database)

    verdicts = await asyncio.gather(*(each.take(BUCKET, RULE, clock.now()) for each in [one, other] * 4))

    assert sum(verdict.allowed for verdict in verdicts) == RULE.quota
    refused = next(verdict for verdict in verdicts if not verdict.allowed)
    assert (refused.remaining, refused.retry_after_s) == (0, 60)
    clock.advance(30)
    assert not (await one.take(BUCKET, RULE, clock.now())).allowed
    clock.advance(30)
    assert (await other.take(BUCKET, RULE, clock.now())).remaining == RULE.quota - 1
    assert await one.take_up_to(BUCKET, RULE, clock.now(), 9) == RULE.quota - 1
    assert (await one.take("refused:harbour:10.0.0.1", RULE, clock.now())).allowed


async def test_what_nobody_came_back_for_is_forgotten(database: Database, clock: ManualClock) -> None:
    await SlidingShared(database).take(BUCKET, RULE, clock.now(), 3)

    def forget(tx: Tx) -> list[int]:
        return [store.forget(tx, tx.now_us, 2), store.forget(tx, tx.now_us + 1, 2), store.forget(tx, tx.now_us + 1, 2)]

    assert await database.write(forget) == [0, 2, 1]


async def test_the_memory_forgets_who_was_not_asked_for_longest(sqlite_database: Database, clock: ManualClock) -> None:
    limiter = SlidingMemory(2)
    for bucket in ("a", "b", "a", "c"):
        await limiter.take(bucket, RULE, clock.now())

    assert len(limiter) == 2
    assert (await limiter.take("a", RULE, clock.now())).remaining == RULE.quota - 3
    assert isinstance(sliding(sqlite_database), SlidingMemory)
