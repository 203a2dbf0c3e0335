"""What strangers write stays text on the page: no element, no script, no address of theirs is used."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.local.page_browser import message, page_of, post
from tests.local.page_samples import EVERYTHING, FORM, button, section
from tests.local.slack_world import ANA, LEADS, SAM, World, until

pytestmark = pytest.mark.page

EVIL = "<img src=x onerror=hacked()>"
KEPT = {"type", "action_id", "block_id", "image_url", "url", "status", "style", "user_id", "level", "task_id"}
KEPT |= {"initial_date", "initial_time", "value", "min_value", "max_value", "initial_value", "align", "name"}


@pytest.fixture
async def page(browser: Browser, slack: World) -> AsyncIterator[Page]:
    async with page_of(browser, slack.box.base_url) as opened:
        await opened.evaluate("() => { window.hacked = () => { window.wasHacked = true } }")
        yield opened


def poisoned(value: Any, key: str = "") -> Any:
    """The same structure with every text a person could have written replaced."""
    if isinstance(value, dict):
        return {k: poisoned(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(part, key) for part in value]
    return EVIL if isinstance(value, str) and key not in KEPT else value


async def assert_harmless(page: Page) -> None:
    await page.wait_for_timeout(150)
    assert await page.evaluate("window.wasHacked === undefined")
    assert (
        await page.locator('img[src$="/x"], img[onerror], script:not([src^="/static/"]), iframe').count() == 0
    )
    assert (
        await page.locator('a[href^="javascript:" i], a[href^="data:" i], a[href^="vbscript:" i]').count()
        == 0
    )


async def test_markup_in_every_field_of_every_block_stays_text(slack: World, page: Page) -> None:
    blocks = [
        poisoned(block)
        for block in EVERYTHING
        if block["type"] not in ("actions", "section", "data_visualization")
    ]
    ts = await post(slack, blocks, EVIL)
    shown = page.locator(message(ts))
    await shown.wait_for()
    assert await shown.get_by_text("onerror=hacked()").count() > 20
    await assert_harmless(page)


async def test_markup_typed_by_a_person_is_shown_as_typed(slack: World, page: Page) -> None:
    sent = await slack.act(
        "message", user=ANA, channel=LEADS, text=f"{EVIL} & <b>bold</b> </article><script>hacked()</script>"
    )
    await expect(page.locator(f"{message(sent['ts'])} .content")).to_have_text(
        f"{EVIL} & <b>bold</b> </article><script>hacked()</script>"
    )
    await assert_harmless(page)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:hacked()",
        "JaVaScRiPt:hacked()",
        " javascript:hacked()",
        "java\tscript:hacked()",
        "data:text/html,<script>hacked()</script>",
        "vbscript:hacked()",
        "file:///etc/passwd",
        "blob:hacked",
    ],
)
async def test_addresses_that_are_not_of_the_web_never_become_links(
    slack: World, page: Page, address: str
) -> None:
    rich = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "link", "url": address, "text": "rich"}]}
        ],
    }
    root = await slack.act("message", user=SAM, channel=LEADS, text="look")
    stream = await slack.client.chat_startStream(
        channel=LEADS,
        thread_ts=root["ts"],
        recipient_user_id=SAM,
        recipient_team_id="T0RAINDEMO1",
        markdown_text=f"[press]({address}) <{address}> ![x]({address})",
    )
    posted = await slack.client.chat_postMessage(
        channel=LEADS, text="x", blocks=[section(f"<{address}|press me> {address}"), rich]
    )
    await page.locator(f"{message(root['ts'])} [data-open-thread]").click()
    for selector in (message(stream["ts"], "#thread"), message(posted["ts"])):
        shown = page.locator(selector)
        await shown.wait_for()
        assert await shown.locator("a").count() == 0
    await assert_harmless(page)


async def test_pictures_are_loaded_from_this_machine_only(slack: World, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ts = await post(
        slack,
        [
            {"type": "image", "image_url": "https://tracker.example/pixel.png", "alt_text": "A far picture"},
            {"type": "image", "image_url": "http://10.0.0.1/pixel.png", "alt_text": "A near picture"},
        ],
    )
    shown = page.locator(message(ts))
    await expect(shown.get_by_role("img", name="A far picture")).to_be_visible()
    await expect(shown.get_by_role("img", name="A near picture")).to_be_visible()
    assert await shown.locator("img").count() == 0
    assert [url for url in asked if "pixel" in url] == []


async def test_a_modal_full_of_markup_stays_text(slack: World, page: Page) -> None:
    ts = await post(slack, [{"type": "actions", "elements": [button("open_form", "Open")]}])
    await page.click(f'{message(ts)} [data-action-id="open_form"]')
    click = (await until(lambda: slack.app.of("block_actions")))[0]
    view = json.loads(json.dumps(FORM))
    view["title"]["text"] = "<b>title</b>"
    for block in view["blocks"]:
        for key in ("label", "text"):
            if key in block:
                block[key]["text"] = EVIL
        for choice in block.get("element", {}).get("options", []):
            choice["text"]["text"] = EVIL
        block.get("element", {}).pop("initial_options", None)
        block.get("element", {}).pop("initial_option", None)
    await slack.client.views_open(trigger_id=click["trigger_id"], view=view)
    dialog = page.get_by_role("dialog", name="<b>title</b>")
    await expect(dialog.get_by_text("onerror=hacked()").first).to_be_visible()
    await assert_harmless(page)


async def test_names_of_files_and_channels_stay_text(slack: World, page: Page) -> None:
    await slack.client.files_upload_v2(channel=LEADS, content="x", filename="a.txt", title=EVIL)
    await slack.client.assistant_threads_setSuggestedPrompts(
        channel_id="D0SAMRIVERS", prompts=[{"title": EVIL, "message": EVIL}]
    )
    await expect(page.locator(".file-name")).to_have_text(EVIL)
    await page.click('[data-channel="D0SAMRIVERS"]')
    await expect(page.locator("[data-prompt]")).to_have_text(EVIL)
    await assert_harmless(page)


async def test_the_page_allows_no_script_but_its_own(page: Page) -> None:
    policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
