"""Pub/Sub as far as Gmail's watch needs it: one push subscription a topic, delivered at least once.

https://cloud.google.com/pubsub/docs/push and https://developers.google.com/gmail/api/guides/push.
Faults of service "gmail": push_lost (never delivered), push_twice.
"""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.gmail import identity
from local.sandbox.gmail.errors import invalid
from local.sandbox.mail.mailbox import Mailbox
from local.sandbox.store import dumps

SCRIPT = """
CREATE TABLE IF NOT EXISTS pubsub_subscriptions (
  name TEXT PRIMARY KEY, topic TEXT NOT NULL, endpoint TEXT NOT NULL, audience TEXT NOT NULL,
  email TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pubsub_pushed (
  subscription TEXT NOT NULL, account TEXT NOT NULL, history_id INTEGER NOT NULL, attempts INTEGER NOT NULL,
  next_wall REAL NOT NULL, PRIMARY KEY (subscription, account));
"""
POLL = 0.5
ACKNOWLEDGED = {102, 200, 201, 202, 204}
LONGEST_PAUSE = 60.0
TIMEOUT = aiohttp.ClientTimeout(total=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Push:
    """One notification that an endpoint has not acknowledged yet."""

    subscription: str
    endpoint: str
    audience: str
    email: str
    account: str
    history_id: int
    attempts: int


def routes(box: Sandbox) -> list[web.AbstractRouteDef]:
    box.store.define(SCRIPT)

    async def subscribe(request: web.Request) -> web.Response:
        """projects.subscriptions.create with a pushConfig."""
        body = await request.json()
        config = body.get("pushConfig") or {}
        if not body.get("topic") or not config.get("pushEndpoint"):
            return invalid("A topic and a pushConfig.pushEndpoint are needed.").response()
        token = config.get("oidcToken") or {}
        name = f"projects/{request.match_info['project']}/subscriptions/{request.match_info['name']}"
        box.store.run(
            "INSERT OR REPLACE INTO pubsub_subscriptions VALUES (?, ?, ?, ?, ?)",
            name, body["topic"], config["pushEndpoint"], token.get("audience") or config["pushEndpoint"],
            token.get("serviceAccountEmail", ""),
        )  # fmt: skip
        return web.json_response({**body, "name": name, "state": "ACTIVE"})

    return [web.put("/pubsub/v1/projects/{project}/subscriptions/{name}", subscribe)]


def due(box: Sandbox) -> list[Push]:
    """For every watched mailbox that changed since its last acknowledged push."""
    now = box.clock.wall()
    rows = box.store.all(
        "SELECT s.*, w.account, p.history_id, p.attempts, p.next_wall FROM mail_watches w"
        " JOIN pubsub_subscriptions s ON s.topic = w.topic"
        " LEFT JOIN pubsub_pushed p ON p.subscription = s.name AND p.account = w.account"
        " WHERE w.expires_ms > ?",
        now * 1000,
    )
    found: list[Push] = []
    for row in rows:
        current = Mailbox(box, row["account"]).history_id()
        if current > (row["history_id"] or 0) and (row["next_wall"] or 0) <= now:
            found.append(
                Push(
                    row["name"], row["endpoint"], row["audience"], row["email"], row["account"], current,
                    row["attempts"] or 0,
                )
            )  # fmt: skip
    return found


def notification(box: Sandbox, push: Push) -> dict[str, Any]:
    data = dumps({"emailAddress": push.account, "historyId": push.history_id})
    moment = datetime.fromtimestamp(box.clock.wall(), UTC).isoformat().replace("+00:00", "Z")
    key = str(box.store.next_id("pubsub"))
    message = {
        "data": base64.b64encode(data.encode()).decode(),
        "messageId": key,
        "message_id": key,
        "publishTime": moment,
        "publish_time": moment,
    }
    return {"message": message, "subscription": push.subscription}


async def deliver(box: Sandbox, http: aiohttp.ClientSession, push: Push) -> bool:
    """Post it; whether it was acknowledged. A refused one comes again, later each time."""
    lost = box.faults.take("gmail", "push_lost", push.account) is not None
    times = 2 if box.faults.take("gmail", "push_twice", push.account) else 1
    body = notification(box, push)
    done = lost
    for _ in range(0 if lost else times):
        done = await _post(box, http, push, body)
    pause = 0.0 if done else min(LONGEST_PAUSE, 2.0**push.attempts)
    box.store.run(
        "INSERT INTO pubsub_pushed VALUES (?, ?, ?, ?, ?) ON CONFLICT (subscription, account) DO UPDATE SET"
        " history_id = max(history_id, excluded.history_id), attempts = excluded.attempts,"
        " next_wall = excluded.next_wall",
        push.subscription, push.account, push.history_id if done else 0, 0 if done else push.attempts + 1,
        box.clock.wall() + pause,
    )  # fmt: skip
    return done


async def _post(box: Sandbox, http: aiohttp.ClientSession, push: Push, body: dict[str, Any]) -> bool:
    headers = {}
    if push.email:
        claims = {"aud": push.audience, "email": push.email, "email_verified": True, "sub": push.email}
        headers["Authorization"] = f"Bearer {identity.signed(box, claims)}"
    try:
        async with http.post(push.endpoint, json=body, headers=headers, timeout=TIMEOUT) as answer:
            return answer.status in ACKNOWLEDGED
    except (aiohttp.ClientError, TimeoutError) as error:
        log.info("push not delivered", extra={"reason": str(error)})
        return False


async def background(box: Sandbox) -> AsyncIterator[None]:
    """Delivers what is due while the application runs."""
    task = asyncio.create_task(_deliver_for_ever(box), name="sandbox pubsub")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _deliver_for_ever(box: Sandbox) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            for push in due(box):
                await deliver(box, http, push)
            await asyncio.sleep(POLL)
