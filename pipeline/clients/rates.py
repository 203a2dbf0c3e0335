"""How often each service may be asked, shared by all workers through Redis; Redis may be emptied at any time.
Google's hundred a day are counted in Postgres instead (`budget`): a day is too long to forget.

Fixed windows of real time. An unreachable Redis lets requests through: the services' own limits still hold.
"""

from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from pipeline.clock import Clock
from pipeline.errors import Transient
from pipeline.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    requests: int
    window: timedelta


RATE_LIMITS = {
    "openai_api": Rate(3000, timedelta(minutes=1)),
    "email_sending": Rate(500, timedelta(days=1)),
    "apify_actors": Rate(1000, timedelta(hours=1)),
}


class RateLimiter:
    def __init__(self, redis: "Redis", clock: Clock, limits: dict[str, Rate] | None = None) -> None:
        self._redis = redis
        self._clock = clock
        self.limits = {**RATE_LIMITS, **(limits or {})}

    async def take(self, service: str) -> None:
        """Count one request. Raises Transient with the time to wait where the window is full; a service
        without a limit always passes."""
        rate = self.limits.get(service)
        if rate is None:
            return
        seconds = int(rate.window.total_seconds())
        now = int(self._clock.wall().timestamp())
        key = f"rm:rate:{service}:{seconds}:{now // seconds}"
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, seconds + 60)
                taken, _ = await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("rate_limit_unknown", service=service, reason=type(error).__name__)
            return
        if int(taken) > rate.requests:
            wait = timedelta(seconds=seconds - now % seconds)
            raise Transient(
                f"{service.replace('_', ' ')} may be used {rate.requests} times in {_words(rate.window)}; "
                "that is used up.",
                wait,
            )


def _words(window: timedelta) -> str:
    names = {timedelta(days=1): "a day", timedelta(hours=1): "an hour", timedelta(minutes=1): "a minute"}
    return names.get(window, f"{window.total_seconds():.0f} seconds")
