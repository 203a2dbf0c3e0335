"""How often each service may be asked, shared by all workers through Redis; Redis may be emptied at any time.
Google's hundred a day are counted in Postgres instead (`budget`): a day is too long to forget.

Fixed windows of real time. A Redis that does not answer lets requests through: the services' own limits still hold.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.clients.breakers import NotAsked
from pipeline.clock import Clock
from pipeline.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    requests: int
    window: timedelta


_SECONDS = 2.0  # for one question to Redis
# Emails are counted in Postgres too: the gates of dispatch keep MAX_EMAILS_PER_DAY in any 24 hours.
RATE_LIMITS = {
    "openai_api": Rate(3000, timedelta(minutes=1)),
    "apify_actors": Rate(1000, timedelta(hours=1)),
}


class RateLimiter:
    def __init__(self, redis: "Redis", clock: Clock, limits: dict[str, Rate] | None = None) -> None:
        self._redis = redis
        self._clock = clock
        self.limits = {**RATE_LIMITS, **(limits or {})}

    async def take(self, service: str) -> None:
        """Count one request. Raises NotAsked with the time to wait where the window is full; a service
        without a limit always passes."""
        rate = self.limits.get(service)
        if rate is None:
            return
        seconds = int(rate.window.total_seconds())
        if await self._count(service, seconds, 1) > rate.requests:
            raise _used_up(service, rate, seconds - self._now() % seconds)

    async def take_turn(self, service: str, who: str) -> bool:
        """As `take`, for work that comes again when it is told to: each who finds no room is told another moment,
        so that no window is asked for by all. False: `who` was told a moment that has not come; come no more."""
        rate, key = self.limits.get(service), f"rm:turn:{service}:{who}"
        if rate is None:
            return True
        if await self._told_until(key) > self._now():
            return False
        seconds = int(rate.window.total_seconds())
        behind = await self._count(service, seconds, 1) - rate.requests - 1
        if behind < 0:
            return True
        wait = seconds - self._now() % seconds + _turn(behind, rate.requests, seconds)
        try:
            await self._redis.set(key, str(self._now() + wait - 1), ex=int(wait) + 5)
        except (RedisError, OSError):
            log.warning("rate_limit_unknown", service=service)
        raise _used_up(service, rate, wait)

    async def give_back(self, service: str) -> None:
        """A turn that was taken for nothing."""
        rate = self.limits.get(service)
        if rate is not None:
            await self._count(service, int(rate.window.total_seconds()), -1)

    async def _count(self, service: str, seconds: int, one: int) -> int:
        """How many were counted in this window; 0 where nobody knows."""
        key = f"rm:rate:{service}:{seconds}:{self._now() // seconds}"
        try:
            async with asyncio.timeout(_SECONDS), self._redis.pipeline(transaction=True) as pipe:
                pipe.incrby(key, one)
                pipe.expire(key, seconds + 60)
                taken, _ = await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("rate_limit_unknown", service=service, reason=type(error).__name__)
            return 0
        return int(taken)

    async def _told_until(self, key: str) -> float:
        try:
            told: Any = await self._redis.get(key)
            return float(told) if told else 0.0
        except (RedisError, OSError, ValueError):
            return 0.0

    def _now(self) -> int:
        return int(self._clock.wall().timestamp())


def _turn(behind: int, requests: int, seconds: int) -> float:
    """Seconds after the window's end for the one who found so many `behind` the limit before: spread over the
    windows to come. A few more than fit are told each window: not all of them come."""
    windows, place = divmod(behind, max(1, requests * 6 // 5))
    return windows * seconds + min(0.8, place / max(1, requests)) * seconds * 0.8


def _used_up(service: str, rate: Rate, wait: float) -> NotAsked:
    return NotAsked(
        f"{service.replace('_', ' ')} may be used {rate.requests} times in {_words(rate.window)}; "
        "that is used up.",
        timedelta(seconds=wait),
    )


def _words(window: timedelta) -> str:
    names = {timedelta(days=1): "a day", timedelta(hours=1): "an hour", timedelta(minutes=1): "a minute"}
    return names.get(window, f"{window.total_seconds():.0f} seconds")
