"""How events reach the app: retries, restarts, duplicates, sockets, and at what pace."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.slack import deliver
from local.sandbox.slack.state import workspace_of
from local.sandbox.store import Store
from tests.local.slack_world import (
    LEADS,
    SAM,
    SAM_DM,
    World,
    free_port,
    heard,
    serve,
    start_box,
    until,
    world,
)


async def test_a_refused_event_comes_again_with_the_same_id():
    async with world() as w:
        answers = [500, 200]
        w.app.answer = lambda _: web.Response(status=answers.pop(0))
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        await until(lambda: len(w.app.got) == 2)
        first, second = w.app.got
        assert first["event_id"] == second["event_id"]
        assert w.app.headers[1]["X-Slack-Retry-Num"] == "1"
        assert w.app.headers[1]["X-Slack-Retry-Reason"] == "http_error"


async def test_an_app_that_is_slow_is_asked_again():
    async with world() as w:
        w.workspace.ack_seconds = 0.2
        pauses = [0.5, 0.0]

        async def slow(_: dict[str, Any]) -> web.Response:
            await asyncio.sleep(pauses.pop(0))
            return web.Response()

        w.app.answer = slow
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        await until(lambda: len(w.app.got) == 2)
        assert w.app.headers[1]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_an_app_that_wants_no_retry_gets_none():
    async with world() as w:
        w.app.answer = lambda _: web.Response(status=500, headers={"X-Slack-No-Retry": "1"})
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        await until(lambda: w.app.got)
        await until(lambda: not w.box.store.all("SELECT 1 FROM slack_deliveries"))
        assert len(w.app.got) == 1


async def test_nothing_is_lost_while_app_and_sandbox_restart(tmp_path: Path):
    port = await free_port()
    async with world(tmp_path / "s.db", f"http://127.0.0.1:{port}/slack/events") as w:
        for number in range(20):
            await w.act("message", user=SAM, channel=SAM_DM, text=str(number))
        await until(lambda: w.box.store.all("SELECT 1 FROM slack_deliveries WHERE attempt > 0"))
        assert w.app.got == []
    got: list[str] = []

    async def take(request: web.Request) -> web.Response:
        got.append((await request.json())["event"]["text"])
        return web.Response()

    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_post("/slack/events", take)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        box = Sandbox(
            Store(tmp_path / "s.db"),
            WorldClock(),
            f"http://127.0.0.1:{await free_port()}",
            f"http://127.0.0.1:{port}/slack/events",
        )
        await start_box(stack, box)
        await until(lambda: len(got) == 20, 10)
        assert sorted(got, key=int) == [str(number) for number in range(20)]
        rows = box.store.all("SELECT ts FROM slack_messages")
        assert len(rows) == 20 and float(workspace_of(box).next_ts()) > max(float(r["ts"]) for r in rows)


async def test_a_duplicate_can_be_ordered():
    async with world() as w:
        w.box.faults.arm(Fault("slack", "duplicate_delivery"))
        await w.act("message", user=SAM, channel=SAM_DM, text="once")
        await until(lambda: len(w.app.got) == 2)
        assert w.app.got[0]["event_id"] == w.app.got[1]["event_id"]


async def test_rate_limits_and_broken_answers_can_be_ordered():
    async with world() as w:
        w.box.faults.arm(Fault("slack", "rate_limited", match="postMessage", options={"retry_after": 7}))
        w.box.faults.arm(Fault("slack", "server_error", match="postMessage"))
        w.box.faults.arm(Fault("slack", "lost_response", match="postMessage"))
        url, headers = (
            f"{w.box.base_url}/api/chat.postMessage",
            {"Authorization": f"Bearer {w.box.accounts.slack_bot_token}"},
        )
        body = {"channel": LEADS, "text": "x"}
        async with w.http.post(url, json=body, headers=headers) as response:
            assert response.status == 429 and response.headers["Retry-After"] == "7"
            assert (await response.json())["error"] == "ratelimited"
        async with w.http.post(url, json=body, headers=headers) as response:
            assert response.status == 503
        lost = await asyncio.gather(w.http.post(url, json=body, headers=headers), return_exceptions=True)
        assert isinstance(lost[0], Exception)
        assert len((await w.read("messages", user=SAM, channel=LEADS))["messages"]) == 1


async def test_the_request_url_is_verified():
    async with world() as w:
        w.app.answer = lambda p: web.json_response({"challenge": p["challenge"]})
        assert await deliver.verify_url(w.workspace, "token", "abc")
        assert w.app.got[0]["type"] == "url_verification"
        w.app.answer = lambda _: web.Response(text="no")
        assert not await deliver.verify_url(w.workspace, "token", "abc")


async def test_a_hundred_events_a_second_are_no_burden():
    async with world() as w:
        started = time.monotonic()
        for batch in range(10):
            await asyncio.gather(
                *(
                    w.act("message", user=SAM, channel=SAM_DM, text=f"{batch}.{number}")
                    for number in range(30)
                )
            )
        await until(lambda: len(w.app.got) == 300, 20)
        assert time.monotonic() - started < 3
        assert len({p["event_id"] for p in w.app.got}) == 300


async def test_a_bolt_app_understands_every_payload():
    async with world() as w, AsyncExitStack() as stack:
        app = AsyncApp(client=w.client, signing_secret=w.box.accounts.slack_signing_secret)
        seen: list[str] = []

        @app.event("message")
        async def on_message(event: dict[str, Any], client: Any, context: Any) -> None:
            seen.append(f"message {event['text']}")
            stream = await client.chat_stream(channel=event["channel"], thread_ts=event["ts"])
            await stream.append(markdown_text="On it.")
            await stream.stop()

        @app.command("/leads")
        async def on_command(ack: Any, command: dict[str, Any], client: Any) -> None:
            await ack("One moment")
            seen.append(f"command {command['text']}")
            view = {"type": "modal", "callback_id": "c", "title": {"type": "plain_text", "text": "T"}}
            blocks = [{"type": "divider"}]
            await client.views_open(trigger_id=command["trigger_id"], view={**view, "blocks": blocks})

        @app.action("go")
        async def on_click(ack: Any, respond: Any) -> None:
            await ack()
            seen.append("action")
            await respond(text="Done", replace_original=True)

        @app.shortcut("add_as_lead")
        async def on_shortcut(ack: Any) -> None:
            await ack()
            seen.append("shortcut")

        server = app.web_app()
        w.box.events_url = f"http://127.0.0.1:{await serve(stack, server)}/slack/events"
        async with w.page(SAM) as page:
            said = await w.act("message", user=SAM, channel=SAM_DM, text="find leads")
            assert (await heard(page, "message_changed"))["message"]["text"] == "On it."
            await w.act("command", user=SAM, channel=SAM_DM, command="/leads", text="add")
            assert (await heard(page, "ephemeral"))["message"]["text"] == "One moment"
            await until(lambda: w.box.store.all("SELECT 1 FROM slack_views"))
            element = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
            blocks = [{"type": "actions", "block_id": "b", "elements": [element]}]
            posted = await w.client.chat_postMessage(channel=SAM_DM, text="x", blocks=blocks)
            click = {"message_ts": posted["ts"], "block_id": "b", "action_id": "go"}
            await w.act("action", user=SAM, channel=SAM_DM, **click)
            await w.act(
                "shortcut", user=SAM, channel=SAM_DM, callback_id="add_as_lead", message_ts=said["ts"]
            )
            await until(lambda: len(seen) == 4)
        assert seen == ["message find leads", "command add", "action", "shortcut"]


async def connect(w: World, stack: AsyncExitStack, got: list[SocketModeRequest]) -> SocketModeClient:
    client = SocketModeClient(app_token=w.box.accounts.slack_app_token, web_client=w.client, ping_interval=1)

    async def take(socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        got.append(request)
        payload = {"text": "from a socket"} if request.type == "slash_commands" else None
        await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))

    client.socket_mode_request_listeners.append(take)
    stack.push_async_callback(client.close)
    await client.connect()
    await until(lambda: w.workspace.hub.connected)
    return client


async def test_a_connected_socket_gets_everything_instead_of_http():
    async with world() as w, AsyncExitStack() as stack:
        got: list[SocketModeRequest] = []
        await connect(w, stack, got)
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        await w.act("command", user=SAM, channel=LEADS, command="/leads", text="show")
        assert {request.type for request in got} == {"events_api", "slash_commands"}
        texts = [m["text"] for m in (await w.read("messages", user=SAM, channel=LEADS))["messages"]]
        assert texts == ["from a socket"] and w.app.got == []
        event = next(r for r in got if r.type == "events_api")
        assert event.retry_attempt == 0 and json.dumps(event.payload["event"])


async def test_a_dropped_socket_reconnects_and_gets_the_event_again():
    async with world() as w, AsyncExitStack() as stack:
        got: list[SocketModeRequest] = []
        await connect(w, stack, got)
        w.box.faults.arm(Fault("slack", "dropped_socket", match="events_api"))
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        # over the new socket, or by HTTP if it was due before the socket was back
        again = await until(lambda: [r for r in got if r.retry_attempt] or w.app.got, 15)
        assert again
        await until(lambda: not w.box.store.all("SELECT 1 FROM slack_deliveries"))


async def test_a_refresh_moves_the_app_to_a_new_socket():
    async with world() as w, AsyncExitStack() as stack:
        got: list[SocketModeRequest] = []
        client = await connect(w, stack, got)
        before = client.current_session
        await w.workspace.hub.refresh()
        await until(lambda: client.current_session is not before and w.workspace.hub.connected)
        await w.act("message", user=SAM, channel=SAM_DM, text="hello")
        assert (await until(lambda: got))[0].payload["event"]["text"] == "hello"


async def test_a_socket_needs_a_ticket():
    async with world() as w:
        url = f"{w.box.base_url}/link?ticket=guess"
        async with w.http.get(url) as response:
            assert response.status == 403
