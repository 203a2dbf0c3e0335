"""Worlds for the flows: one for each file, since a start costs seconds. When a test fails, its logs are shown."""

from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from tests.flows.world import LIVE, SAM, World, set_up, started_world
from tests.servers import Servers


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for world in LIVE:
            for process in world.processes:
                report.sections.append((f"log of {process.name}", process.tail()))


@pytest.fixture(scope="module")
async def world(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world in which Sam has taken the example company."""
    async with started_world(servers, tmp_path_factory.mktemp("world")) as started:
        async with started.desk(SAM) as sam:
            started.first_run = await set_up(sam)
        yield started
