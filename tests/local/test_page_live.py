"""What happens while somebody looks: streams, updates in place, drafts, lost connections."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.store import Store
from tests.local.page_browser import focused, message, page_of, post
from tests.local.page_samples import BUTTONS, button, option, section
from tests.local.slack_world import ANA, LEADS, SAM, SAM_DM, World, free_port, start_box, until, world

pytestmark = pytest.mark.page


@pytest.fixture
async def dm(browser: Browser, slack: World) -> AsyncIterator[Page]:
    async with page_of(browser, slack.box.base_url, channel=SAM_DM) as opened:
        yield opened


async def ask(slack: World, page: Page, text: str = "Find robots") -> str:
    """Say something to the app in its conversation; the root's ts, whose thread is then open."""
    await page.fill("#composer", text)
    await page.keyboard.press("Enter")
    await page.locator("#thread [data-ts]").wait_for()
    return (await until(lambda: slack.app.events("message")))[-1]["ts"]


async def test_a_question_opens_its_thread_and_shows_that_the_app_thinks(slack: World, dm: Page) -> None:
    root = await ask(slack, dm)
    assert (await focused(dm))["id"] == "thread-composer"
    await slack.client.assistant_threads_setStatus(
        channel_id=SAM_DM, thread_ts=root, status="is thinking…", loading_messages=["Reading the news…"]
    )
    await expect(dm.locator("#thread .status-line")).to_contain_text("Reading the news…")
    await expect(dm.locator(f"{message(root)} .replies-last")).to_have_text("working…")
    await slack.client.assistant_threads_setTitle(channel_id=SAM_DM, thread_ts=root, title="Robots")
    await expect(dm.locator("#thread h2")).to_have_text("Robots")
    await slack.client.chat_postMessage(channel=SAM_DM, thread_ts=root, text="done")
    await expect(dm.locator("#thread .status-line")).to_be_hidden()


async def test_text_streams_in_and_tasks_move(slack: World, dm: Page) -> None:
    root = await ask(slack, dm)
    task = {"type": "task_update", "id": "1", "title": "Search", "status": "in_progress"}
    stream = await slack.client.chat_startStream(channel=SAM_DM, thread_ts=root, chunks=[task])
    shown = dm.locator(message(stream["ts"], "#thread"))
    await expect(shown.locator('[data-task-status="in_progress"]')).to_have_text("Search")
    await expect(shown).to_have_attribute("aria-busy", "true")
    await slack.client.chat_appendStream(channel=SAM_DM, ts=stream["ts"], markdown_text="Two **match")
    await expect(shown.locator(".content")).to_contain_text("Two **match")
    paragraph = await shown.locator("p").first.element_handle()
    await slack.client.chat_appendStream(
        channel=SAM_DM,
        ts=stream["ts"],
        chunks=[
            {"type": "markdown_text", "text": "**.\n\n- one"},
            {**task, "status": "complete", "output": "12 found"},
        ],
    )
    await expect(shown.locator("strong")).to_have_text("match")
    assert paragraph is not None and await paragraph.evaluate("node => node.isConnected")
    await expect(shown.locator('[data-task-status="complete"]')).to_be_visible()
    await slack.client.chat_stopStream(channel=SAM_DM, ts=stream["ts"], blocks=[section("The end")])
    await expect(shown).not_to_have_attribute("aria-busy", "true")
    await expect(shown.locator(".block-section")).to_have_text("The end")
    await expect(dm.locator("[data-stop]")).to_have_count(1)
    await expect(dm.locator("[data-stop]")).to_be_hidden()


async def test_stop_ends_the_stream_and_tells_the_app(slack: World, dm: Page) -> None:
    root = await ask(slack, dm)
    stream = await slack.client.chat_startStream(channel=SAM_DM, thread_ts=root, markdown_text="One moment")
    await dm.locator("[data-stop]").click()
    stopped = (await until(lambda: slack.app.events("agent_session_stopped")))[0]
    assert stopped["thread_ts"] == root
    assert stopped["streaming_message_ts"] == [stream["ts"]]
    await expect(dm.locator("[data-stop]")).to_be_hidden()


async def test_a_conversation_is_renamed_and_the_app_hears_of_it(slack: World, dm: Page) -> None:
    root = await ask(slack, dm)
    await dm.locator("[data-rename]").click()
    await dm.get_by_label("Title").fill("Robots of Porto")
    await dm.keyboard.press("Enter")
    await expect(dm.locator("#thread h2")).to_have_text("Robots of Porto")
    renamed = (await until(lambda: slack.app.events("agent_session_title_changed")))[0]
    assert (renamed["thread_ts"], renamed["title"]) == (root, "Robots of Porto")


async def test_a_channel_is_made_and_the_app_invited(slack: World, page: Page) -> None:
    await page.get_by_role("button", name="New channel").click()
    await page.get_by_label("Name").fill("Big Launch")
    await page.keyboard.press("Enter")
    await expect(page.locator("#title")).to_have_text("big-launch")
    await page.get_by_role("button", name="Invite Rainmaker").click()
    joined = (await until(lambda: slack.app.events("member_joined_channel")))[-1]
    assert joined["user"] == "U0RAINMAKER"
    await expect(page.get_by_role("button", name="Invite Rainmaker")).to_have_count(0)


async def test_suggested_prompts_are_sent_by_a_press(slack: World, dm: Page) -> None:
    await slack.client.assistant_threads_setSuggestedPrompts(
        channel_id=SAM_DM, prompts=[{"title": "Yesterday", "message": "What happened yesterday?"}]
    )
    await dm.get_by_role("button", name="Yesterday").click()
    assert (await until(lambda: slack.app.events("message")))[0]["text"] == "What happened yesterday?"


async def test_an_update_keeps_place_focus_draft_and_open_menu(slack: World, page: Page) -> None:
    for number in range(30):
        await slack.act("message", user=ANA, channel=LEADS, text=f"line {number}")
    ts = await post(slack, [section("Draft, first version"), *BUTTONS])
    await page.locator(message(ts)).wait_for()
    await page.fill("#composer", "half a thought")
    await page.evaluate("() => { document.querySelector('#messages').scrollTop = 200 }")
    await page.wait_for_timeout(50)
    top = await page.evaluate("() => document.querySelector('#messages').scrollTop")
    await slack.client.chat_update(
        channel=LEADS, ts=ts, text="x", blocks=[section("Draft, second version"), *BUTTONS]
    )
    await slack.act("message", user=ANA, channel=LEADS, text="something new")
    await expect(page.locator(message(ts))).to_contain_text("second version")
    await expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert abs(await page.evaluate("() => document.querySelector('#messages').scrollTop") - top) < 3
    await expect(page.locator("#composer")).to_have_value("half a thought")
    assert (await focused(page))["id"] == "composer"
    await page.get_by_role("button", name="1 new").click()
    menu = page.locator(f'{message(ts)} [data-action-id="more"]')
    await menu.click()
    await expect(page.get_by_role("menuitem", name="Later")).to_be_focused()
    await slack.client.chat_update(
        channel=LEADS, ts=ts, text="x", blocks=[section("Draft, third version"), *BUTTONS]
    )
    await expect(page.locator(message(ts))).to_contain_text("third version")
    await expect(page.get_by_role("menuitem", name="Later")).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await until(lambda: slack.app.of("block_actions")))[0]["actions"][0]["selected_option"][
        "value"
    ] == "later"


async def test_a_button_whose_label_changes_keeps_the_keyboard(slack: World, page: Page) -> None:
    def blocks(label: str) -> list[dict[str, object]]:
        return [
            {"type": "actions", "block_id": "b", "elements": [button("go", label), button("stay", "Stay")]}
        ]

    ts = await post(slack, blocks("Start"))
    await page.locator(f'{message(ts)} [data-action-id="go"]').focus()
    await slack.client.chat_update(channel=LEADS, ts=ts, text="x", blocks=blocks("Started"))
    await expect(page.get_by_role("button", name="Started")).to_be_focused()


async def test_what_was_chosen_in_a_message_survives_its_update(slack: World, page: Page) -> None:
    options = [option("a", "Alpha"), option("b", "Beta")]
    menu = {"type": "static_select", "action_id": "s", "options": options}
    ts = await post(slack, [section("One"), {"type": "actions", "block_id": "k", "elements": [menu]}])
    box = page.locator(f'{message(ts)} [data-action-id="s"]')
    await box.click()
    await page.get_by_role("option", name="Beta").click()
    await slack.client.chat_update(
        channel=LEADS,
        ts=ts,
        text="x",
        blocks=[section("Two"), {"type": "actions", "block_id": "k", "elements": [menu]}],
    )
    await expect(page.locator(message(ts))).to_contain_text("Two")
    await expect(box).to_have_value("Beta")


async def test_drafts_stay_with_their_conversation(slack: World, page: Page) -> None:
    await page.fill("#composer", "for leads")
    await page.click('[data-channel="C0SALES0001"]')
    await expect(page.locator("#composer")).to_have_value("")
    await page.fill("#composer", "for sales")
    await page.click(f'[data-channel="{LEADS}"]')
    await expect(page.locator("#composer")).to_have_value("for leads")
    await page.reload()
    await page.locator("#shell:not([data-loading])").wait_for()
    await expect(page.locator("#composer")).to_have_value("for leads")


async def test_unread_messages_are_counted_and_read(slack: World, page: Page) -> None:
    row = page.locator('[data-channel="C0SALES0001"]')
    for text in ("one", "two"):
        await slack.act("message", user=ANA, channel="C0SALES0001", text=text)
    await expect(row.locator(".unread-badge")).to_contain_text("2")
    await row.click()
    await expect(row.locator(".unread-badge")).to_have_count(0)
    await page.wait_for_timeout(300)
    channels = (await slack.read("boot", user=SAM))["channels"]
    assert next(c for c in channels if c["id"] == "C0SALES0001")["unread"] == 0


async def test_messages_disappear_when_deleted(slack: World, page: Page) -> None:
    ts = await post(slack, [section("gone soon")])
    await page.locator(message(ts)).wait_for()
    await slack.client.chat_delete(channel=LEADS, ts=ts)
    await expect(page.locator(message(ts))).to_have_count(0)


async def test_an_app_that_is_down_is_told_once_in_a_toast(browser: Browser) -> None:
    async with (
        world(events_url="http://127.0.0.1:9/nobody") as slack,
        page_of(browser, slack.box.base_url) as page,
    ):
        await page.fill("#composer", "/leads help")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")
        toast = page.locator(".toast")
        await expect(toast).to_have_text(re.compile("/leads failed because the app did not respond"))
        await expect(toast).to_have_count(1)


async def test_a_file_is_chosen_and_sent_with_a_sentence(slack: World, page: Page, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("name\nMaya\n")
    await page.set_input_files("#composer-files", tmp_path / "leads.csv")
    await expect(page.locator("#foot .file-chips")).to_contain_text("leads.csv")
    await page.fill("#composer", "here they are")
    await page.click("#send")
    sent = (await until(lambda: slack.app.events("message")))[0]
    assert (sent["subtype"], sent["text"], sent["files"][0]["name"]) == (
        "file_share",
        "here they are",
        "leads.csv",
    )
    link = page.locator("a.file")
    await expect(link).to_contain_text("leads.csv")
    answer = await page.request.get(await link.get_attribute("href") or "")
    assert await answer.text() == "name\nMaya\n"


async def test_a_long_past_is_fetched_page_by_page(slack: World, browser: Browser) -> None:
    for number in range(70):
        await slack.act("message", user=ANA, channel=LEADS, text=f"line {number}")
    async with page_of(browser, slack.box.base_url) as page:
        await expect(page.locator("#messages [data-ts]")).to_have_count(50)
        await page.get_by_role("button", name="Show earlier messages").click()
        await expect(page.locator("#messages [data-ts]")).to_have_count(70)
        await expect(page.locator("#messages [data-ts] .content").first).to_have_text("line 0")


@pytest.mark.parametrize("by_hand", [False, True], ids=["by itself", "Try now"])
async def test_a_lost_sandbox_is_said_and_what_was_missed_is_fetched(
    browser: Browser, tmp_path: Path, by_hand: bool
) -> None:
    """Where the button is tried, the page's clock stands, so that its own retry can't come first; one that is under
    way then fails."""
    base_url = f"http://127.0.0.1:{await free_port()}"

    def box() -> Sandbox:
        return Sandbox(Store(tmp_path / "s.sqlite"), WorldClock(), base_url, "http://127.0.0.1:9/nobody")

    async with AsyncExitStack() as first:
        await start_box(first, box())
        context = await browser.new_context()
        page = await context.new_page()
        await page.clock.install()
        await page.goto(f"{base_url}/?user={SAM}#{LEADS}")
        await page.locator("#messages .empty").wait_for()
        await page.fill("#composer", "typed before the storm")
    banner = page.locator("#banner")
    await expect(banner).to_contain_text("The sandbox is not answering.", timeout=10_000)
    await page.keyboard.press("Enter")
    await expect(page.locator("#composer")).to_have_value("typed before the storm")
    stream = "**/page/events?*"
    if by_hand:
        await page.route(stream, lambda route: route.abort())
        await page.clock.pause_at(await page.evaluate("Date.now()") + 1000)
    async with AsyncExitStack() as second:
        await start_box(second, box())
        context_two = await browser.new_context()
        answer = await context_two.request.post(
            f"{base_url}/page/message", data={"user": ANA, "channel": LEADS, "text": "said meanwhile"}
        )
        assert (await answer.json())["ok"]
        if by_hand:
            await expect(banner).to_be_visible()
            await page.unroute(stream)
            await page.get_by_role("button", name="Try now").click()
        await expect(page.locator("#messages")).to_contain_text("said meanwhile", timeout=20_000)
        await expect(banner).to_be_hidden()
        await expect(page.locator("#composer")).to_have_value("typed before the storm")
        await context.close()
        await context_two.close()
