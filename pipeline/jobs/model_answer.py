"""A page's text put to a model without tools: asked again, up to three times, where its server failed or it is asked
too often, and there is time for it.

Once five questions in a row came to nothing, the model is left alone for a while.
"""

import asyncio
from typing import TypeVar

from pydantic import BaseModel

from pipeline.clients.asked import Asked, tell
from pipeline.clients.breakers import NotAsked
from pipeline.clients.llm.base import Parsed
from pipeline.clients.llm.wire import Overloaded, RateLimited
from pipeline.deps import Deps

_PAUSES = (0.5, 2.0)  # seconds before the second and the third try, unless the server names a longer one
_LONGEST_WAIT = 15.0  # seconds
_SHORTEST_READING = 3.0  # seconds that must be left for another try to be worth it
T = TypeVar("T", bound=BaseModel)


async def model_answer(
    deps: Deps, *, instructions: str, text: str, schema: type[T], max_tokens: int, until: float
) -> tuple[Parsed[T], float]:
    """And when the try began that brought it; times are monotonic seconds. A failed try that is followed by another
    is told to whoever keeps the books. Raises NotAsked, and what the model's client raises."""
    now = deps.clock.monotonic

    async def once() -> Parsed[T]:
        await deps.research.rates.take("openai_api")
        return await deps.llm.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )

    async with deps.research.breakers.guarding("openai", "The model"):
        for pause in _PAUSES:
            began = now()
            try:
                return await once(), began
            except (Overloaded, RateLimited, NotAsked) as error:
                wait = max(pause, error.retry_after.total_seconds() if error.retry_after else 0.0)
                if wait > _LONGEST_WAIT or now() + wait + _SHORTEST_READING > until:
                    raise
                if not isinstance(error, NotAsked):
                    ms = round((now() - began) * 1000)
                    tell(Asked("openai", schema.__name__, ms, str(error)[:300]))
            await asyncio.sleep(wait)
        began = now()
        return await once(), began
