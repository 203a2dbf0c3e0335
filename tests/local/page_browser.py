"""The workspace page in a real browser, over a started sandbox workspace."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.local.slack_world import LEADS, SAM, World

WIDE, NARROW = (1280, 860), (360, 740)
CONTRAST = (Path(__file__).parent / "page_contrast.js").read_text()


def chromium_path() -> str | None:
    """The browser to use; None leaves it to Playwright's own."""
    return (
        os.environ.get("CHROMIUM_PATH") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        await browser.close()


@asynccontextmanager
async def page_of(
    browser: Browser,
    base_url: str,
    *,
    user: str = SAM,
    channel: str = LEADS,
    size: tuple[int, int] = WIDE,
    **options: Any,
) -> AsyncIterator[Page]:
    """An open page of `user` in `channel`; errors of its scripts fail the test."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    context.set_default_timeout(8000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{base_url}/?user={user}#{channel}")
    await page.wait_for_selector("#shell:not([data-loading])")
    await page.wait_for_selector("#messages > *")
    await page.wait_for_function("() => getComputedStyle(document.querySelector('#shell')).opacity === '1'")
    yield page
    await context.close()
    assert errors == []


async def post(
    world: World, blocks: list[dict[str, Any]], text: str = "fallback", channel: str = LEADS
) -> str:
    """Post as the app; the message's ts."""
    answer = await world.client.chat_postMessage(channel=channel, text=text, blocks=blocks)
    return answer["ts"]


def message(ts: str, pane: str = "#messages") -> str:
    """The selector of a message."""
    return f'{pane} [data-ts="{ts}"]'


async def focused(page: Page) -> dict[str, Any]:
    """What has the keyboard."""
    return await page.evaluate(
        "() => { const e = document.activeElement; return {id: e.id, action: e.dataset.actionId,"
        " ts: e.dataset.ts, text: e.textContent.trim().slice(0, 60), label: e.getAttribute('aria-label'),"
        " block: e.closest('[data-block-id]')?.dataset.blockId} }"
    )


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def tab_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until the focused element matches the selector."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"Tab never reached {wanted}")


async def poor_contrast(page: Page) -> list[dict[str, Any]]:
    """Visible text that reads worse than WCAG AA asks, with its colours."""
    return await page.evaluate(CONTRAST)
