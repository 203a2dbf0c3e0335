"""The day's limits: counted in Postgres for all workers and workspaces, hard, and given back where nothing came."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from db.queries import usage
from db.queries import workspace as workspaces
from db.session import Database
from db.types import WorkspaceId
from pipeline.clients.breakers import Breakers
from pipeline.clients.budget import Budget, BudgetSpent
from pipeline.clients.rates import RateLimiter
from pipeline.clients.search import Search, SearchFailed
from pipeline.clients.search.kept import KeptAnswers, canonical_query
from pipeline.clients.search.search import Search as Asking
from pipeline.clients.search.searxng import SearxngSearch
from pipeline.clock import ManualClock
from pipeline.rules.budgets import DailyLimits, parse_limits, quota_day, wait_until_reset
from tests.conftest import START
from tests.pipeline.egress_stubs import answer, raw_server, request_of


def limits(**given: dict[str, Any]) -> DailyLimits:
    return DailyLimits(given.get("cents", {}), given.get("requests", {}), given.get("shared", {}))


@pytest.fixture(autouse=True)
async def bound(workspace: WorkspaceId) -> AsyncIterator[None]:
    """As the job's boundary does."""
    with structlog.contextvars.bound_contextvars(workspace_id=str(workspace)):
        yield


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-02T07:59:00", date(2026, 3, 1)),  # 23:59 in California
        ("2026-03-02T08:00:00", date(2026, 3, 2)),
        ("2026-07-02T06:59:00", date(2026, 7, 1)),  # daylight saving
        ("2026-07-02T07:00:00", date(2026, 7, 2)),
    ],
)
def test_googles_day_begins_at_midnight_pacific(moment: str, day: date) -> None:
    wall = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert quota_day("google_search", wall) == day
    assert quota_day("brave_search", wall) == wall.date()
    assert timedelta(0) < wait_until_reset("google_search", wall) <= timedelta(minutes=10)


def test_limits_are_read_and_nonsense_is_named() -> None:
    assert parse_limits("openai=10, brave_search = 2.5,") == {
        "openai": Decimal(10),
        "brave_search": Decimal("2.5"),
    }
    for wrong in ("openai", "openai=x", "=3", "openai=-1", "openai=nan"):
        with pytest.raises(ValueError, match="service=number"):
            parse_limits(wrong)


async def test_one_key_is_one_quota_for_all_workspaces_and_workers(
    database: Database, clock: ManualClock
) -> None:
    clock = ManualClock(START + timedelta(days=400))  # a day of its own: the quota is everybody's
    budget = Budget(database, clock, limits(shared={"google_search": 7}))
    async with database.across() as tx:
        others = [
            await workspaces.create(tx.session, team_id=f"TQ{number}", name="B", timezone="UTC")
            for number in range(3)
        ]

    async def ask(workspace: WorkspaceId) -> int:
        with structlog.contextvars.bound_contextvars(workspace_id=str(workspace)):
            try:
                taken = await budget.take("google_search")
            except BudgetSpent as spent:
                assert "GOOGLE_SEARCH_PER_DAY" in str(spent)
                return 0
        assert taken is not None
        return taken.nth

    places = await asyncio.gather(*(ask(others[number % 3]) for number in range(20)))
    assert sorted(place for place in places if place) == list(range(1, 8))


async def test_cents_are_set_aside_and_given_back(
    database: Database, workspace: WorkspaceId, clock: ManualClock
) -> None:
    budget = Budget(database, clock, limits(cents={"apify_actors": Decimal(10)}))
    first = await budget.take("apify_actors", cents=Decimal(8))
    with pytest.raises(BudgetSpent, match="DAILY_CENTS"):
        await budget.take("apify_actors", cents=Decimal(8))
    await budget.settle(first, Decimal(2))
    await budget.take("apify_actors", cents=Decimal(8))
    async with database.transaction(workspace) as tx:
        used = await usage.used(tx.session, workspace, "apify_actors", clock.wall().date())
    assert used == usage.Used(2, Decimal(10))


async def test_a_models_cost_is_known_afterwards_and_stops_the_next_call(
    database: Database, clock: ManualClock
) -> None:
    budget = Budget(database, clock, limits(cents={"openai": Decimal(1)}))
    await budget.check("openai")
    await budget.charge("openai", Decimal("1.5"))
    with pytest.raises(BudgetSpent, match="Openai: today's budget of 1 cents is spent"):
        await budget.check("openai")
    await budget.check("gemini")


async def test_requests_are_a_limit_too(database: Database, clock: ManualClock) -> None:
    budget = Budget(database, clock, limits(requests={"brave_search": 1}))
    await budget.take("brave_search")
    with pytest.raises(BudgetSpent, match="DAILY_REQUESTS"):
        await budget.take("brave_search")


class Priced(SearxngSearch):
    service = "brave_search"
    cost_cents = Decimal(1)


async def searching(database: Database, redis_url: str, url: str, clock: ManualClock) -> tuple[Search, Redis]:
    redis: Redis = Redis.from_url(redis_url)
    await redis.flushdb()
    budget = Budget(database, clock, limits(cents={"brave_search": Decimal(2)}))
    rates = RateLimiter(redis, clock)
    kept = KeptAnswers(redis, ["brave_search"])
    return Asking([Priced(url)], kept, clock, rates, budget, Breakers(clock)), redis


async def test_only_answers_cost_and_an_emptied_redis_forgets_no_budget(
    database: Database, workspace: WorkspaceId, redis_url: str, clock: ManualClock
) -> None:
    replies = [answer(b"{}", status="500 No", kind="application/json")]
    good = answer(b'{"results": [{"url": "https://a.com/", "title": "A"}]}', kind="application/json")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(replies.pop() if replies else good)
        await writer.drain()

    async with raw_server(serve) as port:
        search, redis = await searching(database, redis_url, f"http://127.0.0.1:{port}", clock)
        with pytest.raises(SearchFailed):
            await search.search("one")
        assert (await search.search("one")).cost_cents == 1
        assert (await search.search("“One” ".replace("“", "").replace("”", ""))).cached
        await redis.flushdb()
        await search.search("two")
        with pytest.raises(SearchFailed, match="is spent") as spent:
            await search.search("three")
        assert [attempt.asked for attempt in spent.value.attempts] == [False]
        await search.close()
        await redis.aclose()


def test_one_question_has_one_spelling() -> None:
    assert canonical_query("  “Acme\u00a0Inc”   news ") == '"Acme Inc" news'
