"""Web and worker die at random moments of the story, and it still ends: once, whole, with nothing twice."""

from pathlib import Path

import pytest

from tests.flows.reaper import Moment, Reaper
from tests.flows.soak import Outcome, stories_under_fire
from tests.flows.world import started_world
from tests.servers import Servers

SEED = 2
MOMENTS = (Moment.ANSWER, Moment.RESEARCH, Moment.ANY, Moment.ANY)


@pytest.mark.kill
@pytest.mark.timeout(600)
async def test_a_story_survives_kills_of_web_and_worker(servers: Servers, tmp_path: Path) -> None:
    """`make soak` does the same with fifty kills, real leases, and a Redis that is gone for half a minute."""
    outcome = Outcome(SEED)
    async with started_world(servers, tmp_path) as world:
        reaper = Reaper(world, len(MOMENTS), SEED, gap=(0.5, 4.0), hurried=True, first=MOMENTS)
        await stories_under_fire(world, reaper, outcome)
        assert outcome.kills.total() == len(MOMENTS), str(outcome)
        assert outcome.problems == [], str(outcome)
