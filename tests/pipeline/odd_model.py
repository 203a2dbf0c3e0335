"""A model server that answers with whatever a test wrote, and settings that point at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from pipeline.settings import Settings

Json = dict[str, Any]
DROP = "drop"  # in a list of events: hang up here
HANG = "hang"  # wait until the caller gives up


class OddServer:
    """Answers one request after the other from `answers`, the last for ever; keeps what was asked.

    An answer is (status, body or list of events, headers), or a function from the request's body to one.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Json] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(body)
        status, content, headers = (*answer, {})[:3]
        if isinstance(content, list):
            return await self._stream(request, content)
        if content == HANG:
            await asyncio.sleep(30)
        return web.Response(
            status=status,
            text=content if isinstance(content, str) else json.dumps(content),
            headers=headers,
            content_type=None if "Content-Type" in headers else "application/json",
        )

    async def _stream(self, request: web.Request, events: list[Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in events:
            if event == DROP:
                assert request.transport is not None
                request.transport.abort()
                return response
            await response.write(
                f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()
            )
        return response


@asynccontextmanager
async def odd(*answers: Any) -> AsyncIterator[tuple[OddServer, str]]:
    server = OddServer(*answers)
    application = web.Application()
    application.router.add_post("/v1/{path:.*}", server.handle)
    async with TestServer(application) as running:
        yield server, str(running.make_url("/v1"))


def settings(base_url: str, style: str = "chat", **more: Any) -> Settings:
    given: Json = {
        "database_url": "postgresql://localhost/x",
        "redis_url": "redis://localhost",
        "encryption_key": "k",
        "slack_bot_token": "xoxb",
        "slack_app_token": "xapp",
        "openai_api_key": "sk-test",
        "openai_base_url": base_url,
        "openai_api_style": style,
        "openai_model": "first",
        "openai_fallback_model": "first",
        **more,
    }
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]
