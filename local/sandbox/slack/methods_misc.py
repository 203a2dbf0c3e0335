"""auth, users, team, bots, reactions, sockets, assistant threads and agent sessions."""

import secrets
from typing import Any

from local.sandbox.slack import messages, oauth, people, streams
from local.sandbox.slack.call import Call
from local.sandbox.slack.names import (
    APP_ID,
    APP_NAME,
    BOT_ID,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
)
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.store import dumps

PROMPTS = 4
LOADING_MESSAGES = 10
TITLE_CHARACTERS = 200


async def api_test(call: Call) -> dict[str, Any]:
    if call.get("error"):
        raise Refused(call.text("error"), args=call.arguments)
    return {"args": call.arguments}


async def auth_test(call: Call) -> dict[str, Any]:
    return {
        "url": f"{call.workspace.box.base_url}/",
        "team": TEAM_NAME,
        "user": "rainmaker",
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


async def auth_revoke(call: Call) -> dict[str, Any]:
    if call.flag("test"):
        return {"revoked": False}
    oauth.revoke(call.workspace, call.token)
    return {"revoked": True}


async def connections_open(call: Call) -> dict[str, Any]:
    ticket = secrets.token_hex(16)
    call.workspace.tickets.add(ticket)
    scheme, _, rest = call.workspace.box.base_url.partition("://")
    socket_scheme = "wss" if scheme == "https" else "ws"
    return {"url": f"{socket_scheme}://{rest}/link?ticket={ticket}&app_id={APP_ID}"}


async def users_info(call: Call) -> dict[str, Any]:
    row = people.user_row(call.workspace.store, call.text("user"))
    user = people.user_object(row, call.workspace.box.clock.epoch())
    return {"user": {**user, "locale": "en-US"} if call.flag("include_locale") else user}


async def users_list(call: Call) -> dict[str, Any]:
    epoch = call.workspace.box.clock.epoch()
    rows = call.workspace.store.all("SELECT * FROM slack_users ORDER BY rowid")
    shown, cursor = paged(call, rows, 100)
    return {
        "members": [people.user_object(row, epoch) for row in shown],
        "cache_ts": int(epoch),
        "response_metadata": {"next_cursor": cursor},
    }


async def users_lookup_by_email(call: Call) -> dict[str, Any]:
    row = call.workspace.store.one(
        "SELECT * FROM slack_users WHERE lower(email) = lower(?) AND NOT is_bot", call.need("email")
    )
    if row is None:
        raise Refused("users_not_found")
    return {"user": people.user_object(row, call.workspace.box.clock.epoch())}


async def team_info(call: Call) -> dict[str, Any]:
    if call.get("team") not in (None, TEAM_ID):
        raise Refused("team_not_found")
    return {
        "team": {
            "id": TEAM_ID,
            "name": TEAM_NAME,
            "url": f"{call.workspace.box.base_url}/",
            "domain": TEAM_DOMAIN,
            "email_domain": "rainmaker-demo.example",
            "icon": {"image_default": True},
            "avatar_base_url": f"{call.workspace.box.base_url}/static/",
            "is_verified": False,
        }
    }


async def bots_info(call: Call) -> dict[str, Any]:
    if call.get("bot") not in (None, BOT_ID):
        raise Refused("bot_not_found")
    bot = {
        "id": BOT_ID,
        "deleted": False,
        "name": APP_NAME,
        "updated": 1700000000,
        "app_id": APP_ID,
        "user_id": BOT_USER_ID,
        "icons": {},
    }
    return {"bot": bot}


async def reactions_add(call: Call) -> dict[str, Any]:
    channel, ts, name = _reaction(call)
    if not react(call.workspace, channel, ts, name, BOT_USER_ID):
        raise Refused("already_reacted")
    return {}


async def reactions_remove(call: Call) -> dict[str, Any]:
    channel, ts, name = _reaction(call)
    if not unreact(call.workspace, channel, ts, name, BOT_USER_ID):
        raise Refused("no_reaction")
    return {}


def _reaction(call: Call) -> tuple[str, str, str]:
    channel = people.channel_row(call.workspace.store, call.text("channel"))["id"]
    message = messages.existing(call.workspace, channel, call.need("timestamp"))
    name = call.need("name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace("'", "").isalnum():
        raise Refused("invalid_name")
    return channel, message["ts"], name


def react(workspace: Workspace, channel: str, ts: str, name: str, user: str) -> bool:
    """Add a reaction; False where this user has it already."""
    key = (channel, ts, name, user)
    query = "SELECT 1 FROM slack_reactions WHERE channel = ? AND ts = ? AND name = ? AND user = ?"
    if workspace.store.one(query, *key) is not None:
        return False
    workspace.store.run("INSERT INTO slack_reactions VALUES (?, ?, ?, ?)", *key)
    messages.show(workspace, channel, ts, "reaction")
    return True


def unreact(workspace: Workspace, channel: str, ts: str, name: str, user: str) -> bool:
    """Remove a reaction; False where this user has none."""
    key = (channel, ts, name, user)
    query = "SELECT 1 FROM slack_reactions WHERE channel = ? AND ts = ? AND name = ? AND user = ?"
    if workspace.store.one(query, *key) is None:
        return False
    workspace.store.run(
        "DELETE FROM slack_reactions WHERE channel = ? AND ts = ? AND name = ? AND user = ?", *key
    )
    messages.show(workspace, channel, ts, "reaction")
    return True


async def set_status(call: Call) -> dict[str, Any]:
    channel, thread_ts = _thread(call)
    loading = call.structure("loading_messages") or []
    if not isinstance(loading, list) or len(loading) > LOADING_MESSAGES:
        raise Refused("invalid_arguments", "no more than 10 items allowed [json-pointer:/loading_messages]")
    call.workspace.bus.publish(
        people.members(call.workspace.store, channel),
        {
            "type": "status",
            "channel": channel,
            "thread_ts": thread_ts,
            "status": call.text("status"),
            "loading_messages": loading,
        },
    )
    return {}


async def set_title(call: Call) -> dict[str, Any]:
    channel, thread_ts = _thread(call)
    title = call.need("title")
    keep_title(call.workspace, channel, thread_ts, title)
    return {}


async def set_suggested_prompts(call: Call) -> dict[str, Any]:
    channel = _channel(call)
    prompts = call.structure("prompts")
    good = isinstance(prompts, list) and all(
        isinstance(p, dict) and p.get("title") and p.get("message") for p in prompts
    )
    if not good or not prompts:
        raise Refused("invalid_arguments", "must provide prompts with title and message")
    if len(prompts) > PROMPTS:
        raise Refused("invalid_arguments", f"no more than {PROMPTS} items allowed [json-pointer:/prompts]")
    title, thread_ts = call.text("title"), call.text("thread_ts")
    call.workspace.store.run(
        "INSERT INTO slack_prompts VALUES (?, ?, ?, ?) ON CONFLICT (channel, thread_ts) "
        "DO UPDATE SET title = excluded.title, prompts = excluded.prompts",
        channel,
        thread_ts,
        title,
        dumps(prompts),
    )
    call.workspace.bus.publish(
        people.members(call.workspace.store, channel),
        {"type": "prompts", "channel": channel, "thread_ts": thread_ts, "title": title, "prompts": prompts},
    )
    return {}


async def sessions_set_status(call: Call) -> dict[str, Any]:
    channel, thread_ts = _thread(call)
    status = call.need("status")
    if status not in streams.SESSION_STATUSES:
        raise Refused("invalid_status")
    title = call.text("title")[:TITLE_CHARACTERS]
    status, title = streams.set_session(call.workspace, channel, thread_ts, status, title)
    return {"status": status, "agent_status": status, "title": title}


async def sessions_rename(call: Call) -> dict[str, Any]:
    channel, thread_ts = _thread(call)
    title = call.need("title")
    if len(title) > TITLE_CHARACTERS:
        raise Refused("title_too_long")
    row = call.workspace.store.one(
        "SELECT 1 FROM slack_sessions WHERE channel = ? AND thread_ts = ?", channel, thread_ts
    )
    if row is None:
        raise Refused("session_not_found")
    keep_title(call.workspace, channel, thread_ts, title)
    return {"title": title}


def keep_title(workspace: Workspace, channel: str, thread_ts: str, title: str) -> None:
    workspace.store.run(
        "INSERT INTO slack_sessions VALUES (?, ?, 'active', ?) "
        "ON CONFLICT (channel, thread_ts) DO UPDATE SET title = excluded.title",
        channel,
        thread_ts,
        title,
    )
    workspace.bus.publish(
        people.members(workspace.store, channel),
        {"type": "title", "channel": channel, "thread_ts": thread_ts, "title": title},
    )


def _channel(call: Call) -> str:
    row = people.channel_row(call.workspace.store, call.text("channel_id"))
    if not people.is_member(call.workspace.store, row["id"], BOT_USER_ID):
        raise Refused("not_in_channel")
    return row["id"]


def _thread(call: Call) -> tuple[str, str]:
    """The channel and the root message of a thread-scoped call."""
    channel = _channel(call)
    root = messages.thread_root(call.workspace, channel, call.need("thread_ts"))
    assert root is not None
    return channel, root


def paged(call: Call, rows: list[Any], default: int) -> tuple[list[Any], str]:
    """One page of `rows` by `cursor` and `limit`, and the cursor of the next one."""
    limit = max(1, min(call.number("limit", default), 1000))
    cursor = call.text("cursor")
    if cursor and not cursor.isdigit():
        raise Refused("invalid_cursor")
    start = int(cursor or 0)
    rest = start + limit
    return rows[start:rest], str(rest) if rest < len(rows) else ""
