"""chat.startStream, appendStream, stopStream: messages that grow while the app writes them.

A stream's content is a list of pieces in order (text, task cards, blocks). It ends at stopStream, at the
stop button, or about five minutes after it began; then only chat.update can change the message.
"""

from typing import Any

from local.sandbox.slack import events, messages
from local.sandbox.slack.call import Call
from local.sandbox.slack.check import Check
from local.sandbox.slack.content import checked_blocks
from local.sandbox.slack.elements import sources
from local.sandbox.slack.names import BOT_USER_ID
from local.sandbox.slack.people import channel_row, is_member, members, user_row
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.store import dumps

CALL_CHARACTERS = 12_000  # of markdown_text in one call
STREAM_BYTES = 10_600  # of the whole message, task cards included
TASK_CHARACTERS = 256  # of a task's title, details and output
TASK_STATUSES = ("pending", "in_progress", "complete", "error")
MODES = ("timeline", "plan")
SESSION_STATUSES = ("active", "processing", "suspended", "closed")


async def start(call: Call) -> dict[str, Any]:
    workspace = call.workspace
    channel = channel_row(workspace.store, call.text("channel"))
    if not is_member(workspace.store, channel["id"], BOT_USER_ID):
        raise Refused("not_in_channel")
    if channel["kind"] == "im" and not call.get("thread_ts"):
        raise Refused("invalid_arguments", "missing required field: thread_ts")
    if channel["kind"] != "im":
        _recipient(call)
    thread_ts = messages.thread_root(workspace, channel["id"], call.get("thread_ts"))
    mode = call.text("task_display_mode") or "timeline"
    if mode not in MODES:
        raise Refused("invalid_arguments", "must be a valid enum value [json-pointer:/task_display_mode]")
    stream: dict[str, Any] = {"live": True, "mode": mode, "plan": "", "tasks": [], "pieces": []}
    text = _grow(call, stream)
    message = messages.bot_message(text, stream=stream)
    if call.get("username"):
        message["username"] = call.text("username")
    posted = messages.post(workspace, channel["id"], message, thread_ts)
    workspace.store.run(
        "INSERT INTO slack_streams VALUES (?, ?, ?)", channel["id"], posted["ts"], workspace.wall()
    )
    set_session(workspace, channel["id"], thread_ts or posted["ts"], "processing")
    return {"channel": channel["id"], "ts": posted["ts"]}


async def append(call: Call) -> dict[str, Any]:
    channel, message = _streaming(call)
    if not call.get("markdown_text") and not call.get("chunks"):
        raise Refused("invalid_arguments", "missing required field: markdown_text")
    message["text"] += _grow(call, message["stream"], message["text"])
    messages.save(call.workspace, channel, message)
    messages.show(call.workspace, channel, message["ts"], "stream")
    return {"channel": channel, "ts": message["ts"]}


async def stop(call: Call) -> dict[str, Any]:
    channel, message = _streaming(call)
    old = messages.find(call.workspace, channel, message["ts"]) or message
    message["text"] += _grow(call, message["stream"], message["text"])
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks:
        message["blocks"] = checked_blocks(blocks)
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata:
        message["metadata"] = metadata
    status = call.text("session_status") or "active"
    if status not in SESSION_STATUSES:
        raise Refused("invalid_arguments", "must be a valid enum value [json-pointer:/session_status]")
    finish(call.workspace, channel, message, old)
    set_session(call.workspace, channel, message.get("thread_ts") or message["ts"], status)
    return {"channel": channel, "ts": message["ts"], "message": messages.api_message(message)}


def is_live(workspace: Workspace, channel: str, ts: str) -> bool:
    """Whether the message is being streamed now; one that grew too old ends here."""
    row = workspace.store.one("SELECT started FROM slack_streams WHERE channel = ? AND ts = ?", channel, ts)
    if row is None:
        return False
    if workspace.wall() - row["started"] <= workspace.stream_seconds:
        return True
    end(workspace, channel, ts)
    return False


def end(workspace: Workspace, channel: str, ts: str) -> None:
    """End a stream as it stands."""
    message = messages.find(workspace, channel, ts)
    if message is not None and "stream" in message:
        finish(workspace, channel, message, message)


def end_old(workspace: Workspace) -> None:
    """End every stream that is past its time."""
    limit = workspace.wall() - workspace.stream_seconds
    for row in workspace.store.all("SELECT channel, ts FROM slack_streams WHERE started < ?", limit):
        end(workspace, row["channel"], row["ts"])


def live_in_thread(workspace: Workspace, channel: str, root: str) -> list[str]:
    """The ts of every live stream in a thread."""
    rows = workspace.store.all(
        "SELECT s.ts FROM slack_streams s JOIN slack_messages m USING (channel, ts) "
        "WHERE s.channel = ? AND (m.thread_ts = ? OR m.ts = ?) ORDER BY s.ts",
        channel,
        root,
        root,
    )
    return [row["ts"] for row in rows if is_live(workspace, channel, row["ts"])]


def finish(workspace: Workspace, channel: str, message: messages.Message, old: messages.Message) -> None:
    workspace.store.run("DELETE FROM slack_streams WHERE channel = ? AND ts = ?", channel, message["ts"])
    message["stream"] = {**message["stream"], "live": False}
    messages.save(workspace, channel, message)
    messages.show(workspace, channel, message["ts"], "message_changed")
    events.announce_change(
        workspace,
        channel_row(workspace.store, channel),
        messages.api_message(message),
        messages.api_message(old),
    )


def _recipient(call: Call) -> None:
    for name in ("recipient_user_id", "recipient_team_id"):
        if not call.get(name):
            raise Refused(f"missing_{name}")
    user_row(call.workspace.store, call.text("recipient_user_id"))


def _streaming(call: Call) -> tuple[str, messages.Message]:
    """The channel and the live message of an append or a stop."""
    workspace = call.workspace
    channel = channel_row(workspace.store, call.text("channel"))["id"]
    message = messages.existing(workspace, channel, call.need("ts"))
    if message["user"] != BOT_USER_ID:
        raise Refused("message_not_owned_by_app")
    if workspace.box.faults.take("slack", "stream_lost", call.method):
        end(workspace, channel, message["ts"])
    if not is_live(workspace, channel, message["ts"]):
        raise Refused("message_not_in_streaming_state")
    return channel, message


def _grow(call: Call, stream: dict[str, Any], text: str = "") -> str:
    """Add the call's markdown_text or chunks to the stream's pieces; the text that was added.

    `text`: what the message holds already, for the limit on its size.
    """
    markdown, chunks = call.text("markdown_text"), call.structure("chunks", "invalid_chunks") or []
    if markdown and chunks:
        raise Refused("invalid_arguments", "must not provide both `markdown_text` and `chunks`")
    if len(markdown) > CALL_CHARACTERS:
        raise Refused("msg_too_long")
    if not isinstance(chunks, list):
        raise Refused("invalid_chunks", "must provide an array [json-pointer:/chunks]")
    if markdown:
        chunks = [{"type": "markdown_text", "text": markdown}]
    added = "".join(_add(stream, chunk, f"/chunks/{number}") for number, chunk in enumerate(chunks))
    size = len((text + added).encode()) + len(dumps([stream["tasks"], stream["plan"]]).encode())
    if size > STREAM_BYTES:
        raise Refused("msg_too_long")
    return added


def _add(stream: dict[str, Any], chunk: Any, at: str) -> str:
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind == "markdown_text":
        return _add_text(stream, chunk, at)
    if kind == "task_update":
        _add_task(stream, chunk, at)
    elif kind == "plan_update":
        if not isinstance(chunk.get("title"), str) or not chunk["title"]:
            raise Refused("invalid_chunks", f"missing required field: title [json-pointer:{at}]")
        stream["plan"] = chunk["title"]
    elif kind == "blocks":
        stream["pieces"].append({"type": "blocks", "blocks": checked_blocks(chunk.get("blocks"))})
    else:
        raise Refused("invalid_chunks", f"unsupported type: {kind} [json-pointer:{at}/type]")
    return ""


def _add_text(stream: dict[str, Any], chunk: dict[str, Any], at: str) -> str:
    text = chunk.get("text")
    if not isinstance(text, str) or not text:
        raise Refused("invalid_chunks", f"missing required field: text [json-pointer:{at}]")
    if len(text) > CALL_CHARACTERS:
        raise Refused("msg_too_long")
    pieces = stream["pieces"]
    if pieces and pieces[-1]["type"] == "markdown_text":
        pieces[-1]["text"] += text
    else:
        pieces.append({"type": "markdown_text", "text": text})
    return text


def _add_task(stream: dict[str, Any], chunk: dict[str, Any], at: str) -> None:
    check = Check()
    check.string(chunk.get("id"), f"{at}/id", 255)
    check.string(chunk.get("title"), f"{at}/title", TASK_CHARACTERS)
    for key in ("details", "output"):
        check.string(chunk.get(key), f"{at}/{key}", TASK_CHARACTERS, required=False, empty=True)
    check.one_of(chunk.get("status"), TASK_STATUSES, f"{at}/status")
    sources(check, chunk.get("sources"), f"{at}/sources")
    if check.problems:
        raise Refused("invalid_chunks", *check.problems)
    fields = ("id", "title", "status", "details", "output", "sources")
    given = {key: chunk[key] for key in fields if chunk.get(key) is not None}
    known = next((task for task in stream["tasks"] if task["id"] == given["id"]), None)
    if known is None:
        stream["tasks"].append(given)
        stream["pieces"].append({"type": "task_update", "id": given["id"]})
        return
    known.update(given)


def set_session(
    workspace: Workspace, channel: str, thread_ts: str, status: str, title: str = ""
) -> tuple[str, str]:
    """Set a session's status, making it where it is new; its status and title."""
    workspace.store.run(
        "INSERT INTO slack_sessions VALUES (?, ?, ?, ?) "
        "ON CONFLICT (channel, thread_ts) DO UPDATE SET status = excluded.status",
        channel,
        thread_ts,
        status,
        title,
    )
    row = workspace.store.one(
        "SELECT status, title FROM slack_sessions WHERE channel = ? AND thread_ts = ?", channel, thread_ts
    )
    assert row is not None
    workspace.bus.publish(
        members(workspace.store, channel),
        {
            "type": "session",
            "channel": channel,
            "thread_ts": thread_ts,
            "status": row["status"],
            "title": row["title"],
        },
    )
    return row["status"], row["title"]
