"""response_url: where an app answers a command or a click for half an hour, five times at most.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import json
import secrets
import sqlite3
from typing import Any

from aiohttp import web

from local.sandbox.slack import messages
from local.sandbox.slack.content import checked_attachments, checked_blocks
from local.sandbox.slack.names import BOT_USER_ID, TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.slack.wire import loads

USES = 5
LIFE_SECONDS = 1800.0


def make(workspace: Workspace, channel: str, user: str, message_ts: str = "", thread_ts: str = "") -> str:
    """A new response_url. `message_ts`: the message that was clicked, which `replace_original` means."""
    secret = secrets.token_hex(12)
    workspace.store.run(
        "INSERT INTO slack_response_urls VALUES (?, ?, ?, ?, ?, 0, ?)",
        secret,
        channel,
        user,
        message_ts,
        thread_ts,
        workspace.wall() + LIFE_SECONDS,
    )
    return f"{workspace.box.base_url}/response/{TEAM_ID}/{secret}"


def response_routes(workspace: Workspace) -> list[web.AbstractRouteDef]:
    async def answer(request: web.Request) -> web.Response:
        row = workspace.store.one(
            "SELECT * FROM slack_response_urls WHERE secret = ?", request.match_info["secret"]
        )
        try:
            if row is None:
                raise Refused("expired_url")
            body = _body(await request.text())
            _spend(workspace, row)
            respond(workspace, row["channel"], row["user"], body, row["message_ts"], row["thread_ts"])
        except Refused as refused:
            status = 404 if refused.error in ("expired_url", "used_url") else 400
            return web.json_response(refused.body(), status=status)
        return web.json_response({"ok": True})

    return [web.post("/response/{team}/{secret}", answer)]


def _spend(workspace: Workspace, row: sqlite3.Row) -> None:
    if workspace.wall() > row["ends"]:
        raise Refused("expired_url")
    if row["uses"] >= USES:
        raise Refused("used_url")
    workspace.store.run("UPDATE slack_response_urls SET uses = uses + 1 WHERE secret = ?", row["secret"])


def _body(text: str) -> dict[str, Any]:
    try:
        body = loads(text)
    except json.JSONDecodeError:
        raise Refused("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refused("invalid_payload")
    return body


def respond(
    workspace: Workspace,
    channel: str,
    user: str,
    body: dict[str, Any],
    message_ts: str = "",
    thread_ts: str = "",
) -> None:
    """Do what a response says: post, replace the original or delete it. Refused where it is not valid."""
    original = messages.find(workspace, channel, message_ts) if message_ts else None
    if body.get("delete_original"):
        if original is not None:
            messages.delete(workspace, channel, message_ts)
        return
    content = response_content(body)
    if body.get("replace_original") and original is not None:
        kept = {k: v for k, v in original.items() if k not in ("blocks", "attachments", "stream", "text")}
        edited = {"edited": {"user": BOT_USER_ID, "ts": original["ts"]}}
        messages.change(workspace, channel, original, {**kept, **content, **edited})
        return
    only_for = "" if body.get("response_type") == "in_channel" else user
    root = str(body.get("thread_ts") or thread_ts) or None
    if root and messages.row(workspace, channel, root) is None:
        root = None
    messages.post(workspace, channel, messages.bot_message(**content), root, only_for)


def response_content(body: dict[str, Any]) -> dict[str, Any]:
    """`text`, `blocks`, `attachments` of a response, checked."""
    content: dict[str, Any] = {"text": str(body.get("text") or "")}
    if body.get("blocks"):
        content["blocks"] = checked_blocks(body["blocks"])
    if body.get("attachments"):
        content["attachments"] = checked_attachments(body["attachments"])
    if not content["text"] and len(content) == 1:
        raise Refused("no_text")
    return content
