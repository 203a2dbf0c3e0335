"""A model that stops where the workspace's budget of the day ends, or where it is asked too often by all workers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from pipeline.clients.llm.base import Item, Llm, Parsed, StreamEvent, T, ToolSchema
from pipeline.clients.llm.gathering import closed_after


class Budgeted:
    """Asks `check` before each call, with the name of its task; what that raises (a Transient with its sentence)
    goes on to the caller."""

    def __init__(self, inner: Llm, check: Callable[[str], Awaitable[None]]) -> None:
        self.model = inner.model
        self._inner, self._check = inner, check

    async def stream(
        self, *, instructions: str, items: Sequence[Item], tools: Sequence[ToolSchema]
    ) -> AsyncIterator[StreamEvent]:
        await self._check("turn")
        inner = self._inner.stream(instructions=instructions, items=items, tools=tools)
        async with closed_after(inner) as events:
            async for event in events:
                yield event

    async def parse(
        self, *, instructions: str, text: str, schema: type[T], max_tokens: int = 2000
    ) -> Parsed[T]:
        await self._check(schema.__name__)
        return await self._inner.parse(
            instructions=instructions, text=text, schema=schema, max_tokens=max_tokens
        )
