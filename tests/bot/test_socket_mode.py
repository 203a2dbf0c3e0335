"""Socket Mode, with Bolt's own handler against a Slack by hand: the same inbox, acknowledged by envelope."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from sqlalchemy import delete

from db.models.workspace import SlackInbox
from db.session import Database, connect
from pipeline.deps import Deps
from tests.bot.conftest import Front, ScriptedLlm, front
from tests.bot.test_inbox import SAM, SAM_DM, TEAM, form_payload, message, ours, quiet, rows, turns_of

# Enough for every method that a turn or a command calls.
REPLY = {
    "ok": True, "user_id": "U0RAINMAKER", "bot_id": "B0RAINMAKER", "team_id": TEAM, "ts": "5.5", "channel": SAM_DM,
    "user": {"id": SAM, "real_name": "Sam Rivers", "tz": "UTC"}, "team": {"id": TEAM, "name": "Rain"},
}  # fmt: skip
SILENCE = 0.7  # seconds after which nothing more is expected


@dataclass
class Slack:
    """apps.connections.open, the socket it leads to, and a kind answer to everything else."""

    tokens: list[str] = field(default_factory=list)
    acks: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    base: str = ""
    _socket: asyncio.Queue[web.WebSocketResponse] = field(default_factory=asyncio.Queue)

    async def call(self, request: web.Request) -> web.Response:
        if request.match_info["method"] != "apps.connections.open":
            return web.json_response(REPLY)
        self.tokens.append(request.headers["Authorization"])
        return web.json_response({"ok": True, "url": f"{self.base.replace('http', 'ws')}/link?ticket=1"})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._socket.put_nowait(socket)
        async for said in socket:
            if said.type == WSMsgType.TEXT:
                self.acks.put_nowait(json.loads(said.data))
        return socket

    async def send(self, kind: str, payload: dict[str, Any], **more: Any) -> str:
        """An envelope; its id."""
        envelope = {"type": kind, "envelope_id": uuid4().hex, "payload": payload,
                    "accepts_response_payload": kind != "events_api"}  # fmt: skip
        socket = await asyncio.wait_for(self._socket.get(), 10)
        await socket.send_json(envelope | more)
        self._socket.put_nowait(socket)
        return str(envelope["envelope_id"])

    async def ack(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.acks.get(), 10)


@asynccontextmanager
async def connected(deps: Deps, http: aiohttp.ClientSession) -> AsyncIterator[tuple[Slack, Front]]:
    slack = Slack()
    app = web.Application()
    app.add_routes([web.post("/api/{method}", slack.call), web.get("/link", slack.link)])
    server = TestServer(app)
    await server.start_server()
    slack.base = str(server.make_url("")).rstrip("/")
    settings = deps.settings.model_copy(
        update={
            "slack_api_url": f"{slack.base}/api/",
            "slack_app_token": SecretStr("xapp-1-test"),
            "slack_signing_secret": None,
        }
    )
    async with front(replace(deps, settings=settings), http) as made:
        handler = await made.web.socket_mode()
        try:
            yield slack, made
        finally:
            await handler.close_async()
            await server.close()


@pytest.fixture
async def socket(
    slack_deps: Deps, database: Database, http: aiohttp.ClientSession
) -> AsyncIterator[tuple[Slack, Front]]:
    async with database.across() as tx:
        await tx.session.execute(delete(SlackInbox))
    async with connected(slack_deps, http) as made:
        yield made


async def test_an_event_is_stored_acknowledged_and_done(
    socket: tuple[Slack, Front], database: Database, llm: ScriptedLlm
) -> None:
    slack, made = socket
    body = message("hello over the socket")
    envelope = await slack.send("events_api", body)
    assert await slack.ack() == {"envelope_id": envelope}
    (row,) = await rows(database, body)  # stored before the ack
    assert row.kind == "event" and row.team_id == TEAM
    await quiet(made)
    (turn,) = await turns_of(database, body)
    assert turn.state == "done" and len(llm.seen) == 1
    assert slack.tokens == ["Bearer xapp-1-test"]


async def test_what_the_socket_repeats_is_acknowledged_and_done_once(
    socket: tuple[Slack, Front], database: Database, llm: ScriptedLlm
) -> None:
    slack, made = socket
    body = message("once over the socket")
    for attempt in range(3):
        envelope = await slack.send("events_api", body, retry_attempt=attempt, retry_reason="timeout")
        assert (await slack.ack())["envelope_id"] == envelope
    await quiet(made)
    assert len(await turns_of(database, body)) == 1 and len(llm.seen) == 1


async def test_a_form_gets_its_answer_in_the_ack(socket: tuple[Slack, Front], database: Database) -> None:
    slack, _ = socket
    bad = {"sender_name": "Sam", "postal_address": "short", "signature": ""}
    envelope = await slack.send("interactive", form_payload("setup_sender_view", bad))
    answer = await slack.ack()
    assert answer["envelope_id"] == envelope
    assert answer["payload"]["response_action"] == "errors"
    assert answer["payload"]["errors"].keys() == {"postal_address"}
    good = form_payload("setup_sender_view", {**bad, "postal_address": "12 Harbour Street, Portland"})
    envelope = await slack.send("interactive", good)
    assert await slack.ack() == {"envelope_id": envelope}  # an empty ack closes the form
    (row,) = await rows(database, good)
    assert row.kind == "view" and row.state == "done"
    assert await ours(database)


async def test_a_command_is_acknowledged_empty(socket: tuple[Slack, Front], database: Database) -> None:
    slack, made = socket
    fields = {"command": "/leads", "text": "help", "team_id": TEAM, "user_id": SAM, "channel_id": SAM_DM,
              "trigger_id": f"1.2.{uuid4().hex}", "api_app_id": "A0RAINMAKER"}  # fmt: skip
    envelope = await slack.send("slash_commands", fields)
    assert await slack.ack() == {"envelope_id": envelope}
    await quiet(made)
    (row,) = await rows(database, fields)
    assert row.kind == "command" and row.state == "done"


async def test_what_can_not_be_stored_is_not_acknowledged(deps: Deps, http: aiohttp.ClientSession) -> None:
    """So that Slack sends it again."""
    away = connect("postgresql://nobody@127.0.0.1:1/nothing")
    async with connected(replace(deps, db=away), http) as (slack, _):
        await slack.send("events_api", message("anybody?"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slack.acks.get(), SILENCE)
    await away.close()
