"""A second model for when the first is slow, broken or overloaded."""

from collections.abc import AsyncIterator, Sequence

from pipeline.clients.llm.base import Item, Llm, Parsed, StreamEvent, T, ToolSchema
from pipeline.clients.llm.gathering import closed_after
from pipeline.clients.llm.wire import Overloaded
from pipeline.logs import get_logger

log = get_logger(__name__)


class WithFallback:
    """Asks `first`; where that is overloaded before it said anything, `second`.

    A rate limit is not answered by another model: it is the account's. What was begun is not begun again
    elsewhere: a person has read the first words.
    """

    def __init__(self, first: Llm, second: Llm) -> None:
        self.model = first.model
        self._first, self._second = first, second

    async def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        begun = False
        try:
            first = self._first.stream(instructions=instructions, items=items, tools=tools)
            async with closed_after(first) as events:
                async for event in events:
                    begun = True
                    yield event
            return
        except Overloaded as error:
            if begun:
                raise
            log.warning(
                "model_fell_back", model=self._first.model, fallback=self._second.model, reason=str(error)
            )
        second = self._second.stream(instructions=instructions, items=items, tools=tools)
        async with closed_after(second) as events:
            async for event in events:
                yield event

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        try:
            return await self._first.parse(
                instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
            )
        except Overloaded as error:
            log.warning(
                "model_fell_back", model=self._first.model, fallback=self._second.model, reason=str(error)
            )
        return await self._second.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )
