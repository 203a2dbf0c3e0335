"""Watching a mailbox: pushes as Pub/Sub sends them, with Google's signature, until acknowledged."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from google.auth import jwt

from tests.local.gmail_client import Gmail, started

TOPIC = "projects/p/topics/gmail"
AUDIENCE = "https://rainmaker.example/gmail/push"
PUSHER = "push@p.iam.gserviceaccount.com"


class Endpoint:
    """What the product would serve: it refuses the first `refusals` pushes."""

    def __init__(self) -> None:
        self.refusals = 0
        self.pushes: list[tuple[dict[str, Any], str]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.pushes.append((await request.json(), request.headers.get("Authorization", "")))
        self.refusals -= 1
        return web.Response(status=503 if self.refusals >= 0 else 204)

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.pushes) < number:
                await asyncio.sleep(0.05)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(base64.b64decode(push["message"]["data"])) for push, _ in self.pushes]


@pytest.fixture
async def gmail() -> AsyncIterator[Gmail]:
    async with started(answering=True) as running:
        yield running


@pytest.fixture
async def endpoint(gmail: Gmail) -> AsyncIterator[Endpoint]:
    taking = Endpoint()
    app = web.Application()
    app.router.add_post("/push", taking.take)
    async with TestServer(app) as server:
        config = {
            "pushEndpoint": str(server.make_url("/push")),
            "oidcToken": {"serviceAccountEmail": PUSHER, "audience": AUDIENCE},
        }
        async with aiohttp.ClientSession(gmail.url) as http:
            body = {"topic": TOPIC, "pushConfig": config}
            answer = await http.put("pubsub/v1/projects/p/subscriptions/s", json=body)
            assert (await answer.json())["name"] == "projects/p/subscriptions/s"
        yield taking
        await gmail.call(lambda users: users.stop(userId="me"))


async def watch(gmail: Gmail) -> None:
    await gmail.call(lambda users: users.watch(userId="me", body={"topicName": TOPIC}))


async def test_every_change_is_pushed_with_a_token_google_signed(gmail: Gmail, endpoint: Endpoint) -> None:
    await watch(gmail)
    await gmail.send("colleague@rainmaker-demo.example")
    await endpoint.wait_for(1)
    profile = await gmail.call(lambda users: users.getProfile(userId="me"))
    assert endpoint.told()[-1] == {
        "emailAddress": gmail.box.accounts.mailbox,
        "historyId": int(profile["historyId"]),
    }
    async with aiohttp.ClientSession(gmail.url) as http, http.get("google/certs") as answer:
        certificates = await answer.json()
    claims = jwt.decode(endpoint.pushes[-1][1].removeprefix("Bearer "), certs=certificates, audience=AUDIENCE)
    assert claims["email"] == PUSHER


async def test_a_refused_push_comes_again_and_an_acknowledged_one_does_not(
    gmail: Gmail, endpoint: Endpoint
) -> None:
    endpoint.refusals = 1
    await gmail.send("colleague@rainmaker-demo.example")
    await watch(gmail)
    await endpoint.wait_for(2)
    await asyncio.sleep(1.2)
    assert len(endpoint.pushes) == 2
    assert endpoint.told()[0] == endpoint.told()[1]


async def test_pushes_may_come_twice_or_never(gmail: Gmail, endpoint: Endpoint) -> None:
    gmail.break_it("push_twice")
    await gmail.send("colleague@rainmaker-demo.example")
    await watch(gmail)
    await endpoint.wait_for(2)
    assert endpoint.pushes[0][0]["message"]["messageId"] == endpoint.pushes[1][0]["message"]["messageId"]
    gmail.break_it("push_lost")
    await gmail.send("colleague@rainmaker-demo.example")
    await asyncio.sleep(1.2)
    assert len(endpoint.pushes) == 2
