"""Files: the three-step upload, files.info, and the bytes themselves."""

import mimetypes
from typing import Any

from aiohttp import web

from local.sandbox.slack import messages
from local.sandbox.slack.call import Call, token_kind
from local.sandbox.slack.content import checked_blocks
from local.sandbox.slack.methods_chat import target
from local.sandbox.slack.names import BOT_USER_ID, TEAM_ID
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace, new_id

FILE_BYTES = 1_000_000_000


def file_object(workspace: Workspace, file_id: str) -> dict[str, Any]:
    """As files.info gives it; refused as `file_not_found`."""
    row = workspace.store.one(
        "SELECT id, user, name, title, alt_txt, created, channels, length(content) AS size "
        "FROM slack_files WHERE id = ? AND complete",
        file_id,
    )
    if row is None:
        raise Refused("file_not_found")
    mimetype = mimetypes.guess_type(row["name"])[0] or "application/octet-stream"
    suffix = row["name"].rpartition(".")[2].lower() if "." in row["name"] else ""
    url = f"{workspace.box.base_url}/files-pri/{TEAM_ID}-{row['id']}"
    file: dict[str, Any] = {
        "id": row["id"],
        "created": int(row["created"]),
        "timestamp": int(row["created"]),
        "name": row["name"],
        "title": row["title"] or row["name"],
        "mimetype": mimetype,
        "filetype": suffix or "binary",
        "pretty_type": suffix.upper() or "Binary",
        "user": row["user"],
        "user_team": TEAM_ID,
        "editable": False,
        "size": row["size"] or 0,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{url}/{row['name']}",
        "url_private_download": f"{url}/download/{row['name']}",
        "permalink": f"{url}/{row['name']}",
        "channels": [c for c in row["channels"].split(",") if c],
        "has_rich_preview": False,
        "file_access": "visible",
    }
    return {**file, "alt_txt": row["alt_txt"]} if row["alt_txt"] else file


def reserve(workspace: Workspace, user: str, name: str, length: int, alt_txt: str = "") -> str:
    """A place for a file to come; its id."""
    file_id = new_id("F")
    workspace.store.run(
        "INSERT INTO slack_files (id, user, name, title, alt_txt, expected, created) VALUES (?,?,?,?,?,?,?)",
        file_id,
        user,
        name,
        name,
        alt_txt,
        length,
        workspace.box.clock.epoch(),
    )
    return file_id


def fill(workspace: Workspace, file_id: str, content: bytes) -> None:
    workspace.store.run("UPDATE slack_files SET content = ? WHERE id = ?", content, file_id)


def complete(workspace: Workspace, file_id: str, title: str = "", channel: str = "") -> None:
    workspace.store.run(
        "UPDATE slack_files SET complete = 1, title = CASE WHEN ? THEN ? ELSE title END, "
        "channels = CASE WHEN ? THEN ? ELSE channels END WHERE id = ?",
        bool(title),
        title,
        bool(channel),
        channel,
        file_id,
    )


async def get_upload_url(call: Call) -> dict[str, Any]:
    name, length = call.need("filename"), call.number("length", 0)
    if length <= 0:
        raise Refused("invalid_arguments", "must be greater than 0 [json-pointer:/length]")
    if length > FILE_BYTES:
        raise Refused("file_upload_size_restricted")
    file_id = reserve(call.workspace, BOT_USER_ID, name, length, call.text("alt_txt"))
    return {"upload_url": f"{call.workspace.box.base_url}/files/upload/v1/{file_id}", "file_id": file_id}


async def complete_upload(call: Call) -> dict[str, Any]:
    given = call.structure("files")
    if not isinstance(given, list) or not given or not all(isinstance(f, dict) for f in given):
        raise Refused("invalid_arguments", "missing required field: files")
    channels = [c for c in (call.text("channels") or call.text("channel_id")).split(",") if c]
    places = [target(Call(call.workspace, call.method, {"channel": c}, call.token)) for c in channels]
    ids = [str(file.get("id", "")) for file in given]
    for file_id in ids:
        _uploaded(call.workspace, file_id)
    for file in given:
        complete(call.workspace, file["id"], str(file.get("title") or ""), ",".join(places))
    files = [file_object(call.workspace, file_id) for file_id in ids]
    for channel in places:
        _share(call, channel, files)
    return {"files": files}


def _uploaded(workspace: Workspace, file_id: str) -> None:
    row = workspace.store.one("SELECT content IS NULL AS empty FROM slack_files WHERE id = ?", file_id)
    if row is None:
        raise Refused("file_not_found")
    if row["empty"]:
        raise Refused("file_update_failed")


def _share(call: Call, channel: str, files: list[dict[str, Any]]) -> None:
    thread_ts = messages.thread_root(call.workspace, channel, call.get("thread_ts"))
    message = messages.bot_message(
        call.text("initial_comment"), subtype="file_share", files=files, upload=True, display_as_bot=False
    )
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks:
        message["blocks"] = checked_blocks(blocks)
    messages.post(call.workspace, channel, message, thread_ts)


async def info(call: Call) -> dict[str, Any]:
    return {
        "file": file_object(call.workspace, call.need("file")),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


async def delete(call: Call) -> dict[str, Any]:
    file_object(call.workspace, call.need("file"))
    call.workspace.store.run("DELETE FROM slack_files WHERE id = ?", call.text("file"))
    return {}


def file_routes(workspace: Workspace) -> list[web.AbstractRouteDef]:
    """Where the bytes go in and come out; the upload address itself is the permission, as on Slack."""

    async def upload(request: web.Request) -> web.Response:
        file_id = request.match_info["file_id"]
        row = workspace.store.one("SELECT complete FROM slack_files WHERE id = ?", file_id)
        if row is None or row["complete"]:
            return web.Response(status=404, text="not found")
        content = await _bytes(request)
        fill(workspace, file_id, content)
        return web.Response(text=f"OK - {len(content)}")

    async def download(request: web.Request) -> web.Response:
        file_id = request.match_info["key"].partition("-")[2]
        if not _may_read(workspace, request):
            raise web.HTTPFound("/")  # Slack answers a stranger with its sign-in page
        row = workspace.store.one("SELECT name, content FROM slack_files WHERE id = ? AND complete", file_id)
        if row is None:
            return web.Response(status=404, text="file_not_found")
        # Never as HTML: an uploaded page must not run beside the workspace page.
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        kind = mimetypes.guess_type(row["name"])[0] or "application/octet-stream"
        safe = kind if kind.startswith("image/") and "svg" not in kind else "application/octet-stream"
        return web.Response(body=row["content"], content_type=safe, headers=headers)

    return [
        web.post("/files/upload/v1/{file_id}", upload),
        web.get("/files-pri/{key}/{tail:.*}", download),
    ]


async def _bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    field = (await request.post()).get("filename") or (await request.post()).get("file")
    return field.file.read() if isinstance(field, web.FileField) else str(field or "").encode()


def _may_read(workspace: Workspace, request: web.Request) -> bool:
    """The app by its token, or a person of the workspace page by `?user=`."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    user = request.query.get("user", "")
    if user:
        return workspace.store.one("SELECT 1 FROM slack_users WHERE id = ?", user) is not None
    try:
        return token_kind(workspace, token) == "bot"
    except Refused:
        return False
