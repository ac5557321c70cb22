"""What both limiters promise; the one of PostgreSQL also across processes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from harbor.kernel.errors import Unavailable
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.ratelimit.postgres import PostgresRateLimiter
from harbor.kernel.ratelimit.rules import Rule

NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)
PRODUCTION = Rule(600, 60, 60)
HARVEST = Rule(100, 15)


@pytest.fixture
async def postgres_limiter(postgres_dsn: str) -> AsyncIterator[PostgresRateLimiter]:
    limiter = PostgresRateLimiter(postgres_dsn)
    await limiter.open()
    yield limiter
    await limiter.close()


@pytest.fixture
async def memory_limiter() -> MemoryRateLimiter:
    return MemoryRateLimiter()


@pytest.fixture(params=["memory", "postgres"])
def limiter(request: pytest.FixtureRequest) -> RateLimiter:
    found: RateLimiter = request.getfixturevalue(f"{request.param}_limiter")
    return found


async def test_a_burst_passes_and_the_next_waits_for_a_token(limiter: RateLimiter) -> None:
    passed = [(await limiter.take("key", PRODUCTION, NOW)).allowed for _ in range(60)]
    refused = await limiter.take("key", PRODUCTION, NOW)
    later = await limiter.take("key", PRODUCTION, NOW + timedelta(milliseconds=100))

    assert all(passed)
    assert (refused.allowed, refused.limit, refused.remaining, refused.retry_after_ms) == (False, 600, 540, 100)
    assert refused.reset_at == NOW + timedelta(seconds=60)
    assert (later.allowed, later.remaining) == (True, 539)


async def test_buckets_do_not_share_their_quota(limiter: RateLimiter) -> None:
    one_a_minute = Rule(1, 60)

    assert (await limiter.take("first", one_a_minute, NOW)).allowed
    assert (await limiter.take("second", one_a_minute, NOW)).allowed
    assert not (await limiter.take("first", one_a_minute, NOW)).allowed


async def test_a_throttle_gets_what_is_left_and_then_nothing(limiter: RateLimiter) -> None:
    assert await limiter.take_up_to("key", HARVEST, NOW, 70) == 70
    assert await limiter.take_up_to("key", HARVEST, NOW, 70) == 30
    assert await limiter.take_up_to("key", HARVEST, NOW, 70) == 0
    assert await limiter.take_up_to("key", HARVEST, NOW, 0) == 0
    assert await limiter.take_up_to("key", HARVEST, NOW + timedelta(seconds=15), 700) == 100


async def test_a_weight_passes_whole_or_not_at_all(limiter: RateLimiter) -> None:
    assert (await limiter.take("key", HARVEST, NOW, 99)).allowed
    assert not (await limiter.take("key", HARVEST, NOW, 2)).allowed
    assert (await limiter.take("key", HARVEST, NOW, 1)).remaining == 0


@pytest.mark.parametrize("seed", range(8))
async def test_memory_and_postgres_decide_alike(
    memory_limiter: MemoryRateLimiter, postgres_limiter: PostgresRateLimiter, seed: int
) -> None:
    chance = random.Random(seed)
    quota = chance.randint(1, 40)
    rule = Rule(quota, chance.randint(1, 60), chance.choice([None, chance.randint(1, quota)]))
    now = NOW
    for _ in range(60):
        now += timedelta(microseconds=chance.choice([0, 1, 10**5, 10**7, -(10**6), -(10**9)]))
        n = chance.randint(1, 50)
        if chance.random() < 0.3:
            asked = [await each.take_up_to("key", rule, now, n) for each in (memory_limiter, postgres_limiter)]
            assert asked[0] == asked[1]
        else:
            n = min(n, rule.at_once_max)
            told = [await each.take("key", rule, now, n) for each in (memory_limiter, postgres_limiter)]
            assert told[0] == told[1]


async def test_two_processes_never_grant_more_than_the_quota(
    postgres_dsn: str, postgres_limiter: PostgresRateLimiter
) -> None:
    other = PostgresRateLimiter(postgres_dsn)
    await other.open()

    verdicts = await asyncio.gather(
        *(each.take("key", HARVEST, NOW) for _ in range(100) for each in (postgres_limiter, other))
    )
    granted = await asyncio.gather(
        *(each.take_up_to("heap", HARVEST, NOW, 7) for _ in range(20) for each in (postgres_limiter, other))
    )
    await other.close()

    assert sum(verdict.allowed for verdict in verdicts) == 100
    assert sorted(verdict.remaining for verdict in verdicts if verdict.allowed) == list(range(100))
    assert sum(granted) == 100


async def test_the_table_is_unlogged_once_the_limiter_is_open(
    postgres_dsn: str, postgres_limiter: PostgresRateLimiter
) -> None:
    again = PostgresRateLimiter(postgres_dsn)
    await again.open()
    await again.close()

    with psycopg.connect(postgres_dsn) as connection:
        found = connection.execute("SELECT relpersistence FROM pg_class WHERE relname = 'rate_limits'").fetchone()
    assert found == ("u",)


async def test_forgotten_buckets_are_swept(
    postgres_dsn: str, postgres_limiter: PostgresRateLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harbor.kernel.ratelimit.postgres._TAKES_PER_SWEEP", 5)
    for number in range(4):
        await postgres_limiter.take(f"address:{number}", HARVEST, NOW)

    await postgres_limiter.take("address:4", HARVEST, NOW + timedelta(seconds=31))

    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("SELECT bucket FROM rate_limits").fetchall() == [("address:4",)]


async def test_an_unreachable_database_is_unavailable_and_not_a_refusal(postgres_limiter: PostgresRateLimiter) -> None:
    await postgres_limiter.close()

    with pytest.raises(Unavailable):
        await postgres_limiter.take("key", HARVEST, NOW)
