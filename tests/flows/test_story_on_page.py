"""The story on the workspace page, by keyboard alone, in a real browser: from the greeting to the answered reply.

Each scene is kept as a picture in `artifacts/story`.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.action_ids import Action
from tests.flows.processes import ROOT
from tests.flows.world import World, eventually, started_world
from tests.local.page_browser import NARROW, chromium, page_of, press, tab_to
from tests.local.slack_world import SAM_DM
from tests.servers import Servers

pytestmark = pytest.mark.page

PICTURES = ROOT / "artifacts" / "story"
SECONDS = 1000.0  # milliseconds, as Playwright counts
RESEARCHED, ANSWERED = 120 * SECONDS, 90 * SECONDS
MOST_TABS = 400


@pytest.fixture(scope="module")
async def world(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world in which nobody has done anything."""
    async with started_world(servers, tmp_path_factory.mktemp("page")) as started:
        yield started


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def keep(page: Page, scene: str) -> int:
    """A picture of the page; its size in bytes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return len(await page.screenshot(path=PICTURES / f"{scene}.png"))


async def push(page: Page, action: str, pane: str) -> None:
    """Go to a button by Tab, and press it."""
    await tab_to(page, f'{pane} [data-action-id="{action}"]', most=MOST_TABS)
    await press(page, "Enter")


async def write(page: Page, words: str) -> None:
    await tab_to(page, "#composer", most=MOST_TABS)
    await page.keyboard.type(words)
    await press(page, "Enter")


async def open_thread(page: Page, message: Locator) -> None:
    """From the message that has the keyboard, by arrows to this one; its letter opens the thread."""
    ts = await message.get_attribute("data-ts")
    await press(page, "End")
    for _ in range(MOST_TABS):
        if await page.evaluate("() => document.activeElement.dataset.ts") == ts:
            await press(page, "t")
            return
        await press(page, "ArrowUp")
    raise AssertionError("the arrows never reached the message")


async def test_the_whole_story_by_keyboard(world: World, browser: Browser) -> None:
    person = world.person("interested")
    async with page_of(browser, world.base_url, channel=SAM_DM) as page:
        main, thread = page.locator("#messages"), page.locator("#thread")
        await expect(main).to_contain_text("I'm Rainmaker", timeout=30 * SECONDS)
        for label in ("Today's Performance", "Find New Leads", "Schedule Campaign", "Today's Tasks"):
            await expect(main.get_by_role("button", name=label)).to_be_visible()
        await keep(page, "1-greeting")

        await push(page, Action.SETUP_EXAMPLE, "#messages")
        await expect(main).to_contain_text("Everything is set up", timeout=20 * SECONDS)
        await keep(page, "2-set-up")

        await write(page, world.request_for(person))
        await expect(thread).to_contain_text(f"Research of {person.name} has begun", timeout=20 * SECONDS)
        await keep(page, "3-research")
        await expect(thread.locator('[data-action-id="approve"]')).to_be_visible(timeout=RESEARCHED)
        await expect(thread).to_contain_text(f"5 drafts for {person.name}")
        await expect(thread.locator(f'a[href*="{world.company_of(person).domain}"]').first).to_be_visible()
        await keep(page, "4-drafts")

        world.at_work(person)
        await push(page, Action.APPROVE, "#thread")
        await expect(thread).to_contain_text("Approved by", timeout=20 * SECONDS)
        await keep(page, "5-approved")

        alert = main.locator("[data-ts]", has_text=person.name).filter(has_text="answered").last
        await expect(alert).to_be_visible(timeout=ANSWERED)
        await expect(alert.locator(".replies-count")).to_be_visible(timeout=ANSWERED)
        await keep(page, "6-answered")
        await press(page, "Escape")
        await open_thread(page, alert)
        await expect(thread).to_contain_text("Proposed answer")
        await push(page, Action.APPROVE, "#thread")
        await expect(thread).to_contain_text("Approved by", timeout=20 * SECONDS)
        await keep(page, "7-answer-approved")

    async def both_arrived() -> bool:
        return len(await world.mail_to(person)) == 2

    assert await eventually(both_arrived, what="the first email and the answer")
    first, answer = await world.mail_to(person)
    assert first["answers"][0]["message_id"] in answer["references"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_afterwards_it_reads_well_on_a_phone(world: World, browser: Browser, scheme: str) -> None:
    async with page_of(browser, world.base_url, channel=SAM_DM, size=NARROW, color_scheme=scheme) as page:
        await expect(page.locator("#messages")).to_contain_text("answered")
        wider = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0
        assert await keep(page, f"8-phone-{scheme}") > 10_000
