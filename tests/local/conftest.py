"""A browser for the page's tests, and a sandbox's Slack that begins empty for each."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.local.page_browser import chromium, page_of
from tests.local.slack_world import World, world


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture
async def slack() -> AsyncIterator[World]:
    async with world() as started:
        yield started


@pytest.fixture
async def page(browser: Browser, slack: World) -> AsyncIterator[Page]:
    async with page_of(browser, slack.box.base_url) as opened:
        yield opened
