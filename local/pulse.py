"""Whether a process that runs still works: it is asked now and then, and only a long silence counts.

All in real time. A machine under heavy load makes answers late and asking late, neither of which is silence.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from db.wake import Queue
from local.ports import healthy

EVERY = 5.0  # seconds between two questions
STARTING_EVERY = 0.5  # seconds between them until the first answer
PATIENCE = 5.0  # seconds for an answer
# arq notes its health every 15 s, and an emptied Redis forgets the note until the next one.
WORKER_FAILURES = 8

Ask = Callable[[], Awaitable[bool | None]]


@dataclass(frozen=True)
class Pulse:
    """`ask`: does it work? None where that can't be told. `failures`: how many in a row are too many."""

    ask: Ask
    failures: int = 3
    every: float = EVERY


async def until_silent(pulse: Pulse) -> float:
    """Returns when a process that has answered before no longer does; for how many seconds it has not."""
    answered_at: float | None = None
    missed = 0
    while missed < pulse.failures:
        pause = min(pulse.every, STARTING_EVERY) if answered_at is None else pulse.every
        began = time.monotonic()
        await asyncio.sleep(pause)
        slept = time.monotonic() - began
        works = await pulse.ask()
        if works:
            answered_at, missed = time.monotonic(), 0
        elif works is None or slept > 2 * pause:  # we were held up ourselves: so was the process
            missed = 0
        elif answered_at is not None:
            missed += 1
    return time.monotonic() - (answered_at or 0.0)


def of_web(port: int) -> Pulse:
    return Pulse(lambda: healthy(port, PATIENCE))


def of_worker(redis_url: str) -> Pulse:
    """By the notes that its queues leave in Redis; another machine's worker may leave them, too."""

    async def ask() -> bool | None:
        try:
            async with (
                asyncio.timeout(PATIENCE),
                Redis.from_url(redis_url) as redis,  # pyright: ignore[reportUnknownMemberType]
            ):
                return bool(await redis.exists(*(f"{queue.value}:health" for queue in Queue)))
        except (RedisError, OSError, TimeoutError):
            return None

    return Pulse(ask, WORKER_FAILURES)
