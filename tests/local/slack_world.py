"""A started workspace for the Slack tests, and an app that listens to it, both on free ports."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from local.sandbox import slack
from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.slack.state import Workspace, workspace_of
from local.sandbox.store import Store

SAM, ANA, KENJI, BOT = "U0SAMRIVERS", "U0ANACOSTA1", "U0KENJIMORI", "U0RAINMAKER"
SAM_DM, ANA_DM = "D0SAMRIVERS", "D0ANACOSTA1"
LEADS, SALES, GENERAL = "C0LEADS0001", "C0SALES0001", "C0GENERAL01"

Answer = Callable[[dict[str, Any]], Awaitable[web.Response] | web.Response]


@dataclass
class Listener:
    """An app by hand: keeps every payload it got; `answer` decides what it says."""

    secret: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Answer = lambda _: web.Response()

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        assert signed(self.secret, request.headers, raw)
        self.headers.append(dict(request.headers))
        payload = parsed(request.content_type, raw.decode())
        self.got.append(payload)
        result = self.answer(payload)
        return result if isinstance(result, web.Response) else await result

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [p["event"] for p in self.got if p.get("event", {}).get("type") == kind]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [p for p in self.got if p.get("type") == kind]


def signed(secret: str, headers: Any, raw: bytes) -> bool:
    base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + raw
    wanted = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers["X-Slack-Signature"])


def parsed(content_type: str, text: str) -> dict[str, Any]:
    if content_type == "application/json":
        return json.loads(text)
    form = dict(parse_qsl(text, keep_blank_values=True))
    return json.loads(form["payload"]) if "payload" in form else form


@dataclass
class World:
    box: Sandbox
    workspace: Workspace
    app: Listener
    client: AsyncWebClient
    http: aiohttp.ClientSession

    async def act(self, path: str, **body: Any) -> dict[str, Any]:
        """POST to the page's routes."""
        async with self.http.post(f"{self.box.base_url}/page/{path}", json=body) as response:
            return await response.json()

    async def read(self, path: str, **query: str) -> dict[str, Any]:
        async with self.http.get(f"{self.box.base_url}/page/{path}", params=query) as response:
            return await response.json()

    @asynccontextmanager
    async def page(self, user: str) -> AsyncIterator[asyncio.Queue[dict[str, Any]]]:
        """What the open page of `user` is pushed."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        async with self.http.get(f"{self.box.base_url}/page/events", params={"user": user}) as stream:
            await stream.content.readline()
            reader = asyncio.create_task(_read_events(stream, queue))
            yield queue
            reader.cancel()


async def _read_events(stream: aiohttp.ClientResponse, queue: asyncio.Queue[dict[str, Any]]) -> None:
    with suppress(aiohttp.ClientConnectionError):
        async for line in stream.content:
            if line.startswith(b"data: "):
                queue.put_nowait(json.loads(line[6:]))


async def heard(queue: asyncio.Queue[dict[str, Any]], kind: str, seconds: float = 5) -> dict[str, Any]:
    """The next pushed event of a kind; the others before it are skipped."""
    async with asyncio.timeout(seconds):
        while True:
            event = await queue.get()
            if event["type"] == kind:
                return event


async def until(condition: Callable[[], Any], seconds: float = 5) -> Any:
    """Wait until something is so, and give what it is."""
    async with asyncio.timeout(seconds):
        while not (found := condition()):
            await asyncio.sleep(0.01)
        return found


async def serve(stack: AsyncExitStack, app: web.Application) -> int:
    """Start an application on a free port of this machine; the port."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner.addresses[0][1]


async def free_port() -> int:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def start_box(stack: AsyncExitStack, box: Sandbox) -> None:
    """Serve a sandbox with Slack alone at its base_url."""
    app = web.Application(client_max_size=100 * 1024 * 1024)
    app.add_routes(slack.routes(box))
    app.cleanup_ctx.append(partial(slack.background, box))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", int(box.base_url.rpartition(":")[2])).start()


@asynccontextmanager
async def world(path: Path | str = ":memory:", events_url: str = "") -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        listener = Listener()
        app = web.Application()
        app.router.add_post("/slack/events", listener.take)
        port = await serve(stack, app)
        box = Sandbox(
            Store(path),
            WorldClock(),
            f"http://127.0.0.1:{await free_port()}",
            events_url or f"http://127.0.0.1:{port}/slack/events",
        )
        listener.secret = box.accounts.slack_signing_secret
        await start_box(stack, box)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        client = AsyncWebClient(
            token=box.accounts.slack_bot_token, base_url=f"{box.base_url}/api/", session=http
        )
        yield World(box, workspace_of(box), listener, client, http)
