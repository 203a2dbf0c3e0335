"""Apify through its own client, against a server that speaks its protocol."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from local.sandbox.faults import Fault
from local.sandbox.server import RunningSandbox
from pipeline.clients.apify import Apify, RunFailed
from pipeline.clients.apify_inputs import ActorCall, ActorKind, actor_call
from pipeline.clients.apify_runs import ActorRuns
from pipeline.clients.breakers import BreakerOpen, Breakers
from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clock import SystemClock
from pipeline.errors import Permanent, Transient
from tests.pipeline.research_world import running_world, settings_for

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
    token = token or world.box.accounts.apify_token
    return Apify(f"{world.base_url}/apify", token, redis, rates, breakers=Breakers(SystemClock()))


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
    rates = RateLimiter(redis, SystemClock())
    apify = Apify(f"{world.base_url}/apify", None, redis, rates, breakers=Breakers(SystemClock()))
    assert not apify.is_set
    with pytest.raises(Permanent, match="APIFY_API_TOKEN"):
        await apify.run(ACTOR, {}, wait=timedelta(seconds=5))


async def test_no_more_runs_than_the_rate_allows(world: RunningSandbox, redis: Redis) -> None:
    apify = client_of(world, redis, apify_actors=Rate(1, timedelta(hours=1)))
    await apify.run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    with pytest.raises(Transient, match="1 times in an hour"):
        await apify.run(ACTOR, {"startUrls": []}, wait=timedelta(seconds=20))


async def runs_of(world: RunningSandbox) -> list[dict[str, str]]:
    headers = {"Authorization": f"Bearer {world.box.accounts.apify_token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.base_url}/apify/v2/actor-runs", headers=headers) as response,
    ):
        return (await response.json())["data"]["items"]


def slow(world: RunningSandbox, seconds: float) -> None:
    world.box.faults.latency["apify_run"] = (seconds, seconds)


async def test_several_sites_go_into_one_run(world: RunningSandbox, redis: Redis) -> None:
    settings = settings_for(world, redis_url="redis://127.0.0.1", database_url="postgresql://127.0.0.1/x")
    companies = world.box.world.companies[:3]
    call = actor_call(
        settings, ActorKind.CONTACTS, urls=[f"https://{company.domain}" for company in companies], limit=30
    )
    assert call is not None
    answer = await client_of(world, redis).run(call.actor, call.run_input, wait=timedelta(seconds=20))
    assert {item["domain"] for item in answer.items} == {company.domain for company in companies}
    assert len(await runs_of(world)) == 1


async def test_a_late_run_gives_what_it_found_so_far(world: RunningSandbox, redis: Redis) -> None:
    slow(world, 4)
    company = [f"https://{company.domain}" for company in world.box.world.companies[:12]]
    question = {"startUrls": [{"url": url} for url in company]}
    apify = client_of(world, redis)
    answer = await apify.run(ACTOR, question, wait=timedelta(seconds=3))
    assert answer.is_partial and 0 < len(answer.items) < 12
    assert [run["status"] in ("ABORTED", "TIMED-OUT") for run in await runs_of(world)] == [True]
    world.box.faults.latency.clear()
    assert not (await apify.run(ACTOR, question, wait=timedelta(seconds=20))).is_partial  # it was not kept


async def test_who_is_called_off_leaves_nothing_running(world: RunningSandbox, redis: Redis) -> None:
    slow(world, 30)
    for seconds in (0.02, 0.6):  # while it starts, and while it runs
        apify = client_of(world, redis)
        asking = asyncio.create_task(apify.run(ACTOR, start_of(world), wait=timedelta(seconds=40)))
        await asyncio.sleep(seconds)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await apify.close()
    assert {run["status"] for run in await runs_of(world)} <= {"ABORTED", "ABORTING"}


async def test_a_run_that_fails_is_a_failure_with_its_cost(world: RunningSandbox, redis: Redis) -> None:
    world.box.faults.arm(Fault("apify", "failed", match=ACTOR))
    with pytest.raises(RunFailed, match="ended as failed") as caught:
        await client_of(world, redis).run(ACTOR, start_of(world), wait=timedelta(seconds=20))
    assert caught.value.cost_cents > 0


async def test_a_dataset_comes_in_pages() -> None:
    asked: list[int] = []

    async def items(request: web.Request) -> web.Response:
        offset = int(request.query.get("offset", 0))
        asked.append(offset)
        page = [{"n": number} for number in range(offset, min(offset + 2, 5))]
        headers = {
            f"x-apify-pagination-{name}": str(value)
            for name, value in {
                "total": 5,
                "offset": offset,
                "count": len(page),
                "limit": 2,
                "desc": "false",
            }.items()
        }
        return web.json_response(page, headers=headers)

    app = web.Application()
    app.router.add_get("/v2/datasets/{id}/items", items)
    async with TestServer(app) as server:
        runs = ActorRuns(str(server.make_url("")).rstrip("/"), "t", SystemClock().monotonic)
        run = SimpleNamespace(default_dataset_id="d")
        assert [item["n"] for item in await runs.items(run, 50)] == [0, 1, 2, 3, 4]
        assert len(await runs.items(run, 3)) == 3
    assert asked[:3] == [0, 2, 4]


async def test_an_outage_opens_the_breaker_and_the_provider_is_left_alone(
    world: RunningSandbox, redis: Redis
) -> None:
    apify = Apify(
        "http://127.0.0.1:1", "t", redis, RateLimiter(redis, SystemClock()), breakers=Breakers(SystemClock())
    )
    for number in range(5):
        with pytest.raises(Transient):
            await apify.run(ACTOR, {"n": number}, wait=timedelta(seconds=5))
    with pytest.raises(BreakerOpen, match="Apify failed 5 times in a row"):
        await apify.run(ACTOR, {"n": 6}, wait=timedelta(seconds=5))


def test_an_actor_of_ones_own_is_asked_as_its_template_says(world: RunningSandbox) -> None:
    settings = settings_for(
        world,
        redis_url="redis://127.0.0.1",
        database_url="postgresql://127.0.0.1/x",
        apify_people_actor="me/people",
        apify_people_input='{"list": ["$queries", {"most": "$limit"}], "sites": "$urls"}',
    )
    call = actor_call(settings, ActorKind.PEOPLE, queries=["Acme CTO"], urls=["https://acme.com"], limit=3)
    assert call == ActorCall(
        "me/people", {"list": [["Acme CTO"], {"most": 3}], "sites": ["https://acme.com"]}
    )
    assert actor_call(settings, ActorKind.COMPANY) is None


async def test_our_own_impatience_is_no_outage(world: RunningSandbox, redis: Redis) -> None:
    slow(world, 30)
    breakers = Breakers(SystemClock())
    token = world.box.accounts.apify_token
    apify = Apify(
        f"{world.base_url}/apify", token, redis, RateLimiter(redis, SystemClock()), breakers=breakers
    )
    for number in range(6):
        question = {"startUrls": [{"url": f"https://{number}.example"}]}
        with pytest.raises(RunFailed):
            await apify.run(ACTOR, question, wait=timedelta(seconds=0.3))
    assert breakers.breaker("apify_actors").failures == 0
    await apify.close()
