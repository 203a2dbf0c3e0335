"""Slack's deliveries through the web process's own routes: stored before the ack, done once, resumed after a crash."""
# ruff: noqa: E501 (tables of values are easier to read whole)

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
from db.models.conversation import ConversationMessage, Turn
from db.models.workspace import Member, SlackInbox
from db.queries import workspace as workspaces
from db.session import Database, connect
from db.types import WorkspaceId
from local.sandbox.faults import Fault
from pipeline.clock import ManualClock
from pipeline.deps import Deps
from tests.bot.conftest import Front, ScriptedLlm, front, signed
from tests.local.slack_world import World, until

TEAM = "T0RAINDEMO1"
SAM, SAM_DM = "U0SAMRIVERS", "D0SAMRIVERS"
ROOT = ["1.0"]


@pytest.fixture
async def web(slack_deps: Deps, slack: World, http: aiohttp.ClientSession) -> AsyncIterator[Front]:
    ours = slack_deps.settings.model_copy(update={"slack_api_url": f"{slack.box.base_url}/api/"})
    async with slack_deps.db.across() as tx:
        await tx.session.execute(delete(SlackInbox))  # what other tests left waiting
    begun = await slack.act("message", user=SAM, channel=SAM_DM, text="root")
    ROOT.append(begun["ts"])
    async with front(replace(slack_deps, settings=ours), http) as made:
        yield made


def message(text: str, event_id: str | None = None, **more: Any) -> dict[str, Any]:
    """As Slack sends it, in the thread that the fixture began."""
    ts = f"{time.time():.6f}"
    return {
        "type": "event_callback",
        "team_id": TEAM,
        "api_app_id": "A0RAINMAKER",
        "event_id": event_id or f"Ev{uuid4().hex}",
        "authorizations": [{"team_id": TEAM, "user_id": "U0RAINMAKER", "is_bot": True}],
        "event": {"type": "message", "channel_type": "im", "channel": SAM_DM, "user": SAM, "text": text, "ts": ts, "thread_ts": ROOT[-1],
                  **more},
    }  # fmt: skip


async def rows(database: Database, body: dict[str, Any]) -> list[SlackInbox]:
    delivery = delivery_of(body)
    assert delivery is not None
    async with database.across() as tx:
        found = await tx.session.scalars(
            select(SlackInbox).where(SlackInbox.dedupe_key == delivery.dedupe_key)
        )
        return list(found)


async def ours(database: Database) -> WorkspaceId:
    async with database.across() as tx:
        found = await workspaces.id_of_team(tx.session, TEAM)
    assert found is not None
    return found


async def turns_of(database: Database, body: dict[str, Any]) -> list[Turn]:
    (row,) = await rows(database, body)
    async with database.transaction(await ours(database)) as tx:
        return list(await tx.session.scalars(select(Turn).where(Turn.inbox_id == row.id)))


async def quiet(web: Front) -> None:
    """Until nothing the process began is under way."""
    while web.web.inbox._tasks or web.web.turns._conversations:
        await asyncio.sleep(0.01)


async def test_a_message_becomes_one_turn_with_its_words(web: Front, database: Database) -> None:
    body = message("Hello &lt;there&gt; <https://acme.example|acme.example>")
    assert await web.event(body) == 200
    await quiet(web)
    (turn,) = await turns_of(database, body)
    assert turn.state == "done"
    async with database.transaction(await ours(database)) as tx:
        said = list(await tx.session.scalars(
            select(ConversationMessage).where(ConversationMessage.turn_id == turn.id).order_by(ConversationMessage.seq)
        ))  # fmt: skip
    assert [one.role for one in said] == ["user", "assistant"]
    assert said[0].content["text"] == "Hello <there> https://acme.example"
    (row,) = await rows(database, body)
    assert row.state == "done"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": str(int(time.time()))},
        {"X-Slack-Signature": "", "X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=zz"},
        {"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": "v0=zz"},
        {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=\xe9"},
    ],
)
async def test_what_is_not_signed_is_refused(web: Front, database: Database, headers: dict[str, str]) -> None:
    body = message("let me in")
    status = await web.raw(json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
    assert status == 401
    assert await rows(database, body) == []


async def test_an_old_or_foreign_signature_is_refused(web: Front, database: Database) -> None:
    body = message("again")
    raw = json.dumps(body).encode()
    assert await web.raw(raw, signed(raw, at=time.time() - 301)) == 401
    assert await web.raw(raw, signed(raw, secret="another")) == 401
    assert await web.raw(raw + b" ", signed(raw)) == 401
    assert await rows(database, body) == []


async def test_the_challenge_is_answered(web: Front) -> None:
    raw = json.dumps({"type": "url_verification", "token": "x", "challenge": "c" * 40}).encode()
    async with web.http.post(f"{web.base}/slack/events", data=raw, headers=signed(raw)) as answer:
        assert answer.status == 200 and "c" * 40 in await answer.text()


async def test_the_same_delivery_is_done_once(web: Front, database: Database, llm: ScriptedLlm) -> None:
    body = message("once please")
    for attempt in range(3):
        status = await web.event(
            body, **{"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"}
        )
        assert status == 200
        await quiet(web)
    assert len(await turns_of(database, body)) == 1 and len(llm.seen) == 1


async def test_fifty_at_once_are_done_once(web: Front, database: Database, llm: ScriptedLlm) -> None:
    body = message("fifty")
    assert set(await asyncio.gather(*(web.event(body) for _ in range(50)))) == {200}
    await quiet(web)
    assert len(await turns_of(database, body)) == 1 and len(llm.seen) == 1


async def test_a_first_delivery_marked_as_a_retry_counts(web: Front, database: Database) -> None:
    body = message("retry first")
    assert await web.event(body, **{"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "http_error"}) == 200
    await quiet(web)
    assert len(await turns_of(database, body)) == 1


async def test_fifty_different_ones_are_all_done(web: Front, database: Database) -> None:
    bodies = [message(f"number {n}") for n in range(50)]
    assert set(await asyncio.gather(*map(web.event, bodies))) == {200}
    await quiet(web)
    assert [len(await turns_of(database, body)) for body in bodies] == [1] * 50


async def test_without_a_database_slack_is_told_to_come_again(
    deps: Deps, slack: World, http: aiohttp.ClientSession
) -> None:
    away = connect("postgresql://nobody@127.0.0.1:1/nothing")
    async with front(replace(deps, db=away), http) as web:
        async with asyncio.timeout(10):
            statuses = await asyncio.gather(*(web.event(message("anybody?")) for _ in range(5)))
        assert set(statuses) == {500}
    await away.close()


async def test_what_a_dead_process_left_behind_is_resumed_once(
    web: Front, database: Database, clock: ManualClock, slack: World, llm: ScriptedLlm
) -> None:
    """The process dies between the ack and the listener: the row is there, held by nobody alive."""
    body = message("left behind")
    inbox = web.web.inbox
    delivery = delivery_of(body)
    assert delivery is not None
    assert await inbox._stored.add(delivery) is not None
    assert await inbox.resume() == 0  # its lease still runs
    clock.jump(LEASE + timedelta(seconds=1))
    assert sum(await asyncio.gather(inbox.resume(), inbox.resume())) == 1
    await quiet(web)
    assert len(await turns_of(database, body)) == 1 and len(llm.seen) == 1
    clock.jump(LEASE + timedelta(seconds=1))
    assert await inbox.resume() == 0


async def test_a_delivery_that_runs_twice_makes_one_turn(web: Front, database: Database) -> None:
    """The process dies after the listener and before the row is marked: the second run changes nothing."""
    body = message("twice")
    await web.event(body)
    await quiet(web)
    (row,) = await rows(database, body)
    await web.web.inbox._process(row.id, uuid4(), body, is_last=False)
    await quiet(web)
    assert len(await turns_of(database, body)) == 1


async def test_a_slack_outage_is_waited_for_and_bounded(
    web: Front, database: Database, clock: ManualClock, slack: World
) -> None:
    """auth.test fails: the delivery stays, and is tried again, five times at most."""
    slack.box.faults.arm(Fault("slack", "server_error", times=-1, match="auth.test"))
    body = message("is anybody there")
    assert await web.event(body) == 200
    await quiet(web)
    for _ in range(8):
        clock.jump(LEASE + timedelta(seconds=1))
        await web.web.inbox.resume()
        await quiet(web)
    (row,) = await rows(database, body)
    assert row.state == "failed" and row.attempts == 5


async def test_a_short_outage_loses_nothing(
    web: Front, database: Database, clock: ManualClock, slack: World
) -> None:
    slack.box.faults.arm(Fault("slack", "server_error", times=1, match="auth.test"))
    body = message("just a moment")
    assert await web.event(body) == 200
    await quiet(web)
    clock.jump(LEASE + timedelta(seconds=1))
    await web.web.inbox.resume()
    await quiet(web)
    (turn,) = await turns_of(database, body)
    assert turn.state == "done"


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"\x80abc", b"payload=%ff\xff"])
async def test_a_body_that_is_not_text_is_refused(web: Front, raw: bytes) -> None:
    assert await web.raw(raw, signed(raw)) == 400


async def test_a_body_that_is_too_large_is_refused(web: Front) -> None:
    raw = b"a" * (4 * 1024 * 1024 + 1)
    assert await web.raw(raw, signed(raw)) == 413


ODD = [
    b"", b"{}", b"[]", b"[1]", b"null", b'"text"', b"7", b"{", b"true", b'{"type": null}', b'{"type": "no_such_type"}',
    b'{"type": ["event_callback"]}', b'{"type": "event_callback"}', b'{"type": "event_callback", "event": "x"}',
    b'{"type": "event_callback", "event": {"type": 7}, "authorizations": {}}',
    b'{"type": "event_callback", "event": {"type": "no_such_event"}, "event_id": "EvOdd", "team_id": "T0RAINDEMO1"}',
    b'{"type": "event_callback", "event": null, "authorizations": [null], "team_id": ["T"]}',
    b'{"type": "block_actions", "team": "T0RAINDEMO1", "user": "U1", "actions": []}',
    b'{"type": "block_actions", "actions": [{"action_id": "unheard_of"}], "trigger_id": 7}',
    b'{"type": "view_submission", "view": null}', b'{"type": "view_submission", "view": {"state": {}}}',
    b'{"type": "shortcut", "callback_id": "unheard_of"}', b'{"type": "view_closed"}',
    b'{"type": "event_callback", "event_id": "Ev\\u0000nul", "team_id": "T\\u0000", "event": {"type": "message"}}',
    b'{"type": "event_callback", "event_id": "' + b"e" * 9000 + b'", "event": {"type": "message"}}',
]  # fmt: skip


@pytest.mark.parametrize("raw", ODD)
async def test_what_nobody_would_send_ends_calmly(web: Front, raw: bytes) -> None:
    async with asyncio.timeout(10):
        assert await web.raw(raw, signed(raw)) in (200, 400, 404)
        if raw:
            form = urlencode({"payload": raw.decode()}).encode()
            assert await web.raw(form, signed(form, json_body=False)) in (200, 400, 404)
        await quiet(web)
    assert await web.event(message("still there?")) == 200


async def test_odd_words_are_words(web: Front, database: Database, llm: ScriptedLlm) -> None:
    """Half an emoji, a NUL, right-to-left marks: Slack's JSON can carry them all."""
    for text in ("half \ud83d emoji", "nul \u0000 here", "‮evil‬", "𝕌𝕟𝕚𝕔𝕠𝕕𝕖 " * 50, "x" * 40_000):
        body = message(text)
        assert await web.event(body) == 200
        await quiet(web)
        (turn,) = await turns_of(database, body)
        assert turn.state == "done", text[:20]


async def test_people_of_other_teams_and_bots_are_not_answered(
    web: Front, database: Database, llm: ScriptedLlm
) -> None:
    for more in ({"user_team": "TOTHER"}, {"bot_id": "B1"}, {"subtype": "message_changed"}, {"channel_type": "channel"},
                 {"text": "   "}, {"user": ""}):  # fmt: skip
        body = message("psst")
        body["event"] |= more
        assert await web.event(body) == 200
    await quiet(web)
    assert llm.seen == []


async def test_a_form_is_answered_by_its_ack(web: Front, database: Database) -> None:
    """Errors stand at their fields; a good form closes, and is stored once although Slack sends it twice."""
    payload = form_payload(
        "setup_sender_view", {"sender_name": "Sam", "postal_address": "short", "signature": ""}
    )
    status, text = await web.payload(payload)
    assert status == 200
    assert json.loads(text)["errors"].keys() == {"postal_address"}
    good = form_payload("setup_sender_view", {"sender_name": "Sam", "postal_address": "12 Harbour Street, Portland",
                                              "signature": ""})  # fmt: skip
    answers = [await web.payload(good), await web.payload(good)]
    assert answers == [(200, ""), (200, "")]
    async with database.transaction(await ours(database)) as tx:
        saved = await workspaces.get(tx.session, tx.workspace_id)
    assert saved.postal_address == "12 Harbour Street, Portland"


def form_payload(callback_id: str, values: dict[str, str]) -> dict[str, Any]:
    state = {name: {"value": {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "d"},
        "user": {"id": SAM, "team_id": TEAM},
        "trigger_id": f"1.2.{uuid4().hex}",
        "view": {"id": "V1", "type": "modal", "callback_id": callback_id, "state": {"values": state}, "hash": "1.a",
                 "private_metadata": SAM_DM, "blocks": [], "title": {"type": "plain_text", "text": "x"}},
    }  # fmt: skip


async def test_a_command_is_acked_empty_and_answered_by_a_message(
    web: Front, database: Database, slack: World
) -> None:
    fields = {
        "command": "/leads", "text": "help", "team_id": TEAM, "user_id": SAM, "channel_id": SAM_DM, "trigger_id": "9.9.z",
        "response_url": "http://127.0.0.1:1/x", "api_app_id": "A0RAINMAKER",
    }  # fmt: skip
    assert await web.form(fields) == (200, "")
    assert await web.form(fields) == (200, "")
    await quiet(web)
    await until(lambda: web.web.poster, 1)
    await web.web.poster.post_due()
    shown = await slack.read("messages", user=SAM, channel=SAM_DM)
    assert sum("What I can do" in one["text"] for one in shown["messages"]) == 1


async def test_somebody_met_is_known_by_name(web: Front, database: Database) -> None:
    await web.event(message("hi"))
    await quiet(web)
    async with database.transaction(await ours(database)) as tx:
        person = await workspaces.member(tx.session, tx.workspace_id, SAM)
        count = await tx.session.scalar(select(func.count()).select_from(Member))
    assert person is not None and person.name == "Sam Rivers" and person.timezone
    assert count is not None and count >= 1


async def test_stop_means_no_new_intake(web: Front) -> None:
    await web.web.inbox.close(0.1)
    assert await web.event(message("too late")) == 503
