"""What a person sees and does in the workspace without the app having to answer at once."""

import json
import sqlite3
from typing import Any

from local.sandbox.slack import events, messages, page_actions, people, streams, views
from local.sandbox.slack.files import file_object
from local.sandbox.slack.methods_conversations import add_member
from local.sandbox.slack.methods_misc import react, unreact
from local.sandbox.slack.mrkdwn import typed
from local.sandbox.slack.names import (
    APP_ID,
    APP_NAME,
    BOT_ID,
    BOT_USER_ID,
    COMMANDS,
    MEMBERS,
    NOTICE,
    SHORTCUTS,
    TEAM_ID,
    TEAM_NAME,
    direct_message_id,
)
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace, new_id

PAGE_MESSAGES = 50


def person(workspace: Workspace, given: dict[str, Any]) -> str:
    """The person who acts; never the bot."""
    row = people.user_row(workspace.store, str(given.get("user") or ""))
    if row["is_bot"]:
        raise Refused("user_not_found")
    return row["id"]


def place(workspace: Workspace, given: dict[str, Any], user: str) -> str:
    """The channel this person acts in, which they must be in."""
    row = people.channel_row(workspace.store, str(given.get("channel") or ""))
    if not people.is_member(workspace.store, row["id"], user):
        raise Refused("channel_not_found")
    return row["id"]


async def boot(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given) if given.get("user") else MEMBERS[0].id
    rows = workspace.store.all("SELECT * FROM slack_users ORDER BY rowid")
    return {
        "team": {"id": TEAM_ID, "name": TEAM_NAME},
        "user": user,
        "users": [_user(row) for row in rows],
        "bot": {"id": BOT_ID, "user_id": BOT_USER_ID, "name": APP_NAME, "app_id": APP_ID},
        "channels": _channels(workspace, user),
        "commands": COMMANDS,
        "app_home": True,
        "shortcuts": SHORTCUTS,
        "suggested_prompts": _prompts(workspace, direct_message_id(user)),
        "notice": NOTICE,
        "world": {"epoch": workspace.box.clock.epoch(), "speed": workspace.box.clock.speed()},
    }


def _user(row: sqlite3.Row) -> dict[str, Any]:
    names = row["real_name"].split()
    return {
        "id": row["id"],
        "name": row["handle"],
        "real_name": row["real_name"],
        "title": row["title"],
        "tz": row["tz"],
        "is_bot": bool(row["is_bot"]),
        "is_admin": bool(row["is_admin"]),
        "avatar_color": f"#{row['color']}",
        "initials": "".join(name[0] for name in names[:2]).upper(),
    }


def _channels(workspace: Workspace, user: str) -> list[dict[str, Any]]:
    rows = workspace.store.all(
        "SELECT c.*, m.last_read FROM slack_channels c JOIN slack_members m "
        "ON m.channel = c.id AND m.user = ? ORDER BY c.rowid",
        user,
    )
    return [
        {
            "id": row["id"],
            "name": APP_NAME if row["kind"] == "im" else row["name"],
            "kind": row["kind"],
            "user": BOT_USER_ID if row["kind"] == "im" else None,
            "unread": _unread(workspace, row["id"], user, row["last_read"]),
            "is_member": True,
            "has_bot": people.is_member(workspace.store, row["id"], BOT_USER_ID),
        }
        for row in rows
    ]


def _unread(workspace: Workspace, channel: str, user: str, last_read: str) -> int:
    row = workspace.store.one(
        "SELECT count(*) AS unread FROM slack_messages WHERE channel = ? AND ts > ? AND user <> ? "
        "AND only_for IN ('', ?)",
        channel,
        last_read,
        user,
        user,
    )
    return row["unread"] if row else 0


def _prompts(workspace: Workspace, channel: str) -> list[dict[str, Any]]:
    row = workspace.store.one(
        "SELECT prompts FROM slack_prompts WHERE channel = ? AND thread_ts = ''", channel
    )
    return json.loads(row["prompts"]) if row else []


async def read_messages(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given)
    channel = place(workspace, given, user)
    root = given.get("thread_ts") or None
    try:
        limit = max(1, min(int(given.get("limit") or PAGE_MESSAGES), 500))
    except ValueError:
        limit = PAGE_MESSAGES
    rows, more = messages.page_of(
        workspace,
        channel,
        thread_ts=root,
        viewer=user,
        latest=str(given.get("before") or ""),
        limit=limit,
    )
    session = workspace.store.one(
        "SELECT status, title FROM slack_sessions WHERE channel = ? AND thread_ts = ?", channel, root or ""
    )
    if rows and root is None and not given.get("before"):
        mark_read(workspace, channel, user, rows[-1]["ts"])
    shown = [messages.page_shape(workspace, row) for row in rows]
    title = {"title": session["title"], "session_status": session["status"]} if session else {}
    return {"messages": shown, "has_more": more, **title}


async def send_message(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given)
    channel = place(workspace, given, user)
    files = [file_object(workspace, str(file_id)) for file_id in given.get("files") or []]
    text = str(given.get("text") or "")
    if not text.strip() and not files:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    posted = post_as_person(workspace, user, channel, text, given.get("thread_ts"), files)
    return {"ok": True, "ts": posted["ts"]}


def post_as_person(
    workspace: Workspace,
    user: str,
    channel: str,
    text: str,
    thread_ts: str | None = None,
    files: list[dict[str, Any]] | None = None,
) -> messages.Message:
    """Post what a person typed, as Slack stores it."""
    root = messages.thread_root(workspace, channel, thread_ts or None)
    message: messages.Message = {
        "client_msg_id": new_id("").lower(),
        "type": "message",
        "user": user,
        "text": typed(text, _handles(workspace)),
        "team": TEAM_ID,
    }
    if files:
        message |= {"subtype": "file_share", "files": files, "upload": False, "display_as_bot": False}
    posted = messages.post(workspace, channel, message, root)
    mark_read(workspace, channel, user, posted["ts"])
    return posted


def mark_read(workspace: Workspace, channel: str, user: str, ts: str) -> None:
    workspace.store.run(
        "UPDATE slack_members SET last_read = max(last_read, ?) WHERE channel = ? AND user = ?",
        ts,
        channel,
        user,
    )


def _handles(workspace: Workspace) -> dict[str, str]:
    rows = workspace.store.all("SELECT id, handle, real_name FROM slack_users")
    by_handle = {row["handle"].lower(): row["id"] for row in rows}
    return by_handle | {row["real_name"].lower(): row["id"] for row in rows}


async def opened(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    """A person looks at a channel: it is read, and the app hears of its own DM."""
    user = person(workspace, given)
    channel = place(workspace, given, user)
    mark_read(workspace, channel, user, workspace.next_ts())
    if channel == direct_message_id(user):
        _home_opened(workspace, user, "messages")
    return {"ok": True}


async def home(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given)
    found = views.home(workspace, user)
    _home_opened(workspace, user, "home")
    return {"view": views.shape(found) if found else None}


def _home_opened(workspace: Workspace, user: str, tab: str) -> None:
    event: dict[str, Any] = {
        "type": "app_home_opened",
        "user": user,
        "channel": direct_message_id(user),
        "tab": tab,
    }
    found = views.home(workspace, user)
    if tab == "home" and found is not None:
        event["view"] = views.shape(found)
    events.emit(workspace, event)


async def stop(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    """The stop button: Slack ends the thread's streams and tells the app to stop its work."""
    user = person(workspace, given)
    channel = place(workspace, given, user)
    ts = str(given.get("ts") or "")
    root = messages.thread_root(workspace, channel, ts) or ts
    live = streams.live_in_thread(workspace, channel, root)
    for stream_ts in live:
        streams.end(workspace, channel, stream_ts)
    event = {
        "type": "agent_session_stopped",
        "channel": channel,
        "thread_ts": root,
        "streaming_message_ts": live,
        "user": user,
    }
    events.emit(workspace, event)
    return {"ok": True}


async def reaction(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given)
    channel = place(workspace, given, user)
    ts, name = str(given.get("ts") or ""), str(given.get("name") or "").strip(":")
    message = messages.existing(workspace, channel, ts)
    add = bool(given.get("add", True))
    changed = (react if add else unreact)(workspace, channel, ts, name, user)
    if changed and people.is_member(workspace.store, channel, BOT_USER_ID):
        event = {
            "type": "reaction_added" if add else "reaction_removed",
            "user": user,
            "reaction": name,
            "item_user": message["user"],
            "item": {"type": "message", "channel": channel, "ts": ts},
        }
        events.emit(workspace, event)
    return {"ok": True}


async def make_channel(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    user = person(workspace, given)
    name = str(given.get("name") or "").strip().removeprefix("#").lower().replace(" ", "-")
    if not name or len(name) > 80 or not name.replace("-", "").replace("_", "").isalnum():
        raise Refused("invalid_name")
    if people.find_channel(workspace.store, f"#{name}") is not None:
        raise Refused("name_taken")
    channel = new_id("C")
    workspace.store.run(
        "INSERT INTO slack_channels VALUES (?, ?, 'channel', NULL, ?, ?)",
        channel,
        name,
        user,
        workspace.box.clock.epoch(),
    )
    everybody = workspace.store.all("SELECT id FROM slack_users WHERE NOT is_bot ORDER BY rowid")
    for row in everybody:
        add_member(workspace, channel, row["id"], user)
    return {"ok": True, "channel": channel}


async def invite(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    """Invite the bot into a channel."""
    user = person(workspace, given)
    channel = place(workspace, given, user)
    return {"ok": True, "already": not add_member(workspace, channel, BOT_USER_ID, user)}


async def rename(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
    """A person gives an agent session another title."""
    user = person(workspace, given)
    channel = place(workspace, given, user)
    return page_actions.rename_session(workspace, user, channel, given)
