"""Apify through its own client, against a server that speaks its protocol."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import aiohttp
import pytest
from redis.asyncio import Redis

from local.sandbox.server import RunningSandbox
from pipeline.clients.apify import Apify
from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clock import SystemClock
from pipeline.errors import Permanent, Transient
from tests.pipeline.research_world import running_world

ACTOR = "vdrmota/contact-info-scraper"


@pytest.fixture
async def world() -> AsyncIterator[RunningSandbox]:
    async with running_world() as running:
        yield running


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


def client_of(world: RunningSandbox, redis: Redis, token: str | None = None, **limits: Rate) -> Apify:
    rates = RateLimiter(redis, SystemClock(), limits)
    return Apify(f"{world.base_url}/apify", token or world.box.accounts.apify_token, redis, rates)


def start_of(world: RunningSandbox) -> dict[str, object]:
    company = world.box.world.companies[0]
    return {"startUrls": [{"url": f"https://{company.domain}"}], "maxDepth": 2}


async def test_an_actor_runs_and_its_items_are_read(world: RunningSandbox, redis: Redis) -> None:
    answer = await client_of(world, redis).run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    assert answer.items[0]["domain"] == world.box.world.companies[0].domain
    assert answer.items[0]["emails"]
    assert answer.cost_cents >= Decimal(0)


async def test_the_same_question_is_answered_from_memory_and_costs_nothing(
    world: RunningSandbox, redis: Redis
) -> None:
    apify = client_of(world, redis)
    first = await apify.run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    again = await apify.run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    assert again.items == first.items
    assert again.cached and again.cost_cents == 0


async def test_a_late_run_is_aborted_since_it_bills_on(world: RunningSandbox, redis: Redis) -> None:
    with pytest.raises(Transient, match="not done after"):
        await client_of(world, redis).run(ACTOR, start_of(world), wait=timedelta(milliseconds=100))
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {world.box.accounts.apify_token}"}
        async with session.get(f"{world.base_url}/apify/v2/actor-runs", headers=headers) as response:
            runs = (await response.json())["data"]["items"]
    assert {run["status"] for run in runs} <= {"ABORTED", "ABORTING"}


async def test_a_refused_token_is_permanent_and_says_which_setting(
    world: RunningSandbox, redis: Redis
) -> None:
    with pytest.raises(Permanent, match="APIFY_API_TOKEN"):
        await client_of(world, redis, token="apify_api_wrong").run(
            ACTOR, start_of(world), wait=timedelta(seconds=5)
        )


async def test_an_unknown_actor_is_permanent(world: RunningSandbox, redis: Redis) -> None:
    with pytest.raises(Permanent, match="actor"):
        await client_of(world, redis).run("nobody/no-such-actor", {}, wait=timedelta(seconds=5))


async def test_without_a_token_it_says_what_to_set(world: RunningSandbox, redis: Redis) -> None:
    apify = Apify(f"{world.base_url}/apify", None, redis, RateLimiter(redis, SystemClock()))
    assert not apify.is_set
    with pytest.raises(Permanent, match="APIFY_API_TOKEN"):
        await apify.run(ACTOR, {}, wait=timedelta(seconds=5))


async def test_no_more_runs_than_the_rate_allows(world: RunningSandbox, redis: Redis) -> None:
    apify = client_of(world, redis, apify_actors=Rate(1, timedelta(hours=1)))
    await apify.run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    with pytest.raises(Transient, match="1 times in an hour"):
        await apify.run(ACTOR, {"startUrls": []}, wait=timedelta(seconds=20))
