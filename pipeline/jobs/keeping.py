"""Keeping a lease while long work goes on, so that a process that died is missed within a minute."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from db.errors import LeaseLost, Unreachable

LEASE = timedelta(seconds=45)
RENEW_EVERY = 15.0


@asynccontextmanager
async def kept(renew: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """`renew` is called every 15 seconds until the block ends. A lease that is lost meanwhile is not fought for:
    the next write of the block meets that and ends it."""
    beat = asyncio.create_task(_beat(renew))
    try:
        yield
    finally:
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)


async def _beat(renew: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        try:
            await renew()
        except LeaseLost:
            return
        except Unreachable:
            continue  # perhaps it is back before the lease runs out
