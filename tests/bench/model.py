"""A model that speaks the Responses dialect at the pace of a real one: `python -m tests.bench.model PORT WORDS PAUSE`.

Every answer is WORDS words, PAUSE seconds apart, whatever was asked.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvloop
from aiohttp import web

from local.sandbox.openai import wire_responses
from local.sandbox.openai.conversation import Answer, Said
from local.sandbox.openai.server import _named  # pyright: ignore[reportPrivateUsage]
from tests.bench.bare import serve

FIRST = "response.output_text.delta"


def routes(
    words: int, pause: float, first_word: Callable[[str], None] = lambda _: None
) -> list[web.RouteDef]:
    """`first_word` is told the person's words as soon as the first word of the answer has been written."""
    answer = Answer(text="".join(f"word{number} " for number in range(words)))

    async def respond(http: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await http.json()
        request = wire_responses.read(body)
        asked = next(turn.text for turn in reversed(request.turns) if isinstance(turn, Said))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(http)
        spoke = False
        with suppress(ConnectionError):
            for event, is_word in wire_responses.events(request, answer, body, time.time()):
                await response.write(_named(event))
                if event["type"] == FIRST and not spoke:
                    spoke = True
                    first_word(asked)
                if is_word:
                    await asyncio.sleep(pause)
            await response.write_eof()
        return response

    return [web.post("/v1/responses", respond)]


if __name__ == "__main__":
    application = web.Application(client_max_size=2**26)
    application.add_routes(routes(int(sys.argv[2]), float(sys.argv[3])))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as chosen:
        chosen.run(serve(application, int(sys.argv[1])))
