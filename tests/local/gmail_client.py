"""A started sandbox with mail, and Google's own client to talk to it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from local.sandbox import gmail, mailboxes
from local.sandbox.clock import WorldClock
from local.sandbox.context import Sandbox
from local.sandbox.faults import Fault
from local.sandbox.store import Store
from local.sandbox.world import Person

WIRE = SMTP.clone(max_line_length=900)


@dataclass
class Gmail:
    """The box, and `call`: one method of googleapiclient in a thread, without retries."""

    box: Sandbox
    url: str
    users: Any

    async def call(self, request: Callable[[Any], Any]) -> Any:
        return await asyncio.to_thread(lambda: request(self.users).execute(num_retries=0))

    def break_it(self, kind: str, match: str = "", times: int = 1, **options: Any) -> None:
        self.box.faults.arm(Fault("gmail", kind, times, match, options))

    def person(self, character: str) -> Person:
        return next(person for person in self.box.world.people if person.character == character)

    async def draft(self, to: str, **more: Any) -> dict[str, Any]:
        message = {"raw": packed(letter(to, **more))} | (
            {"threadId": more["thread"]} if "thread" in more else {}
        )
        return await self.call(lambda users: users.drafts().create(userId="me", body={"message": message}))

    async def send(self, to: str, **more: Any) -> dict[str, Any]:
        message = {"raw": packed(letter(to, **more))} | (
            {"threadId": more["thread"]} if "thread" in more else {}
        )
        return await self.call(lambda users: users.messages().send(userId="me", body=message))

    async def send_draft(self, key: str) -> dict[str, Any]:
        return await self.call(lambda users: users.drafts().send(userId="me", body={"id": key}))

    async def get(self, key: str, format: str = "full") -> dict[str, Any]:
        return await self.call(lambda users: users.messages().get(userId="me", id=key, format=format))

    async def found(self, query: str) -> list[str]:
        answer = await self.call(lambda users: users.messages().list(userId="me", q=query))
        return [message["id"] for message in answer.get("messages", [])]

    async def header(self, key: str, name: str) -> str:
        message = await self.get(key, "metadata")
        pairs = {pair["name"].lower(): pair["value"] for pair in message["payload"]["headers"]}
        return pairs.get(name.lower(), "")

    async def inbox(self) -> list[bytes]:
        """The raw messages in the inbox, oldest first, once everybody has answered."""
        mailboxes.post_due(self.box, self.box.clock.wall() + 10)
        keys = reversed(await self.found("in:inbox"))
        return [unpacked((await self.get(key, "raw"))["raw"]) for key in keys]


def letter(
    to: str, subject: str = "A question", text: str = "Hello there,\n\nhow are you?\n", **headers: Any
) -> EmailMessage:
    """A message of ours; further headers by name with _ for -."""
    message = EmailMessage(policy=WIRE)
    message["From"] = "Sam Rivers <sam@rainmaker-demo.example>"
    message["To"] = to
    message["Subject"] = subject
    for name, value in headers.items():
        if name != "thread":
            message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def packed(message: EmailMessage) -> str:
    return base64.urlsafe_b64encode(message.as_bytes()).decode()


def unpacked(raw: str) -> bytes:
    return base64.urlsafe_b64decode(raw)


def users_of(box: Sandbox, url: str, refresh_token: str | None = None) -> Any:
    accounts = box.accounts
    credentials = Credentials(
        token=None,
        refresh_token=refresh_token or accounts.gmail_refresh_token,
        token_uri=f"{url}google/token",
        client_id=accounts.gmail_client_id,
        client_secret=accounts.gmail_client_secret,
    )
    service = build(
        "gmail", "v1", credentials=credentials, static_discovery=True, client_options={"api_endpoint": url}
    )
    return service.users()


@asynccontextmanager
async def started(
    state: Path | str = ":memory:", *, clock: Path | None = None, answering: bool = False
) -> AsyncIterator[Gmail]:
    """A running sandbox; the people answer by themselves only if `answering`."""
    store = Store(state)
    box = Sandbox(store, WorldClock(clock), base_url="", events_url="")
    app = web.Application()
    app.add_routes(gmail.routes(box))
    if answering:
        app.cleanup_ctx.append(lambda app: gmail.background(box, app))
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        yield Gmail(box, url, users_of(box, url))
    store.close()
