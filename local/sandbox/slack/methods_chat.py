"""chat.*: messages the app posts, changes and deletes. https://docs.slack.dev/reference/methods"""

import json
from typing import Any

from local.sandbox.slack import messages
from local.sandbox.slack.call import Call
from local.sandbox.slack.content import content
from local.sandbox.slack.names import BOT_USER_ID, TEAM_DOMAIN
from local.sandbox.slack.people import channel_row, is_member, user_row
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace, new_id
from local.sandbox.slack.streams import is_live
from local.sandbox.slack.tables import open_direct_message
from local.sandbox.store import dumps

SCHEDULE_DAYS = 120


def target(call: Call, name: str = "channel") -> str:
    """The conversation a message goes to: an id, `#name`, or a user's id for their DM."""
    wanted = call.text(name)
    if not wanted:
        raise Refused("channel_not_found")
    store = call.workspace.store
    if wanted.startswith(("U", "W")) and store.one("SELECT 1 FROM slack_users WHERE id = ?", wanted):
        if wanted == BOT_USER_ID:
            raise Refused("cannot_dm_bot")
        return open_direct_message(store, wanted, call.workspace.box.clock.epoch())
    row = channel_row(store, wanted)
    if not is_member(store, row["id"], BOT_USER_ID):
        raise Refused("not_in_channel")
    return row["id"]


def _sender(call: Call) -> dict[str, Any]:
    icons = {
        "emoji": call.get("icon_emoji"),
        "image_48": call.get("icon_url"),
    }
    icons = {k: v for k, v in icons.items() if v}
    more: dict[str, Any] = {"icons": icons} if icons else {}
    return more | ({"username": call.text("username")} if call.get("username") else {})


async def post_message(call: Call) -> dict[str, Any]:
    channel = target(call)
    thread_ts = messages.thread_root(call.workspace, channel, call.get("thread_ts"))
    message = messages.bot_message(**content(call), **_sender(call))
    if thread_ts and call.flag("reply_broadcast"):
        message["subtype"] = "thread_broadcast"
    posted = messages.post(call.workspace, channel, message, thread_ts)
    return {"channel": channel, "ts": posted["ts"], "message": messages.api_message(posted)}


async def post_ephemeral(call: Call) -> dict[str, Any]:
    channel, user = target(call), call.need("user")
    user_row(call.workspace.store, user)
    if not is_member(call.workspace.store, channel, user):
        raise Refused("user_not_in_channel")
    thread_ts = messages.thread_root(call.workspace, channel, call.get("thread_ts"))
    message = messages.bot_message(**content(call), **_sender(call))
    posted = messages.post(call.workspace, channel, message, thread_ts, only_for=user)
    return {"message_ts": posted["ts"]}


def own_message(call: Call, channel: str, refusal: str) -> messages.Message:
    message = messages.existing(call.workspace, channel, call.need("ts"))
    if message.get("user") != BOT_USER_ID:
        raise Refused(refusal)
    return message


async def update(call: Call) -> dict[str, Any]:
    channel = channel_row(call.workspace.store, call.text("channel"))["id"]
    old = own_message(call, channel, "cant_update_message")
    if is_live(call.workspace, channel, old["ts"]):
        raise Refused("streaming_state_conflict")
    new = updated(call, old)
    messages.change(call.workspace, channel, old, new)
    return {
        "channel": channel,
        "ts": new["ts"],
        "text": new["text"],
        "message": messages.api_message(new),
    }


def updated(call: Call, old: messages.Message) -> messages.Message:
    """`old` with what the call gives. Blocks, attachments and metadata it does not name are kept, as on
    Slack; an empty list takes them away."""
    named = {name for name in ("blocks", "attachments") if call.structure(name) is not None}
    given = content(call, blank=bool(named and (old.get("text") or old.get("blocks"))))
    dropped = {"stream", *named} | ({"blocks"} if call.get("markdown_text") else set())
    kept = {k: v for k, v in old.items() if k not in dropped}
    if not given["text"] and call.get("text") is None:
        given["text"] = old["text"]
    epoch = call.workspace.box.clock.epoch()
    return {**kept, **given, "edited": {"user": BOT_USER_ID, "ts": f"{int(epoch)}.000000"}}


async def delete(call: Call) -> dict[str, Any]:
    channel = channel_row(call.workspace.store, call.text("channel"))["id"]
    message = own_message(call, channel, "cant_delete_message")
    messages.delete(call.workspace, channel, message["ts"])
    return {"channel": channel, "ts": message["ts"]}


async def get_permalink(call: Call) -> dict[str, Any]:
    channel = channel_row(call.workspace.store, call.text("channel"))["id"]
    message = messages.existing(call.workspace, channel, call.need("message_ts"))
    return {"channel": channel, "permalink": permalink(call.workspace, channel, message)}


def permalink(workspace: Workspace, channel: str, message: messages.Message) -> str:
    """Where the page shows the message; the path is Slack's."""
    link = f"{workspace.box.base_url}/archives/{channel}/p{message['ts'].replace('.', '')}"
    thread_ts = message.get("thread_ts")
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts else link


async def schedule_message(call: Call) -> dict[str, Any]:
    channel = target(call)
    post_at = call.number("post_at", 0)
    now = call.workspace.box.clock.epoch()
    if not call.get("post_at"):
        raise Refused("invalid_time")
    if post_at <= now:
        raise Refused("time_in_past")
    if post_at > now + SCHEDULE_DAYS * 86_400:
        raise Refused("time_too_far")
    thread_ts = messages.thread_root(call.workspace, channel, call.get("thread_ts"))
    message = messages.bot_message(**content(call))
    scheduled_id = new_id("Q")
    call.workspace.store.run(
        "INSERT INTO slack_scheduled VALUES (?, ?, ?, ?)",
        scheduled_id,
        channel,
        float(post_at),
        dumps({"message": message, "thread_ts": thread_ts}),
    )
    return {
        "scheduled_message_id": scheduled_id,
        "channel": channel,
        "post_at": post_at,
        "message": {**message, "type": "delayed_message"},
    }


async def delete_scheduled_message(call: Call) -> dict[str, Any]:
    store, wanted = call.workspace.store, call.need("scheduled_message_id")
    if store.one("SELECT 1 FROM slack_scheduled WHERE id = ?", wanted) is None:
        raise Refused("invalid_scheduled_message_id")
    store.run("DELETE FROM slack_scheduled WHERE id = ?", wanted)
    return {}


def post_scheduled(workspace: Workspace) -> None:
    """Post what is due by the world's clock."""
    due = workspace.store.all(
        "SELECT * FROM slack_scheduled WHERE post_at <= ? ORDER BY post_at", workspace.box.clock.epoch()
    )
    for row in due:
        workspace.store.run("DELETE FROM slack_scheduled WHERE id = ?", row["id"])
        kept = json.loads(row["body"])
        messages.post(workspace, row["channel"], kept["message"], kept["thread_ts"])


def workspace_url(workspace: Workspace) -> str:
    return f"{workspace.box.base_url}/" if workspace.box.base_url else f"https://{TEAM_DOMAIN}.slack.com/"
