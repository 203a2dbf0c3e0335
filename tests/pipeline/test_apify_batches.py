"""Several leads in one run of an actor: whose items, whose deadline, whose money."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import structlog
from redis.asyncio import Redis
from sqlalchemy import select

from db.models.research import ApiUsage, ResearchRun
from db.queries import lead, research, usage
from db.queries.lead import NewLead
from db.session import Database
from db.types import Depth, WorkspaceId
from pipeline.clients.apify import ActorAnswer, Apify, RunFailed
from pipeline.clients.apify_inputs import ActorCall
from pipeline.clients.breakers import Breakers
from pipeline.clients.budget import Budget, BudgetSpent
from pipeline.clients.rates import Rate, RateLimiter
from pipeline.clock import ManualClock, SystemClock
from pipeline.errors import Permanent
from pipeline.rules.budgets import DailyLimits
from tests.pipeline.apify_stub import ACTOR, Stub, apify_stub

TEMPLATE = {"startUrls": "$sites", "maxRequests": "$total"}
WAIT = timedelta(seconds=5)


def site(name: str, limit: int = 12) -> ActorCall:
    url = f"https://www.{name}.com/"
    given = {"startUrls": [{"url": url}], "maxRequests": limit}
    return ActorCall(ACTOR, given, urls=(url,), limit=limit, template=TEMPLATE)


def item(name: str, number: int = 0) -> dict[str, Any]:
    return {
        "originalStartUrl": f"https://{name}.com",
        "domain": f"{name}.com",
        "emails": [f"{number}@{name}.com"],
    }


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture(autouse=True)
async def bound(workspace: WorkspaceId) -> AsyncIterator[None]:
    with structlog.contextvars.bound_contextvars(workspace_id=str(workspace)):
        yield


@asynccontextmanager
async def opened(
    stub: Stub, redis: Redis, database: Database | None = None, *, leads: int = 2, **rates: Rate
) -> AsyncIterator[Apify]:
    """A client at which so many leads of the workspace are at work."""
    clock = SystemClock()
    limits = DailyLimits({"apify_actors": Decimal(100)}, {}, {})
    budget = Budget(database, clock, limits) if database is not None else None
    async with apify_stub(stub) as url:
        limiter = RateLimiter(redis, clock, rates)
        apify = Apify(url, "t", redis, limiter, breakers=Breakers(clock), budget=budget, window=0.5)
        with ExitStack() as stack:
            for _ in range(leads):
                stack.enter_context(apify.at_work())
            yield apify
        await apify.close()


def domains(answer: ActorAnswer) -> set[str]:
    return {one["domain"] for one in answer.items}


async def spent(database: Database, workspace: WorkspaceId) -> Decimal:
    async with database.transaction(workspace) as tx:
        return (await usage.used(tx.session, workspace, "apify_actors", SystemClock().wall().date())).cents


async def test_two_leads_share_a_run_and_each_gets_its_own_items(redis: Redis) -> None:
    stub = Stub(
        items=[(0, item("acme")), (0, item("beta", 1)), (0, item("beta", 2)), (0, {"domain": "other.com"})]
    )
    async with opened(stub, redis) as apify:
        acme, beta = await asyncio.gather(
            apify.ask(site("acme"), wait=WAIT, most_cents=Decimal(4)),
            apify.ask(site("beta"), wait=WAIT, most_cents=Decimal(4)),
        )
    assert stub.inputs == [
        {"startUrls": [{"url": "https://www.acme.com/"}, {"url": "https://www.beta.com/"}], "maxRequests": 24}
    ]
    assert stub.charged == [0.08]
    assert domains(acme) == {"acme.com"} and domains(beta) == {"beta.com"}
    assert len(beta.items) == 2 and not acme.is_partial
    assert acme.cost_cents + beta.cost_cents == 2 and 0 < acme.cost_cents < beta.cost_cents


async def test_what_they_shared_is_kept_for_each_by_its_own_question(redis: Redis) -> None:
    stub = Stub(items=[(0, item("acme")), (0, item("beta"))])
    async with opened(stub, redis) as apify:
        await asyncio.gather(apify.ask(site("acme"), wait=WAIT), apify.ask(site("beta"), wait=WAIT))
        again = await apify.ask(site("beta"), wait=WAIT)
    assert again.cached and domains(again) == {"beta.com"} and len(stub.inputs) == 1


async def test_a_lead_that_is_alone_waits_for_nobody(redis: Redis) -> None:
    stub = Stub(items=[(0, item("acme"))], seconds=0)
    async with opened(stub, redis, leads=1) as apify:
        began = asyncio.get_running_loop().time()
        await apify.ask(site("acme"), wait=WAIT)
        assert asyncio.get_running_loop().time() - began < 0.45


async def test_two_workspaces_never_share_a_run_nor_an_answer(redis: Redis) -> None:
    stub = Stub(items=[(0, item("acme"))])

    async def asked(number: int) -> ActorAnswer:
        bound = structlog.contextvars.bound_contextvars(workspace_id=str(UUID(int=number)))
        with bound, apify.at_work(), apify.at_work():
            return await apify.ask(site("acme"), wait=WAIT)

    async with opened(stub, redis, leads=0) as apify:
        answers = await asyncio.gather(asked(1), asked(2))
    assert len(stub.inputs) == 2 and not any(answer.cached for answer in answers)


async def test_what_cannot_be_joined_goes_alone(redis: Redis) -> None:
    stub = Stub()
    other = ActorCall(ACTOR, {"url": "https://beta.com"})
    async with opened(stub, redis, leads=3) as apify:
        await asyncio.gather(
            *(apify.ask(call, wait=WAIT) for call in (site("acme"), other, site("beta", 50)))
        )
    assert len(stub.inputs) == 3


async def test_who_has_less_time_gets_what_there_is_and_the_other_goes_on(redis: Redis) -> None:
    stub = Stub(items=[(0, item("acme")), (2.5, item("beta"))], seconds=3.0, bills=[0.03])
    async with opened(stub, redis) as apify:
        short, long = await asyncio.gather(
            apify.ask(site("acme"), wait=timedelta(seconds=1.5), likely_cents=Decimal(1)),
            apify.ask(site("beta"), wait=timedelta(seconds=8)),
        )
    assert short.is_partial and domains(short) == {"acme.com"} and "not done" in str(short.note)
    assert not long.is_partial and domains(long) == {"beta.com"}
    assert stub.aborts == 0 and short.cost_cents + long.cost_cents == 3


async def test_one_that_leaves_aborts_nothing_and_pays_its_part(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    stub = Stub(items=[(0, item("acme")), (0, item("beta"))], seconds=1.5)
    async with opened(stub, redis, database) as apify:
        leaving = asyncio.create_task(apify.ask(site("acme"), wait=WAIT, most_cents=Decimal(4)))
        staying = asyncio.create_task(apify.ask(site("beta"), wait=WAIT, most_cents=Decimal(4)))
        await asyncio.sleep(0.8)
        leaving.cancel()
        answer = await staying
    assert stub.aborts == 0 and domains(answer) == {"beta.com"}
    [late] = await booked(database, workspace)
    assert answer.cost_cents + late.cost_cents == 2 == await spent(database, workspace)
    assert (late.service, late.endpoint, late.error) == ("apify_actors", f"{ACTOR} (called off)", None)


async def booked(database: Database, workspace: WorkspaceId) -> list[ApiUsage]:
    async with database.transaction(workspace) as tx:
        return list(await tx.session.scalars(select(ApiUsage).where(ApiUsage.workspace_id == workspace)))


async def called_off(asking: Awaitable[ActorAnswer], after: float) -> None:
    task = asyncio.ensure_future(asking)
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_when_the_last_one_leaves_the_run_is_stopped_and_each_pays(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    stub = Stub(seconds=30, bills=[0.0, 0.011, 0.012])
    async with opened(stub, redis, database) as apify:
        asking = [apify.ask(site(name), wait=WAIT, most_cents=Decimal(4)) for name in ("acme", "beta")]
        await asyncio.gather(*(called_off(one, 1.0) for one in asking))
        await settled(apify)
    assert stub.aborts == 1
    assert [row.cost_cents for row in await booked(database, workspace)] == [Decimal("0.55"), Decimal("0.55")]
    assert await spent(database, workspace) == Decimal("1.1")


async def settled(apify: Apify) -> None:
    """Until all that goes on behind the answers has ended."""
    await asyncio.gather(*apify._living)


async def test_who_leaves_before_it_starts_has_asked_nothing(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    stub = Stub()
    async with opened(stub, redis, database) as apify:
        await called_off(apify.ask(site("acme"), wait=WAIT, most_cents=Decimal(4)), 0.1)
        await settled(apify)
    assert stub.inputs == [] and await booked(database, workspace) == []
    assert await spent(database, workspace) == 0


async def test_a_stopped_run_is_paid_as_far_as_it_came_and_into_the_runs_own_books(
    redis: Redis, database: Database, workspace: WorkspaceId, clock: ManualClock
) -> None:
    """Apify tells the cost only some looks after it was told to stop."""
    now = clock.now()
    async with database.transaction(workspace) as tx:
        person, _ = await lead.add(tx.session, workspace, NewLead(name="Ann Lee"), created_by="U1", now=now)
        run, _ = await research.start_run(
            tx.session, workspace, lead_id=person.id, depth=Depth.QUICK, requested_by="U1", channel_id="D1",
            thread_ts="1.1", then_write=False, now=now,
        )  # fmt: skip
    stub = Stub(seconds=30, bills=[None, 0.0, 0.034], stops_at_once=False)
    with structlog.contextvars.bound_contextvars(run_id=str(run.id)):
        async with opened(stub, redis, database) as apify:
            await called_off(apify.ask(site("acme"), wait=WAIT, most_cents=Decimal(4)), 1.0)
            await settled(apify)
    [row] = await booked(database, workspace)
    assert (row.cost_cents, row.lead_id, row.run_id) == (Decimal("3.4"), person.id, run.id)
    async with database.transaction(workspace) as tx:
        assert await tx.session.scalar(select(ResearchRun.cost_cents)) == Decimal("3.4")


async def test_a_cost_that_nobody_tells_is_booked_as_estimated_and_says_so(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    stub = Stub(items=[(0, item("acme"))], bills=[None])
    async with opened(stub, redis, database, leads=1) as apify:
        answer = await apify.ask(site("acme"), wait=WAIT, most_cents=Decimal(4), likely_cents=Decimal(2))
        assert answer.cost_cents == 2 and answer.is_estimated and not answer.is_partial
        stub.items, stub.seconds = [], 30
        with pytest.raises(RunFailed, match=r"stopped\. What it cost is an estimate") as late:
            await apify.ask(site("beta"), wait=timedelta(seconds=1), most_cents=Decimal(3))
    assert late.value.cost_cents == 3
    assert await spent(database, workspace) == 5


async def test_a_partial_run_that_found_nothing_for_somebody_failed_for_them(redis: Redis) -> None:
    stub = Stub(items=[(0, item("acme"))], seconds=30)
    async with opened(stub, redis) as apify:
        wait = timedelta(seconds=2)
        asking = [apify.ask(site(name), wait=wait, likely_cents=Decimal(1)) for name in ("acme", "beta")]
        acme, beta = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(acme, ActorAnswer) and acme.is_partial and domains(acme) == {"acme.com"}
    assert isinstance(beta, RunFailed) and beta.cost_cents > 0 and stub.aborts == 1


@pytest.mark.parametrize("where", ["items", "wait"])
async def test_an_answer_that_fails_half_way_fails_for_all_and_stops_the_run(
    redis: Redis, database: Database, workspace: WorkspaceId, where: str
) -> None:
    stub = Stub(seconds=3 if where == "wait" else 0.2, fails=where)
    async with opened(stub, redis, database) as apify:
        asking = [apify.ask(site(name), wait=WAIT, likely_cents=Decimal(1)) for name in ("acme", "beta")]
        errors = await asyncio.gather(*asking, return_exceptions=True)
        await settled(apify)
    assert [type(error) for error in errors] == [Permanent, Permanent]
    assert stub.aborts == (1 if where == "wait" else 0)
    assert (
        sum(row.cost_cents for row in await booked(database, workspace))
        == 2
        == await spent(database, workspace)
    )


async def test_no_room_in_the_rate_refuses_all_and_costs_nobody(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    async with opened(Stub(), redis, database, apify_actors=Rate(0, timedelta(hours=1))) as apify:
        asking = [apify.ask(site(name), wait=WAIT) for name in ("acme", "beta")]
        errors = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(error) for error in errors] == [BudgetSpent, BudgetSpent]
    assert await spent(database, workspace) == 0


async def test_a_process_that_ends_stops_its_runs(
    redis: Redis, database: Database, workspace: WorkspaceId
) -> None:
    stub = Stub(seconds=30)
    async with opened(stub, redis, database) as apify:
        asking = asyncio.create_task(
            apify.ask(site("acme"), wait=timedelta(seconds=60), most_cents=Decimal(4))
        )
        await asyncio.sleep(1.0)
        began = asyncio.get_running_loop().time()
        await apify.close()
        assert asyncio.get_running_loop().time() - began < 3
        with pytest.raises(Exception, match="stopping"):
            await asking
    assert stub.aborts == 1 and await spent(database, workspace) == 2
