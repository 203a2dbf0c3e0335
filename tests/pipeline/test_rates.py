"""How often a service may be asked, shared through Redis."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clock import SystemClock
from pipeline.errors import Transient

MINUTE = timedelta(minutes=1)


class Stopped(SystemClock):
    """Real time that only moves when told to."""

    at = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)

    def wall(self) -> datetime:
        return self.at


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


async def told(rates: RateLimiter, who: str) -> timedelta | None:
    """None: it is their turn."""
    try:
        assert await rates.take_turn("research", who)
    except Transient as full:
        assert full.retry_after is not None
        return full.retry_after
    return None


async def test_who_finds_no_room_is_told_a_moment_of_their_own(redis: Redis) -> None:
    clock = Stopped()
    rates = RateLimiter(redis, clock, {"research": Rate(5, MINUTE)})
    waits = [await told(rates, f"run{number}") for number in range(17)]
    assert waits[:5] == [None] * 5
    later = [wait for wait in waits[5:] if wait is not None]
    assert len(later) == 12 and later[0] == timedelta(seconds=50)
    first, second = later[:6], later[6:]
    assert max(first) <= timedelta(seconds=110) <= min(second), (
        "each window is told to as many as fit, and a few"
    )


async def test_a_second_wake_up_of_one_who_waits_goes_away(redis: Redis) -> None:
    clock = Stopped()
    rates = RateLimiter(redis, clock, {"research": Rate(1, MINUTE)})
    assert await told(rates, "first") is None
    assert await told(rates, "second") == timedelta(seconds=50)
    assert await rates.take_turn("research", "second") is False
    clock.at += timedelta(seconds=50)
    assert await rates.take_turn("research", "second") is True


async def test_a_turn_that_was_not_used_is_anothers(redis: Redis) -> None:
    rates = RateLimiter(redis, Stopped(), {"research": Rate(1, MINUTE)})
    assert await told(rates, "first") is None
    await rates.give_back("research")
    assert await told(rates, "second") is None
