"""The page's routes. All JSON; what is refused answers `{"ok": false, "error": …}`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from local.sandbox.slack import page_actions, page_deeds
from local.sandbox.slack.files import complete, file_object, fill, reserve
from local.sandbox.slack.page_deeds import person, place, post_as_person
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.state import Workspace
from local.sandbox.slack.wire import loads
from local.sandbox.store import dumps

STATIC = Path(__file__).parent / "static"
KEEP_ALIVE_SECONDS = 15.0
UPLOAD_BYTES = 64 * 1024 * 1024
PAGE_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}

Action = Callable[[Workspace, dict[str, Any]], Awaitable[dict[str, Any]]]


def page_routes(workspace: Workspace) -> list[web.AbstractRouteDef]:
    async def stream(request: web.Request) -> web.StreamResponse:
        return await serve_events(workspace, request)

    async def upload(request: web.Request) -> web.Response:
        return await _answered(lambda: _upload(workspace, request))

    return [
        web.get("/", index),
        web.get("/archives/{tail:.*}", index),
        web.get("/static/{file:.+}", static_file),
        web.get("/page/events", stream),
        web.post("/page/upload", upload),
        *[web.get(f"/page/{name}", _query(workspace, act)) for name, act in READS.items()],
        *[web.post(f"/page/{name}", _body(workspace, act)) for name, act in ACTIONS.items()],
    ]


async def index(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html", headers=PAGE_HEADERS)


async def static_file(request: web.Request) -> web.StreamResponse:
    path = (STATIC / request.match_info["file"]).resolve()
    if not path.is_relative_to(STATIC.resolve()) or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=PAGE_HEADERS)


def _query(workspace: Workspace, act: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        return await _answered(lambda: act(workspace, dict(request.query)))

    return answer


def _body(workspace: Workspace, act: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            body = loads(await request.text())
        except (json.JSONDecodeError, UnicodeDecodeError):
            body = None
        if not isinstance(body, dict):
            return web.json_response({"ok": False, "error": "invalid_json"}, status=400)
        return await _answered(lambda: act(workspace, body))

    return answer


async def _answered(act: Callable[[], Awaitable[dict[str, Any]]]) -> web.Response:
    try:
        return web.json_response(await act())
    except Refused as refused:
        return web.json_response(refused.body())


async def serve_events(workspace: Workspace, request: web.Request) -> web.StreamResponse:
    """Server-sent events for one person, until the page goes away."""
    user = str(request.query.get("user", ""))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    queue = workspace.bus.open(user)
    try:
        await response.write(b"retry: 1000\n\n")
        while True:
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    event = await queue.get()
                await response.write(b"data: " + dumps(event).encode() + b"\n\n")
            except TimeoutError:
                await response.write(b": here\n\n")
    except ConnectionError:
        return response
    finally:
        workspace.bus.close(user, queue)


async def _upload(workspace: Workspace, request: web.Request) -> dict[str, Any]:
    form = await request.post()
    given = {key: value for key, value in form.items() if isinstance(value, str)}
    user = person(workspace, given)
    channel = place(workspace, given, user)
    file = form.get("file")
    if not isinstance(file, web.FileField):
        raise Refused("no_file_data")
    content = file.file.read(UPLOAD_BYTES + 1)
    if len(content) > UPLOAD_BYTES:
        raise Refused("file_too_large")
    file_id = reserve(workspace, user, file.filename or "file", len(content))
    fill(workspace, file_id, content)
    complete(workspace, file_id, "", channel)
    posted = post_as_person(
        workspace,
        user,
        channel,
        given.get("text", ""),
        given.get("thread_ts"),
        [file_object(workspace, file_id)],
    )
    return {"ok": True, "ts": posted["ts"], "file": file_id}


def _with_person(act: Callable[..., Awaitable[dict[str, Any]]]) -> Action:
    async def acted(workspace: Workspace, given: dict[str, Any]) -> dict[str, Any]:
        return await act(workspace, person(workspace, given), given)

    return acted


READS: dict[str, Action] = {
    "boot": page_deeds.boot,
    "messages": page_deeds.read_messages,
    "home": page_deeds.home,
}
ACTIONS: dict[str, Action] = {
    "message": page_deeds.send_message,
    "command": _with_person(page_actions.command),
    "action": _with_person(page_actions.action),
    "suggestions": _with_person(page_actions.suggestions),
    "view/submit": _with_person(page_actions.submit),
    "view/close": _with_person(page_actions.close),
    "shortcut": _with_person(page_actions.shortcut),
    "opened": page_deeds.opened,
    "stop": page_deeds.stop,
    "reaction": page_deeds.reaction,
    "channel": page_deeds.make_channel,
    "invite": page_deeds.invite,
    "rename": page_deeds.rename,
}
