"""Commands, clicks, modals, menus and response_urls, with an app that answers by hand."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from local.sandbox.faults import Fault
from tests.local.slack_world import ANA, KENJI, LEADS, SAM, SAM_DM, World, heard, until, world


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str = "7") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": plain("Press")}


def modal(**more: Any) -> dict[str, Any]:
    name = {
        "type": "input",
        "block_id": "name",
        "label": plain("Name"),
        "element": {"type": "plain_text_input", "action_id": "text"},
    }
    note = {**name, "block_id": "note", "optional": True}
    base = {"type": "modal", "callback_id": "lead", "title": plain("Lead"), "submit": plain("Save")}
    return {**base, "blocks": [name, note], "private_metadata": "m", **more}


async def trigger(w: World, user: str = SAM) -> str:
    """A fresh trigger_id, by a slash command."""
    await w.act("command", user=user, channel=LEADS, command="/leads", text="add")
    return [p for p in w.app.got if p.get("command")][-1]["trigger_id"]


def typed(text: str) -> dict[str, Any]:
    return {"values": {"name": {"text": {"type": "plain_text_input", "value": text}}}}


async def test_a_command_arrives_as_slacks_form_and_its_answer_is_ephemeral():
    async with world() as w:
        w.app.answer = lambda _: web.json_response({"text": "3 leads"})
        assert await w.act("command", user=ANA, channel=LEADS, command="/leads", text=" show <all> ") == {
            "ok": True
        }
        form = w.app.got[0]
        assert (form["command"], form["text"], form["channel_name"]) == ("/leads", "show <all>", "leads")
        assert form["user_id"] == ANA and form["trigger_id"] and form["team_id"] == "T0RAINDEMO1"
        (shown,) = (await w.read("messages", user=ANA, channel=LEADS))["messages"]
        assert shown["text"] == "3 leads" and shown["ephemeral"]
        assert (await w.read("messages", user=SAM, channel=LEADS))["messages"] == []


async def test_a_command_nobody_answers_shows_a_toast():
    async with world() as w, w.page(SAM) as page:
        w.app.answer = lambda _: web.Response(status=500)
        answer = await w.act("command", user=SAM, channel=LEADS, command="/leads", text="")
        assert answer == {"ok": False, "error": "dispatch_failed"}
        assert (await heard(page, "toast"))["text"] == "/leads failed because the app did not respond"


async def test_a_response_url_works_five_times():
    async with world() as w:
        await w.act("command", user=SAM, channel=LEADS, command="/leads", text="show")
        url = w.app.got[0]["response_url"]
        statuses: list[int] = []
        for number in range(6):
            body = {"response_type": "in_channel", "text": str(number)}
            async with w.http.post(url, json=body) as response:
                statuses.append(response.status)
        assert statuses == [200] * 5 + [404]
        texts = [m["text"] for m in (await w.read("messages", user=ANA, channel=LEADS))["messages"]]
        assert texts == ["0", "1", "2", "3", "4"]


async def test_a_click_carries_the_message_and_may_replace_it():
    async with world() as w, w.page(SAM) as page:
        blocks = [{"type": "actions", "block_id": "b", "elements": [button("approve", "42")]}]
        posted = await w.client.chat_postMessage(channel=LEADS, text="Draft", blocks=blocks)
        click = {"channel": LEADS, "message_ts": posted["ts"], "block_id": "b", "action_id": "approve"}
        assert (await w.act("action", user=SAM, type="button", value="forged", **click))["ok"]
        (payload,) = w.app.of("block_actions")
        assert payload["actions"][0]["value"] == "42" and payload["actions"][0]["action_ts"]
        assert payload["message"]["ts"] == posted["ts"] and payload["user"]["id"] == SAM
        assert payload["container"]["channel_id"] == LEADS
        replace = {"replace_original": True, "text": "Approved by Sam"}
        async with w.http.post(payload["response_url"], json=replace) as response:
            assert response.status == 200
        changed = (await heard(page, "message_changed"))["message"]
        assert changed["text"] == "Approved by Sam" and "blocks" not in changed
        again = await w.act("action", user=SAM, type="button", **click)
        assert again == {"ok": False, "error": "action_not_found"}


async def test_an_ephemeral_message_is_clicked_by_its_person_alone_and_deleted_by_response_url():
    async with world() as w, w.page(ANA) as page:
        blocks = [{"type": "actions", "block_id": "b", "elements": [button("ok")]}]
        shown = await w.client.chat_postEphemeral(channel=LEADS, user=ANA, text="x", blocks=blocks)
        click = {"channel": LEADS, "message_ts": shown["message_ts"], "block_id": "b", "action_id": "ok"}
        assert (await w.act("action", user=SAM, **click))["error"] == "message_not_found"
        assert (await w.act("action", user=ANA, **click))["ok"]
        (payload,) = w.app.of("block_actions")
        assert payload["container"]["is_ephemeral"] and "message" not in payload
        async with w.http.post(payload["response_url"], json={"delete_original": True}) as response:
            assert response.status == 200
        assert (await heard(page, "message_deleted"))["message"]["ts"] == shown["message_ts"]


async def test_menus_send_whole_options_and_keep_their_state():
    async with world() as w:
        options = [{"text": plain(name), "value": name} for name in ("a", "b")]
        menu = {"type": "static_select", "action_id": "pick", "options": options}
        user_menu = {"type": "users_select", "action_id": "owner"}
        blocks = [{"type": "actions", "block_id": "b", "elements": [menu, user_menu, button("go")]}]
        posted = await w.client.chat_postMessage(channel=LEADS, text="x", blocks=blocks)
        place = {"user": SAM, "channel": LEADS, "message_ts": posted["ts"], "block_id": "b"}
        await w.act("action", action_id="pick", selected_option={"value": "b"}, **place)
        await w.act("action", action_id="owner", selected_user=KENJI, **place)
        await w.act("action", action_id="go", **place)
        first, _, last = w.app.of("block_actions")
        assert first["actions"][0]["selected_option"] == options[1]
        values = last["state"]["values"]["b"]
        assert values["pick"]["selected_option"]["value"] == "b"
        assert values["owner"]["selected_user"] == KENJI and "go" not in values
        forged = await w.act("action", action_id="pick", selected_option={"value": "z"}, **place)
        assert forged["error"] == "action_not_found"


async def test_feedback_buttons_say_which_was_pressed():
    async with world() as w:
        pair = {
            key: {"text": plain(name), "value": name}
            for key, name in (("positive_button", "good"), ("negative_button", "bad"))
        }
        element = {"type": "feedback_buttons", "action_id": "rate", **pair}
        blocks = [{"type": "context_actions", "block_id": "b", "elements": [element]}]
        posted = await w.client.chat_postMessage(channel=SAM_DM, text="x", blocks=blocks)
        await w.act(
            "action",
            user=SAM,
            channel=SAM_DM,
            message_ts=posted["ts"],
            block_id="b",
            action_id="rate",
            value="bad",
        )
        action = w.app.of("block_actions")[0]["actions"][0]
        assert action["type"] == "feedback_buttons" and action["value"] == "bad"


async def test_a_trigger_opens_one_modal_within_three_seconds():
    async with world() as w, w.page(SAM) as page:
        fresh = await trigger(w)
        opened = await w.client.views_open(trigger_id=fresh, view=modal())
        assert opened["view"]["private_metadata"] == "m" and opened["view"]["hash"]
        assert (await heard(page, "view"))["view"]["id"] == opened["view"]["id"]
        assert await refusal(w.client.views_open(trigger_id=fresh, view=modal())) == "exchanged_trigger_id"
        assert await refusal(w.client.views_open(trigger_id="1.2.x", view=modal())) == "invalid_trigger_id"
        w.box.faults.arm(Fault("slack", "expired_trigger"))
        late = await trigger(w)
        assert await refusal(w.client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"


async def test_a_trigger_is_dead_after_three_seconds_of_real_time():
    async with world() as w:
        old = await trigger(w)
        await asyncio.sleep(3.1)
        assert await refusal(w.client.views_open(trigger_id=old, view=modal())) == "expired_trigger_id"


async def test_a_view_that_slack_would_refuse_is_refused():
    async with world() as w:
        long = modal(title=plain("x" * 25))
        assert (
            await refusal(w.client.views_open(trigger_id=await trigger(w), view=long)) == "invalid_arguments"
        )
        table = modal(blocks=[{"type": "table", "rows": [[{"type": "raw_text", "text": "1"}]]}])
        assert (
            await refusal(w.client.views_open(trigger_id=await trigger(w), view=table)) == "invalid_arguments"
        )
        unsubmitted = {k: v for k, v in modal().items() if k != "submit"}
        refused = w.client.views_open(trigger_id=await trigger(w), view=unsubmitted)
        assert await refusal(refused) == "invalid_arguments"


async def test_an_update_with_an_old_hash_conflicts():
    async with world() as w:
        view = (await w.client.views_open(trigger_id=await trigger(w), view=modal()))["view"]
        changed = await w.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
        assert changed["view"]["hash"] != view["hash"]
        stale = w.client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
        assert await refusal(stale) == "hash_conflict"
        assert await refusal(w.client.views_update(view_id="V0NONE", view=modal())) == "not_found"


async def test_a_submission_is_checked_then_sent_then_closed():
    async with world() as w, w.page(SAM) as page:
        view = (await w.client.views_open(trigger_id=await trigger(w), view=modal()))["view"]
        empty = await w.act("view/submit", user=SAM, view_id=view["id"], state={"values": {}})
        assert empty["response_action"] == "errors" and list(empty["errors"]) == ["name"]
        assert w.app.of("view_submission") == []
        assert await w.act("view/submit", user=SAM, view_id=view["id"], state=typed("Bo")) == {"ok": True}
        (payload,) = w.app.of("view_submission")
        values = payload["view"]["state"]["values"]
        assert values["name"]["text"] == {"type": "plain_text_input", "value": "Bo"}
        assert values["note"]["text"] == {"type": "plain_text_input", "value": None}
        assert (await heard(page, "view_closed"))["view_id"] == view["id"]


async def test_the_app_may_answer_a_submission_with_errors_update_push_or_clear():
    async with world() as w:
        view = (await w.client.views_open(trigger_id=await trigger(w), view=modal()))["view"]
        answers: list[dict[str, Any]] = [
            {"response_action": "errors", "errors": {"name": "Taken"}},
            {"response_action": "update", "view": modal(title=plain("Second"))},
            {"response_action": "push", "view": modal(title=plain("Third"))},
        ]
        w.app.answer = lambda p: web.json_response(
            answers.pop(0) if p.get("type") == "view_submission" else {}
        )
        submit = {"user": SAM, "view_id": view["id"], "state": typed("Bo")}
        assert (await w.act("view/submit", **submit))["errors"] == {"name": "Taken"}
        assert (await w.act("view/submit", **submit))["view"]["title"]["text"] == "Second"
        pushed = await w.act("view/submit", **submit)
        assert pushed["view"]["previous_view_id"] == view["id"] == pushed["view"]["root_view_id"]
        answers.append({"response_action": "clear"})
        cleared = await w.act("view/submit", user=SAM, view_id=pushed["view"]["id"], state=typed("x"))
        assert cleared == {"response_action": "clear"}
        assert await refusal(w.client.views_update(view_id=view["id"], view=modal())) == "not_found"


async def test_a_click_in_a_modal_can_push_up_to_three_views():
    async with world() as w:
        body = modal(blocks=[{"type": "actions", "block_id": "b", "elements": [button("more")]}])
        view = (await w.client.views_open(trigger_id=await trigger(w), view=body))["view"]
        seen: list[str] = [view["id"]]
        for _ in range(2):
            await w.act("action", user=SAM, view_id=seen[-1], block_id="b", action_id="more")
            click = w.app.of("block_actions")[-1]
            assert click["view"]["id"] == seen[-1] and click["container"]["type"] == "view"
            pushed = await w.client.views_push(trigger_id=click["trigger_id"], view=body)
            seen.append(pushed["view"]["id"])
        await w.act("action", user=SAM, view_id=seen[-1], block_id="b", action_id="more")
        click = w.app.of("block_actions")[-1]
        fourth = w.client.views_push(trigger_id=click["trigger_id"], view=body)
        assert await refusal(fourth) == "push_limit_reached"


async def test_closing_is_told_where_it_was_asked_for():
    async with world() as w:
        body = modal(notify_on_close=True)
        view = (await w.client.views_open(trigger_id=await trigger(w), view=body))["view"]
        assert (await w.act("view/close", user=ANA, view_id=view["id"]))["error"] == "not_found"
        assert (await w.act("view/close", user=SAM, view_id=view["id"])) == {"ok": True}
        (closed,) = w.app.of("view_closed")
        assert closed["view"]["id"] == view["id"] and closed["is_cleared"] is False


async def test_external_menus_ask_the_app():
    async with world() as w:
        menu = {"type": "external_select", "action_id": "lead", "min_query_length": 1}
        blocks = [{"type": "section", "block_id": "b", "text": plain("Lead"), "accessory": menu}]
        posted = await w.client.chat_postMessage(channel=LEADS, text="x", blocks=blocks)
        options = [{"text": plain("Bo"), "value": "1"}]
        w.app.answer = lambda _: web.json_response({"options": options})
        place = {"channel": LEADS, "message_ts": posted["ts"], "block_id": "b", "action_id": "lead"}
        assert await w.act("suggestions", user=SAM, value="b", **place) == {"options": options}
        (question,) = w.app.of("block_suggestion")
        assert question["value"] == "b" and question["action_id"] == "lead"


async def test_the_home_tab_is_published_for_one_person():
    async with world() as w, w.page(SAM) as page:
        home = {"type": "home", "blocks": [{"type": "actions", "block_id": "b", "elements": [button("go")]}]}
        published = await w.client.views_publish(user_id=SAM, view=home)
        assert (await heard(page, "home"))["view"]["blocks"][0]["block_id"] == "b"
        stale = w.client.views_publish(user_id=SAM, view=home, hash="0.old")
        assert await refusal(stale) == "hash_conflict"
        assert (await w.read("home", user=SAM))["view"]["id"] == published["view"]["id"]
        assert (await w.read("home", user=ANA))["view"] is None
        opened = (await until(lambda: w.app.events("app_home_opened")))[0]
        assert opened["view"]["id"] == published["view"]["id"]
        await w.act("action", user=SAM, view_id=published["view"]["id"], block_id="b", action_id="go")
        assert w.app.of("block_actions")[0]["view"]["type"] == "home"


async def test_a_message_shortcut_carries_its_message():
    async with world() as w:
        said = await w.act("message", user=ANA, channel=LEADS, text="Met Bo of Acme")
        place = {"channel": LEADS, "message_ts": said["ts"]}
        assert (await w.act("shortcut", user=SAM, callback_id="add_as_lead", **place))["ok"]
        (payload,) = w.app.of("message_action")
        assert payload["callback_id"] == "add_as_lead" and payload["message"]["text"] == "Met Bo of Acme"
        view = await w.client.views_open(trigger_id=payload["trigger_id"], view=modal())
        assert view["ok"]
