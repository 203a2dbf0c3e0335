"""/slack/events beyond the plain event: what is answered in the response, what is refused, what takes long."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest
from sqlalchemy import delete, func, select

from bot.inbox import LEASE, delivery_of
from db.models.workspace import SlackInbox
from db.session import Database, connect
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from tests.bot.conftest import Front, front, signed
from tests.bot.test_inbox import SAM, SAM_DM, TEAM, message, quiet, rows
from tests.local.slack_world import World


@pytest.fixture
async def web(slack_deps: Deps, slack: World, http: aiohttp.ClientSession) -> AsyncIterator[Front]:
    ours = slack_deps.settings.model_copy(update={"slack_api_url": f"{slack.box.base_url}/api/"})
    async with slack_deps.db.across() as tx:
        await tx.session.execute(delete(SlackInbox))
    async with front(replace(slack_deps, settings=ours), http) as made:
        yield made


async def test_a_look_at_the_certificate_is_answered_and_does_nothing(web: Front, database: Database) -> None:
    """Slack sends it unsigned, as a GET or as the form of a command."""
    async with web.http.get(f"{web.base}/slack/events?ssl_check=1&token=x") as answer:
        assert answer.status == 200
    async with web.http.get(f"{web.base}/slack/events") as answer:
        assert answer.status == 405
    raw = urlencode({"ssl_check": "1", "token": "x", "command": "/leads"}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert await web.raw(raw, form) == 200
    assert await web.raw(raw.replace(b"=1", b"=0"), form) == 401
    async with database.across() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(SlackInbox)) == 0


async def test_option_lists_are_answered_in_the_response(web: Front, database: Database) -> None:
    """They are Bolt's to answer, and are not stored: a question, not something that happened."""

    async def options(ack: Any) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": "Acme"}, "value": "acme"}])

    web.web.app.options("companies")(options)
    payload = {"type": "block_suggestion", "action_id": "companies", "block_id": "b", "value": "ac",
               "team": {"id": TEAM}, "user": {"id": SAM}}  # fmt: skip
    status, text = await web.payload(payload)
    assert status == 200 and json.loads(text)["options"][0]["value"] == "acme"
    assert delivery_of(payload) is None


async def test_what_is_not_signed_never_comes_near_the_database(
    deps: Deps, http: aiohttp.ClientSession
) -> None:
    away = connect("postgresql://nobody@127.0.0.1:1/nothing")
    async with front(replace(deps, db=away), http) as web:
        raw = json.dumps(message("anybody?")).encode()
        assert await web.raw(raw, signed(raw, secret="another")) == 401
        assert await web.raw(raw, signed(raw, at=time.time() - 400)) == 401
    await away.close()


async def test_a_command_may_speak_of_its_payload(web: Front, database: Database) -> None:
    """Only a field of that name makes a form an interaction."""
    fields = {"command": "/leads", "text": "show payload=1", "team_id": TEAM, "user_id": SAM, "channel_id": SAM_DM,
              "trigger_id": f"9.9.{uuid4().hex}"}  # fmt: skip
    assert await web.form(fields) == (200, "")
    await quiet(web)
    (row,) = await rows(database, fields)
    assert row.kind == "command" and row.body["text"] == "show payload=1"


async def test_the_lease_of_what_takes_long_is_renewed(
    web: Front, database: Database, clock: ManualClock
) -> None:
    """One heartbeat for all that runs; it ends when nothing runs."""
    web.web.inbox.heartbeat = 0.05
    go_on = asyncio.Event()

    async def slow(ack: Any) -> None:
        await go_on.wait()

    web.web.app.command("/slow")(slow)
    fields = {"command": "/slow", "team_id": TEAM, "user_id": SAM, "trigger_id": f"1.{uuid4().hex}"}
    assert await web.form(fields) == (200, "")
    clock.jump(LEASE - timedelta(seconds=1))
    await asyncio.sleep(0.3)
    clock.jump(timedelta(seconds=2))  # past the first lease
    assert await web.web.inbox.resume() == 0
    go_on.set()
    await quiet(web)
    (row,) = await rows(database, fields)
    assert row.state == "done"
    async with asyncio.timeout(2):
        await web.web.inbox._beating
