"""Modals on the workspace page: validation, the app's answers, stacks of views, the keyboard's place."""

import copy
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Locator, Page, expect

from tests.local.page_browser import focused, message, post
from tests.local.page_samples import FORM, button, field, plain, section
from tests.local.slack_world import World, until

pytestmark = pytest.mark.page


async def open_form(slack: World, page: Page, view: dict[str, Any] = FORM) -> tuple[Locator, str]:
    """Press a button, let the app open `view`; the dialog and the view's id."""
    ts = await post(slack, [{"type": "actions", "elements": [button("open_form", "Open")]}])
    before = len(slack.app.of("block_actions"))
    await page.click(f'{message(ts)} [data-action-id="open_form"]')
    await until(lambda: len(slack.app.of("block_actions")) > before)
    opened = await slack.client.views_open(
        trigger_id=slack.app.of("block_actions")[-1]["trigger_id"], view=view
    )
    dialog = page.locator("[role=dialog]")
    await dialog.wait_for()
    return dialog, opened["view"]["id"]


async def fill(dialog: Locator) -> None:
    await dialog.locator('[data-block-id="company"] input').fill("Brightwater")
    await dialog.locator('[data-block-id="sender"] input').fill("sam@rainmaker-demo.example")
    await dialog.locator('[data-block-id="tone"] input').click()
    await dialog.page.get_by_role("option", name="Brief").click()


async def test_every_input_stands_in_the_form_with_its_label(slack: World, page: Page) -> None:
    dialog, _ = await open_form(slack, page)
    await expect(dialog).to_have_attribute("aria-modal", "true")
    await expect(page.get_by_role("dialog", name="Set up outreach")).to_be_visible()
    for label in (
        "Company",
        "Offer",
        "Sender",
        "Site",
        "Emails a day",
        "Tone",
        "Approvers",
        "Start",
        "Hour",
        "List",
    ):
        await expect(dialog.get_by_label(label, exact=False).first).to_be_attached()
    await expect(dialog.locator(".alert-warning")).to_contain_text("DMARC is missing.")
    await expect(dialog.locator('[data-block-id="days"] input:checked')).to_have_count(1)
    await expect(dialog.locator('[data-block-id="approvers"] .chip')).to_have_text("Sam Rivers")


async def test_the_page_says_at_its_field_what_is_wrong(slack: World, page: Page) -> None:
    dialog, _ = await open_form(slack, page)
    await dialog.locator('[data-block-id="company"] input').fill("ab")
    await dialog.locator('[data-block-id="sender"] input').fill("nobody")
    await dialog.locator('[data-block-id="cap"] input').fill("900")
    await dialog.locator("[data-submit]").click()
    for block, sentence in {
        "company": "Write at least 3 characters (now 2).",
        "sender": "Enter an email address.",
        "cap": "Enter 50 or less.",
        "tone": "Please fill in this field.",
    }.items():
        error = dialog.locator(f'[data-block-id="{block}"] .field-error')
        await expect(error).to_have_text(sentence)
        box = dialog.locator(f'[data-block-id="{block}"] input').first
        await expect(box).to_have_attribute("aria-invalid", "true")
        assert await error.get_attribute("id") in (await box.get_attribute("aria-describedby") or "")
    assert (await focused(page))["block"] == "company"
    assert slack.app.of("view_submission") == []
    await dialog.locator('[data-block-id="company"] input').fill("abc")
    await expect(dialog.locator('[data-block-id="company"] .field-error')).to_be_hidden()


async def test_a_good_form_reaches_the_app_and_closes(slack: World, page: Page) -> None:
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(dialog).to_have_count(0)
    values = slack.app.of("view_submission")[0]["view"]["state"]["values"]
    assert values["company"]["v"]["value"] == "Brightwater"
    assert values["offer"]["v"]["value"] is None
    assert values["cap"]["v"]["value"] == "20"
    assert values["tone"]["v"]["selected_option"]["value"] == "brief"
    assert values["approvers"]["v"]["selected_users"] == ["U0SAMRIVERS"]
    assert [o["value"] for o in values["days"]["v"]["selected_options"]] == ["warm"]
    assert values["mode"]["v"]["selected_option"]["value"] == "formal"
    assert values["start"]["v"]["selected_date"] == "2026-12-01"
    assert values["hour"]["v"]["selected_time"] == "09:00"


async def test_the_apps_errors_stand_at_their_fields_and_nothing_typed_is_lost(
    slack: World, page: Page
) -> None:
    def answer(payload: dict[str, Any]) -> web.Response:
        if payload.get("type") != "view_submission":
            return web.Response()
        return web.json_response(
            {"response_action": "errors", "errors": {"sender": "We cannot send as this."}}
        )

    slack.app.answer = answer
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(dialog.locator('[data-block-id="sender"] .field-error')).to_have_text(
        "We cannot send as this."
    )
    await expect(dialog.locator('[data-block-id="company"] input')).to_have_value("Brightwater")
    assert (await focused(page))["block"] == "sender"
    await expect(dialog.locator("[data-submit]")).to_be_enabled()


async def test_submit_is_off_while_the_app_thinks(slack: World, page: Page) -> None:
    import asyncio

    release = asyncio.Event()

    async def slow(payload: dict[str, Any]) -> web.Response:
        if payload.get("type") == "view_submission":
            await release.wait()
        return web.Response()

    slack.app.answer = slow
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(dialog.locator("[data-submit]")).to_be_disabled()
    release.set()
    await expect(dialog).to_have_count(0)
    assert len(slack.app.of("view_submission")) == 1


async def test_an_update_keeps_what_was_typed_and_the_caret(slack: World, page: Page) -> None:
    dialog, view_id = await open_form(slack, page)
    box = dialog.locator('[data-block-id="company"] input')
    await box.fill("Brightwater")
    await box.evaluate("node => node.setSelectionRange(3, 3)")
    changed = copy.deepcopy(FORM)
    changed["blocks"].insert(0, section("Loaded just now"))
    changed["title"] = plain("Nearly done")
    await slack.client.views_update(view_id=view_id, view=changed)
    await expect(dialog.get_by_text("Loaded just now")).to_be_visible()
    await expect(box).to_have_value("Brightwater")
    assert (await focused(page))["block"] == "company"
    assert await box.evaluate("node => node.selectionStart") == 3
    await expect(page.get_by_role("dialog", name="Nearly done")).to_be_visible()


def second_view() -> dict[str, Any]:
    blocks = [field("reason", "Reason", "plain_text_input")]
    return {"type": "modal", "title": plain("One thing more"), "submit": plain("Next"), "blocks": blocks}


async def test_a_pushed_view_goes_back_to_the_one_below(slack: World, page: Page) -> None:
    def answer(payload: dict[str, Any]) -> web.Response:
        pushes = payload.get("type") == "view_submission" and payload["view"]["callback_id"] == "setup"
        return (
            web.json_response({"response_action": "push", "view": second_view()})
            if pushes
            else web.Response()
        )

    slack.app.answer = answer
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(page.get_by_role("dialog", name="One thing more")).to_be_visible()
    assert (await focused(page))["block"] == "reason"
    await dialog.get_by_role("button", name="Back").click()
    await expect(page.get_by_role("dialog", name="Set up outreach")).to_be_visible()
    await expect(dialog.locator('[data-block-id="company"] input')).to_have_value("Brightwater")
    await dialog.locator("[data-submit]").click()
    await dialog.locator('[data-block-id="reason"] input').fill("because")
    await dialog.locator("[data-submit]").click()
    await expect(page.get_by_role("dialog", name="Set up outreach")).to_be_visible()
    await expect(dialog).to_have_count(1)


async def test_update_and_clear_answers(slack: World, page: Page) -> None:
    answers = [{"response_action": "update", "view": second_view()}, {"response_action": "clear"}]

    def answer(payload: dict[str, Any]) -> web.Response:
        return (
            web.json_response(answers.pop(0)) if payload.get("type") == "view_submission" else web.Response()
        )

    slack.app.answer = answer
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(page.get_by_role("dialog", name="One thing more")).to_be_visible()
    await dialog.locator('[data-block-id="reason"] input').fill("because")
    await dialog.locator("[data-submit]").click()
    await expect(dialog).to_have_count(0)


async def test_closing_tells_the_app_and_returns_the_keyboard(slack: World, page: Page) -> None:
    dialog, _ = await open_form(slack, page, {**FORM, "notify_on_close": True})
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    closed = (await until(lambda: slack.app.of("view_closed")))[0]
    assert closed["is_cleared"] is False
    assert (await focused(page))["action"] == "open_form"


async def test_the_keyboard_stays_inside_the_dialog(slack: World, page: Page) -> None:
    dialog, _ = await open_form(slack, page)
    for key in ["Tab"] * 40 + ["Shift+Tab"] * 10:
        await page.keyboard.press(key)
        assert await dialog.evaluate("node => node.contains(document.activeElement)")


async def test_an_app_that_does_not_answer_leaves_the_form_open(slack: World, page: Page) -> None:
    slack.app.answer = lambda payload: web.Response(
        status=500 if payload.get("type") == "view_submission" else 200
    )
    dialog, _ = await open_form(slack, page)
    await fill(dialog)
    await dialog.locator("[data-submit]").click()
    await expect(dialog.locator(".form-error")).to_be_visible()
    await expect(dialog.locator('[data-block-id="company"] input')).to_have_value("Brightwater")


async def test_an_input_that_dispatches_tells_the_app_while_the_form_is_open(
    slack: World, page: Page
) -> None:
    blocks = [
        {**field("q", "Query", "plain_text_input"), "dispatch_action": True},
        field("w", "Other", "plain_text_input"),
    ]
    view = {"type": "modal", "title": plain("Search"), "submit": plain("Go"), "blocks": blocks}
    dialog, _ = await open_form(slack, page, view)
    await dialog.locator('[data-block-id="q"] input').fill("robots")
    await page.keyboard.press("Enter")
    payload = (await until(lambda: slack.app.of("block_actions")[1:]))[0]
    assert payload["actions"][0]["value"] == "robots"
    assert payload["view"]["state"]["values"]["q"]["v"]["value"] == "robots"
    await expect(dialog).to_have_count(1)


SMALL = {
    "type": "modal",
    "callback_id": "small",
    "title": plain("Approvers"),
    "submit": plain("Save"),
    "blocks": [field("approvers", "Approvers", "multi_users_select")],
}


@pytest.mark.parametrize("height", [860, 420])
async def test_a_list_of_people_leaves_the_button_below_it_free(
    slack: World, page: Page, height: int
) -> None:
    await page.set_viewport_size({"width": 1000, "height": height})
    dialog, _ = await open_form(slack, page, SMALL)
    people, listed = dialog.locator('[data-block-id="approvers"] input'), page.get_by_role("listbox")
    await people.click()
    await expect(listed).to_be_visible()
    box, save = await listed.bounding_box(), await dialog.locator("[data-submit]").bounding_box()
    anchor = await dialog.locator(".picker").bounding_box()
    assert box and save and anchor
    assert box["y"] >= 0 and box["y"] + box["height"] <= anchor["y"] < save["y"]
    await page.get_by_role("option", name="Ana Costa").click()
    await expect(listed).to_have_count(0)
    await people.press("ArrowDown")
    await expect(listed).to_be_visible()
    await people.press("Escape")
    await expect(listed).to_have_count(0)
    await expect(dialog).to_be_visible()
    await people.click()
    await expect(listed).to_be_visible()
    await dialog.locator("[data-submit]").click()  # a click outside the list, on what it leaves free
    await expect(listed).to_have_count(0)
    values = (await until(lambda: slack.app.of("view_submission")))[0]["view"]["state"]["values"]
    assert values["approvers"]["v"]["selected_users"] == ["U0ANACOSTA1"]
