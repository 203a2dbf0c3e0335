"""Requests as Slack signs them, sent over kept-alive connections by a client that costs next to nothing."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from local.sandbox.slack.names import APP_ID, BOT_USER_ID, TEAM_ID

PERSON = "U0SAMRIVERS"
SECRET = "sandbox-signing-secret-0000000000"  # the sandbox's


@dataclass
class Outcome:
    """Seconds from sending to the whole answer, from when it should have been sent; and what was refused."""

    seconds: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    took: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.took


def event_id() -> str:
    return f"Ev{uuid4().hex}"


def reaction(name: str) -> dict[str, Any]:
    """A reaction somebody added: there is nothing to do about it."""
    item = {"type": "message", "channel": "C0SALES0001", "ts": "1700000000.000100"}
    event = {
        "type": "reaction_added",
        "user": PERSON,
        "reaction": "eyes",
        "item": item,
        "event_ts": "1700000001.0",
    }
    return _delivery(name, event)


def channel_message(name: str) -> dict[str, Any]:
    """What people write to each other in a channel the app is in, as a client sends it."""
    words = f"Morning all, the numbers of the north are in ({name}): up by a tenth, thanks to everybody."
    ts = f"{time.time():.6f}"
    text = {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
    event = {
        "type": "message", "user": PERSON, "ts": ts, "client_msg_id": str(uuid4()), "text": words,
        "team": TEAM_ID, "blocks": [{"type": "rich_text", "block_id": "b1", "elements": [text]}],
        "channel": "C0SALES0001", "event_ts": ts, "channel_type": "channel",
    }  # fmt: skip
    return _delivery(name, event)


def direct_message(name: str, words: str, ts: str) -> dict[str, Any]:
    """A question to the app: it begins a turn."""
    event = {
        "type": "message", "user": PERSON, "ts": ts, "text": words, "team": TEAM_ID,
        "channel": f"D{PERSON[1:]}", "event_ts": ts, "channel_type": "im",
    }  # fmt: skip
    return _delivery(name, event)


def _delivery(name: str, event: dict[str, Any]) -> dict[str, Any]:
    who = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER_ID, "is_bot": True}
    return {
        "token": "unused", "team_id": TEAM_ID, "api_app_id": APP_ID, "event": event,
        "type": "event_callback", "event_id": name, "event_time": int(time.time()),
        "authorizations": [{**who, "is_enterprise_install": False}], "is_ext_shared_channel": False,
    }  # fmt: skip


def signed(url: str, body: dict[str, Any]) -> bytes:
    """The whole request on the wire: https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    parts, content, at = urlsplit(url), json.dumps(body).encode(), str(int(time.time()))
    digest = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + content, hashlib.sha256).hexdigest()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Slack-Request-Timestamp: {at}\r\nX-Slack-Signature: v0={digest}\r\n"
        f"User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Line:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, url: str) -> "Line":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def ask(self, request: bytes) -> int:
        """Send, read the whole answer; its status."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if length:
            await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        self._writer.close()


async def paced(url: str, requests: Sequence[bytes], per_second: float, *, lines: int = 64) -> Outcome:
    """One request every 1/per_second, whatever the answers do: a slow one does not slow the rest down, and is
    counted from when it was due."""
    outcome, free = Outcome(), asyncio.Queue[Line]()
    opened = [await Line.open(url) for _ in range(lines)]
    for line in opened:
        free.put_nowait(line)

    async def send(request: bytes, due: float) -> None:
        line = await free.get()
        status = await line.ask(request)
        _note(outcome, status, time.perf_counter() - due)
        free.put_nowait(line)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(send(request, due))
    outcome.took = time.perf_counter() - began
    for line in opened:
        line.close()
    return outcome


async def flat_out(url: str, requests: Sequence[bytes], *, lines: int = 32) -> Outcome:
    """Every connection sends its next request when it has the answer to its last."""
    outcome, left = Outcome(), iter(requests)
    opened = [await Line.open(url) for _ in range(lines)]
    began = time.perf_counter()
    await asyncio.gather(*(_drain(line, left, outcome) for line in opened))
    outcome.took = time.perf_counter() - began
    for line in opened:
        line.close()
    return outcome


async def _drain(line: Line, left: Iterator[bytes], outcome: Outcome) -> None:
    for request in left:
        sent = time.perf_counter()
        _note(outcome, await line.ask(request), time.perf_counter() - sent)


def _note(outcome: Outcome, status: int, seconds: float) -> None:
    outcome.seconds.append(seconds)
    if status != 200:
        outcome.refused.append(status)
