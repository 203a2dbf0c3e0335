"""The seeds' three thousand questions a minute to the model are one number for all workers and all tasks."""

from datetime import timedelta

import pytest

from local.sandbox.server import RunningSandbox
from pipeline.clients.breakers import NotAsked
from pipeline.clients.llm.tasks import ExtractedFacts, Insights
from pipeline.clients.rates import RATE_LIMITS, Rate
from pipeline.clock import SystemClock
from pipeline.deps import Deps, open_deps
from pipeline.messages import Silent
from tests.pipeline.research_world import settings_for


async def ask(deps: Deps) -> None:
    await deps.llm.parse(instructions="Say what stands out.", text="{}", schema=Insights)


async def nobody(*_: object, **__: object) -> None:
    raise AssertionError("nothing is enqueued here")


async def test_two_workers_share_the_models_rate(
    world: RunningSandbox, redis_url: str, database_url: str
) -> None:
    assert RATE_LIMITS["openai_api"] == Rate(3000, timedelta(minutes=1))
    settings = settings_for(world, redis_url=redis_url, database_url=database_url)
    workers = [open_deps(settings, SystemClock(), Silent(), nobody) for _ in range(2)]
    for one in workers:
        one.research.rates.limits["openai_api"] = Rate(2, timedelta(days=1))
    try:
        for one in workers:
            await ask(one)
        for one in workers:
            with pytest.raises(NotAsked, match="openai api may be used 2 times in a day"):
                await ask(one)
            with pytest.raises(NotAsked):
                async for _ in one.llm.stream(instructions="", items=[], tools=[]):
                    raise AssertionError("it was asked")
        # A reading has counted itself before it gets here.
        await workers[0].llm.parse(instructions="", text="{}", schema=ExtractedFacts)
    finally:
        for one in workers:
            await one.close()
