from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.ratelimit.rules import Rule

NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)
ONE_A_MINUTE = Rule(1, 60)


async def test_memory_is_bounded_whatever_the_number_of_buckets() -> None:
    limiter = MemoryRateLimiter(buckets_max=100)

    for number in range(1_000):
        await limiter.take(f"address:{number}", ONE_A_MINUTE, NOW)

    assert len(limiter) <= 100


async def test_a_bucket_in_use_outlives_the_others() -> None:
    limiter = MemoryRateLimiter(buckets_max=100)
    await limiter.take("busy", ONE_A_MINUTE, NOW)

    for number in range(1_000):
        await limiter.take(f"address:{number}", ONE_A_MINUTE, NOW)
        if number % 20 == 0:
            assert not (await limiter.take("busy", ONE_A_MINUTE, NOW)).allowed


async def test_a_forgotten_bucket_begins_anew() -> None:
    limiter = MemoryRateLimiter()
    await limiter.take("busy", ONE_A_MINUTE, NOW)

    await limiter.close()

    assert (await limiter.take("busy", ONE_A_MINUTE, NOW)).allowed


async def test_a_calendar_set_back_by_a_day_opens_a_new_window() -> None:
    limiter = MemoryRateLimiter()
    await limiter.take("busy", ONE_A_MINUTE, NOW)

    assert not (await limiter.take("busy", ONE_A_MINUTE, NOW - timedelta(seconds=1))).allowed
    assert (await limiter.take("busy", ONE_A_MINUTE, NOW - timedelta(days=1))).allowed
