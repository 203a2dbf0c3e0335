"""How the page looks: narrow screens, contrast in both themes, less motion."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.local.page_browser import NARROW, message, page_of, poor_contrast, post
from tests.local.page_samples import CHARTS, EVERYTHING, FORM, TABLE, button, raw, section
from tests.local.slack_world import ANA, LEADS, SAM, SAM_DM, World, until

pytestmark = pytest.mark.page

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
WIDE_TABLE = {
    "type": "table",
    "rows": [[raw(f"column {n}") for n in range(20)], [raw("x" * 30) for _ in range(20)]],
}


async def fill_the_workspace(slack: World) -> str:
    """Messages of every kind in the channel and a stream in the app's conversation; the stream's root."""
    client = slack.client
    await slack.act("message", user=ANA, channel=LEADS, text=f"{LONG} https://example.com/{LONG}\n`{LONG}`")
    await post(slack, EVERYTHING[: len(EVERYTHING) // 2])
    ts = await post(slack, EVERYTHING[len(EVERYTHING) // 2 :])
    await post(slack, [WIDE_TABLE, *CHARTS[2:], section(LONG, accessory=button("b", LONG[:75]))])
    await client.reactions_add(channel=LEADS, timestamp=ts, name="eyes")
    await slack.act("reaction", user=SAM, channel=LEADS, ts=ts, name="tada", add=True)
    await client.chat_postEphemeral(channel=LEADS, user=SAM, text="whisper `code` <@U0SAMRIVERS>")
    await client.chat_postMessage(
        channel=LEADS,
        text="old style",
        attachments=[{"color": "danger", "title": "Attachment", "text": LONG}],
    )
    await slack.act("message", user=ANA, channel="C0SALES0001", text="unread")
    await client.views_publish(user_id=SAM, view={"type": "home", "blocks": [section(LONG), TABLE]})
    root = (await slack.act("message", user=SAM, channel=SAM_DM, text="find"))["ts"]
    task = {"type": "task_update", "id": "1", "title": LONG, "status": "error", "details": LONG}
    stream = await client.chat_startStream(channel=SAM_DM, thread_ts=root, chunks=[task])
    await client.chat_appendStream(
        channel=SAM_DM,
        ts=stream["ts"],
        markdown_text=f"# {LONG}\n\n```\n{LONG}\n```\n\n> {LONG}\n\n- [ ] {LONG}",
    )
    return root


async def open_modal(slack: World, page: Page) -> None:
    ts = await post(slack, [{"type": "actions", "elements": [button("open_form", "Open")]}])
    before = len(slack.app.of("block_actions"))
    await page.click(f'{message(ts)} [data-action-id="open_form"]')
    await until(lambda: len(slack.app.of("block_actions")) > before)
    trigger = slack.app.of("block_actions")[-1]["trigger_id"]
    await slack.client.views_open(trigger_id=trigger, view=FORM)
    await page.get_by_role("dialog").wait_for()


async def assert_fits(page: Page) -> None:
    wide = await page.evaluate("() => [document.scrollingElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]
    panes = await page.evaluate(
        "() => ['#messages', '#thread-messages', '#home', '.dialog-body', '.pane-header', '.foot'].flatMap(s =>"
        " [...document.querySelectorAll(s)]).filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1)"
        ".map(e => `${e.id}.${e.className} ${e.scrollWidth} > ${e.clientWidth}`)"
    )
    assert panes == []


async def walk(slack: World, page: Page, root: str) -> AsyncIterator[str]:
    """Every surface of the page, one after the other, by name."""
    await expect(page.locator("#messages [data-ts]")).to_have_count(6)
    yield "channel"
    await page.focus("#composer")
    await page.keyboard.type("/")
    await page.locator("#foot .suggest").wait_for()
    yield "slash commands"
    await page.fill("#composer", "")
    await open_modal(slack, page)
    yield "modal"
    await page.locator("[data-submit]").click()
    await page.locator(".field-error").first.wait_for()
    yield "modal with errors"
    await page.locator('[data-block-id="tone"] input').click()
    await page.locator(".listbox").wait_for()
    yield "list of options"
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.goto(f"{slack.box.base_url}/?x=1&user={SAM}#{SAM_DM}/{root}")
    await page.locator("#thread .task").wait_for()
    yield "thread"
    await page.goto(f"{slack.box.base_url}/?x=2&user={SAM}#{SAM_DM}/home")
    await page.locator("#home .table").wait_for()
    yield "home"
    await page.keyboard.press("?")
    await page.get_by_role("dialog").wait_for()
    yield "help"


async def test_nothing_scrolls_sideways_on_a_phone(slack: World, browser: Browser) -> None:
    root = await fill_the_workspace(slack)
    async with page_of(browser, slack.box.base_url, size=NARROW) as page:
        async for _ in walk(slack, page, root):
            await assert_fits(page)
        await page.keyboard.press("Escape")
        await page.click("#open-drawer")
        await assert_fits(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_all_text_reads_well(slack: World, browser: Browser, theme: str) -> None:
    root = await fill_the_workspace(slack)
    options = {"color_scheme": theme, "reduced_motion": "reduce"}
    async with page_of(browser, slack.box.base_url, **options) as page:
        async for surface in walk(slack, page, root):
            await page.wait_for_timeout(60)
            assert await poor_contrast(page) == [], surface


async def test_the_check_for_contrast_finds_poor_text(slack: World, browser: Browser) -> None:
    async with page_of(browser, slack.box.base_url) as page:
        await page.evaluate("() => { document.querySelector('#title').style.color = '#bbb' }")
        assert [poor["text"] for poor in await poor_contrast(page)] == ["leads"]


async def test_the_theme_follows_the_system_until_it_is_chosen(slack: World, browser: Browser) -> None:
    ground = "() => getComputedStyle(document.querySelector('#main')).backgroundColor"
    async with page_of(browser, slack.box.base_url, color_scheme="dark") as page:
        dark = await page.evaluate(ground)
        await page.click("#theme")
        light = await page.evaluate(ground)
        assert light == "rgb(255, 255, 255)" != dark
        await page.reload()
        await page.locator("#shell:not([data-loading])").wait_for()
        assert await page.evaluate(ground) == light
        await page.click("#theme")
        assert await page.evaluate(ground) == dark


async def test_who_asks_for_less_motion_gets_it(slack: World, browser: Browser) -> None:
    root = await fill_the_workspace(slack)
    async with page_of(
        browser, slack.box.base_url, channel=f"{SAM_DM}/{root}", reduced_motion="reduce"
    ) as page:
        await page.locator("#thread .dots i").first.wait_for(state="attached")
        moving = await page.evaluate(
            "() => document.getAnimations().filter(a => a.effect.getComputedTiming().duration > 1"
            " || a.effect.getComputedTiming().iterations > 1).length"
        )
        assert moving == 0


async def test_modules_are_small_and_nothing_is_asked_of_the_outside(slack: World, browser: Browser) -> None:
    asked: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(slack.box.base_url)
    await page.locator("#shell:not([data-loading])").wait_for()
    assert [url for url in asked if not url.startswith((slack.box.base_url, "data:"))] == []
    for url in {url for url in asked if url.endswith(".js")}:
        text = await (await page.request.get(url)).text()
        assert text.count("\n") < 400, url
        assert (
            "innerHTML" not in text and "insertAdjacentHTML" not in text and "document.write" not in text
        ), url
    await context.close()
