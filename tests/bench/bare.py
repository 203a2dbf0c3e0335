"""The bare things that ours is measured against, each a process of its own: `python -m tests.bench.bare KIND PORT`.

`route`: an aiohttp route that reads the body. `bolt`: Bolt's own ack of an event, which checks the signature and
runs a listener that does nothing; nothing is stored.
"""

import asyncio
import sys
from typing import Any

import uvloop
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from tests.bench.load import SECRET


def route() -> web.Application:
    async def receive(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    return _at_events(receive)


def bolt() -> web.Application:
    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-none", bot_user_id="U0")

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=False)

    async def nothing() -> None: ...

    for event in ("reaction_added", "message"):
        app.event(event)(nothing)

    async def receive(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return _at_events(receive)


def _at_events(receive: Any) -> web.Application:
    application = web.Application()
    application.add_routes([web.post("/slack/events", receive)])
    return application


async def serve(application: web.Application, port: int) -> None:
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("bare_ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    made = {"route": route, "bolt": bolt}[sys.argv[1]]()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as chosen:
        chosen.run(serve(made, int(sys.argv[2])))
