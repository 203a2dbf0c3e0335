"""What a person does that the app must answer: commands, clicks, menus, shortcuts, modals."""

import json
import sqlite3
from typing import Any

from local.sandbox.slack import deliver, events, messages, payloads, responses, submissions, views
from local.sandbox.slack.methods_misc import keep_title
from local.sandbox.slack.names import COMMANDS, SHORTCUTS, TEAM_ID
from local.sandbox.slack.people import channel_row, is_member
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace

TROUBLE = "We had some trouble connecting. Try again?"


async def command(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    name, text = str(given.get("command") or ""), str(given.get("text") or "")
    channel = _place(workspace, user, given)
    if name not in {known["command"] for known in COMMANDS}:
        raise Refused("unknown_command")
    form = payloads.command_form(workspace, user, channel, name, text.strip())
    try:
        answer = await deliver.command(workspace, form)
    except deliver.NotDelivered as failure:
        timed_out = failure.reason in ("http_timeout", "timeout")
        workspace.bus.toast(user, f"{name} failed because the app did not respond")
        return {"ok": False, "error": "operation_timeout" if timed_out else "dispatch_failed"}
    if answer.body.get("text") or answer.body.get("blocks") or answer.body.get("attachments"):
        responses.respond(workspace, channel, user, answer.body)
    return {"ok": True}


async def action(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("view_id"):
        found = _own_view(workspace, user, str(given["view_id"]))
        payload = payloads.view_action_payload(workspace, found, user, given)
    else:
        channel = _place(workspace, user, given)
        ts = str(given.get("message_ts") or "")
        payload = payloads.message_action_payload(workspace, user, channel, ts, given)
    try:
        await deliver.interaction(workspace, payload)
    except deliver.NotDelivered:
        workspace.bus.toast(user, "This app didn't respond. Try again, or ask whoever runs it.")
        return {"ok": False, "error": "dispatch_failed"}
    return {"ok": True}


async def suggestions(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    """The options of an external menu, asked of the app while a person types."""
    payload: dict[str, Any] = payloads.common(workspace, user, "block_suggestion") | {
        "action_id": given.get("action_id"),
        "block_id": given.get("block_id"),
        "value": str(given.get("value") or ""),
    }
    del payload["trigger_id"]
    if given.get("view_id"):
        found = _own_view(workspace, user, str(given["view_id"]))
        payload |= {"container": {"type": "view", "view_id": found["id"]}, "view": views.shape(found)}
    else:
        channel, ts = _place(workspace, user, given), str(given.get("message_ts") or "")
        row = payloads.visible(workspace, user, channel, ts)
        payload |= {
            "container": {"type": "message", "message_ts": ts, "channel_id": channel},
            "channel": {"id": channel, "name": channel_row(workspace.store, channel)["name"]},
            "message": messages.api_shape(workspace, row),
        }
    try:
        answer = await deliver.interaction(workspace, payload)
    except deliver.NotDelivered:
        return {"options": [], "error": TROUBLE}
    if isinstance(answer.body.get("option_groups"), list):
        return {"option_groups": answer.body["option_groups"][:100]}
    options = answer.body.get("options")
    return {"options": options[:100] if isinstance(options, list) else []}


async def submit(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    found = _own_view(workspace, user, str(given.get("view_id") or ""))
    view = views.shape(found)
    state = json.loads(found["state"])
    payloads.merge_state(state, view["blocks"], (given.get("state") or {}).get("values") or {})
    views.set_state(workspace, found["id"], state)
    missing = submissions.problems(view["blocks"], state)
    if missing:
        return {"response_action": "errors", "errors": missing}
    view["state"] = {"values": submissions.whole_state(view["blocks"], state)}
    payload = payloads.common(workspace, user, "view_submission", found["id"]) | {
        "view": view,
        "response_urls": submissions.response_urls(workspace, user, view),
    }
    try:
        answer = await deliver.interaction(workspace, payload)
        return submissions.follow(workspace, found, user, answer.body)
    except (deliver.NotDelivered, Refused) as failure:
        workspace.bus.toast(user, TROUBLE)
        detail = failure.body() if isinstance(failure, Refused) else {}
        return {**detail, "ok": False, "error": TROUBLE}


async def close(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    """Close one modal, or with `cleared` all of them; the app hears where it asked to."""
    found = _own_view(workspace, user, str(given.get("view_id") or ""))
    body = json.loads(found["body"])
    if given.get("cleared") or body.get("clear_on_close"):
        closed = views.close_all(workspace, user)
    else:
        closed = [found]
        views.close(workspace, found)
    for gone in closed:
        await _tell_closed(workspace, user, gone, len(closed) > 1)
    return {"ok": True}


async def _tell_closed(workspace: Workspace, user: str, found: sqlite3.Row, cleared: bool) -> None:
    view = views.shape(found)
    if not view["notify_on_close"]:
        return
    payload = payloads.common(workspace, user, "view_closed") | {"view": view, "is_cleared": cleared}
    del payload["trigger_id"]
    try:
        await deliver.interaction(workspace, payload)
    except deliver.NotDelivered:
        return  # Slack does not tell anybody of a lost view_closed either


async def shortcut(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    callback_id = str(given.get("callback_id") or "")
    known = next((s for s in SHORTCUTS if s["callback_id"] == callback_id), None)
    if known is None:
        raise Refused("unknown_shortcut")
    if known["type"] == "message":
        payload = _message_shortcut(workspace, user, given)
    else:
        payload = payloads.common(workspace, user, "shortcut")
    payload |= {"callback_id": callback_id, "action_ts": workspace.next_ts()}
    try:
        await deliver.interaction(workspace, payload)
    except deliver.NotDelivered:
        workspace.bus.toast(user, f"“{known['name']}” failed because the app did not respond")
        return {"ok": False, "error": "dispatch_failed"}
    return {"ok": True}


def _message_shortcut(workspace: Workspace, user: str, given: dict[str, Any]) -> dict[str, Any]:
    channel, ts = _place(workspace, user, given), str(given.get("message_ts") or "")
    row = payloads.visible(workspace, user, channel, ts)
    message = messages.api_shape(workspace, row)
    return payloads.common(workspace, user, "message_action") | {
        "message_ts": ts,
        "message": message,
        "channel": {"id": channel, "name": channel_row(workspace.store, channel)["name"]},
        "response_url": responses.make(workspace, channel, user, ts, row["thread_ts"] or ""),
    }


def rename_session(workspace: Workspace, user: str, channel: str, given: dict[str, Any]) -> dict[str, Any]:
    root = messages.thread_root(workspace, channel, str(given.get("thread_ts") or ""))
    title = str(given.get("title") or "").strip()[:200]
    if not root or not title:
        raise Refused("invalid_arguments")
    before = workspace.store.one(
        "SELECT title FROM slack_sessions WHERE channel = ? AND thread_ts = ?", channel, root
    )
    keep_title(workspace, channel, root, title)
    event: dict[str, Any] = {
        "type": "agent_session_title_changed",
        "channel": channel,
        "thread_ts": root,
        "title": title,
        "team_id": TEAM_ID,
        "user": user,
    }
    events.emit(
        workspace, event | ({"previous_title": before["title"]} if before and before["title"] else {})
    )
    return {"ok": True}


def _place(workspace: Workspace, user: str, given: dict[str, Any]) -> str:
    row = channel_row(workspace.store, str(given.get("channel") or ""))
    if not is_member(workspace.store, row["id"], user):
        raise Refused("channel_not_found")
    return row["id"]


def _own_view(workspace: Workspace, user: str, view_id: str) -> sqlite3.Row:
    found = views.row(workspace, view_id)
    if found["user"] != user:
        raise Refused("not_found")
    return found
