"""The HTTP side: keys, models, faults, streaming."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from local.sandbox.context import Sandbox
from local.sandbox.openai import wire_chat, wire_responses
from local.sandbox.openai.brain import think
from local.sandbox.openai.conversation import Answer, Request, clipped
from local.sandbox.openai.refusals import Refused, missing, no_key, rate_limited, server_error, wrong_key

WORD_SECONDS = 0.015  # between two words of a stream
SERVICE = "openai"  # its name among the faults; gemini is the same service, told apart by the path in `match`
REFUSAL = "I'm sorry, but I can't help with that."
MODELS = ("gpt-5.5", "gpt-5.4-mini")
GEMINI_MODELS = ("gemini-2.5-pro", "gemini-2.5-flash")
MOMENT = 1_700_000_000  # when the models were "created"

Object = dict[str, Any]


@dataclass(frozen=True)
class Server:
    box: Sandbox

    async def responses(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "responses")

    async def completions(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "chat")

    async def models(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_key(request)
        except Refused as refused:
            return refused.response()
        names = GEMINI_MODELS if _is_gemini(request) else MODELS
        return web.json_response({"object": "list", "data": [_model(name) for name in names]})

    async def model(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_key(request)
        except Refused as refused:
            return refused.response()
        return web.json_response(_model(request.match_info["name"]))

    async def _serve(self, http: web.Request, dialect: str) -> web.StreamResponse:
        try:
            self._check_key(http)
            body = await _body(http)
            request = wire_responses.read(body) if dialect == "responses" else wire_chat.read(body)
            what = f"{http.path} {request.model} {request.schema_name or 'conversation'}"
            await self.box.faults.delay(SERVICE, 0.5)
            await self._spoil(request, what)
        except Refused as refused:
            return refused.response()
        answer = self._spoiled(request, think(self.box, request), what)
        created = self.box.clock.wall()
        if request.stream:
            return await self._stream(http, _frames(dialect, request, answer, body, created), what)
        if dialect == "responses":
            return web.json_response(wire_responses.write(request, answer, body, created))
        return web.json_response(wire_chat.write(request, answer, created))

    def _check_key(self, http: web.Request) -> None:
        scheme, _, key = http.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise no_key()
        known = self.box.accounts
        if key != (known.gemini_api_key if _is_gemini(http) else known.openai_api_key):
            raise wrong_key(key)

    async def _spoil(self, request: Request, what: str) -> None:
        """Faults that strike before anything is answered."""
        if fault := self.box.faults.take(SERVICE, "rate_limited", what):
            raise rate_limited(request.model, float(fault.options.get("retry_after", 1)))
        if fault := self.box.faults.take(SERVICE, "server_error", what):
            raise server_error(int(fault.options.get("status", 500)))
        if fault := self.box.faults.take(SERVICE, "timeout", what):
            await asyncio.sleep(float(fault.options.get("seconds", 600)))
            raise server_error(504)

    def _spoiled(self, request: Request, answer: Answer, what: str) -> Answer:
        """Faults in what the model says."""
        if self.box.faults.take(SERVICE, "refusal", what):
            return Answer(refusal=REFUSAL)
        if self.box.faults.take(SERVICE, "bad_json", what):
            calls = tuple(
                replace(call, arguments=call.arguments[: len(call.arguments) // 2]) for call in answer.calls
            )
            return replace(
                answer, text=answer.text if calls else answer.text[: len(answer.text) // 2], calls=calls
            )
        text, truncated = clipped(answer.text, request.max_tokens)
        return replace(answer, text=text, truncated=truncated)

    async def _stream(
        self, http: web.Request, frames: list[tuple[bytes, bool]], what: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        )
        await response.prepare(http)
        dropped = self.box.faults.take(SERVICE, "drop_mid_stream", what) is not None
        with suppress(ConnectionError):  # a client that pressed Stop hangs up
            async for frame in _paced(frames[: max(1, len(frames) // 2)] if dropped else frames):
                await response.write(frame)
            if dropped and http.transport is not None:
                http.transport.abort()
                return response
            await response.write_eof()
        return response


async def _paced(frames: list[tuple[bytes, bool]]) -> AsyncIterator[bytes]:
    for frame, is_word in frames:
        yield frame
        if is_word:
            await asyncio.sleep(WORD_SECONDS)


def _frames(
    dialect: str, request: Request, answer: Answer, body: Object, created: float
) -> list[tuple[bytes, bool]]:
    if dialect == "responses":
        events = wire_responses.events(request, answer, body, created)
        return [(_named(event), is_word) for event, is_word in events]
    return [*_chunk_frames(wire_chat.chunks(request, answer, created)), (b"data: [DONE]\n\n", False)]


def _chunk_frames(chunks: Iterator[tuple[Object, bool]]) -> list[tuple[bytes, bool]]:
    return [(f"data: {json.dumps(chunk)}\n\n".encode(), is_word) for chunk, is_word in chunks]


def _named(event: Object) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _is_gemini(http: web.Request) -> bool:
    return http.path.startswith("/gemini/")


async def _body(http: web.Request) -> Object:
    try:
        body = await http.json()
    except ValueError:
        raise Refused(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise missing("model")
    return body


def _model(name: str) -> Object:
    return {"id": name, "object": "model", "created": MOMENT, "owned_by": "sandbox"}
