"""Web and worker die at random moments of the story, and it still ends: once, whole, with nothing twice."""

from pathlib import Path

import pytest

from tests.flows.reaper import Reaper
from tests.flows.soak import Outcome, stories_under_fire
from tests.flows.world import started_world
from tests.servers import Servers

pytestmark = pytest.mark.soak

KILLS = 4


@pytest.mark.kill
@pytest.mark.timeout(600)
async def test_a_story_survives_kills_of_web_and_worker(servers: Servers, tmp_path: Path) -> None:
    outcome = Outcome()
    async with started_world(servers, tmp_path) as world:
        await stories_under_fire(world, Reaper(world, KILLS, seed=2), outcome)
    assert outcome.kills.total() == KILLS
    assert outcome.problems == [], str(outcome)
