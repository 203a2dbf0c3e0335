"""Users and channels: look-ups, and the shapes the Web API gives them."""

import sqlite3
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from local.sandbox.slack.names import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.store import Store


def user_row(store: Store, user: str) -> sqlite3.Row:
    row = store.one("SELECT * FROM slack_users WHERE id = ?", user)
    if row is None:
        raise Refused("user_not_found")
    return row


def find_channel(store: Store, channel: str) -> sqlite3.Row | None:
    """By id, `#name` or name."""
    row = store.one("SELECT * FROM slack_channels WHERE id = ?", channel)
    if row is None and channel:
        row = store.one(
            "SELECT * FROM slack_channels WHERE kind = 'channel' AND name = ?", channel.removeprefix("#")
        )
    return row


def channel_row(store: Store, channel: str) -> sqlite3.Row:
    row = find_channel(store, channel)
    if row is None:
        raise Refused("channel_not_found")
    return row


def members(store: Store, channel: str) -> list[str]:
    rows = store.all("SELECT user FROM slack_members WHERE channel = ? ORDER BY rowid", channel)
    return [row["user"] for row in rows]


def is_member(store: Store, channel: str, user: str) -> bool:
    return store.one("SELECT 1 FROM slack_members WHERE channel = ? AND user = ?", channel, user) is not None


def tz_offset(tz: str, epoch: float) -> int:
    offset = datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(tz)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def user_object(row: sqlite3.Row, epoch: float) -> dict[str, Any]:
    """As users.info gives it."""
    first, _, last = row["real_name"].partition(" ")
    profile: dict[str, Any] = {
        "title": row["title"],
        "real_name": row["real_name"],
        "real_name_normalized": row["real_name"],
        "display_name": row["handle"],
        "display_name_normalized": row["handle"],
        "first_name": first,
        "last_name": last,
        "phone": "",
        "skype": "",
        "status_text": "",
        "status_emoji": "",
        "avatar_hash": row["color"],
        "team": TEAM_ID,
    }
    if row["is_bot"]:
        profile |= {"bot_id": BOT_ID, "api_app_id": APP_ID, "always_active": True}
    else:
        profile["email"] = row["email"]
    return {
        "id": row["id"],
        "team_id": TEAM_ID,
        "name": row["handle"],
        "deleted": False,
        "color": row["color"],
        "real_name": row["real_name"],
        "tz": row["tz"],
        "tz_label": row["tz_label"],
        "tz_offset": tz_offset(row["tz"], epoch),
        "profile": profile,
        "is_admin": bool(row["is_admin"]),
        "is_owner": bool(row["is_admin"]),
        "is_primary_owner": bool(row["is_admin"]),
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": bool(row["is_bot"]),
        "is_app_user": False,
        "updated": 1700000000,
        "is_email_confirmed": not row["is_bot"],
        "who_can_share_contact_card": "EVERYONE",
    }


def channel_object(store: Store, row: sqlite3.Row, viewer: str = BOT_USER_ID) -> dict[str, Any]:
    """As conversations.info gives it to `viewer`."""
    created = int(row["created"])
    if row["kind"] == "im":
        return {
            "id": row["id"],
            "created": created,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": TEAM_ID,
            "updated": created * 1000,
            "user": row["user"],
            "is_user_deleted": False,
            "priority": 0,
            "is_open": True,
        }
    everybody = members(store, row["id"])
    blank = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": row["id"],
        "name": row["name"],
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "created": created,
        "is_archived": False,
        "is_general": row["name"] == "general",
        "unlinked": 0,
        "name_normalized": row["name"],
        "is_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": TEAM_ID,
        "updated": created * 1000,
        "parent_conversation": None,
        "creator": row["creator"],
        "is_ext_shared": False,
        "shared_team_ids": [TEAM_ID],
        "pending_connected_team_ids": [],
        "is_member": viewer in everybody,
        "topic": blank,
        "purpose": blank,
        "previous_names": [],
        "num_members": len(everybody),
    }


def user_brief(row: sqlite3.Row) -> dict[str, Any]:
    """The `user` of interactive payloads."""
    return {"id": row["id"], "username": row["handle"], "name": row["handle"], "team_id": TEAM_ID}
