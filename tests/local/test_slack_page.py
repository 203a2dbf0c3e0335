"""The workspace page's routes: what people see, do, and what reaches the app because of it."""

from tests.local.slack_world import (
    ANA,
    ANA_DM,
    BOT,
    GENERAL,
    KENJI,
    LEADS,
    SAM,
    SAM_DM,
    heard,
    until,
    world,
)


async def test_boot_shows_the_default_world():
    async with world() as w:
        boot = await w.read("boot", user=SAM)
        assert boot["team"]["name"] == "Rainmaker Demo"
        assert [u["real_name"] for u in boot["users"]] == [
            "Sam Rivers",
            "Ana Costa",
            "Kenji Mori",
            "Rainmaker",
        ]
        assert {c["name"]: c["kind"] for c in boot["channels"]} == {
            "general": "channel",
            "sales": "channel",
            "leads": "channel",
            "Rainmaker": "im",
        }
        assert boot["commands"][0]["command"] == "/leads"
        assert boot["shortcuts"][0]["callback_id"] == "add_as_lead"


async def test_a_direct_message_reaches_the_app_as_message_im():
    async with world() as w:
        sent = await w.act("message", user=SAM, channel=SAM_DM, text="Hello & <hi>, mail bo@acme.com")
        event = (await until(lambda: w.app.events("message")))[0]
        assert sent["ok"] and event["ts"] == sent["ts"]
        assert event["channel_type"] == "im" and event["user"] == SAM and "bot_id" not in event
        assert event["text"] == "Hello &amp; &lt;hi&gt;, mail <mailto:bo@acme.com|bo@acme.com>"
        assert event["blocks"][0]["type"] == "rich_text"
        envelope = w.app.got[0]
        assert envelope["type"] == "event_callback" and envelope["event_id"].startswith("Ev")
        assert envelope["authorizations"][0]["user_id"] == BOT
        assert w.app.headers[0].get("X-Slack-Retry-Num") is None


async def test_a_mention_in_a_channel_gives_message_and_app_mention_with_ids_of_their_own():
    async with world() as w:
        await w.act("message", user=ANA, channel=LEADS, text="@Rainmaker show leads")
        await until(lambda: len(w.app.got) >= 2)
        (mention,), (message,) = w.app.events("app_mention"), w.app.events("message")
        assert mention["text"] == f"<@{BOT}> show leads" == message["text"]
        assert message["channel_type"] == "channel" and "channel_type" not in mention
        assert len({p["event_id"] for p in w.app.got}) == 2


async def test_the_app_hears_nothing_of_channels_it_is_not_in():
    async with world() as w:
        await w.act("message", user=ANA, channel=GENERAL, text=f"<@{BOT}> hello")
        await w.act("message", user=ANA, channel=LEADS, text="here")
        await until(lambda: w.app.got)
        assert [p["event"]["channel"] for p in w.app.got] == [LEADS]
        invited = await w.act("invite", user=ANA, channel=GENERAL)
        joined = (await until(lambda: w.app.events("member_joined_channel")))[0]
        assert invited["ok"] and joined["user"] == BOT and joined["inviter"] == ANA


async def test_direct_messages_are_private_to_their_person():
    async with world() as w:
        async with w.page(ANA) as anas, w.page(SAM) as sams:
            await w.client.chat_postMessage(channel=SAM_DM, text="for Sam")
            await w.client.chat_postMessage(channel=ANA_DM, text="for Ana")
            assert (await heard(anas, "message"))["message"]["text"] == "for Ana"
            assert (await heard(sams, "message"))["message"]["text"] == "for Sam"
        refused = await w.read("messages", user=ANA, channel=SAM_DM)
        assert refused == {"ok": False, "error": "channel_not_found"}


async def test_ephemeral_messages_are_seen_by_one_person_and_no_app():
    async with world() as w:
        await w.client.chat_postEphemeral(channel=LEADS, user=ANA, text="only you")
        anas = (await w.read("messages", user=ANA, channel=LEADS))["messages"]
        sams = (await w.read("messages", user=SAM, channel=LEADS))["messages"]
        assert [(m["text"], m["ephemeral"]) for m in anas] == [("only you", True)] and sams == []
        assert (await w.client.conversations_history(channel=LEADS))["messages"] == []
        assert w.app.events("message") == []


async def test_threads_count_their_replies():
    async with world() as w:
        root = await w.act("message", user=SAM, channel=SAM_DM, text="root")
        await w.client.chat_postMessage(channel=SAM_DM, text="one", thread_ts=root["ts"])
        await w.act("message", user=SAM, channel=SAM_DM, text="two", thread_ts=root["ts"])
        (top,) = (await w.read("messages", user=SAM, channel=SAM_DM))["messages"]
        assert top["reply_count"] == 2 and top["reply_users"] == [BOT, SAM]
        thread = await w.read("messages", user=SAM, channel=SAM_DM, thread_ts=root["ts"])
        assert [m["text"] for m in thread["messages"]] == ["root", "one", "two"]
        reply = next(e for e in await until(lambda: w.app.events("message")) if e["text"] == "root")
        assert "thread_ts" not in reply


async def test_older_messages_come_page_by_page():
    async with world() as w:
        for number in range(7):
            await w.act("message", user=SAM, channel=LEADS, text=str(number))
        newest = await w.read("messages", user=SAM, channel=LEADS, limit="3")
        assert [m["text"] for m in newest["messages"]] == ["4", "5", "6"] and newest["has_more"]
        before = newest["messages"][0]["ts"]
        older = await w.read("messages", user=SAM, channel=LEADS, limit="9", before=before)
        assert [m["text"] for m in older["messages"]] == ["0", "1", "2", "3"] and not older["has_more"]


async def test_opening_the_dm_and_the_home_tab_tells_the_app():
    async with world() as w:
        await w.act("opened", user=SAM, channel=SAM_DM)
        assert await w.read("home", user=SAM) == {"view": None}
        opened = await until(
            lambda: len(w.app.events("app_home_opened")) == 2 and w.app.events("app_home_opened")
        )
        assert [e["tab"] for e in opened] == ["messages", "home"] and opened[0]["channel"] == SAM_DM


async def test_unread_counts_until_the_channel_is_opened():
    async with world() as w:
        await w.client.chat_postMessage(channel=LEADS, text="news")
        channels = (await w.read("boot", user=SAM))["channels"]
        assert next(c["unread"] for c in channels if c["id"] == LEADS) == 1
        await w.act("opened", user=SAM, channel=LEADS)
        channels = (await w.read("boot", user=SAM))["channels"]
        assert next(c["unread"] for c in channels if c["id"] == LEADS) == 0


async def test_reactions_show_on_the_page_and_reach_the_app():
    async with world() as w:
        posted = await w.client.chat_postMessage(channel=LEADS, text="hm")
        async with w.page(KENJI) as page:
            await w.act("reaction", user=SAM, channel=LEADS, ts=posted["ts"], name="eyes", add=True)
            await w.client.reactions_add(channel=LEADS, timestamp=posted["ts"], name="eyes")
            await heard(page, "reaction")
            message = (await heard(page, "reaction"))["message"]
        assert message["reactions"] == [{"name": "eyes", "users": [SAM, BOT], "count": 2}]
        event = (await until(lambda: w.app.events("reaction_added")))[0]
        assert event["item"]["ts"] == posted["ts"] and event["item_user"] == BOT


async def test_a_new_channel_starts_without_the_app():
    async with world() as w:
        made = await w.act("channel", user=SAM, name="Deal Room")
        assert (await w.client.conversations_info(channel=made["channel"]))["channel"]["name"] == "deal-room"
        assert not (await w.client.conversations_info(channel=made["channel"]))["channel"]["is_member"]
        assert (await w.act("channel", user=SAM, name="deal-room"))["error"] == "name_taken"


async def test_nobody_acts_as_the_bot_or_as_a_stranger():
    async with world() as w:
        for user in (BOT, "U0NOBODY", ""):
            answer = await w.act("message", user=user, channel=LEADS, text="x")
            assert answer == {"ok": False, "error": "user_not_found"}


async def test_static_files_stay_inside_their_folder():
    async with world() as w, w.http.get(f"{w.box.base_url}/static/%2e%2e/page.py") as response:
        assert response.status == 404
