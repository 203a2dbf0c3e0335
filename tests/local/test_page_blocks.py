"""Every block and element of Block Kit on the workspace page, and Slack's markup."""

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from tests.local.page_browser import message, post
from tests.local.page_samples import (
    BUTTONS,
    CARDS,
    CHARTS,
    DATA_TABLE,
    EVERYTHING,
    RICH,
    SELECTS,
    TABLE,
    TASKS,
    TEXT_BLOCKS,
    option,
    section,
)
from tests.local.slack_world import LEADS, SAM, World, until

pytestmark = pytest.mark.page


async def test_every_block_type_has_its_own_rendering(slack: World, page: Page) -> None:
    ts = await post(slack, EVERYTHING)
    shown = page.locator(message(ts))
    await shown.wait_for()
    for kind in {block["type"] for block in EVERYTHING}:
        assert await shown.locator(f".block-{kind}").count() > 0, kind
    assert await shown.locator(".unsupported").count() == 0


async def test_text_blocks_are_marked_up(slack: World, page: Page) -> None:
    ts = await post(slack, TEXT_BLOCKS)
    shown = page.locator(message(ts))
    await expect(shown.locator("h3.header-text")).to_have_text("Draft for Maya")
    await expect(shown.locator("strong", has_text="Bold")).to_be_visible()
    await expect(shown.locator("em", has_text="slanted")).to_be_visible()
    await expect(shown.locator("s", has_text="gone")).to_be_visible()
    await expect(shown.locator("code", has_text="code")).to_be_visible()
    await expect(shown.get_by_role("link", name="the news")).to_have_attribute(
        "href", "https://example.com/news"
    )
    await expect(shown.locator(".field")).to_have_count(2)
    await expect(shown.locator("hr")).to_have_count(1)
    await expect(shown.get_by_role("img", name="A chart of replies")).to_be_visible()
    await expect(shown.get_by_role("heading", name="Findings")).to_be_visible()
    await expect(shown.locator("td.align-right")).to_have_text("1")


async def test_rich_text_keeps_its_structure(slack: World, page: Page) -> None:
    ts = await post(slack, [RICH])
    shown = page.locator(message(ts))
    await expect(shown.locator("strong", has_text="loud")).to_be_visible()
    await expect(shown.locator(".mention")).to_have_text("@Ana Costa")
    await expect(shown.locator("ol li")).to_have_text(["first step", "second step"])
    await expect(shown.locator("blockquote")).to_have_text("quoted words")
    await expect(shown.locator("pre")).to_have_text("as typed")


async def test_a_data_table_pages_sorts_and_filters(slack: World, page: Page) -> None:
    ts = await post(slack, [DATA_TABLE])
    table = page.locator(f"{message(ts)} .data-table")
    first = table.locator("tbody tr:first-child th")
    await expect(table.locator("tbody tr")).to_have_count(3)
    await table.get_by_role("button", name="Later rows").click()
    await expect(first).to_have_text("Person 4")
    await table.get_by_role("button", name="Score").click()
    await table.get_by_role("button", name="Score").click()
    await expect(first).to_have_text("Person 10")
    await expect(table.locator("th[aria-sort=descending]")).to_have_count(1)
    await table.get_by_role("searchbox").fill("Person 7")
    await expect(table.locator("tbody tr")).to_have_count(1)


async def test_a_table_has_a_head_and_aligned_columns(slack: World, page: Page) -> None:
    ts = await post(slack, [TABLE])
    shown = page.locator(f"{message(ts)} .block-table")
    await expect(shown.locator("thead th")).to_have_text(["Campaign", "Sent"])
    await expect(shown.locator("td.align-right")).to_have_text("one hundred")


async def test_tasks_show_state_and_fold_what_they_found(slack: World, page: Page) -> None:
    ts = await post(slack, TASKS)
    shown = page.locator(message(ts))
    done = shown.locator('[data-task-status="complete"]')
    await expect(done.get_by_text("twelve results")).to_be_hidden()
    await done.locator("summary").click()
    await expect(done.get_by_text("twelve results")).to_be_visible()
    await expect(done.get_by_role("link", name="the source")).to_be_visible()
    await expect(shown.locator(".plan-count")).to_have_text("0 of 3")
    for status in ("in_progress", "pending", "error"):
        await expect(shown.locator(f'[data-task-status="{status}"]')).to_have_count(1)
    await expect(shown.get_by_text("nobody answered")).to_be_visible()


async def test_cards_and_carousels(slack: World, page: Page) -> None:
    ts = await post(slack, CARDS)
    shown = page.locator(message(ts))
    await expect(shown.get_by_role("img", name="The plant")).to_be_visible()
    await shown.locator('[data-action-id="card_button"]').click()
    click = (await until(lambda: slack.app.of("block_actions")))[0]
    assert click["actions"][0]["action_id"] == "card_button"
    track = shown.locator(".carousel-track")
    await shown.get_by_role("button", name="Later cards").click()
    await page.wait_for_function("node => node.scrollLeft > 0", arg=await track.element_handle())


async def test_charts_carry_their_figures_for_those_who_cannot_see_them(slack: World, page: Page) -> None:
    ts = await post(slack, CHARTS[:2])
    other = await post(slack, CHARTS[2:])
    bars = page.locator(f"{message(ts)} .chart").first
    await expect(bars.locator("rect.series")).to_have_count(6)
    await expect(bars.locator("table tbody tr").nth(2)).to_have_text("Wed8014")
    await expect(bars.locator(".chart-legend li")).to_have_text(["Sent", "Replied"])
    await expect(page.locator(f"{message(ts)} path.series-path")).to_have_count(2)
    await expect(page.locator(f"{message(other)} path.series-area")).to_have_count(2)
    await expect(page.locator(f"{message(other)} path.slice")).to_have_count(2)
    await expect(page.locator(f"{message(other)} .chart-pie")).to_contain_text("Lost · 9 (75 %)")


async def test_a_button_sends_its_value(slack: World, page: Page) -> None:
    ts = await post(slack, BUTTONS)
    await page.click(f'{message(ts)} [data-action-id="approve"]')
    payload = (await until(lambda: slack.app.of("block_actions")))[0]
    assert payload["actions"][0]["value"] == "draft-1"
    assert payload["actions"][0]["block_id"] == "decide"
    assert payload["container"]["message_ts"] == ts
    assert payload["user"]["id"] == SAM


async def test_a_confirm_dialog_stands_before_a_dangerous_button(slack: World, page: Page) -> None:
    ts = await post(slack, BUTTONS)
    await page.click(f'{message(ts)} [data-action-id="reject"]')
    dialog = page.get_by_role("alertdialog", name="Reject the draft?")
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_have_count(0)
    assert slack.app.of("block_actions") == []
    await page.click(f'{message(ts)} [data-action-id="reject"]')
    await dialog.get_by_role("button", name="Reject it").click()
    assert await until(lambda: slack.app.of("block_actions"))


async def test_a_link_button_leads_away_and_tells_the_app(slack: World, page: Page) -> None:
    ts = await post(slack, BUTTONS)
    link = page.locator(f'{message(ts)} [data-action-id="open"]')
    await expect(link).to_have_attribute("href", "https://example.com/profile")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await link.evaluate("node => node.addEventListener('click', event => event.preventDefault())")
    await link.click()
    assert (await until(lambda: slack.app.of("block_actions")))[0]["actions"][0]["action_id"] == "open"


async def test_overflow_feedback_and_icon_buttons(slack: World, page: Page) -> None:
    ts = await post(slack, BUTTONS)
    shown = page.locator(message(ts))
    await shown.locator('[data-action-id="more"]').click()
    await page.get_by_role("menuitem", name="Later").click()
    await until(lambda: len(slack.app.of("block_actions")) == 1)
    await shown.get_by_role("button", name="Good fit").click()
    await until(lambda: len(slack.app.of("block_actions")) == 2)
    await shown.get_by_role("button", name="Remove").click()
    await until(lambda: len(slack.app.of("block_actions")) == 3)
    chosen, rated, removed = (payload["actions"][0] for payload in slack.app.of("block_actions"))
    assert chosen["selected_option"]["value"] == "later"
    assert rated["value"] == "good"
    assert removed["action_id"] == "bin"
    await expect(shown.get_by_role("button", name="Good fit")).to_have_attribute("aria-pressed", "true")


async def choose(page: Page, ts: str, action: str, name: str, typed: str = "") -> None:
    box = page.locator(f'{message(ts)} [data-action-id="{action}"]')
    await box.click()
    if typed:
        await box.fill(typed)
    await page.get_by_role("option", name=name).click()


async def test_selects_of_every_kind(slack: World, page: Page) -> None:
    def answer(payload: dict[str, object]) -> web.Response:
        if payload.get("type") == "block_suggestion":
            return web.json_response({"options": [option("c1", f"Found {payload['value']}")]})
        return web.Response()

    slack.app.answer = answer
    ts = await post(slack, SELECTS)
    await choose(page, ts, "tone", "Formal", "for")
    await choose(page, ts, "campaign", "Found spring", "spring")
    await choose(page, ts, "owner", "Kenji Mori")
    await choose(page, ts, "channel", "#sales")
    await choose(page, ts, "where", "#general")
    await page.fill(f'{message(ts)} [data-action-id="day"]', "2026-12-24")
    await page.fill(f'{message(ts)} [data-action-id="hour"]', "10:30")
    await page.check(f'{message(ts)} [data-action-id="days"] >> nth=0')
    await page.check(f'{message(ts)} [data-action-id="one"] >> nth=2')
    await choose(page, ts, "tones", "Warm")
    await choose(page, ts, "tones", "Brief")

    def sent() -> dict[str, dict[str, object]]:
        return {p["actions"][0]["action_id"]: p["actions"][0] for p in slack.app.of("block_actions")}

    await until(lambda: len(sent()) == 10 and len(sent()["tones"]["selected_options"]) == 2)
    actions = sent()
    assert actions["tone"]["selected_option"]["value"] == "formal"
    assert actions["campaign"]["selected_option"]["value"] == "c1"
    assert actions["owner"]["selected_user"] == "U0KENJIMORI"
    assert actions["channel"]["selected_channel"] == "C0SALES0001"
    assert actions["where"]["selected_conversation"] == "C0GENERAL01"
    assert actions["day"]["selected_date"] == "2026-12-24"
    assert actions["hour"]["selected_time"] == "10:30"
    assert [o["value"] for o in actions["days"]["selected_options"]] == ["warm"]
    assert actions["one"]["selected_option"]["value"] == "formal"


async def test_slack_markup_in_plain_messages(slack: World, page: Page) -> None:
    text = (
        "Hello <@U0ANACOSTA1>, see <#C0SALES0001> &amp; <mailto:a@b.example|a@b.example> :tada:\n"
        "> quoted\n• one\n• two\n<!date^1790000000^{date_num}|a day> snake_case_word 2*3*4\n```raw *text*```"
    )
    posted = await slack.client.chat_postMessage(channel=LEADS, text=text)
    shown = page.locator(message(posted["ts"]))
    await expect(shown.locator(".mention").first).to_have_text("@Ana Costa")
    await expect(shown.get_by_role("link", name="a@b.example")).to_have_attribute(
        "href", "mailto:a@b.example"
    )
    await expect(shown.locator("blockquote")).to_have_text("quoted")
    await expect(shown.locator("ul li")).to_have_text(["one", "two"])
    await expect(shown.locator("time.date-mark")).to_contain_text("2026")
    await expect(shown.locator("pre")).to_have_text("raw *text*")
    await expect(shown.locator(".content")).to_contain_text("snake_case_word 2*3*4")
    await expect(shown.get_by_role("img", name="tada").first).to_be_visible()


async def test_files_reactions_edits_and_ephemeral_messages(slack: World, page: Page) -> None:
    ts = await post(slack, [section("before")])
    await slack.client.reactions_add(channel=LEADS, timestamp=ts, name="eyes")
    await slack.client.chat_update(
        channel=LEADS, ts=ts, text="after", blocks=[section("after the *edit*", block_id="new")]
    )
    await slack.client.chat_postEphemeral(channel=LEADS, user=SAM, text="a whisper")
    await slack.client.files_upload_v2(
        channel=LEADS, content="a,b\n1,2\n", filename="leads.csv", title="Leads"
    )
    shown = page.locator(message(ts))
    await expect(shown.locator(".content")).to_contain_text("after the edit")
    await shown.get_by_role("button", name="eyes, 1").click()
    await expect(shown.get_by_role("button", name="eyes, 2")).to_have_attribute("aria-pressed", "true")
    whisper = page.locator(".message.ephemeral")
    await expect(whisper).to_contain_text("Only visible to you")
    await expect(whisper).to_contain_text("a whisper")
    await expect(page.locator(".file", has_text="Leads")).to_be_visible()


MARKUP = [
    ("**bold** and __bold__", "<strong>bold</strong> and <strong>bold</strong>"),
    ("*a* _b_ ***c***", "<em>a</em> <em>b</em> <strong><em>c</em></strong>"),
    ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
    ("~~old~~ `a*b*`", "<s>old</s> <code>a*b*</code>"),
    (r"\*plain\*", "*plain*"),
    ("**half", "**half"),
    ("one\ntwo", "one<br>two"),
    ("<b>text</b> &amp; more", "&lt;b&gt;text&lt;/b&gt; &amp; more"),
]


@pytest.mark.parametrize(("source", "shown"), MARKUP)
async def test_markdown_inside_a_line(page: Page, source: str, shown: str) -> None:
    assert await rendered(page, source) == f"<p>{shown}</p>"


async def test_markdown_blocks(page: Page) -> None:
    source = "# Top\n1. one\n   - deep\n2. two\n\n> said\n> more\n\n```js\n<x>\n```\n---\n- [x] done"
    assert await rendered(page, source) == (
        '<h3 class="md-h md-h1">Top</h3><ol start="1"><li>one<ul><li>deep</li></ul></li><li>two</li></ol>'
        '<blockquote><p>said<br>more</p></blockquote><pre data-language="js"><code>&lt;x&gt;</code></pre><hr>'
        '<ul><li class="task-item"><input type="checkbox" disabled="" checked="" aria-label="Done">done</li></ul>'
    )


@pytest.mark.parametrize("piece", ["> ", "[x](", "*a ", "**b ", "`", "<", "[", "- ", "|-", "_*~"])
async def test_endless_markup_does_not_hang_the_page(page: Page, piece: str) -> None:
    spent = await page.evaluate(
        "async (text) => { const {markdown} = await import('/static/markdown.js');"
        " const {mrkdwn} = await import('/static/mrkdwn.js'); const from = performance.now();"
        " markdown(text); mrkdwn(text); return performance.now() - from }",
        piece * 4000,
    )
    assert spent < 30_000  # exponential work would take hours


async def rendered(page: Page, source: str) -> str:
    return await page.evaluate(
        "async (text) => { const {markdown} = await import('/static/markdown.js');"
        " return markdown(text).map(node => node.outerHTML).join('') }",
        source,
    )
