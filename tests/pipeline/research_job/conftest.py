"""The sandbox's world, and the parts of the product that research it."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from db.session import Database
from local.sandbox.server import RunningSandbox
from pipeline.deps import Deps
from pipeline.messages import Silent
from tests.pipeline.research_world import (
    opened_deps,
    running_world,
    settings_for,
)


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[RunningSandbox]:
    async with running_world() as running:
        yield running


@pytest.fixture
async def world(running: RunningSandbox, redis_url: str) -> RunningSandbox:
    running.box.faults.clear()
    redis: Redis = Redis.from_url(redis_url)
    await redis.flushdb()
    await redis.aclose()
    return running


@pytest.fixture
async def notifier() -> Silent:
    return Silent()


@pytest.fixture
async def deps(
    world: RunningSandbox, database: Database, redis_url: str, database_url: str, notifier: Silent
) -> AsyncIterator[Deps]:
    settings = settings_for(world, redis_url=redis_url, database_url=database_url)
    async with opened_deps(settings, database, notifier) as opened:
        yield opened
