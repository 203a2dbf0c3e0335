"""Events API: the envelope and the events the app is subscribed to."""

import sqlite3
from typing import Any

from local.sandbox.slack import deliver
from local.sandbox.slack.mrkdwn import rich_text
from local.sandbox.slack.names import APP_ID, BOT_USER_ID, TEAM_ID, VERIFICATION_TOKEN
from local.sandbox.slack.people import is_member
from local.sandbox.slack.state import Workspace, new_id

# Kept with the message for the page and the stream; the Events API does not show it.
PRIVATE_KEYS = ("stream", "ephemeral")


def emit(workspace: Workspace, event: dict[str, Any], acting: str = BOT_USER_ID) -> str:
    """Queue one event for the app; its event_id."""
    event.setdefault("event_ts", workspace.next_ts())
    event_id = new_id("Ev")
    payload: dict[str, Any] = {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(float(event["event_ts"])),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": acting,
                "is_bot": acting == BOT_USER_ID,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }
    deliver.put(workspace, payload)
    workspace.wake_deliveries()
    return event_id


def message_event(channel: sqlite3.Row, message: dict[str, Any]) -> dict[str, Any]:
    """The `message` event of a message just posted."""
    event = {k: v for k, v in message.items() if k not in (*PRIVATE_KEYS, "metadata")}
    if "bot_id" not in event and not event.get("blocks") and event.get("text"):
        event["blocks"] = [rich_text(event["text"])]
    channel_type = "im" if channel["kind"] == "im" else "channel"
    return {**event, "channel": channel["id"], "channel_type": channel_type, "event_ts": message["ts"]}


def announce(workspace: Workspace, channel: sqlite3.Row, message: dict[str, Any]) -> None:
    """Tell the app of a new message, where it can see it: `message`, and `app_mention` if it is meant."""
    if not is_member(workspace.store, channel["id"], BOT_USER_ID):
        return
    event = message_event(channel, message)
    emit(workspace, event)
    mentioned = f"<@{BOT_USER_ID}" in message.get("text", "") and message["user"] != BOT_USER_ID
    if mentioned and channel["kind"] == "channel":
        mention = {k: v for k, v in event.items() if k not in ("channel_type", "subtype")}
        emit(workspace, {**mention, "type": "app_mention"})


def announce_change(
    workspace: Workspace, channel: sqlite3.Row, new: dict[str, Any], old: dict[str, Any]
) -> None:
    """`message_changed`, which Slack sends for the app's own edits too."""
    if is_member(workspace.store, channel["id"], BOT_USER_ID):
        emit(
            workspace,
            {
                **_hidden(workspace, channel, "message_changed"),
                "message": _bare(new),
                "previous_message": _bare(old),
            },
        )


def announce_deletion(workspace: Workspace, channel: sqlite3.Row, old: dict[str, Any]) -> None:
    if is_member(workspace.store, channel["id"], BOT_USER_ID):
        event = _hidden(workspace, channel, "message_deleted")
        emit(workspace, {**event, "deleted_ts": old["ts"], "previous_message": _bare(old)})


def _hidden(workspace: Workspace, channel: sqlite3.Row, subtype: str) -> dict[str, Any]:
    ts = workspace.next_ts()
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel["id"],
        "channel_type": "im" if channel["kind"] == "im" else "channel",
        "ts": ts,
        "event_ts": ts,
    }


def _bare(message: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in message.items() if k not in (*PRIVATE_KEYS, "metadata")}
