"""Dependencies for tests of the bot: real Postgres and Redis, a scripted model, and Slack from the sandbox."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from sqlalchemy import update

from bot.notifier import SlackNotifier
from bot.slack import SlackApi, typed, web_client
from bot.tools.base import ToolContext
from db.models.task import ScheduledTask
from db.queries import conversation, due, inbox
from db.queries.inbox import Delivery
from db.queries.leases import Lease
from db.session import Database, Tx
from db.types import ConversationId, InboxKind, LeaseToken, TurnId, WorkspaceId
from pipeline.clients.llm.base import (
    AssistantText,
    Completed,
    Item,
    Parsed,
    TextDelta,
    ToolRequest,
    ToolSchema,
)
from pipeline.clients.mail import open_mail
from pipeline.clients.outside import open_research
from pipeline.clock import ManualClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.errors import RainmakerError
from pipeline.messages import Silent
from pipeline.settings import Settings
from tests.bot.task_calendar import Calendar
from tests.local.slack_world import World, world

LONG = timedelta(minutes=5)
SECRET = "sandbox-signing-secret-0000000000"
Step = Sequence[str | ToolRequest] | RainmakerError | asyncio.Event


@dataclass
class ScriptedLlm:
    """A model by hand: each response is a list of words and tool requests, an error, or an event to wait for."""

    model: str = "scripted"
    script: list[Step] = field(default_factory=list)
    seen: list[list[Item]] = field(default_factory=list)
    parses: list[Any] = field(default_factory=list)

    async def stream(self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]) -> Any:
        self.seen.append(list(items))
        step = self.script.pop(0) if self.script else ["Nothing more to say."]
        if isinstance(step, RainmakerError):
            raise step
        if isinstance(step, asyncio.Event):
            yield TextDelta("Let me think")
            await step.wait()
            step = ["…done."]
        made: list[AssistantText | ToolRequest] = []
        for part in step:
            if isinstance(part, str):
                yield TextDelta(part)
                made.append(AssistantText(part))
            else:
                yield part
                made.append(part)
        yield Completed(tuple(made))

    async def parse(self, *, instructions: str, text: str, schema: Any, max_tokens: int = 2000) -> Any:
        answer = self.parses.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Parsed(schema.model_validate(answer), usage=_no_usage(), model=self.model)


def _no_usage() -> Any:
    from pipeline.clients.llm.base import Usage

    return Usage()


@pytest.fixture
def llm() -> ScriptedLlm:
    return ScriptedLlm()


def make_settings(database_url: str, redis_url: str, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": database_url,
        "redis_url": redis_url,
        "encryption_key": "00" * 32,
        "slack_bot_token": "xoxb-sandbox-000000000000-bot",
        "slack_signing_secret": SECRET,
        "slack_api_url": "http://127.0.0.1:1/api/",
        "openai_api_key": "sk-test",
        "public_url": "https://rainmaker.example",
        "stand_ins": "slack,model,research,mail",
    }
    return Settings(_env_file=None, **(given | more))  # pyright: ignore[reportCallIssue]


@pytest.fixture
async def deps(
    database: Database, database_url: str, redis_url: str, clock: ManualClock, llm: ScriptedLlm
) -> AsyncIterator[Deps]:
    """Everything, with a notifier that only keeps what it was told."""
    settings = make_settings(database_url, redis_url)
    redis: Redis = Redis.from_url(redis_url)
    made = Deps(
        settings=settings,
        clock=clock,
        db=database,
        redis=redis,
        notifier=Silent(),
        digester=Digester("test"),
        llm=llm,
        research=open_research(settings, clock, redis),
        mail=open_mail(settings, clock),
    )
    yield made
    await made.research.close()
    await made.mail.close()
    await redis.aclose()


@pytest.fixture
def slack_deps(deps: Deps) -> Deps:
    """The same, telling Slack's outbox."""
    return replace(deps, notifier=SlackNotifier(deps.clock))


@pytest.fixture
async def slack() -> AsyncIterator[World]:
    async with world() as made:
        yield made


@pytest.fixture
def client(slack: World) -> SlackApi:
    accounts = slack.box.accounts
    return typed(web_client(accounts.slack_bot_token, f"{slack.box.base_url}/api/", slack.http))


@dataclass(frozen=True)
class Asking:
    """A turn somebody holds, in a conversation of its own."""

    conversation_id: ConversationId
    turn_id: TurnId
    token: LeaseToken


async def make_turn(
    database: Database, workspace: WorkspaceId, clock: ManualClock, words: str = "hello"
) -> Asking:
    now = clock.now()
    async with database.across() as tx:
        row = await inbox.put(tx.session, Delivery(uuid4().hex, InboxKind.EVENT, None, {}), now=now)
    assert row is not None
    async with database.transaction(workspace) as tx:
        thread = await conversation.thread(
            tx.session, workspace, channel="D0SAMRIVERS", thread_ts=uuid4().hex, user="U0SAMRIVERS", now=now
        )
        await conversation.add_turn(
            tx.session, workspace, thread.id, inbox_id=row, user="U0SAMRIVERS", message_ts="1.0", now=now
        )
        token = LeaseToken(uuid4())
        claimed = await conversation.claim_next_turn(
            tx.session, thread.id, Lease(token, clock.wall() + LONG), wall=clock.wall(), now=now
        )
        assert claimed is not None
        await conversation.append_message(
            tx.session,
            workspace,
            thread.id,
            turn_id=claimed.id,
            role="user",
            content={"text": words},
            now=now,
        )
    return Asking(thread.id, claimed.id, token)


def context_of(
    deps: Deps, workspace: WorkspaceId, user: str = "U0SAMRIVERS", timezone: str = "Europe/Berlin"
) -> Callable[[Tx], ToolContext]:
    def make(tx: Tx) -> ToolContext:
        return ToolContext(
            deps=deps,
            tx=tx,
            workspace_id=workspace,
            user_id=user,
            channel_id="D0SAMRIVERS",
            thread_ts="1.0",
            now=deps.clock.now(),
            timezone=timezone,
            by_model=True,
        )

    return make


def signed(
    body: bytes, *, secret: str = SECRET, at: float | None = None, json_body: bool = True
) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    kind = "application/json" if json_body else "application/x-www-form-urlencoded"
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}


@dataclass
class Front:
    """The web process's own routes, and a signing Slack in front of them."""

    base: str
    http: aiohttp.ClientSession
    web: Any

    async def event(self, body: dict[str, Any], **headers: str) -> int:
        raw = json.dumps(body).encode()
        return await self.raw(raw, signed(raw) | headers)

    async def raw(self, raw: bytes, headers: dict[str, str]) -> int:
        async with self.http.post(f"{self.base}/slack/events", data=raw, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def form(self, fields: dict[str, str]) -> tuple[int, str]:
        raw = urlencode(fields).encode()
        headers = signed(raw, json_body=False)
        async with self.http.post(f"{self.base}/slack/events", data=raw, headers=headers) as answer:
            return answer.status, await answer.text()

    async def payload(self, payload: dict[str, Any]) -> tuple[int, str]:
        return await self.form({"payload": json.dumps(payload)})


@asynccontextmanager
async def front(deps: Deps, http: aiohttp.ClientSession) -> AsyncIterator[Front]:
    """The web process without its loops: what a test wants to happen later, it makes happen."""
    from bot.app import Web

    parts = Web(deps.settings, deps, http)
    server = TestServer(parts.routes())
    await server.start_server()
    try:
        yield Front(str(server.make_url("")).rstrip("/"), http, parts)
    finally:
        await parts.inbox.close(0.5)
        await parts.turns.close(0.5)
        await server.close()


async def serve(*routes: web.RouteDef) -> TestServer:
    app = web.Application()
    app.add_routes(routes)
    server = TestServer(app)
    await server.start_server()
    return server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def calendar(deps: Deps, workspace: WorkspaceId, clock: ManualClock) -> Calendar:
    """Alone: what other tests planned is over."""
    async with deps.db.across() as tx:
        everyone = await due.workspaces(tx.session)
    for one in everyone:
        async with deps.db.transaction(one) as tx:
            await tx.session.execute(update(ScheduledTask).values(active=False))
    return Calendar(deps, workspace, clock)
