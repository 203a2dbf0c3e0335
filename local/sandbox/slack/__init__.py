"""Slack's side of the sandbox: Web API, events, Socket Mode and the workspace page's routes.

An app cannot tell it from Slack but by its address. State is in SQLite; see `tables.py`.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.slack import call, deliver, methods_chat, streams
from local.sandbox.slack.coverage import METHODS
from local.sandbox.slack.files import file_routes
from local.sandbox.slack.names import VERIFICATION_TOKEN
from local.sandbox.slack.oauth import authorize_routes
from local.sandbox.slack.page import page_routes
from local.sandbox.slack.responses import response_routes
from local.sandbox.slack.state import REFRESH_SECONDS, Workspace, workspace_of

TICK_SECONDS = 0.5


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    """Every route of the workspace."""
    workspace = workspace_of(box)

    async def link(request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in workspace.tickets:
            return web.Response(status=403, text="invalid ticket")
        workspace.tickets.discard(ticket)
        return await workspace.hub.serve(request)

    async def verify(_: web.Request) -> web.Response:
        try:
            good = await deliver.verify_url(workspace, VERIFICATION_TOKEN, secrets.token_hex(24))
        except deliver.NotDelivered as failure:
            return web.json_response({"ok": False, "error": failure.reason})
        return web.json_response({"ok": good})

    methods = [
        route
        for name, method in METHODS.items()
        for route in (
            web.post(f"/api/{name}", call.route(workspace, name, method)),
            web.get(f"/api/{name}", call.route(workspace, name, method)),
        )
    ]
    return [
        *methods,
        web.route("*", "/api/{method}", call.unknown),
        web.get("/link", link),
        web.post("/sandbox/slack/verify", verify),
        *file_routes(workspace),
        *response_routes(workspace),
        *authorize_routes(workspace),
        *page_routes(workspace),
    ]


async def background(box: Sandbox, app: web.Application) -> AsyncIterator[None]:
    """Deliver events, end old streams, post scheduled messages and refresh sockets while the app runs."""
    workspace = workspace_of(box)
    queue = deliver.Queue(workspace)
    workspace.wake_deliveries = queue.wake
    tasks = [asyncio.create_task(queue.run()), asyncio.create_task(_tick(workspace))]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await queue.stop()
    await workspace.hub.close()
    if workspace.http is not None:
        await workspace.http.close()


async def _tick(workspace: Workspace) -> None:
    refresh_at = workspace.wall() + REFRESH_SECONDS
    while True:
        await asyncio.sleep(TICK_SECONDS)
        streams.end_old(workspace)
        methods_chat.post_scheduled(workspace)
        if workspace.wall() >= refresh_at:
            refresh_at = workspace.wall() + REFRESH_SECONDS
            await workspace.hub.refresh()
