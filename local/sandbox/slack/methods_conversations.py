"""conversations.*: channels, DMs, members and history."""

from typing import Any

from local.sandbox.slack import events, messages, people
from local.sandbox.slack.call import Call
from local.sandbox.slack.methods_misc import paged
from local.sandbox.slack.names import BOT_USER_ID, TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.slack.tables import open_direct_message

KINDS = {"public_channel": "channel", "im": "im", "private_channel": "", "mpim": ""}
HISTORY = 999


async def open_conversation(call: Call) -> dict[str, Any]:
    store = call.workspace.store
    users = [user.strip() for user in call.text("users").split(",") if user.strip()]
    if not users:
        channel = people.channel_row(store, call.need("channel"))["id"]
    elif len(users) > 1:
        raise Refused("not_enough_users" if BOT_USER_ID in users else "method_not_supported_for_channel_type")
    elif users[0] == BOT_USER_ID:
        raise Refused("cannot_dm_bot")
    else:
        user = people.user_row(store, users[0])["id"]
        channel = open_direct_message(store, user, call.workspace.box.clock.epoch())
    row = people.channel_row(store, channel)
    full = people.channel_object(store, row) if call.flag("return_im") else {"id": channel}
    return {"channel": full, "no_op": True, "already_open": True}


async def info(call: Call) -> dict[str, Any]:
    row = people.channel_row(call.workspace.store, call.text("channel"))
    channel = people.channel_object(call.workspace.store, row)
    if call.flag("include_num_members") and row["kind"] == "channel":
        channel["num_members"] = len(people.members(call.workspace.store, row["id"]))
    return {"channel": channel}


async def list_conversations(call: Call) -> dict[str, Any]:
    wanted = [kind.strip() for kind in (call.text("types") or "public_channel").split(",")]
    if any(kind not in KINDS for kind in wanted):
        raise Refused("invalid_types")
    kinds = {KINDS[kind] for kind in wanted}
    store = call.workspace.store
    rows = [row for row in store.all("SELECT * FROM slack_channels ORDER BY rowid") if row["kind"] in kinds]
    shown, cursor = paged(call, rows, 100)
    return {
        "channels": [people.channel_object(store, row) for row in shown],
        "response_metadata": {"next_cursor": cursor},
    }


async def members(call: Call) -> dict[str, Any]:
    row = people.channel_row(call.workspace.store, call.text("channel"))
    shown, cursor = paged(call, people.members(call.workspace.store, row["id"]), 100)
    return {"members": shown, "response_metadata": {"next_cursor": cursor}}


async def history(call: Call) -> dict[str, Any]:
    return _messages(call, None)


async def replies(call: Call) -> dict[str, Any]:
    channel = _readable(call)
    root = messages.thread_root(call.workspace, channel, call.need("ts"))
    return _messages(call, root)


async def join(call: Call) -> dict[str, Any]:
    row = people.channel_row(call.workspace.store, call.text("channel"))
    if row["kind"] != "channel":
        raise Refused("method_not_supported_for_channel_type")
    add_member(call.workspace, row["id"], BOT_USER_ID, "")
    return {"channel": people.channel_object(call.workspace.store, row)}


def add_member(workspace: Workspace, channel: str, user: str, inviter: str) -> bool:
    """Let `user` into a channel and tell the app; False where they were in already."""
    if people.is_member(workspace.store, channel, user):
        return False
    workspace.store.run("INSERT INTO slack_members (channel, user) VALUES (?, ?)", channel, user)
    if people.is_member(workspace.store, channel, BOT_USER_ID):
        event: dict[str, Any] = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel,
            "channel_type": "C",
            "team": TEAM_ID,
        }
        events.emit(workspace, event | ({"inviter": inviter} if inviter else {}))
    workspace.bus.publish(people.members(workspace.store, channel), {"type": "channel", "channel": channel})
    return True


def _readable(call: Call) -> str:
    row = people.channel_row(call.workspace.store, call.text("channel"))
    if not people.is_member(call.workspace.store, row["id"], BOT_USER_ID):
        raise Refused("not_in_channel")
    return row["id"]


def _messages(call: Call, root: str | None) -> dict[str, Any]:
    channel = _readable(call)
    limit = max(1, min(call.number("limit", 100 if root is None else 1000), HISTORY))
    rows, more = messages.page_of(
        call.workspace,
        channel,
        thread_ts=root,
        oldest=call.text("oldest"),
        latest=call.text("cursor") or call.text("latest"),
        inclusive=call.flag("inclusive") and not call.get("cursor"),
        limit=limit,
    )
    metadata = call.flag("include_all_metadata")
    shown = [messages.api_shape(call.workspace, row, metadata) for row in rows]
    body: dict[str, Any] = {"messages": shown if root else list(reversed(shown)), "has_more": more}
    if more:
        body["response_metadata"] = {"next_cursor": rows[0]["ts"]}
    if root is None:
        body |= {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}
    return body
