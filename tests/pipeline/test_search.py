"""Searching: three providers over their own protocols, and the order in which they are asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from db.types import ResearchTool
from local.sandbox.server import RunningSandbox
from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clients.search import Search, SearchFailed, open_search
from pipeline.clients.search.brave import BraveSearch
from pipeline.clients.search.google import GoogleSearch
from pipeline.clients.search.searxng import SearxngSearch
from pipeline.clock import SystemClock
from pipeline.errors import Permanent, Transient
from tests.pipeline.egress_stubs import answer, raw_server, request_of
from tests.pipeline.research_world import running_world, settings_for

CLOCK = SystemClock()


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[RunningSandbox]:
    async with running_world() as running:
        yield running


@pytest.fixture
async def world(running: RunningSandbox) -> RunningSandbox:
    running.box.faults.clear()
    return running


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


def search_of(
    world: RunningSandbox, redis: Redis, providers: str = "google,brave,searxng", **limits: Rate
) -> Search:
    settings = settings_for(
        world,
        redis_url="redis://127.0.0.1",
        database_url="postgresql://127.0.0.1/x",
        search_providers=providers,
    )
    return open_search(settings, CLOCK, redis, RateLimiter(redis, CLOCK, limits))


async def arm(world: RunningSandbox, service: str, kind: str, times: int = 1) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{world.base_url}/sandbox/faults", json={"service": service, "kind": kind, "times": times}
        ) as response,
    ):
        assert response.status < 300


@pytest.mark.parametrize("provider", ["google", "brave", "searxng"])
async def test_each_provider_finds_the_company(world: RunningSandbox, redis: Redis, provider: str) -> None:
    company = world.box.world.companies[0]
    search = search_of(world, redis, provider)
    answered = await search.search(company.name)
    assert any(company.host in result.url or company.domain in result.url for result in answered.results)
    assert all(result.title and "<" not in result.title for result in answered.results)
    await search.close()


async def test_results_come_in_pages(world: RunningSandbox) -> None:
    accounts = world.box.accounts
    google = GoogleSearch(f"{world.base_url}/", accounts.google_api_key, accounts.google_engine_id)
    name = world.box.world.companies[0].name
    first, second = await google.search(name, count=3), await google.search(name, count=3, start=3)
    assert len(first) == 3
    assert not {result.url for result in first} & {result.url for result in second}
    assert await google.search(name, start=100) == []


async def test_nothing_found_is_an_answer_and_the_next_provider_is_not_asked(
    world: RunningSandbox, redis: Redis
) -> None:
    answered = await search_of(world, redis).search("zxqv unheard of wibble")
    assert answered.results == ()
    assert answered.tool is ResearchTool.GOOGLE_SEARCH
    assert [attempt.error for attempt in answered.attempts] == [None]


async def test_a_provider_that_fails_is_named_and_the_next_one_answers(
    world: RunningSandbox, redis: Redis
) -> None:
    await arm(world, "google", "rate_limited", times=-1)
    answered = await search_of(world, redis).search(world.box.world.companies[1].name)
    assert answered.results and answered.tool is ResearchTool.BRAVE_SEARCH
    assert "used up" in (answered.attempts[0].error or "") and answered.attempts[1].error is None


async def test_if_all_fail_that_is_no_empty_answer(world: RunningSandbox, redis: Redis) -> None:
    for service in ("google", "brave", "searxng"):
        await arm(world, service, "server_error", times=-1)
    with pytest.raises(SearchFailed) as caught:
        await search_of(world, redis).search("anything else")
    assert [attempt.service for attempt in caught.value.attempts] == [
        "google_search",
        "brave_search",
        "searxng",
    ]
    assert all(attempt.error for attempt in caught.value.attempts)


async def test_googles_no_access_says_what_to_do_and_is_not_tried_again(
    world: RunningSandbox, redis: Redis
) -> None:
    await arm(world, "google", "no_access", times=-1)
    search = search_of(world, redis)
    first = await search.search("one thing")
    assert "BRAVE_SEARCH_API_KEY" in (first.attempts[0].error or "")
    world.box.faults.clear()
    again = await search.search("another thing")
    assert again.tool is ResearchTool.BRAVE_SEARCH  # the refusal is remembered for a while


async def test_the_same_question_is_answered_from_memory(world: RunningSandbox, redis: Redis) -> None:
    search = search_of(world, redis)
    name = world.box.world.companies[0].name
    first = await search.search(name)
    again = await search.search(f"  {name.upper()} ")
    assert again.cached and again.results == first.results and again.cost_cents == 0


async def test_googles_hundred_a_day_are_counted_for_all_workers(world: RunningSandbox, redis: Redis) -> None:
    one = search_of(world, redis, "google", google_search=Rate(2, timedelta(days=1)))
    other = search_of(world, redis, "google", google_search=Rate(2, timedelta(days=1)))
    await one.search("first")
    await other.search("second")
    with pytest.raises(SearchFailed, match="2 times in a day"):
        await one.search("third")


async def test_a_redis_that_is_gone_does_not_stop_a_search(world: RunningSandbox) -> None:
    gone: Redis = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    answered = await search_of(world, gone).search(world.box.world.companies[0].name)
    assert answered.results
    await gone.aclose()


async def test_no_provider_set_says_which_settings_to_set(world: RunningSandbox, redis: Redis) -> None:
    with pytest.raises(SearchFailed, match="SEARXNG_URL"):
        await search_of(world, redis, "").search("x")
    with pytest.raises(ValueError, match="SEARCH_PROVIDERS"):
        search_of(world, redis, "altavista")


async def test_a_wrong_key_is_permanent_and_names_the_setting(world: RunningSandbox) -> None:
    with pytest.raises(Permanent, match="GOOGLE_SEARCH_API_KEY"):
        await GoogleSearch(f"{world.base_url}/", "wrong", "wrong").search("x")
    brave = BraveSearch(f"{world.base_url}/brave/res/v1", "wrong")
    with pytest.raises(Permanent, match="BRAVE_SEARCH_API_KEY"):
        await brave.search("x")
    await brave.close()


@asynccontextmanager
async def provider(reply: bytes) -> AsyncIterator[str]:
    async def serve(reader: Any, writer: Any) -> None:
        await request_of(reader)
        writer.write(reply)
        await writer.drain()

    async with raw_server(serve) as port:
        yield f"http://127.0.0.1:{port}"


JSON = "application/json"


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (answer(b"<html>", status="200 OK"), Transient, "no JSON"),
        (answer(b"[1]", kind=JSON), Transient, "another shape"),
        (answer(b"x" * 3_000_000, kind=JSON), Transient, "too big"),
        (answer(b"{}", "Retry-After: 3", status="429 Too Many", kind=JSON), Transient, "429"),
        (answer(b"{}", status="502 Bad", kind=JSON), Transient, "502"),
        (answer(b"{}", status="403 Forbidden", kind=JSON), Permanent, "settings.yml"),
        (b"garbage\r\n\r\n", Transient, "did not answer"),
        (answer(b'{"results": [], "unresponsive_engines": [["a", "b"]]}', kind=JSON), Transient, "engines"),
    ],
)
async def test_whatever_a_provider_sends_ends_in_a_sentence(
    reply: bytes, error: type[Exception], words: str
) -> None:
    async with provider(reply) as url:
        searxng = SearxngSearch(url)
        with pytest.raises(error, match=words):
            await searxng.search("x")
        await searxng.close()


async def test_results_of_another_shape_are_left_out() -> None:
    odd = b'{"results": [1, null, {"url": 5}, {"url": "javascript:x"}, {"url": "https://a.com/", "title": null}]}'
    async with provider(answer(odd, kind=JSON)) as url:
        searxng = SearxngSearch(url)
        (only,) = await searxng.search("x")
        assert (only.url, only.title, only.snippet) == ("https://a.com/", "", "")
        await searxng.close()
