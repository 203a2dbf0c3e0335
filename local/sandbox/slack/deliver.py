"""What the workspace sends to the app: signed HTTP posts, or envelopes over an open socket.

Events are kept in SQLite until the app took them (2xx within three seconds), as Slack retries them;
Slack gives up after three retries, the sandbox does not for a day, so that an app that is restarted
for a while loses nothing. Commands and clicks are sent once: a person waits for them.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from local.sandbox.slack.state import Workspace
from local.sandbox.slack.wire import loads
from local.sandbox.store import dumps

RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
REFUSED_SECONDS = (0.5, 1.0, 2.0, 4.0, 5.0)  # nobody listens: asked again sooner, it costs nothing
KEEP_SECONDS = 86_400.0
AT_ONCE = 64  # events on their way at the same time
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What the app answered to a command, a click or a submission; `body` is its JSON, `{}` if empty."""

    body: dict[str, Any]


class NotDelivered(Exception):
    """`reason` is Slack's word in X-Slack-Retry-Reason."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final  # the app asked not to be sent it again


def signed_headers(workspace: Workspace, body: bytes, content_type: str) -> dict[str, str]:
    """Slack's request signature, version 0, over the raw body."""
    stamp = str(int(workspace.wall()))
    base = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(workspace.box.accounts.slack_signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type,
        "User-Agent": USER_AGENT,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }


async def post(
    workspace: Workspace, body: bytes, content_type: str, more: dict[str, str] | None = None
) -> Answer:
    """POST a signed body to the app. Raises NotDelivered where it did not take it in time."""
    headers = signed_headers(workspace, body, content_type) | (more or {})
    seconds = aiohttp.ClientTimeout(total=workspace.ack_seconds)
    try:
        async with workspace.session().post(
            workspace.box.events_url, data=body, headers=headers, timeout=seconds, allow_redirects=False
        ) as response:
            text = await response.text()
            if not 200 <= response.status < 300:
                raise NotDelivered("http_error", response.headers.get("X-Slack-No-Retry") == "1")
            return Answer(_parsed(text, response.content_type))
    except TimeoutError:
        raise NotDelivered("http_timeout") from None
    except (aiohttp.ClientError, OSError, UnicodeDecodeError):
        raise NotDelivered("connection_failed") from None


def _parsed(text: str, content_type: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    if content_type == JSON_TYPE:
        try:
            body = loads(text)
        except json.JSONDecodeError:
            return {"text": text}
        return body if isinstance(body, dict) else {}
    return {"text": text}


async def _over_socket(workspace: Workspace, kind: str, payload: dict[str, Any], **extra: Any) -> Answer:
    try:
        return Answer(await workspace.hub.send(kind, payload, workspace.ack_seconds, **extra))
    except TimeoutError:
        raise NotDelivered("timeout") from None
    except (ConnectionError, aiohttp.ClientError):
        raise NotDelivered("connection_failed") from None


async def command(workspace: Workspace, form: dict[str, str]) -> Answer:
    """Send a slash command and wait for the answer."""
    if workspace.hub.connected:
        return await _over_socket(workspace, "slash_commands", form, accepts_response_payload=True)
    return await post(workspace, urlencode(form).encode(), FORM_TYPE)


async def interaction(workspace: Workspace, payload: dict[str, Any]) -> Answer:
    """Send a click, a submission, a shortcut or a menu's question and wait for the answer."""
    if workspace.hub.connected:
        answers = payload["type"] in ("view_submission", "block_suggestion")
        return await _over_socket(workspace, "interactive", payload, accepts_response_payload=answers)
    return await post(workspace, urlencode({"payload": dumps(payload)}).encode(), FORM_TYPE)


async def verify_url(workspace: Workspace, token: str, challenge: str) -> bool:
    """Ask the app to prove that it listens, as saving a Request URL does."""
    body = dumps({"token": token, "challenge": challenge, "type": "url_verification"})
    answer = await post(workspace, body.encode(), JSON_TYPE)
    return answer.body.get("challenge", answer.body.get("text", "")).strip() == challenge


class Queue:
    """Events on their way to the app, in SQLite."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._flying: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        while True:
            self._wake.clear()
            self._start_due()
            # not wait_for: before Python 3.12 it swallows a cancellation that meets a result
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._wake.wait()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start_due(self) -> None:
        free = AT_ONCE - len(self._flying)
        if free <= 0:
            return
        rows = self._store.all(
            "SELECT * FROM slack_deliveries WHERE due <= ? ORDER BY due, id LIMIT ?",
            self._workspace.wall(),
            free + len(self._flying),
        )
        for row in [row for row in rows if row["id"] not in self._flying][:free]:
            self._flying.add(row["id"])
            task = asyncio.create_task(self._deliver(row["id"], row["body"], row["attempt"], row["reason"]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _pause(self) -> float:
        if len(self._flying) >= AT_ONCE:
            return 60.0
        row = self._store.one(
            "SELECT min(due) AS due FROM slack_deliveries WHERE due > ?", self._workspace.wall()
        )
        if row is None or row["due"] is None:
            return 60.0
        return min(60.0, max(0.01, row["due"] - self._workspace.wall()))

    async def _deliver(self, number: int, body: str, attempt: int, reason: str) -> None:
        try:
            await send_event(self._workspace, body, attempt, reason)
        except NotDelivered as failure:
            self._later(number, attempt + 1, failure)
        else:
            self._store.run("DELETE FROM slack_deliveries WHERE id = ?", number)
            self._retry_refused()
        finally:
            self._flying.discard(number)
            self._wake.set()

    def _later(self, number: int, attempt: int, failure: NotDelivered) -> None:
        now = self._workspace.wall()
        row = self._store.one("SELECT created FROM slack_deliveries WHERE id = ?", number)
        if failure.final or row is None or now - row["created"] > KEEP_SECONDS:
            self._store.run("DELETE FROM slack_deliveries WHERE id = ?", number)
            return
        steps = REFUSED_SECONDS if failure.reason == "connection_failed" else RETRY_SECONDS
        self._store.run(
            "UPDATE slack_deliveries SET attempt = ?, reason = ?, due = ? WHERE id = ?",
            attempt,
            failure.reason,
            now + steps[min(attempt, len(steps)) - 1],
            number,
        )

    def _retry_refused(self) -> None:
        # The app is back: what found nobody listening goes out at once.
        self._store.run(
            "UPDATE slack_deliveries SET due = ? WHERE reason = 'connection_failed' AND due > ?",
            self._workspace.wall(),
            self._workspace.wall(),
        )


def put(workspace: Workspace, payload: dict[str, Any]) -> None:
    """Keep an event until the app took it; twice where a duplicate was asked for."""
    now = workspace.wall()
    copies = 2 if workspace.box.faults.take("slack", "duplicate_delivery", payload["event"]["type"]) else 1
    workspace.store.many(
        "INSERT INTO slack_deliveries (body, due, created) VALUES (?, ?, ?)",
        [(dumps(payload), now, now)] * copies,
    )


async def send_event(workspace: Workspace, body: str, attempt: int, reason: str) -> None:
    """One try at one event. Raises NotDelivered."""
    if workspace.hub.connected:
        await _over_socket(
            workspace,
            "events_api",
            json.loads(body),
            accepts_response_payload=False,
            retry_attempt=attempt,
            retry_reason=reason,
        )
        return
    more = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else None
    await post(workspace, body.encode(), JSON_TYPE, more)
