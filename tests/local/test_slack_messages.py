"""The Web API of messages through the vendor's own client."""

import time
from typing import Any

import pytest
from aiohttp.web import RouteDef
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import MarkdownBlock, SectionBlock, TableBlock
from slack_sdk.models.metadata import Metadata
from slack_sdk.web.async_client import AsyncWebClient

from local.sandbox import slack
from local.sandbox.slack import methods_chat
from local.sandbox.slack.coverage import METHODS
from tests.local.slack_world import ANA, BOT, GENERAL, LEADS, SAM, SAM_DM, heard, until, world

REQUIRED = {
    "auth.test",
    "apps.connections.open",
    "oauth.v2.access",
    "auth.revoke",
    "chat.postMessage",
    "chat.update",
    "chat.delete",
    "chat.postEphemeral",
    "chat.scheduleMessage",
    "chat.getPermalink",
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "assistant.threads.setStatus",
    "assistant.threads.setSuggestedPrompts",
    "assistant.threads.setTitle",
    "agents.sessions.setStatus",
    "agents.sessions.rename",
    "views.open",
    "views.update",
    "views.push",
    "views.publish",
    "reactions.add",
    "reactions.remove",
    "conversations.open",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "conversations.history",
    "users.info",
    "users.list",
    "users.lookupByEmail",
    "team.info",
    "bots.info",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.info",
}


async def refusal(call: Any) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def test_every_method_of_the_coverage_table_has_its_route_and_no_other():
    async with world() as w:
        routes = [route for route in slack.routes(w.box) if isinstance(route, RouteDef)]
        paths = {route.path for route in routes if route.path.startswith("/api/")}
        assert {path.removeprefix("/api/") for path in paths} - {"{method}"} == set(METHODS)
        assert set(METHODS) >= REQUIRED
        response = await refusal(w.client.api_call("chat.meMessage"))
        assert response["error"] == "unknown_method"


async def test_tokens_are_checked():
    async with world() as w:
        bare = AsyncWebClient(base_url=f"{w.box.base_url}/api/")
        assert (await refusal(bare.auth_test()))["error"] == "not_authed"
        assert (await refusal(bare.auth_test(token="xoxb-wrong")))["error"] == "invalid_auth"
        wrong_kind = bare.auth_test(token=w.box.accounts.slack_app_token)
        assert (await refusal(wrong_kind))["error"] == "not_allowed_token_type"
        me = await w.client.auth_test()
        assert me["user_id"] == BOT and "chat:write" in me.headers["x-oauth-scopes"]
        form = {"token": w.box.accounts.slack_bot_token}
        async with w.http.post(f"{w.box.base_url}/api/auth.test", data=form) as response:
            assert (await response.json())["ok"]
        await w.client.auth_revoke()
        assert (await refusal(w.client.auth_test()))["error"] == "token_revoked"


async def test_a_post_is_kept_shown_and_heard_with_bot_id():
    async with world() as w, w.page(ANA) as page:
        blocks = [SectionBlock(text="*Lead*"), MarkdownBlock(text="# Title")]
        posted = await w.client.chat_postMessage(channel="#leads", text="Lead", blocks=blocks)
        assert posted["channel"] == LEADS and posted["message"]["bot_id"] == "B0RAINMAKER"
        assert (await heard(page, "message"))["message"]["blocks"][1]["type"] == "markdown"
        event = (await until(lambda: w.app.events("message")))[0]
        assert event["bot_id"] == "B0RAINMAKER" and event["user"] == BOT
        assert (await w.client.conversations_history(channel=LEADS))["messages"][0]["ts"] == posted["ts"]


async def test_metadata_comes_back_only_where_it_is_asked_for():
    async with world() as w:
        metadata = Metadata(event_type="lead", event_payload={"id": 7})
        posted = await w.client.chat_postMessage(channel=LEADS, text="x", metadata=metadata)
        plain = await w.client.conversations_history(channel=LEADS)
        assert "metadata" not in plain["messages"][0]
        full = await w.client.conversations_history(channel=LEADS, include_all_metadata=True)
        assert full["messages"][0]["metadata"] == {"event_type": "lead", "event_payload": {"id": 7}}
        thread = await w.client.conversations_replies(
            channel=LEADS, ts=posted["ts"], include_all_metadata=True
        )
        assert thread["messages"][0]["metadata"]["event_payload"] == {"id": 7}


async def test_what_slack_refuses_is_refused():
    async with world() as w:
        post = w.client.chat_postMessage
        assert (await refusal(post(channel="C0NOWHERE", text="x")))["error"] == "channel_not_found"
        assert (await refusal(post(channel=GENERAL, text="x")))["error"] == "not_in_channel"
        assert (await refusal(post(channel=LEADS, text=" ")))["error"] == "no_text"
        assert (await refusal(post(channel=LEADS, text="x" * 40_001)))["error"] == "msg_too_long"
        assert (await refusal(post(channel=LEADS, text="x", thread_ts="1700000000.000001")))[
            "error"
        ] == "thread_not_found"
        assert (await refusal(post(channel=LEADS, text="x", thread_ts="soon")))[
            "error"
        ] == "invalid_thread_ts"
        many = [{"type": "divider"}] * 51
        response = await refusal(post(channel=LEADS, text="x", blocks=many))
        assert response["error"] == "invalid_blocks"
        assert response["response_metadata"]["messages"] == [
            "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
        ]
        ephemeral = w.client.chat_postEphemeral(channel=SAM_DM, user=ANA, text="x")
        assert (await refusal(ephemeral))["error"] == "user_not_in_channel"


async def test_an_update_keeps_the_blocks_it_does_not_name():
    async with world() as w, w.page(SAM) as page:
        posted = await w.client.chat_postMessage(channel=LEADS, text="a", blocks=[SectionBlock(text="body")])
        await w.client.chat_update(channel=LEADS, ts=posted["ts"], text="b")
        changed = (await heard(page, "message_changed"))["message"]
        assert changed["text"] == "b" and len(changed["blocks"]) == 1 and changed["edited"]["user"] == BOT
        await w.client.chat_update(channel=LEADS, ts=posted["ts"], text="c", blocks=[])
        assert "blocks" not in (await heard(page, "message_changed"))["message"]
        table = TableBlock(rows=[[{"type": "raw_text", "text": "1"}]])
        await w.client.chat_update(channel=LEADS, ts=posted["ts"], blocks=[table], text="d")
        events = [e for e in w.app.events("message") if e.get("subtype") == "message_changed"]
        assert events and events[0]["previous_message"]["text"] == "a"


async def test_only_own_messages_are_changed_or_deleted():
    async with world() as w, w.page(SAM) as page:
        theirs = await w.act("message", user=SAM, channel=LEADS, text="mine")
        update = w.client.chat_update(channel=LEADS, ts=theirs["ts"], text="x")
        assert (await refusal(update))["error"] == "cant_update_message"
        own = await w.client.chat_postMessage(channel=LEADS, text="gone soon")
        await w.client.chat_delete(channel=LEADS, ts=own["ts"])
        assert (await heard(page, "message_deleted"))["message"]["ts"] == own["ts"]
        again = w.client.chat_delete(channel=LEADS, ts=own["ts"])
        assert (await refusal(again))["error"] == "message_not_found"


async def test_a_reply_to_a_reply_lands_in_the_thread():
    async with world() as w:
        root = await w.client.chat_postMessage(channel=LEADS, text="root")
        reply = await w.client.chat_postMessage(channel=LEADS, text="a", thread_ts=root["ts"])
        nested = await w.client.chat_postMessage(channel=LEADS, text="b", thread_ts=reply["ts"])
        assert nested["message"]["thread_ts"] == root["ts"]
        thread = await w.client.conversations_replies(channel=LEADS, ts=reply["ts"])
        assert [m["text"] for m in thread["messages"]] == ["root", "a", "b"]
        history = await w.client.conversations_history(channel=LEADS)
        assert [m["text"] for m in history["messages"]] == ["root"]
        assert history["messages"][0]["reply_count"] == 2


async def test_history_is_paged_by_cursor():
    async with world() as w:
        for number in range(5):
            await w.client.chat_postMessage(channel=LEADS, text=str(number))
        texts: list[str] = []
        async for part in await w.client.conversations_history(channel=LEADS, limit=2):
            texts += [m["text"] for m in part["messages"]]
        assert texts == ["4", "3", "2", "1", "0"]


async def test_a_user_id_as_channel_means_their_dm():
    async with world() as w:
        opened = await w.client.conversations_open(users=[SAM], return_im=True)
        assert opened["channel"]["id"] == SAM_DM and opened["channel"]["user"] == SAM
        posted = await w.client.chat_postMessage(channel=SAM, text="hello")
        assert posted["channel"] == SAM_DM
        assert (await refusal(w.client.conversations_open(users=["U0NOBODY"])))["error"] == "user_not_found"


async def test_people_team_and_bot_are_known():
    async with world() as w:
        ana = (await w.client.users_info(user=ANA))["user"]
        assert ana["tz"] == "Europe/Lisbon" and ana["profile"]["email"].startswith("ana@")
        assert ana["tz_offset"] in (0, 3600)
        found = await w.client.users_lookupByEmail(email="ANA@rainmaker-demo.example")
        assert found["user"]["id"] == ANA
        names = [m["real_name"] async for page in await w.client.users_list(limit=2) for m in page["members"]]
        assert len(names) == 4
        assert (await w.client.team_info())["team"]["name"] == "Rainmaker Demo"
        assert (await w.client.bots_info(bot="B0RAINMAKER"))["bot"]["user_id"] == BOT
        channels = (await w.client.conversations_list(types="public_channel,im"))["channels"]
        assert [c["id"] for c in channels if c.get("is_member")] == ["C0SALES0001", LEADS]
        assert BOT in (await w.client.conversations_members(channel=LEADS))["members"]


async def test_a_scheduled_message_is_posted_at_its_time():
    async with world() as w:
        past = w.client.chat_scheduleMessage(channel=LEADS, post_at=1, text="x")
        assert (await refusal(past))["error"] == "time_in_past"
        await w.client.chat_scheduleMessage(channel=LEADS, post_at=int(time.time()) + 2, text="later")
        methods_chat.post_scheduled(w.workspace)
        assert (await w.client.conversations_history(channel=LEADS))["messages"] == []
        assert (await until(lambda: w.app.events("message"), 6))[0]["text"] == "later"


async def test_reactions_titles_and_permalinks():
    async with world() as w, w.page(SAM) as page:
        posted = await w.client.chat_postMessage(channel=SAM_DM, text="x")
        await w.client.reactions_add(channel=SAM_DM, timestamp=posted["ts"], name="eyes")
        again = w.client.reactions_add(channel=SAM_DM, timestamp=posted["ts"], name="eyes")
        assert (await refusal(again))["error"] == "already_reacted"
        link = await w.client.chat_getPermalink(channel=SAM_DM, message_ts=posted["ts"])
        assert link["permalink"].endswith("/p" + posted["ts"].replace(".", ""))
        await w.client.assistant_threads_setTitle(channel_id=SAM_DM, thread_ts=posted["ts"], title="Plans")
        assert (await heard(page, "title"))["title"] == "Plans"
        await w.client.assistant_threads_setStatus(
            channel_id=SAM_DM, thread_ts=posted["ts"], status="is thinking…", loading_messages=["Reading"]
        )
        assert (await heard(page, "status"))["loading_messages"] == ["Reading"]
        prompts = [{"title": "A", "message": "a"}]
        await w.client.assistant_threads_setSuggestedPrompts(channel_id=SAM_DM, prompts=prompts)
        assert (await heard(page, "prompts"))["prompts"] == prompts
        assert (await w.read("boot", user=SAM))["suggested_prompts"] == prompts
        five = w.client.assistant_threads_setSuggestedPrompts(channel_id=SAM_DM, prompts=prompts * 5)
        assert (await refusal(five))["error"] == "invalid_arguments"


async def test_agent_sessions_have_a_status_and_a_title():
    async with world() as w:
        posted = await w.client.chat_postMessage(channel=SAM_DM, text="x")
        early = w.client.agents_sessions_rename(channel_id=SAM_DM, thread_ts=posted["ts"], title="x")
        assert (await refusal(early))["error"] == "session_not_found"
        made = await w.client.agents_sessions_setStatus(
            channel_id=SAM_DM, thread_ts=posted["ts"], status="processing", title="Find leads"
        )
        assert (made["status"], made["title"]) == ("processing", "Find leads")
        renamed = await w.client.agents_sessions_rename(
            channel_id=SAM_DM, thread_ts=posted["ts"], title="Leads in Lisbon"
        )
        assert renamed["title"] == "Leads in Lisbon"
        wrong = w.client.agents_sessions_setStatus(
            channel_id=SAM_DM, thread_ts=posted["ts"], status="resting"
        )
        assert (await refusal(wrong))["error"] == "invalid_status"
