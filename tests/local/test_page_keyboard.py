"""The story of a day by keyboard alone, and what a screen reader is told."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.local.page_browser import NARROW, focused, message, page_of, post, press, tab_to
from tests.local.page_samples import BUTTONS, FORM, OPTIONS, button, section
from tests.local.slack_world import ANA, LEADS, SAM, SAM_DM, World, until

pytestmark = pytest.mark.page


async def test_the_skip_link_leads_to_the_message_box(page: Page) -> None:
    await press(page, "Tab")
    assert (await focused(page))["text"] == "Skip to the message box"
    await press(page, "Enter")
    assert (await focused(page))["id"] == "composer"


async def test_a_message_is_written_broken_into_lines_and_sent(slack: World, page: Page) -> None:
    await page.focus("#composer")
    await page.keyboard.type("first line")
    await press(page, "Shift+Enter")
    await page.keyboard.type("second line")
    await press(page, "Enter")
    sent = (await until(lambda: slack.app.events("message")))[0]
    assert sent["text"] == "first line\nsecond line"
    await expect(page.locator("#messages [data-ts] .content")).to_contain_text("second line")
    assert (await focused(page))["id"] == "composer"
    await expect(page.locator("#composer")).to_have_value("")
    await press(page, "ArrowUp")
    await expect(page.locator("#composer")).to_have_value("first line\nsecond line")


async def test_a_slash_command_is_completed_and_run(slack: World, page: Page) -> None:
    await page.focus("#composer")
    await page.keyboard.type("/le")
    await expect(page.get_by_role("option")).to_contain_text("/leads")
    await press(page, "Enter")
    await expect(page.locator("#composer")).to_have_value("/leads ")
    await page.keyboard.type("show maya")
    await press(page, "Enter")
    form = (await until(lambda: [got for got in slack.app.got if "command" in got]))[0]
    assert (form["command"], form["text"], form["channel_id"]) == ("/leads", "show maya", LEADS)
    assert form["user_id"] == SAM


async def test_a_colleague_is_named_from_the_list(slack: World, page: Page) -> None:
    await page.focus("#composer")
    await page.keyboard.type("ask @an")
    await press(page, "Tab")
    await page.keyboard.type("about #sal")
    await press(page, "Enter")
    await press(page, "Enter")
    sent = (await until(lambda: slack.app.events("message")))[0]
    assert sent["text"] == f"ask <@{ANA}> about <#C0SALES0001|sales>"


async def test_from_message_to_message_into_a_draft_and_to_its_approval(slack: World, page: Page) -> None:
    draft = await post(slack, [section("The draft"), *BUTTONS])
    await slack.act("message", user=ANA, channel=LEADS, text="looks good")
    await expect(page.locator("#messages [data-ts]")).to_have_count(2)
    await page.focus("#composer")
    await press(page, "Shift+Tab")
    while (await focused(page))["ts"] is None:
        await press(page, "Shift+Tab")
    await press(page, "Home")
    assert (await focused(page))["ts"] == draft
    await press(page, "ArrowDown", "ArrowUp")
    assert (await focused(page))["ts"] == draft
    await tab_to(page, '[data-action-id="approve"]')
    await press(page, "Enter")
    assert (await until(lambda: slack.app.of("block_actions")))[0]["actions"][0]["action_id"] == "approve"
    await tab_to(page, '[data-action-id="reject"]')
    await press(page, "Enter")
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    assert (await focused(page))["text"] == "Keep it"
    await press(page, "Escape")
    assert (await focused(page))["action"] == "reject"


async def test_a_thread_is_opened_answered_and_left(slack: World, page: Page) -> None:
    ts = await post(slack, [section("Question?")])
    await page.locator(message(ts)).focus()
    await press(page, "t")
    await expect(page.locator("#thread")).to_be_visible()
    assert (await focused(page))["id"] == "thread-composer"
    await page.keyboard.type("an answer")
    await press(page, "Enter")
    replies = await until(lambda: [e for e in slack.app.events("message") if e.get("user") == SAM])
    assert (replies[0]["text"], replies[0]["thread_ts"]) == ("an answer", ts)
    await expect(page.locator(f"{message(ts)} .replies-count")).to_have_text("1 reply")
    await press(page, "Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    assert (await focused(page))["ts"] == ts


async def test_reactions_shortcuts_and_menus_by_letter(slack: World, page: Page) -> None:
    ts = await post(slack, [section("React to me")])
    await page.locator(message(ts)).focus()
    await press(page, "r")
    await expect(page.get_by_role("menu", name="Reactions")).to_be_visible()
    await press(page, "Enter")
    await expect(page.locator(f"{message(ts)} .reaction-count")).to_have_text("1")
    await page.locator(message(ts)).focus()
    await press(page, "l")
    payload = (await until(lambda: slack.app.of("message_action")))[0]
    assert (payload["callback_id"], payload["message"]["ts"]) == ("add_as_lead", ts)
    await page.locator(message(ts)).focus()
    await press(page, "m", "Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)


async def test_a_form_is_filled_without_a_mouse(slack: World, page: Page) -> None:
    ts = await post(slack, [{"type": "actions", "elements": [button("open_form", "Open")]}])
    await page.locator(message(ts)).focus()
    await tab_to(page, '[data-action-id="open_form"]')
    await press(page, "Enter")
    click = (await until(lambda: slack.app.of("block_actions")))[0]
    await slack.client.views_open(trigger_id=click["trigger_id"], view=FORM)
    await page.get_by_role("dialog").wait_for()
    assert (await focused(page))["block"] == "company"
    await page.keyboard.type("Brightwater")
    await tab_to(page, '[data-block-id="sender"] input')
    await page.keyboard.type("sam@rainmaker-demo.example")
    await tab_to(page, '[data-block-id="tone"] input')
    await press(page, "ArrowDown", "ArrowDown", "Enter")
    await tab_to(page, '[data-block-id="approvers"] input')
    await page.keyboard.type("ken")
    await press(page, "Enter")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await tab_to(page, "[data-submit]")
    await press(page, "Enter")
    values = (await until(lambda: slack.app.of("view_submission")))[0]["view"]["state"]["values"]
    assert values["tone"]["v"]["selected_option"] == OPTIONS[1]
    assert values["approvers"]["v"]["selected_users"] == [SAM, "U0KENJIMORI"]
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await focused(page))["action"] == "open_form"


async def test_places_are_reached_by_shortcut(slack: World, page: Page) -> None:
    await page.focus("#composer")
    await press(page, "Control+k")
    await page.keyboard.type("rain")
    await press(page, "Enter")
    await expect(page.locator("#title")).to_contain_text("Rainmaker")
    await press(page, "Alt+ArrowDown")
    await expect(page.locator("#title")).to_have_text("general")
    await page.locator("#title").click()
    await press(page, "?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await press(page, "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_home_and_messages_are_tabs(slack: World, page: Page) -> None:
    view = {
        "type": "home",
        "blocks": [section("Good morning"), {"type": "actions", "elements": [button("go", "Go")]}],
    }
    await slack.client.views_publish(user_id=SAM, view=view)
    await page.click(f'[data-channel="{SAM_DM}"]')
    await page.locator("#tab-messages").focus()
    await press(page, "ArrowLeft")
    await expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    await expect(page.locator("#home")).to_contain_text("Good morning")
    opened = (await until(lambda: slack.app.events("app_home_opened")[1:]))[-1]
    assert opened["tab"] == "home"
    await tab_to(page, '[data-action-id="go"]')
    await press(page, "Enter")
    assert (await until(lambda: slack.app.of("block_actions")))[0]["container"]["type"] == "view"
    await slack.client.views_publish(
        user_id=SAM, view={**view, "blocks": [section("Good evening"), view["blocks"][1]]}
    )
    await expect(page.locator("#home")).to_contain_text("Good evening")
    assert (await focused(page))["action"] == "go"


async def test_the_focused_control_is_always_marked(slack: World, page: Page) -> None:
    await post(slack, [section("Look"), *BUTTONS])
    await page.focus("#composer")
    for _ in range(25):
        await press(page, "Shift+Tab")
        ring = await page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)"
            " || e.matches('textarea, [role=combobox]') }"
        )
        assert ring, await focused(page)


async def test_roles_tell_what_is_what(slack: World, page: Page) -> None:
    ts = await post(slack, [section("Hello")])
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()
    await expect(page.get_by_role("log", name="Messages")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("leads")
    await expect(page.locator(message(ts))).to_have_attribute(
        "aria-label", "Rainmaker, " + await clock_of(page, ts)
    )
    nameless = await page.evaluate(
        "() => [...document.querySelectorAll('button, a[href], input, textarea')]"
        ".filter(e => !e.hidden && !e.getAttribute('aria-label') && !e.title)"
        ".filter(e => !e.textContent.trim() && !e.labels?.length)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert nameless == []


async def clock_of(page: Page, ts: str) -> str:
    return (await page.locator(f"{message(ts)} .author-line .time").text_content()) or ""


async def test_the_sidebar_is_a_drawer_on_a_narrow_screen(browser: Browser, slack: World) -> None:
    async with page_of(browser, slack.box.base_url, size=NARROW) as page:
        await expect(page.locator("#sidebar")).to_be_hidden()
        await page.locator("#open-drawer").focus()
        await press(page, "Enter")
        await expect(page.locator("#sidebar")).to_be_visible()
        await press(page, "ArrowUp", "Enter")
        await expect(page.locator("#sidebar")).to_be_hidden()
        await expect(page.locator("#title")).to_have_text("sales")
        await page.locator("#open-drawer").focus()
        await press(page, "Enter", "Escape")
        await expect(page.locator("#sidebar")).to_be_hidden()
        assert (await focused(page))["id"] == "open-drawer"


async def test_another_person_takes_the_keyboard(slack: World, page: Page) -> None:
    await page.locator("#user-switch").focus()
    await press(page, "Enter")
    await page.get_by_role("menuitem", name="Ana Costa").focus()
    await press(page, "Enter")
    await expect(page.locator("#user-switch")).to_contain_text("Ana Costa")
    await page.focus("#composer")
    await page.keyboard.type("hello from Ana")
    await press(page, "Enter")
    assert (await until(lambda: slack.app.events("message")))[0]["user"] == ANA
