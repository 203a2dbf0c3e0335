"""The Home tab follows what is pressed on it, and what others do while it is open."""

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from bot.action_ids import Action
from bot.views import home
from db.cards import Setup
from pipeline.clients.llm.base import ToolRequest
from tests.bot.conftest import ScriptedLlm
from tests.bot.test_listeners import ANA, DM, SAM, TEAM, Desk, desk, window

assert desk


async def opened(desk: Desk, user: str) -> None:
    event = {"type": "app_home_opened", "user": user, "channel": DM, "tab": "home", "event_ts": "1.0"}
    body = {"type": "event_callback", "team_id": TEAM, "event_id": uuid4().hex, "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER"}]}  # fmt: skip
    assert await desk.web.event(body) == 200
    await desk.settle()


async def said(desk: Desk, user: str, words: str, *calls: ToolRequest) -> None:
    """A sentence in the person's DM, upon which the model makes the calls."""
    llm = desk.web.web.deps.llm
    assert isinstance(llm, ScriptedLlm)
    llm.script = [*([call] for call in calls), ["Done."]]
    channel = {SAM: DM, ANA: "D0ANACOSTA1"}[user]
    root = (await desk.slack.act("message", user=user, channel=channel, text=words))["ts"]
    event = {
        "type": "message",
        "channel_type": "im",
        "channel": channel,
        "user": user,
        "text": words,
        "ts": root,
    }
    body = {"type": "event_callback", "team_id": TEAM, "event_id": uuid4().hex, "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER"}]}  # fmt: skip
    assert await desk.web.event(body) == 200
    await desk.settle()


async def seen(desk: Desk, user: str) -> str:
    return json.dumps((await desk.slack.read("home", user=user))["view"], ensure_ascii=False)


async def on_home(desk: Desk, action: Action, user: str) -> None:
    """Pressed on the Home tab, where a payload names no channel and no message."""
    place = {"container": {"type": "view", "view_id": "V1"}, "channel": {}, "message": {}}
    await desk.press(action, "", user=user, **place)


STOPPED = "All sending is stopped"


async def test_the_switch_on_home_shows_what_it_did(desk: Desk) -> None:
    await opened(desk, SAM)
    assert STOPPED not in await seen(desk, SAM)
    await on_home(desk, Action.STOP_ALL, SAM)
    assert STOPPED in await seen(desk, SAM) and Action.RESUME_ALL in await seen(desk, SAM)
    await on_home(desk, Action.RESUME_ALL, SAM)
    assert STOPPED not in await seen(desk, SAM) and Action.STOP_ALL in await seen(desk, SAM)


@pytest.mark.parametrize("way", ["button", "command", "sentence", "click"])
async def test_others_who_have_home_open_see_it_too(desk: Desk, way: str) -> None:
    await opened(desk, SAM)
    await opened(desk, ANA)
    stopping = ToolRequest("c1", "stop_all_sending", "{}")
    if way == "button":
        await on_home(desk, Action.STOP_ALL, ANA)
    elif way == "sentence":
        await said(desk, ANA, "stop all sending", stopping)
    elif way == "click":  # it was held, since the answer had read a stranger's words
        await desk.command("add Maria Silva, maria@acme.example, Acme")
        await said(
            desk, ANA, "stop it all", ToolRequest("c0", "show_lead", '{"lead": "Maria Silva"}'), stopping
        )
        assert STOPPED not in await seen(desk, SAM)
        (asked,) = [key for key in await desk.surfaces() if key.startswith("held:")]
        await desk.press("held_do", asked.removeprefix("held:").replace(":", "|"), user=ANA)
    else:
        await desk.command("stop", user=ANA)
    assert STOPPED in await seen(desk, SAM) and f"<@{ANA}>" in await seen(desk, SAM)


async def test_sending_stops_though_slack_refuses_the_home(desk: Desk) -> None:
    await opened(desk, SAM)
    known = desk.slack.workspace.store
    known.run("DELETE FROM slack_views")
    pressed = await desk.press(Action.STOP_ALL, "", user="U0STRANGER1", of=TEAM)
    assert (await desk.row()).sending_stopped_at is not None
    assert any(STOPPED in json.dumps(one) for one in pressed) and "went wrong" not in json.dumps(pressed)


def test_a_checklist_that_was_complete_once_does_not_begin_again() -> None:
    missing = Setup(True, True, True, False, True, True, True)
    first = json.dumps(home.checklist(missing, sandbox=True).blocks)
    assert "Before the first email" in first and Action.SETUP_EXAMPLE in first
    again = json.dumps(home.checklist(replace(missing, once_complete=True), sandbox=True).blocks)
    assert "Before the next email goes out* \\u00b7 6 of 7" in again and Action.SETUP_EXAMPLE not in again


def test_what_is_set_up_can_be_changed_where_one_asks_for_it() -> None:
    whole = Setup(True, True, True, True, True, True, True)
    asked = home.checklist(whole, sandbox=True, to_change=True).blocks
    assert [block["accessory"]["action_id"] for block in asked[1:]] == [item[2] for item in home.CHECKLIST]
    assert len(home.checklist(whole, sandbox=True).blocks) == 1


async def test_the_limits_of_a_day_are_set_beside_the_window(desk: Desk) -> None:
    yes = {"type": "checkboxes", "selected_options": [{"value": "yes"}]}
    limits = {"a_day": "40", "to_a_company": "2", "roles": yes}
    assert await desk.submit("setup_window_view", window("09:00", "17:00") | limits) == {}
    ours = await desk.row()
    assert (ours.max_emails_per_day, ours.max_emails_per_domain, ours.allow_role_addresses) == (40, 2, True)
    nothing = {"roles": {"type": "checkboxes", "selected_options": []}}
    assert await desk.submit("setup_window_view", window("09:00", "17:00") | nothing) == {}
    ours = await desk.row()
    assert (ours.max_emails_per_day, ours.allow_role_addresses) == (40, False), "what is not in it stays"
