"""Messages: kept, changed, deleted, and shown to the Web API and to the page."""

import json
import re
import sqlite3
from typing import Any

from local.sandbox.slack import events
from local.sandbox.slack.mrkdwn import rich_text
from local.sandbox.slack.names import APP_ID, APP_NAME, BOT_ID, BOT_USER_ID, TEAM_ID
from local.sandbox.slack.people import channel_row, members
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.store import dumps

Message = dict[str, Any]
_TS = re.compile(r"^\d{9,12}\.\d{1,6}$")


def bot_message(text: str, **more: Any) -> Message:
    """A message of the app, without a ts."""
    return {
        "type": "message",
        "user": BOT_USER_ID,
        "text": text,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "team": TEAM_ID,
        "bot_profile": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "user_id": BOT_USER_ID,
            "name": APP_NAME,
            "icons": {},
            "deleted": False,
            "updated": 1700000000,
            "team_id": TEAM_ID,
        },
        **{k: v for k, v in more.items() if v is not None},
    }


def post(
    workspace: Workspace, channel: str, message: Message, thread_ts: str | None = None, only_for: str = ""
) -> Message:
    """Keep a new message, show it to who may see it, and tell the app of it unless it is ephemeral.

    `thread_ts`: the root it replies to, already checked; `only_for`: the one user who sees it.
    """
    message = {**message, "ts": workspace.next_ts()}
    if thread_ts:
        message["thread_ts"] = thread_ts
        root = find(workspace, channel, thread_ts)
        if root is not None:
            message.setdefault("parent_user_id", root["user"])
    if only_for:
        message["ephemeral"] = True
    workspace.store.run(
        "INSERT INTO slack_messages VALUES (?, ?, ?, ?, ?, ?)",
        channel,
        message["ts"],
        thread_ts,
        message["user"],
        only_for,
        dumps(message),
    )
    show(workspace, channel, message["ts"], "ephemeral" if only_for else "message")
    if not only_for:
        events.announce(workspace, channel_row(workspace.store, channel), message)
    return message


def row(workspace: Workspace, channel: str, ts: str) -> sqlite3.Row | None:
    return workspace.store.one("SELECT * FROM slack_messages WHERE channel = ? AND ts = ?", channel, ts)


def find(workspace: Workspace, channel: str, ts: str) -> Message | None:
    found = row(workspace, channel, ts)
    return json.loads(found["body"]) if found else None


def existing(workspace: Workspace, channel: str, ts: str) -> Message:
    """The message, ephemeral ones excepted; refused as `message_not_found`."""
    found = row(workspace, channel, ts)
    if found is None or found["only_for"]:
        raise Refused("message_not_found")
    return json.loads(found["body"])


def save(workspace: Workspace, channel: str, message: Message) -> None:
    workspace.store.run(
        "UPDATE slack_messages SET body = ? WHERE channel = ? AND ts = ?",
        dumps(message),
        channel,
        message["ts"],
    )


def change(workspace: Workspace, channel: str, old: Message, new: Message) -> None:
    """Replace a message, show the new one, and tell the app of the change unless it is ephemeral."""
    save(workspace, channel, new)
    show(workspace, channel, new["ts"], "message_changed")
    if not new.get("ephemeral"):
        events.announce_change(workspace, channel_row(workspace.store, channel), new, old)


def delete(workspace: Workspace, channel: str, ts: str) -> None:
    found = row(workspace, channel, ts)
    if found is None:
        return
    audience = _audience(workspace, found)
    workspace.store.run("DELETE FROM slack_messages WHERE channel = ? AND ts = ?", channel, ts)
    workspace.store.run("DELETE FROM slack_streams WHERE channel = ? AND ts = ?", channel, ts)
    old = json.loads(found["body"])
    thread = {"thread_ts": found["thread_ts"]} if found["thread_ts"] else {}
    workspace.bus.publish(
        audience, {"type": "message_deleted", "channel": channel, "message": {"ts": ts, **thread}}
    )
    if not found["only_for"]:
        events.announce_deletion(workspace, channel_row(workspace.store, channel), old)


def show(workspace: Workspace, channel: str, ts: str, kind: str) -> None:
    """Push a message to the pages of everybody who may see it."""
    found = row(workspace, channel, ts)
    if found is None:
        return
    message = page_shape(workspace, found)
    workspace.bus.publish(_audience(workspace, found), {"type": kind, "channel": channel, "message": message})


def _audience(workspace: Workspace, found: sqlite3.Row) -> list[str]:
    return [found["only_for"]] if found["only_for"] else members(workspace.store, found["channel"])


def thread_root(workspace: Workspace, channel: str, thread_ts: str | None) -> str | None:
    """The root a reply to `thread_ts` belongs to; a reply's ts stands for its thread, as on Slack."""
    if not thread_ts:
        return None
    thread_ts = str(thread_ts)
    if not _TS.match(thread_ts):
        raise Refused("invalid_thread_ts")
    found = row(workspace, channel, thread_ts)
    if found is None:
        raise Refused("thread_not_found")
    if found["only_for"]:
        raise Refused("cannot_reply_to_message")
    return found["thread_ts"] or found["ts"]


def page_of(
    workspace: Workspace,
    channel: str,
    *,
    thread_ts: str | None = None,
    viewer: str = "",
    oldest: str = "",
    latest: str = "",
    inclusive: bool = False,
    limit: int = 100,
) -> tuple[list[sqlite3.Row], bool]:
    """The newest `limit` messages within the bounds, oldest first, and whether there are more before.

    A thread gives its root and replies; a channel its top-level and broadcast messages. Ephemeral ones
    only to `viewer`.
    """
    low, high = (">=", "<=") if inclusive else (">", "<")
    where = ["channel = ?", "(only_for = '' OR only_for = ?)"]
    values: list[Any] = [channel, viewer]
    if thread_ts:
        where.append("(thread_ts = ? OR ts = ?)")
        values += [thread_ts, thread_ts]
    else:
        where.append("(thread_ts IS NULL OR json_extract(body, '$.subtype') = 'thread_broadcast')")
    for bound, sign in ((oldest, low), (latest, high)):
        if bound:
            where.append(f"CAST(ts AS REAL) {sign} CAST(? AS REAL)")
            values.append(bound)
    query = f"SELECT * FROM slack_messages WHERE {' AND '.join(where)} ORDER BY ts DESC LIMIT ?"
    rows = workspace.store.all(query, *values, limit + 1)
    return list(reversed(rows[:limit])), len(rows) > limit


def _common(workspace: Workspace, found: sqlite3.Row) -> Message:
    message: Message = json.loads(found["body"])
    message |= _replies(workspace, found)
    reactions = _reactions(workspace, found)
    if reactions:
        message["reactions"] = reactions
    return message


def _replies(workspace: Workspace, found: sqlite3.Row) -> Message:
    if found["thread_ts"] or found["only_for"]:
        return {}
    replies = workspace.store.all(
        "SELECT user, ts FROM slack_messages WHERE channel = ? AND thread_ts = ? AND only_for = '' "
        "ORDER BY ts",
        found["channel"],
        found["ts"],
    )
    if not replies:
        return {}
    users = list(dict.fromkeys(reply["user"] for reply in replies))
    return {
        "thread_ts": found["ts"],
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users[:5],
        "latest_reply": replies[-1]["ts"],
        "is_locked": False,
        "subscribed": True,
    }


def _reactions(workspace: Workspace, found: sqlite3.Row) -> list[dict[str, Any]]:
    rows = workspace.store.all(
        "SELECT name, user FROM slack_reactions WHERE channel = ? AND ts = ? ORDER BY rowid",
        found["channel"],
        found["ts"],
    )
    names: dict[str, list[str]] = {}
    for reaction in rows:
        names.setdefault(reaction["name"], []).append(reaction["user"])
    return [{"name": name, "users": users, "count": len(users)} for name, users in names.items()]


def api_shape(workspace: Workspace, found: sqlite3.Row, metadata: bool = False) -> Message:
    """As conversations.history gives it; `metadata` only where it was asked for."""
    message = api_message(_common(workspace, found))
    if not metadata:
        message.pop("metadata", None)
    return message


def api_message(message: Message) -> Message:
    """A kept message without what only the page sees; a stream's content as blocks."""
    shown = {k: v for k, v in message.items() if k not in events.PRIVATE_KEYS}
    stream = message.get("stream")
    if stream:
        shown["blocks"] = stream_blocks(stream) + message.get("blocks", [])
    elif "bot_id" not in message and not message.get("blocks") and message["text"]:
        shown["blocks"] = [rich_text(message["text"])]
    return shown


def page_shape(workspace: Workspace, found: sqlite3.Row) -> Message:
    """As the page shows it: see the contract of `/page/messages`."""
    message = _common(workspace, found)
    stream = message.pop("stream", None)
    message.pop("metadata", None)
    if "bot_id" in message:
        message["app_name"] = message.get("username") or APP_NAME
    if stream:
        message |= {
            "streaming": stream["live"],
            "markdown": True,
            "tasks": stream["tasks"],
            "plan": stream["plan"],
            "chunks": stream["pieces"],
            "task_display_mode": stream["mode"],
        }
    return message


def stream_blocks(stream: dict[str, Any]) -> list[dict[str, Any]]:
    """A stream's pieces as the blocks of the message it became."""
    tasks = {task["id"]: task for task in stream["tasks"]}
    blocks: list[dict[str, Any]] = []
    if stream["mode"] == "plan" and tasks:
        cards = [_task_card(task) for task in tasks.values()]
        blocks.append({"type": "plan", "title": stream["plan"] or "Plan", "tasks": cards})
    for piece in stream["pieces"]:
        if piece["type"] == "markdown_text":
            blocks.append({"type": "markdown", "text": piece["text"]})
        elif piece["type"] == "blocks":
            blocks += piece["blocks"]
        elif piece["type"] == "task_update" and stream["mode"] != "plan":
            blocks.append(_task_card(tasks[piece["id"]]))
    return blocks


def _task_card(task: dict[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = {
        "type": "task_card",
        "task_id": task["id"],
        "title": task["title"],
        "status": task["status"],
    }
    for key in ("details", "output"):
        if task.get(key):
            card[key] = rich_text(task[key])
    if task.get("sources"):
        card["sources"] = task["sources"]
    return card
